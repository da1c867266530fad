// What ssh_config and jump hosts change about the way to a server.
#include <cstdlib>

#include <catch2/catch.hpp>

#include "support/transport_cases.hpp"
#include "transport/host_key_scan.hpp"

using namespace maintain;

namespace {

// A home directory with an ssh_config, for libssh2's side and, by a script in its place, for the system's ssh.
class SshConfigHome {
 public:
  explicit SshConfigHome(const std::string& config) {
    std::filesystem::create_directories(directory_.path(".ssh"));
    std::filesystem::create_directories(directory_.path("bin"));
    const std::string file = directory_.write(".ssh/config", config);
    directory_.write("bin/ssh", "#!/bin/sh\nexec /usr/bin/ssh -F " + file + " \"$@\"\n", 0755);
    ::setenv("HOME", directory_.path("").c_str(), 1);
    ::setenv("PATH", (directory_.path("bin") + ":" + path_).c_str(), 1);
  }
  ~SshConfigHome() {
    ::setenv("HOME", home_.c_str(), 1);
    ::setenv("PATH", path_.c_str(), 1);
  }
  SshConfigHome(const SshConfigHome&) = delete;

 private:
  TemporaryDirectory directory_;
  std::string home_ = ::getenv("HOME") == nullptr ? "/" : ::getenv("HOME");
  std::string path_ = ::getenv("PATH") == nullptr ? "/usr/bin:/bin" : ::getenv("PATH");
};

}  // namespace

TEST_CASE("a jump host is connected to with our keys, and checked against our host keys") {
  const LoopbackSshd inner;
  LoopbackSshd jump;
  Server server = inner.server();
  server.ssh_options = {"-J", server.user + "@127.0.0.1:" + std::to_string(jump.port())};
  TransportSettings settings = inner.settings();
  const Error unknown = refusal(TransportKind::automatic, server, settings);
  INFO(unknown.describe());
  CHECK(contains(unknown.hint, "jump host"));
  const int refused = jump.connections();
  settings.known_hosts_files.push_back(jump.known_hosts());
  const auto connection = connect(TransportKind::automatic, server, settings);
  CHECK(run(*connection, {.argv = {"echo", "in"}}).output == "in\n");
  CHECK(jump.connections() == refused + 1);
}

TEST_CASE("ssh_config's names for a server hold for connecting and for trust") {
  const LoopbackSshd sshd;
  const bool alias = GENERATE(false, true);
  const SshConfigHome home("Host the-name\n  HostName 127.0.0.1\n" +
                           std::string(alias ? "  HostKeyAlias Other\n" : ""));
  Server server = sshd.server();
  server.address = "the-name";
  TransportSettings settings = sshd.settings();
  settings.known_hosts_files = {sshd.directory().path("pinned")};

  CHECK(refusal(TransportKind::automatic, server, settings).kind == ErrorKind::host_key);
  const auto keys = scan_host_keys(server, settings);
  REQUIRE(keys);
  CHECK((*keys)[0].name == (alias ? "other" : "[127.0.0.1]:" + std::to_string(sshd.port())));
  CHECK(trust_host_keys(server, *keys, settings.known_hosts_files, false)->added.size() == 1);
  CHECK(trust_host_keys(server, *keys, settings.known_hosts_files, false)->added.empty());
  const auto connection = connect(TransportKind::automatic, server, settings);
  CHECK(connection->describe() == "openssh");
  CHECK(run(*connection, {.argv = {"echo", "in"}}).output == "in\n");
  CHECK(trust_host_keys(server, *keys, settings.known_hosts_files, true)->removed == 1);
}

TEST_CASE("ssh_config is none of libssh2's business when the server's entry asks for libssh2") {
  const SshConfigHome home("Host *\n  ProxyJump nowhere.invalid\n");
  CHECK(run(*connect(TransportKind::libssh2), {.argv = {"echo", "in"}}).output == "in\n");
}
