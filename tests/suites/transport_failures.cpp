// Servers that are gone, silent, or will not: told apart, in time, and never taken for a status.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <csignal>

#include <catch2/catch.hpp>

#include "base/fd.hpp"
#include "support/transport_cases.hpp"

using namespace maintain;

TEST_CASE("a command that the server cut off without a status did not succeed") {
  FOR_EACH_KIND(ssh_kinds);
  const LoopbackSshd sshd({.configuration = {"ChannelTimeout session:*=1s"}});
  const auto connection = connect(kind, sshd.server(), sshd.settings());
  CHECK(run(*connection, {.argv = {"echo", "in"}}).output == "in\n");
  const Error error = failure(*connection, {.script = "echo begun; sleep 5; echo done"});
  CHECK(error.kind == ErrorKind::unreachable);
  CHECK_FALSE(connection->usable());
}

TEST_CASE("a server that takes no more commands is not gone") {
  SECTION("whatever we do") {
    const LoopbackSshd sshd({.configuration = {"MaxSessions 0"}});
    const auto connection = connect(TransportKind::libssh2, sshd.server(), sshd.settings());
    CHECK(failure(*connection, {.argv = {"true"}}).kind == ErrorKind::remote);
    CHECK(connection->usable());
    CHECK(failure(*connection, {.argv = {"true"}}).kind == ErrorKind::remote);
  }
  SECTION("because of a command that we no longer wait for: a new connection is due") {
    const LoopbackSshd sshd({.configuration = {"MaxSessions 1"}});
    const auto connection = connect(TransportKind::libssh2, sshd.server(), sshd.settings());
    CHECK(failure(*connection, {.script = "sleep 3", .timeout = Milliseconds(600)}).kind == ErrorKind::timed_out);
    CHECK(connection->usable());
    CHECK(failure(*connection, {.argv = {"true"}}).kind == ErrorKind::unreachable);
    CHECK_FALSE(connection->usable());
  }
}

TEST_CASE("a connection that drops is an error, never a status") {
  FOR_EACH_KIND(ssh_kinds);
  LoopbackSshd sshd;
  const auto connection = connect(kind, sshd.server(), sshd.settings());
  RemoteCommand command{.script = "echo begun; sleep 5; exit 0"};
  command.on_output = [&](std::string_view) {
    sshd.kill_connections();
    return true;
  };
  const auto began = Clocking::now();
  CHECK(failure(*connection, command).kind == ErrorKind::unreachable);
  CHECK(failure(*connection, {.argv = {"true"}}).kind == ErrorKind::unreachable);
  CHECK(Clocking::now() - began < prompt);
  CHECK(run(*connect(kind, sshd.server(), sshd.settings()), {.argv = {"echo", "again"}}).output == "again\n");
}

TEST_CASE("a server that falls silent is noticed by its keepalives, and dropping it does not wait") {
  LoopbackSshd sshd;
  TransportSettings settings = sshd.settings();
  settings.keepalive = Milliseconds(300);
  auto connection = connect(TransportKind::libssh2, sshd.server(), settings);
  RemoteCommand command{.script = "echo begun; sleep 5"};
  command.on_output = [&](std::string_view) {
    sshd.signal_connections(SIGSTOP);
    return true;
  };
  const auto began = Clocking::now();
  const Error lost = failure(*connection, command);
  CHECK(lost.kind == ErrorKind::unreachable);
  CHECK(contains(lost.message, "no answer"));
  connection.reset();
  CHECK(Clocking::now() - began < prompt);
}

TEST_CASE("a timeout against a silent server does not hang the connection's end") {
  LoopbackSshd sshd;
  auto connection = connect(TransportKind::libssh2, sshd.server(), sshd.settings());
  RemoteCommand command{.script = "echo begun; sleep 5", .timeout = Milliseconds(1200)};
  command.on_output = [&](std::string_view) {
    sshd.signal_connections(SIGSTOP);
    return true;
  };
  const auto began = Clocking::now();
  CHECK(failure(*connection, command).kind == ErrorKind::timed_out);
  CHECK(failure(*connection, {.argv = {"true"}, .timeout = Milliseconds(500)}).kind == ErrorKind::timed_out);
  CHECK_FALSE(connection->usable());
  CHECK(failure(*connection, {.argv = {"true"}}).kind == ErrorKind::unreachable);
  connection.reset();
  CHECK(Clocking::now() - began < prompt);
}

TEST_CASE("servers that cannot be reached are told apart from those that refuse") {
  FOR_EACH_KIND(ssh_kinds);
  const TransportSettings settings = shared_sshd().settings();
  SECTION("nobody listens") {
    Server server = shared_sshd().server();
    server.address = "127.0.0.2";
    server.port = 1;
    TransportSettings open = settings;
    open.known_hosts_files = {shared_sshd().directory().write(
        "known_everywhere", "[127.0.0.2]:1 " + shared_sshd().host_key("ed25519") + "\n")};
    const Error error = refusal(kind, server, open);
    CHECK(error.kind == ErrorKind::unreachable);
    CHECK(contains(error.message, "web1 (127.0.0.2:1)"));
    CHECK(contains(error.message, "refused"));
  }
  SECTION("the key is not authorized") {
    const LoopbackSshd other({.host_key_types = {}, .user_key_types = {"ecdsa"}});
    TransportSettings wrong = settings;
    wrong.identity_files = {other.user_key("ecdsa")};
    const Error error = refusal(kind, shared_sshd().server(), wrong);
    CHECK(error.kind == ErrorKind::authentication);
    CHECK(contains(error.describe(), "authorized_keys"));
  }
}

TEST_CASE("a server that accepts and says nothing is unreachable in time") {
  const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(listener.get(), 4) == 0);
  ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
  Server server = shared_sshd().server();
  server.port = ntohs(address.sin_port);
  TransportSettings settings = shared_sshd().settings();
  settings.known_hosts_files = {shared_sshd().directory().write(
      "known_mute", "[127.0.0.1]:" + std::to_string(server.port) + " " + shared_sshd().host_key("ed25519") + "\n")};
  settings.handshake_timeout = Milliseconds(400);
  const auto began = Clocking::now();
  CHECK(refusal(TransportKind::libssh2, server, settings).kind == ErrorKind::unreachable);
  CHECK(Clocking::now() - began < prompt);
}
