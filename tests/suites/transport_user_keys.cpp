// How a server is opened: key files and the agent.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <functional>
#include <thread>

#include <catch2/catch.hpp>

#include "base/fd.hpp"
#include "base/process.hpp"
#include "support/transport_cases.hpp"
#include "transport/local_user.hpp"
#include "transport/ssh_wire.hpp"

using namespace maintain;

namespace {

// An agent that holds one key and never signs with it, but says when it was asked to.
class RefusingAgent {
 public:
  RefusingAgent(std::string blob, std::function<void()> asked) : blob_(std::move(blob)), asked_(std::move(asked)) {
    listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = directory_.path("agent");
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_.get(), 4) == 0);
    ::setenv("SSH_AUTH_SOCK", path.c_str(), 1);
    thread_ = std::thread([this] { serve(); });
  }
  ~RefusingAgent() {
    ::unsetenv("SSH_AUTH_SOCK");
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  RefusingAgent(const RefusingAgent&) = delete;

 private:
  // draft-miller-ssh-agent: 11 asks for the keys, 12 is the answer; 13 asks to sign, 5 is the refusal.
  void serve() {
    for (;;) {
      const UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client) return;
      char request[8192];
      while (::recv(client.get(), request, sizeof request, 0) > 4) {
        if (request[4] == 13) asked_();
        const std::string keys = std::string(1, 12) + wire_number(1) + wire_string(blob_) + wire_string("held");
        const std::string answer = wire_string(request[4] == 11 ? keys : std::string(1, 5));
        if (::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL) < 0) break;
      }
    }
  }

  TemporaryDirectory directory_;
  std::string blob_;
  std::function<void()> asked_;
  UniqueFd listener_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("keys of every kind open the server") {
  const LoopbackSshd sshd({.user_key_types = {"ed25519", "ecdsa", "rsa"}});
  const std::string type = GENERATE("ed25519", "ecdsa", "rsa");
  FOR_EACH_KIND(ssh_kinds);
  INFO("key " << type);
  TransportSettings settings = sshd.settings();
  settings.identity_files = {sshd.user_key(type)};
  CHECK(run(*connect(kind, sshd.server(), settings), {.argv = {"id", "-un"}}).output == local_user() + "\n");
}

TEST_CASE("a key in the agent opens the server, RSA too") {
  const LoopbackSshd sshd({.user_key_types = {"ed25519", "rsa"}});
  const std::string type = GENERATE("ed25519", "rsa");
  INFO("key " << type);
  const auto started = run_local({.argv = {"ssh-agent", "-s", "-a", sshd.directory().path("agent")}});
  REQUIRE(started);
  const std::string word = "SSH_AGENT_PID=";
  const pid_t agent = std::stoi(started->output.substr(started->output.find(word) + word.size()));
  ::setenv("SSH_AUTH_SOCK", sshd.directory().path("agent").c_str(), 1);
  REQUIRE(run_local({.argv = {"ssh-add", "-q", sshd.user_key(type)}})->ok());
  TransportSettings settings = sshd.settings();
  settings.use_agent = true;
  // Only the public key is there: the agent has the other half.
  settings.identity_files = {sshd.user_key(type) + ".pub"};
  const auto exit = connect(TransportKind::libssh2, sshd.server(), settings)->run({.argv = {"echo", "in"}});
  ::kill(agent, SIGTERM);
  ::unsetenv("SSH_AUTH_SOCK");
  REQUIRE(exit);
  CHECK(exit->output == "in\n");
}

TEST_CASE("an agent that does not sign is no refusal by the server") {
  const LoopbackSshd sshd;
  RefusingAgent agent(sshd.key_blob(sshd.user_key("ed25519") + ".pub"), [] {});
  TransportSettings settings = sshd.settings();
  settings.use_agent = true;
  settings.identity_files = {sshd.user_key("ed25519") + ".pub"};
  const Error error = refusal(TransportKind::libssh2, sshd.server(), settings);
  CHECK(error.kind == ErrorKind::authentication);
  CHECK(contains(error.message, "none of our keys could sign"));
  CHECK(contains(error.message, "the ssh-agent refused to sign"));
}

TEST_CASE("a connection that is reset while we log in is lost, not a refusal of our keys") {
  LoopbackSshd sshd({.user_key_types = {"ed25519", "ecdsa"}, .resets = true});
  RefusingAgent agent(sshd.key_blob(sshd.user_key("ed25519") + ".pub"), [&] { sshd.kill_connections(); });
  TransportSettings settings = sshd.settings();
  settings.use_agent = true;
  settings.identity_files = {sshd.user_key("ed25519") + ".pub", sshd.user_key("ecdsa")};
  const Error error = refusal(TransportKind::libssh2, sshd.server(), settings);
  CHECK(error.kind == ErrorKind::unreachable);
  CHECK(contains(error.message, "connection lost while logging in"));
}

TEST_CASE("a private key that others may read is refused") {
  const LoopbackSshd sshd;
  ::chmod(sshd.user_key("ed25519").c_str(), 0644);
  const Error error = refusal(TransportKind::libssh2, sshd.server(), sshd.settings());
  CHECK(error.kind == ErrorKind::authentication);
  CHECK(contains(error.message, "may be read by others"));
  CHECK(contains(error.hint, "chmod 600"));
}
