// What the cases of transport_suite share: a server to try, a connection to it, and what must come of a command.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <catch2/catch.hpp>

#include "support/loopback_sshd.hpp"
#include "transport/transport.hpp"

namespace maintain {

using Clocking = std::chrono::steady_clock;
// Long before the defaults (15 s and more) would have ended it, and long after a busy machine has noticed.
inline constexpr auto prompt = std::chrono::seconds(12);

// All cases share one sshd unless they need a special one.
inline LoopbackSshd& shared_sshd() {
  static LoopbackSshd sshd;
  return sshd;
}

inline std::unique_ptr<Connection> connect(TransportKind kind, const Server& server,
                                           const TransportSettings& settings) {
  auto connection = make_transport(kind, settings)->connect(server);
  if (!connection) FAIL(connection.error().describe());
  return std::move(*connection);
}

inline std::unique_ptr<Connection> connect(TransportKind kind) {
  return connect(kind, shared_sshd().server(), shared_sshd().settings());
}

inline RemoteExit run(Connection& connection, const RemoteCommand& command) {
  auto exit = connection.run(command);
  if (!exit) FAIL(exit.error().describe());
  return *exit;
}

inline Error failure(Connection& connection, const RemoteCommand& command) {
  const auto exit = connection.run(command);
  if (exit) FAIL("ended with status " << exit->status);
  return exit.error();
}

inline Error refusal(TransportKind kind, const Server& server, const TransportSettings& settings) {
  const auto connection = make_transport(kind, settings)->connect(server);
  if (connection) FAIL("connected");
  return connection.error();
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

inline constexpr TransportKind all_kinds[] = {TransportKind::libssh2, TransportKind::openssh, TransportKind::local};
inline constexpr TransportKind ssh_kinds[] = {TransportKind::libssh2, TransportKind::openssh};

inline std::string name_of_kind(TransportKind kind) {
  return kind == TransportKind::libssh2 ? "libssh2" : kind == TransportKind::openssh ? "openssh" : "local";
}

}  // namespace maintain

// Runs the case once per kind, which is then `kind`.
#define FOR_EACH_KIND(kinds)                                                           \
  const TransportKind kind = GENERATE(from_range(std::begin(kinds), std::end(kinds))); \
  INFO("transport " << name_of_kind(kind))
