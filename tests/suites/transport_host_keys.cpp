// Which server is it? What known_hosts says is held against what the server shows.
#include <catch2/catch.hpp>

#include "base/process.hpp"
#include "support/transport_cases.hpp"

using namespace maintain;

TEST_CASE("host keys are checked strictly") {
  FOR_EACH_KIND(ssh_kinds);
  const LoopbackSshd sshd({.host_key_types = {"ed25519", "ecdsa"}});
  TransportSettings settings = sshd.settings();
  const std::string name = "[127.0.0.1]:" + std::to_string(sshd.port());
  const auto with_known = [&](const std::string& text) {
    settings.known_hosts_files = {sshd.directory().path("absent"), sshd.directory().write("known", text)};
    return settings;
  };
  SECTION("unknown") {
    const Error error = refusal(kind, sshd.server(), with_known(""));
    CHECK(error.kind == ErrorKind::host_key);
    CHECK(contains(error.hint, "maintain trust web1"));
  }
  SECTION("another key") {
    const LoopbackSshd other;
    const Error error = refusal(kind, sshd.server(), with_known(name + " " + other.host_key("ed25519") + "\n"));
    CHECK(error.kind == ErrorKind::host_key);
    CHECK(contains(error.describe(), "changed"));
    const std::size_t first = error.message.find("SHA256:");
    CHECK(first != std::string::npos);
    CHECK(error.message.find("SHA256:", first + 1) != std::string::npos);
    CHECK(error.where == Position{sshd.directory().path("known"), 1, 0});
    CHECK(contains(error.hint, "maintain trust web1"));
  }
  SECTION("revoked") {
    const std::string key = name + " " + sshd.host_key("ed25519") + "\n";
    const Error error = refusal(kind, sshd.server(), with_known(key + "@revoked " + key));
    CHECK(error.kind == ErrorKind::host_key);
    CHECK(contains(error.describe(), "revoked"));
  }
  SECTION("only the second of its keys is known, hashed, after lines of all sorts") {
    const std::string file = sshd.directory().write(
        "hashed", "# comment\r\n\r\nbroken line\n*.example.org ssh-ed25519 AAAA\n" + name + " " +
        sshd.host_key("ecdsa") + "\n");
    REQUIRE(run_local({.argv = {"ssh-keygen", "-q", "-H", "-f", file}}));
    settings.known_hosts_files = {file};
    CHECK(run(*connect(kind, sshd.server(), settings), {.argv = {"echo", "in"}}).output == "in\n");
  }
}
