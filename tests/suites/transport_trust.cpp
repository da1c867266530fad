// `maintain trust`: what a server shows is filed, and later found again.
#include <catch2/catch.hpp>

#include "base/process.hpp"
#include "support/transport_cases.hpp"
#include "transport/host_key_scan.hpp"

using namespace maintain;

TEST_CASE("trust files what the server shows, once, and replaces only when told to") {
  const LoopbackSshd sshd({.host_key_types = {"ed25519", "ecdsa", "rsa"}});
  const bool by_ssh = GENERATE(false, true);
  Server server = sshd.server();
  if (by_ssh) server.ssh_options = {"-oCompression=no"};
  TransportSettings settings = sshd.settings();
  const std::string file = sshd.directory().path(by_ssh ? "ours/by_ssh" : "ours/known_hosts");
  settings.known_hosts_files = {file};
  const auto keys = scan_host_keys(server, settings);
  REQUIRE(keys);
  CHECK(keys->size() == (by_ssh ? 1 : 3));
  CHECK((*keys)[0].type == "ssh-ed25519");
  const auto printed = run_local({.argv = {"ssh-keygen", "-lf", sshd.directory().path("host_ed25519.pub")}});
  CHECK(contains(printed->output, " " + (*keys)[0].fingerprint + " "));

  CHECK(refusal(TransportKind::libssh2, sshd.server(), settings).kind == ErrorKind::host_key);
  const auto filed = trust_host_keys(server, *keys, {file}, false);
  REQUIRE((filed ? "" : filed.error().describe()) == "");
  CHECK(filed->added.size() == keys->size());
  const auto again = trust_host_keys(server, *keys, {file}, false);
  REQUIRE((again ? "" : again.error().describe()) == "");
  CHECK(again->added.empty());
  CHECK(run(*connect(TransportKind::automatic, server, settings), {.argv = {"echo", "in"}}).output == "in\n");

  const LoopbackSshd reinstalled({.host_key_types = {"ed25519"}});
  auto new_keys = scan_host_keys(reinstalled.server(), reinstalled.settings());
  REQUIRE(new_keys);
  for (HostKey& key : *new_keys) key.name = (*keys)[0].name;  // as if it answered at the same port
  const auto refused = trust_host_keys(server, *new_keys, {file}, false);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::host_key);
  CHECK(contains(refused.error().message, (*new_keys)[0].fingerprint));
  CHECK(contains(refused.error().message, (*keys)[0].fingerprint));
  const auto replaced = trust_host_keys(server, *new_keys, {file}, true);
  REQUIRE(replaced);
  CHECK(replaced->removed == static_cast<int>(keys->size()));
  CHECK(refusal(TransportKind::libssh2, sshd.server(), settings).kind == ErrorKind::host_key);
}

TEST_CASE("trust looks into all files, and says what other files still trust") {
  const LoopbackSshd sshd({.host_key_types = {"ed25519"}}), before({.host_key_types = {"ed25519"}});
  const std::string name = "[127.0.0.1]:" + std::to_string(sshd.port());
  const std::string ours = sshd.directory().path("ours");
  const auto keys = scan_host_keys(sshd.server(), sshd.settings());
  REQUIRE(keys);
  SECTION("a rival") {
    const std::string other = sshd.directory()
        .write("other", "# theirs\n" + name + " " + before.host_key("ed25519") + "\n");
    const auto refused = trust_host_keys(sshd.server(), *keys, {ours, other}, false);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().where == Position{other, 2, 0});
    CHECK(contains(refused.error().hint, "--replace"));
    const auto replaced = trust_host_keys(sshd.server(), *keys, {ours, other}, true);
    REQUIRE(replaced);
    CHECK(replaced->removed == 0);
    CHECK(replaced->added.size() == 1);
    REQUIRE(replaced->left.size() == 1);
    CHECK(replaced->left[0].where == Position{other, 2, 0});
  }
  SECTION("a revocation") {
    const std::string other = sshd.directory().write("other", "@revoked * " + sshd.host_key("ed25519") + "\n");
    CHECK(contains(trust_host_keys(sshd.server(), *keys, {ours, other}, true).error().message, "revoked"));
  }
}
