// Where the system's ssh takes over from libssh2, and what is its own: the master, the words for bulk transfers.
#include <catch2/catch.hpp>

#include "base/process.hpp"
#include "support/transport_cases.hpp"

using namespace maintain;

TEST_CASE("auto takes libssh2, and ssh where libssh2 cannot") {
  std::vector<std::string> log;
  SECTION("ordinarily") {
    const auto connection = connect(TransportKind::automatic);
    CHECK(contains(connection->describe(), "libssh2 (ssh-ed25519"));
  }
  SECTION("a server with an RSA key only") {
    const LoopbackSshd sshd({.host_key_types = {"rsa"}});
    TransportSettings settings = sshd.settings();
    settings.log = [&](const std::string& line) { log.push_back(line); };
    const auto transport = make_transport(TransportKind::automatic, settings);
    for (int i = 0; i < 2; ++i) {
      auto connection = transport->connect(sshd.server());
      REQUIRE(connection);
      CHECK((*connection)->describe() == "openssh");
      CHECK(run(**connection, {.argv = {"echo", "in"}}).output == "in\n");
    }
    REQUIRE(log.size() == 1);
    CHECK(contains(log[0], "ssh-rsa"));
    CHECK(refusal(TransportKind::libssh2, sshd.server(), sshd.settings()).kind == ErrorKind::configuration);
  }
  SECTION("options for ssh in the inventory, which cannot weaken the host key check") {
    Server server = shared_sshd().server();
    server.ssh_options = {"-oCompression=yes", "-o", "StrictHostKeyChecking=no"};
    CHECK(connect(TransportKind::automatic, server, shared_sshd().settings())->describe() == "openssh");
    const LoopbackSshd other;
    TransportSettings settings = shared_sshd().settings();
    settings.known_hosts_files = {shared_sshd().directory().write(
        "other", "[127.0.0.1]:" + std::to_string(server.port) + " " + other.host_key("ed25519") + "\n")};
    CHECK(refusal(TransportKind::automatic, server, settings).kind == ErrorKind::host_key);
  }
  SECTION("no common cipher") {
    const LoopbackSshd sshd({.configuration = {"Ciphers chacha20-poly1305@openssh.com"}});
    TransportSettings settings = sshd.settings();
    settings.log = [&](const std::string& line) { log.push_back(line); };
    CHECK(connect(TransportKind::automatic, sshd.server(), settings)->describe() == "openssh");
    REQUIRE(log.size() == 1);
    CHECK(contains(log[0], "no algorithm in common"));
  }
}

TEST_CASE("ssh's master ends with its connection, and control sockets find a short enough place") {
  TransportSettings settings = shared_sshd().settings();
  const bool too_long = GENERATE(false, true);
  if (too_long) settings.control_directory = shared_sshd().directory().path(std::string(90, 'd'));
  auto connection = connect(TransportKind::openssh, shared_sshd().server(), settings);
  CHECK(run(*connection, {.argv = {"echo", "in"}}).output == "in\n");
  connection.reset();
  std::error_code ignored;
  CHECK((too_long || std::filesystem::is_empty(settings.control_directory, ignored)));
}

TEST_CASE("the remote shell for bulk transfers connects with the same keys and host keys") {
  const auto words = make_transport(TransportKind::automatic, shared_sshd().settings())
                         ->remote_shell(shared_sshd().server(), true);
  REQUIRE(words);
  LocalCommand command{.argv = *words};
  command.argv.push_back("echo bulk");
  const auto exit = run_local(command);
  REQUIRE(exit);
  CHECK(exit->output == "bulk\n");
  CHECK(exit->error_output.empty());
  CHECK(make_transport(TransportKind::local, {})->remote_shell(shared_sshd().server(), true).error().kind ==
        ErrorKind::refused);
}
