// One libssh2 session over one socket: never blocks without a deadline, notices a dead peer, and is safe to drop at
// any moment. What is below works around surprises of libssh2 1.10; each is told where it is handled.
#pragma once

#include <libssh2.h>

#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "model/server.hpp"
#include "transport/identities.hpp"
#include "transport/known_hosts.hpp"
#include "transport/transport.hpp"

namespace maintain {

class Ssh2Session {
 public:
  Ssh2Session(const Server& server, const TransportSettings& settings, UniqueFd socket);
  ~Ssh2Session();
  Ssh2Session(const Ssh2Session&) = delete;
  Ssh2Session& operator=(const Ssh2Session&) = delete;

  // Key exchange, and the check of the host key against `known`. Only types that `known` holds are negotiated.
  Result<void> handshake(const KnownHost& known);
  // Offers the identities in turn. authentication: none of them opened.
  Result<void> authenticate(const std::string& user, const Identities& identities);

  // Whether the last failed handshake() failed because there is no common algorithm.
  bool negotiation_failed() const { return negotiation_failed_; }

  // Repeats call() until it does not say LIBSSH2_ERROR_EAGAIN; its result, also when that is an error of libssh2.
  template <class Call>
  Result<int> drive(Call call, Deadline deadline, bool cancellable = true) {
    for (;;) {
      const auto result = call();
      if (result != LIBSSH2_ERROR_EAGAIN) return static_cast<int>(result);
      if (auto waited = wait(deadline, cancellable); !waited) return fail(waited.error());
    }
  }

  // Like drive(), but gives EAGAIN back when what is missing is something from the server. A packet that went out
  // by half must be finished with the very same call, before anything else is sent.
  template <class Call>
  Result<int> push(Call call, Deadline deadline) {
    for (;;) {
      const auto result = call();
      if (result != LIBSSH2_ERROR_EAGAIN || !half_sent()) return static_cast<int>(result);
      if (auto waited = wait(deadline, true); !waited) return fail(waited.error());
    }
  }

  // Until the socket is ready for what libssh2 wants of it, or 200 ms have passed: call again in either case.
  // timed_out, cancelled, unreachable (the server has not answered three keepalives).
  Result<void> wait(Deadline deadline, bool cancellable = true);
  // timed_out or cancelled, without waiting.
  Result<void> check(Deadline deadline) const;

  // unreachable: what libssh2 and the server said last.
  Error lost(const std::string& while_doing) const;
  // Tells the server to close the channel, and frees it as soon as the server has done so: OpenSSH waits for the end of
  // the command, however long that takes.
  void close_channel(LIBSSH2_CHANNEL* channel);
  // Whether commands that we no longer wait for still run, which the server counts against us. A new session begins
  // without them.
  bool crowded() const { return !closing_.empty(); }
  // Nothing more is sent or received; all that follows fails at once.
  void abandon();
  bool usable() const { return usable_; }

  LIBSSH2_SESSION* get() { return session_; }
  const Server& server() const { return server_; }
  std::string describe() const;  // "ssh-ed25519, aes256-ctr"

 private:
  static ssize_t receive(libssh2_socket_t socket, void* buffer, std::size_t length, int flags, void** abstract);
  static void disconnected(LIBSSH2_SESSION* session, int reason, const char* message, int message_length,
                           const char* language, int language_length, void** abstract);
  bool half_sent() const;
  Result<void> keep_alive();
  Result<bool> offer(const std::string& user, const Identity& identity, const Identities& identities,
                     Deadline deadline);

  Server server_;
  TransportSettings settings_;
  UniqueFd socket_;
  LIBSSH2_SESSION* session_ = nullptr;
  bool usable_ = true;
  bool authenticated_ = false;
  bool peer_closed_ = false;
  bool negotiation_failed_ = false;
  std::vector<LIBSSH2_CHANNEL*> closing_;  // whose end the server has not confirmed
  std::vector<Error> unsigned_;  // keys that the server would have taken, and why they did not sign
  std::string peer_said_;      // why the server disconnected
  Steady heard_{};             // when something last came from the server, or we last had no reason to listen
  Steady waited_{};            // when we last waited
};

}  // namespace maintain
