#include "transport/ssh_config.hpp"

#include <catch2/catch.hpp>

using namespace maintain;

namespace {

const Server web1{.name = "web1", .address = "web1.example.org", .user = "maint"};

std::string reason(const std::string& text, const Server& server = web1, bool has_identities = true) {
  return ssh_config_reason({"config", text}, server, has_identities, [](const std::string& pattern) {
    return std::vector<SshConfigFile>{{pattern, "Host web1.example.org\n  ProxyJump inner\n"}};
  });
}

}  // namespace

TEST_CASE("what Debian and most people have in ssh_config makes no difference") {
  CHECK(reason("").empty());
  CHECK(reason("Host *\n    SendEnv LANG LC_*\n    HashKnownHosts yes\n    GSSAPIAuthentication yes\n").empty());
  CHECK(reason("ServerAliveInterval 30\nCompression yes\n").empty());
}

TEST_CASE("a jump host and its like need ssh, in blocks that apply") {
  CHECK(reason("Host web1.example.org\n  ProxyJump bastion\n") == "config:2 sets ProxyJump");
  CHECK(reason("Host *.example.org !db*\n\tproxycommand=ssh -W %h:%p bastion\n") == "config:2 sets proxycommand");
  CHECK(reason("ProxyJump \"bastion\"\n") == "config:1 sets ProxyJump");
  CHECK(reason("Host web2.example.org\n  ProxyJump bastion\n").empty());
  CHECK(reason("Host * !web1.example.org\n  ProxyJump bastion\n").empty());
  CHECK(reason("Host web1.example.org\n  ProxyJump none\n").empty());
  CHECK(reason("Host web1.example.org\n# ProxyJump bastion\n").empty());
  CHECK(reason("Host web1.example.org\n  CertificateFile ~/.ssh/cert.pub\n") == "config:2 sets CertificateFile");
}

TEST_CASE("Match blocks apply unless they clearly do not") {
  CHECK(reason("Match host *.example.org\n  ProxyJump bastion\n") == "config:2 sets ProxyJump");
  CHECK(reason("Match host *.example.com,web2\n  ProxyJump bastion\n").empty());
  CHECK(reason("Match all\n  ProxyJump bastion\n") == "config:2 sets ProxyJump");
  CHECK(reason("Match exec \"test -f /x\"\n  ProxyJump bastion\n") == "config:2 sets ProxyJump");
}

TEST_CASE("user, port and keys matter only where the inventory says nothing") {
  CHECK(reason("User deploy\n").empty());
  CHECK(reason("User deploy\n", {.name = "web1"}) == "config:1 sets User");
  CHECK(reason("Port 2222\n") == "config:1 sets Port");
  CHECK(reason("Port 2222\n", {.name = "web1", .port = 2200, .user = "maint"}).empty());
  CHECK(reason("IdentityFile ~/.ssh/other\n").empty());
  CHECK(reason("IdentityFile ~/.ssh/other\n", web1, false) == "config:1 sets IdentityFile");
  CHECK(reason("Host web1.example.org\nHostName 10.0.0.5\n") == "config:2 sets HostName");
  CHECK(reason("Host web1.example.org\nHostName WEB1.example.org\n").empty());
}

TEST_CASE("includes are followed, in blocks that apply, and not for ever") {
  CHECK(reason("Include more.conf\n") == "more.conf:2 sets ProxyJump");
  CHECK(reason("Host other\nInclude more.conf\n").empty());
  const SshConfigInclude loop = [](const std::string&) {
    return std::vector<SshConfigFile>{{"loop", "Include loop\n"}};
  };
  CHECK(ssh_config_reason({"config", "Include loop\n"}, web1, true, loop).empty());
}
