// The transports against a real sshd on loopback. No root needed, but for the parts that use sudo.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <thread>

#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include "base/fd.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "support/loopback_sshd.hpp"
#include "transport/host_key_scan.hpp"
#include "transport/local_user.hpp"
#include "transport/quoting.hpp"
#include "transport/ssh_wire.hpp"
#include "transport/transport.hpp"

using namespace maintain;

namespace {

using Clocking = std::chrono::steady_clock;
// Long before the defaults (15 s and more) would have ended it, and long after a busy machine has noticed.
constexpr auto prompt = std::chrono::seconds(12);

// All cases share one sshd unless they need a special one.
LoopbackSshd& shared_sshd() {
  static LoopbackSshd sshd;
  return sshd;
}

std::unique_ptr<Connection> connect(TransportKind kind, const Server& server, const TransportSettings& settings) {
  auto connection = make_transport(kind, settings)->connect(server);
  if (!connection) FAIL(connection.error().describe());
  return std::move(*connection);
}

std::unique_ptr<Connection> connect(TransportKind kind) {
  return connect(kind, shared_sshd().server(), shared_sshd().settings());
}

RemoteExit run(Connection& connection, const RemoteCommand& command) {
  auto exit = connection.run(command);
  if (!exit) FAIL(exit.error().describe());
  return *exit;
}

Error failure(Connection& connection, const RemoteCommand& command) {
  const auto exit = connection.run(command);
  if (exit) FAIL("ended with status " << exit->status);
  return exit.error();
}

Error refusal(TransportKind kind, const Server& server, const TransportSettings& settings) {
  const auto connection = make_transport(kind, settings)->connect(server);
  if (connection) FAIL("connected");
  return connection.error();
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string every_byte() {
  std::string bytes;
  for (int i = 1; i < 256; ++i) bytes += static_cast<char>(i);
  return bytes;
}

constexpr TransportKind all_kinds[] = {TransportKind::libssh2, TransportKind::openssh, TransportKind::local};
constexpr TransportKind ssh_kinds[] = {TransportKind::libssh2, TransportKind::openssh};

std::string name_of_kind(TransportKind kind) {
  return kind == TransportKind::libssh2 ? "libssh2" : kind == TransportKind::openssh ? "openssh" : "local";
}

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

#define FOR_EACH_KIND(kinds)                                     \
  const TransportKind kind = GENERATE(from_range(std::begin(kinds), std::end(kinds))); \
  INFO("transport " << name_of_kind(kind))

}  // namespace

TEST_CASE("a command's words, output and status arrive as they are") {
  FOR_EACH_KIND(all_kinds);
  const auto connection = connect(kind);
  CHECK(contains(connection->describe(), name_of_kind(kind)));

  const std::string bytes = every_byte();
  const RemoteExit printed = run(*connection, {.argv = {"printf", "%s|%s|%s", bytes, "", "two\nlines\n"}});
  CHECK(printed.ok());
  CHECK(printed.output == bytes + "||two\nlines\n");
  CHECK(printed.error_output.empty());

  for (const int status : {0, 1, 3, 126, 254, 255})
    CHECK(run(*connection, {.argv = {std::to_string(status)}, .script = "exit $1"}).status == status);

  const RemoteExit both = run(*connection, {.argv = {"a b"}, .script = "echo \"out $1\"; echo err >&2; exit 4"});
  CHECK(both.output == "out a b\n");
  CHECK(both.error_output == "err\n");
  CHECK(both.status == 4);
  CHECK_FALSE(both.ok());
  CHECK(run(*connection, {.argv = {"/no/such/program"}}).status == 127);
}

TEST_CASE("variables reach the command, whatever they hold") {
  FOR_EACH_KIND(all_kinds);
  const auto connection = connect(kind);
  const std::map<std::string, std::string> environment = {{"PLAIN", "1"}, {"ODD", "a'b $HOME\n\"c\" "}};
  const char* show = "printf '%s|%s' \"$PLAIN\" \"$ODD\"";
  CHECK(run(*connection, {.script = show, .environment = environment}).output == "1|a'b $HOME\n\"c\" ");
  CHECK(run(*connection, {.argv = {"sh", "-c", show}, .environment = environment, .secret = true}).output ==
        "1|a'b $HOME\n\"c\" ");
  CHECK(failure(*connection, {.argv = {"true"}, .environment = {{"A=B", "x"}}}).kind == ErrorKind::refused);
}

TEST_CASE("a secret command shows none of its words to ps") {
  FOR_EACH_KIND(all_kinds);
  const auto connection = connect(kind);
  // `read` and `echo` are the shell's own, so nothing but this shell's arguments could hold the word.
  const RemoteExit seen = run(*connection, {.argv = {"hunter" "2"},
                                            .script = "tr '\\0' '\\n' </proc/$$/cmdline; test \"$1\" = hunter2",
                                            .secret = true});
  CHECK(seen.ok());
  CHECK_FALSE(contains(seen.output, "hunter2"));
  CHECK(contains(seen.output, "maintain-start-"));
}

TEST_CASE("a command that is longer than one argument may be still runs, and keeps its input") {
  FOR_EACH_KIND(all_kinds);
  const auto connection = connect(kind);
  std::string script = "exec 3<&0\n";
  for (int i = 0; script.size() < 100'000; ++i) script += "x" + std::to_string(i) + "='filling it up, line by line'\n";
  script += "wc -c <&3; exit 9";
  const RemoteExit exit = run(*connection, {.script = script, .input = std::string(70'000, 'i')});
  CHECK(trim(exit.output) == "70000");
  CHECK(exit.status == 9);
  CHECK(failure(*connection, {.argv = {"echo", std::string(200'000, 'a')}}).kind == ErrorKind::refused);
}

TEST_CASE("standard input goes through whole, and a command that does not read it does not hang us") {
  FOR_EACH_KIND(all_kinds);
  const auto connection = connect(kind);
  CHECK(run(*connection, {.argv = {"cat"}}).output.empty());
  std::string binary;
  for (int i = 0; i < 3'000'000; ++i) binary += static_cast<char>(i * 7 % 256);
  const RemoteExit echoed = run(*connection, {.argv = {"cat"}, .input = binary});
  CHECK(echoed.output.size() == binary.size());
  CHECK((echoed.output == binary));
  CHECK(run(*connection, {.script = "exit 5", .input = binary}).status == 5);
  CHECK(run(*connection, {.script = "exec 0<&-; exit 6", .input = binary}).status == 6);
}

TEST_CASE("big output on both streams is taken, bounded, and the rest dropped") {
  FOR_EACH_KIND(all_kinds);
  const auto connection = connect(kind);
  const char* flood = "head -c 6000000 /dev/zero; head -c 4000000 /dev/zero >&2";
  const RemoteExit all = run(*connection, {.script = flood});
  CHECK(all.ok());
  CHECK(all.output.size() == 6'000'000);
  CHECK(all.error_output.size() == 4'000'000);
  CHECK_FALSE(all.truncated);

  const RemoteExit cut = run(*connection, {.script = flood, .output_limit = 1000});
  CHECK(cut.ok());
  CHECK(cut.output.size() == 1000);
  CHECK(cut.error_output.size() == 1000);
  CHECK(cut.truncated);

  std::size_t streamed = 0;
  RemoteCommand streaming{.script = flood};
  streaming.on_output = [&](std::string_view piece) { return (streamed += piece.size()) > 0; };
  const RemoteExit taken = run(*connection, streaming);
  CHECK(streamed == 6'000'000);
  CHECK(taken.output.empty());
  CHECK(taken.error_output.size() == 4'000'000);
}

TEST_CASE("a receiver that wants no more ends the command, and the connection goes on") {
  FOR_EACH_KIND(all_kinds);
  const auto connection = connect(kind);
  RemoteCommand endless{.script = "while :; do echo y; done"};
  endless.on_output = [](std::string_view) { return false; };
  CHECK(failure(*connection, endless).kind == ErrorKind::cancelled);
  CHECK(run(*connection, {.argv = {"echo", "still here"}}).output == "still here\n");
}

TEST_CASE("timeouts end a command, not the connection") {
  FOR_EACH_KIND(all_kinds);
  const auto connection = connect(kind);
  const auto began = Clocking::now();
  const Error total = failure(*connection, {.script = "echo begun; sleep 5", .timeout = Milliseconds(1200)});
  CHECK(total.kind == ErrorKind::timed_out);
  CHECK(contains(total.message, "did not end within"));
  const Error idle = failure(*connection, {.script = "echo begun; sleep 5", .idle_timeout = Milliseconds(900)});
  CHECK(idle.kind == ErrorKind::timed_out);
  CHECK(contains(idle.message, "silent"));
  CHECK(Clocking::now() - began < prompt);
  // Output in time keeps a command alive beyond the idle time.
  CHECK(run(*connection, {.script = "for i in 1 2 3 4; do echo $i; sleep 0.2; done", .idle_timeout = Milliseconds(1500)})
            .output == "1\n2\n3\n4\n");
  CHECK(run(*connection, {.argv = {"echo", "on"}}).output == "on\n");
}

TEST_CASE("cancelling is noticed at once") {
  FOR_EACH_KIND(all_kinds);
  std::atomic<bool> stop = false;
  TransportSettings settings = shared_sshd().settings();
  settings.cancelled = [&] { return stop.load(); };
  const auto connection = connect(kind, shared_sshd().server(), settings);
  RemoteCommand command{.script = "echo begun; sleep 5"};
  command.on_output = [&](std::string_view) { return stop = true; };
  const auto began = Clocking::now();
  CHECK(failure(*connection, command).kind == ErrorKind::cancelled);
  CHECK(Clocking::now() - began < prompt);
}

TEST_CASE("a signal that ended the command is told") {
  FOR_EACH_KIND(all_kinds);
  const auto connection = connect(kind);
  const RemoteExit killed = run(*connection, {.script = "kill -KILL $$"});
  CHECK(killed.status == -1);
  CHECK(killed.signal == SIGKILL);
  CHECK_FALSE(killed.ok());
  CHECK(killed.error_output.empty());
  CHECK(run(*connection, {.script = "kill -TERM $$"}).signal == SIGTERM);
}

TEST_CASE("a command that the server cut off without a status did not succeed") {
  FOR_EACH_KIND(ssh_kinds);
  const LoopbackSshd sshd({.configuration = {"ChannelTimeout session:*=1s"}});
  const auto connection = connect(kind, sshd.server(), sshd.settings());
  CHECK(run(*connection, {.argv = {"echo", "in"}}).output == "in\n");
  const Error error = failure(*connection, {.script = "echo begun; sleep 5; echo done"});
  CHECK(error.kind == ErrorKind::unreachable);
  CHECK_FALSE(connection->usable());
}

TEST_CASE("a login shell that refuses tells so by its own status") {
  const LoopbackSshd sshd({.configuration = {"ForceCommand echo no; exit 3"}});
  const RemoteExit exit = run(*connect(TransportKind::libssh2, sshd.server(), sshd.settings()), {.argv = {"true"}});
  CHECK(exit.status == 3);
  CHECK(exit.output == "no\n");
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

TEST_CASE("keys are exchanged anew while megabytes go both ways") {
  FOR_EACH_KIND(ssh_kinds);
  const LoopbackSshd sshd({.configuration = {"RekeyLimit 1M"}});
  const auto connection = connect(kind, sshd.server(), sshd.settings());
  std::string binary;
  for (int i = 0; i < 5'000'000; ++i) binary += static_cast<char>(i * 7 % 256);
  const RemoteExit echoed = run(*connection, {.argv = {"cat"}, .input = binary});
  CHECK(echoed.ok());
  CHECK((echoed.output == binary));
  CHECK(run(*connection, {.argv = {"echo", "on"}}).output == "on\n");
}

TEST_CASE("a background process that keeps the output open costs the deadline, not for ever") {
  FOR_EACH_KIND(ssh_kinds);
  const auto connection = connect(kind);
  const auto began = Clocking::now();
  const auto exit = connection->run({.script = "sleep 5 & echo started; exit 3", .timeout = Milliseconds(1200)});
  CHECK_FALSE(exit);
  CHECK(Clocking::now() - began < prompt);
  CHECK(run(*connection, {.script = "exit 3"}).status == 3);
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
        "hashed", "# comment\r\n\r\nbroken line\n*.example.org ssh-ed25519 AAAA\n" + name + " " + sshd.host_key("ecdsa") + "\n");
    REQUIRE(run_local({.argv = {"ssh-keygen", "-q", "-H", "-f", file}}));
    settings.known_hosts_files = {file};
    CHECK(run(*connect(kind, sshd.server(), settings), {.argv = {"echo", "in"}}).output == "in\n");
  }
}

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
    const std::string other = sshd.directory().write("other", "# theirs\n" + name + " " + before.host_key("ed25519") + "\n");
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
  const SshConfigHome home("Host the-name\n  HostName 127.0.0.1\n" + std::string(alias ? "  HostKeyAlias Other\n" : ""));
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

int main(int argc, char** argv) {
  if (const std::string reason = LoopbackSshd::unavailable(); !reason.empty()) {
    std::printf("SKIPPED: %s\n", reason.c_str());
    return 77;
  }
  return Catch::Session().run(argc, argv);
}
