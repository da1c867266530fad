#include "transport/ssh_command.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

#include "base/fd.hpp"
#include "transport/openssh_transport.hpp"

using namespace maintain;

namespace {

const Server web1{.name = "web1", .address = "10.0.0.5", .user = "maint"};

bool has(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

TransportSettings settings() {
  TransportSettings settings;
  settings.known_hosts_files = {"/etc/maintain/known_hosts", "/with blank/100%"};
  settings.identity_files = {"/etc/maintain/id_ed25519"};
  return settings;
}

// Real output of OpenSSH 9.2.
Error explained(const std::string& file) {
  const auto text = read_file(std::string(MAINTAIN_TESTDATA) + "/" + file, 100'000);
  REQUIRE(text);
  return explain_ssh_failure(web1, *text);
}

}  // namespace

TEST_CASE("ssh is told our policy before the inventory's options, so that those cannot weaken it") {
  Server server = web1;
  server.ssh_options = {"-oCompression=yes", "-oStrictHostKeyChecking=no"};
  const auto words = ssh_words(server, settings());
  CHECK(words[0] == "ssh");
  CHECK(has(words, "-oBatchMode=yes"));
  CHECK(has(words, "-oUserKnownHostsFile=/etc/maintain/known_hosts \"/with blank/100%%\""));
  CHECK(has(words, "-oIdentitiesOnly=yes"));
  CHECK(has(words, "-oIdentityFile=/etc/maintain/id_ed25519"));
  CHECK(has(words, "-oUser=maint"));
  CHECK(std::find(words.begin(), words.end(), "-oStrictHostKeyChecking=yes") <
        std::find(words.begin(), words.end(), "-oStrictHostKeyChecking=no"));
}

TEST_CASE("a jump host gets the same keys, host keys and policy") {
  Server server = web1;
  server.ssh_options = {"-J", "jumper@bastion:2222", "-4"};
  const auto words = ssh_words(server, settings());
  CHECK(words.back() == "-4");
  const auto proxy = std::find_if(words.begin(), words.end(),
                                  [](const std::string& word) { return word.starts_with("-oProxyCommand="); });
  REQUIRE(proxy != words.end());
  for (const char* part : {"ssh '-oBatchMode=yes' '-oStrictHostKeyChecking=yes' ", "100%%%%",
                           " '-oIdentityFile=/etc/maintain/id_ed25519' ",
                           " '-oPort=2222' '-oUser=jumper' -W '[%h]:%p' bastion"})
    CHECK(proxy->find(part) != std::string::npos);
  CHECK(explain_ssh_failure(server, "No ED25519 host key is known for [bastion]:2222 and you have requested strict "
                                    "checking.\n").hint.find("jump host") != std::string::npos);
}

TEST_CASE("what the inventory does not say is left to ssh_config") {
  const auto words = ssh_words({.name = "web1"}, {});
  for (const std::string& word : words)
    for (const char* unsaid : {"-oUser=", "-oPort=", "-oIdentit"}) CHECK_FALSE(word.starts_with(unsaid));
  CHECK(has(ssh_words({.name = "web1", .port = 2222}, {}), "-oPort=2222"));
}

TEST_CASE("the server's own keys come in place of the settings'") {
  Server server = web1;
  server.identity_files = {"/keys/a", "/keys/b"};
  const auto words = ssh_words(server, settings());
  CHECK(has(words, "-oIdentityFile=/keys/a"));
  CHECK(has(words, "-oIdentityFile=/keys/b"));
  CHECK_FALSE(has(words, "-oIdentityFile=/etc/maintain/id_ed25519"));
}

TEST_CASE("bulk transfers end with the destination if it is wanted") {
  CHECK(bulk_shell(web1, settings(), true)->back() == "10.0.0.5");
  CHECK(bulk_shell(web1, settings(), false)->back() != "10.0.0.5");
  CHECK(has(*bulk_shell(web1, settings(), true), "-oControlPath=none"));
}

#if defined(__x86_64__)
TEST_CASE("the ciphers for bulk transfers yield to those that the inventory names") {
  if (!__builtin_cpu_supports("aes")) return;
  Server server = web1;
  server.ssh_options = {"-oCiphers=aes256-ctr"};
  const auto words = *bulk_shell(server, settings(), false);
  const auto fast = std::find_if(words.begin(), words.end(), [](const std::string& word) {
    return word.starts_with("-oCiphers=aes128-gcm@openssh.com");
  });
  REQUIRE(fast != words.end());
  CHECK(std::find(words.begin(), fast, "-oCiphers=aes256-ctr") != fast);
  CHECK_FALSE(has(ssh_words(server, settings()), *fast));
}
#endif

TEST_CASE("addresses and users that would be options are refused") {
  for (const char* wrong : {"-oProxyCommand=id", "a b", "a;b", "a\nb", "a/b"}) {
    CHECK(check_destination({.name = "web1", .address = wrong}).error().kind == ErrorKind::configuration);
    CHECK(check_destination({.name = "web1", .user = wrong}).error().kind == ErrorKind::configuration);
    CHECK_FALSE(bulk_shell({.name = "web1", .address = wrong}, settings(), true));
  }
  for (const char* good : {"web1.example.org", "10.0.0.5", "fe80::1%eth0", "web_1"})
    CHECK(check_destination({.name = "web1", .address = good, .user = "a.b-c"}));
}

TEST_CASE("ssh's complaints become errors of the right kind") {
  const Error changed = explained("ssh_host_key_changed.txt");
  CHECK(changed.kind == ErrorKind::host_key);
  CHECK(changed.message.find("the host key has changed") != std::string::npos);
  CHECK(changed.message ==
        "web1 (10.0.0.5:22): the host key has changed: offered is ED25519 "
        "SHA256:t4wQLpI4+KjhsDHZmA78sK/ZQlVhlxK/dEr1R4kH1/I");
  CHECK(changed.where == Position{"/etc/maintain/known_hosts", 1, 0});
  CHECK(changed.hint.ends_with("maintain trust web1 --replace"));
  CHECK(explained("ssh_host_key_unknown.txt").kind == ErrorKind::host_key);
  CHECK(explained("ssh_host_key_unknown.txt").hint.ends_with("maintain trust web1"));
  CHECK(explained("ssh_permission_denied.txt").kind == ErrorKind::authentication);
  CHECK(explained("ssh_connection_refused.txt").kind == ErrorKind::unreachable);
  CHECK(explained("ssh_name_unknown.txt").message.find("cannot be looked up") != std::string::npos);
  CHECK(explained("ssh_bad_option.txt").kind == ErrorKind::configuration);
  const Error silent = explain_ssh_failure(web1, "");
  CHECK(silent.kind == ErrorKind::unreachable);
  CHECK(silent.message == "web1 (10.0.0.5:22): ssh could not connect");
}

TEST_CASE("a control socket's path leaves ssh the room it needs") {
  CHECK(make_control_directory("/tmp").value() == "/tmp");
  const std::string wanted = "/" + std::string(80, 'd');
  const auto elsewhere = make_control_directory(wanted);
  REQUIRE(elsewhere);
  CHECK(elsewhere->size() < 50);
  CHECK(std::filesystem::is_directory(*elsewhere));
  CHECK(make_control_directory(wanted).value() == *elsewhere);
  // Made once, it is good enough for those who look again.
  CHECK(make_control_directory(*elsewhere).value() == *elsewhere);
  std::filesystem::remove(*elsewhere);
}
