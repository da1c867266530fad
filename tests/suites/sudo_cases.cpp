// Becoming another user with the real sudo. Needs root, to give sshd a view of its own of /etc/passwd and sudoers: the
// machine's own files stay as they are.
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include <catch2/catch.hpp>

#include "base/fd.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "support/loopback_sshd.hpp"
#include "transport/transport.hpp"

using namespace maintain;

namespace {

constexpr const char* password = "correct horse";

std::string unavailable() {
  if (::geteuid() != 0) return "not root";
  if (::access("/usr/bin/sudo", X_OK) != 0) return "there is no sudo";
  const auto unshared = run_local({.argv = {"unshare", "-m", "mount", "--bind", "/etc/passwd", "/etc/hostname"}});
  return unshared && unshared->ok() ? "" : "no mount namespaces here";
}

std::string with_lines(const std::string& file, const std::string& lines) {
  const auto text = read_file(file, 1024 * 1024);
  return text ? *text + lines : lines;
}

// An sshd that sees the users mt-free (NOPASSWD), mt-asks (with a password) and mt-few (may do little).
class SudoServer {
 public:
  explicit SudoServer(bool has_sudo = true) : sshd_({.wrapper = wrapper(has_sudo)}) {}

  Result<std::unique_ptr<Connection>> connect(TransportKind kind, const std::string& user,
                                              const std::string& sudo_password = "") {
    Server server = sshd_.server();
    server.user = user;
    if (!sudo_password.empty()) server.become.password_file = views_.write("password", sudo_password + "\n");
    return make_transport(kind, sshd_.settings())->connect(server);
  }

 private:
  std::vector<std::string> wrapper(bool has_sudo) {
    const auto hash = run_local({.argv = {"openssl", "passwd", "-6", "-stdin"}, .input = password});
    REQUIRE(hash);
    const std::string crypt(trim(hash->output));
    views_.write("passwd",
                 with_lines("/etc/passwd", "mt-free:x:61001:61001::/tmp:/bin/sh\nmt-asks:x:61002:61002::/tmp:/bin/sh\n"
                                                     "mt-few:x:61003:61003::/tmp:/bin/sh\n"), 0644);
    views_.write("shadow",
                 with_lines("/etc/shadow",
                            "mt-free:*:19000::::::\nmt-asks:" + crypt + ":19000::::::\nmt-few:*:19000::::::\n"));
    views_.write("group", with_lines("/etc/group", "mt-free:x:61001:\nmt-asks:x:61002:\nmt-few:x:61003:\n"), 0644);
    views_.write("sudoers",
                 "Defaults env_reset, use_pty, !lecture\nroot ALL=(ALL:ALL) ALL\nmt-free ALL=(ALL) NOPASSWD: ALL\n"
                            "mt-asks ALL=(ALL) ALL\nmt-few ALL=(root) NOPASSWD: /usr/bin/id\n", 0440);
    std::string mounts;
    for (const char* name : {"passwd", "shadow", "group", "sudoers"})
      mounts += "mount --bind " + views_.path(name) + " /etc/" + name + " && ";
    if (!has_sudo) mounts += "mount --bind /dev/null /usr/bin/sudo && ";
    return {"unshare", "-m", "/bin/sh", "-c", mounts + "exec \"$@\"", "sh"};
  }

  TemporaryDirectory views_;
  LoopbackSshd sshd_;
};

#define NEEDS_SUDO()                                                        \
  if (const std::string reason = unavailable(); !reason.empty()) {          \
    std::printf("SKIPPED, the cases with sudo: %s\n", reason.c_str());      \
    return;                                                                 \
  }

SudoServer& sudo_server() {
  static SudoServer server;
  return server;
}

RemoteExit run(Connection& connection, const RemoteCommand& command) {
  auto exit = connection.run(command);
  if (!exit) FAIL(exit.error().describe());
  INFO(exit->error_output);
  return *exit;
}

std::unique_ptr<Connection> open(Result<std::unique_ptr<Connection>> connection) {
  if (!connection) FAIL(connection.error().describe());
  return std::move(*connection);
}

// Everything that must be as without sudo.
void check_all(Connection& connection) {
  CHECK(run(connection, {.argv = {"id", "-un"}, .become_user = "root"}).output == "root\n");
  CHECK(run(connection, {.script = "exit 7", .become_user = "root"}).status == 7);
  CHECK(run(connection, {.argv = {"cat"}, .input = "line 1\nline 2", .become_user = "root"}).output ==
        "line 1\nline 2");
  CHECK(run(connection, {.argv = {"cat"}, .become_user = "root"}).output.empty());
  CHECK(run(connection, {.argv = {"w x"}, .script = "echo \"$1,$DEBIAN_FRONTEND\"", .become_user = "root",
                         .environment = {{"DEBIAN_FRONTEND", "non'interactive"}}}).output == "w x,non'interactive\n");
  CHECK(run(connection,
            {.argv = {"s"}, .script = "cat; echo \"$1\"", .input = "in,", .become_user = "root", .secret = true})
            .output == "in,s\n");
  CHECK(run(connection, {.argv = {"id", "-un"}, .become_user = "mt-few"}).output == "mt-few\n");
  CHECK(run(connection,
            {.argv = {"printenv", "LC_ALL"}, .become_user = "root", .environment = {{"LC_ALL", "C"}}}).output ==
        "C\n");
  CHECK(run(connection, {.argv = {"printenv", "LC_ALL"}, .become_user = "root"}).output.empty());
  CHECK(run(connection, {.argv = {"printenv", "HOME"}, .become_user = "root"}).output == "/root\n");
  const std::string binary(200'000, '\x83');
  CHECK((run(connection, {.argv = {"cat"}, .input = binary, .become_user = "root"}).output == binary));
}

}  // namespace

TEST_CASE("sudo without a password") {
  NEEDS_SUDO();
  const TransportKind kind = GENERATE(TransportKind::libssh2, TransportKind::openssh);
  const auto connection = open(sudo_server().connect(kind, "mt-free"));
  check_all(*connection);
  if (kind == TransportKind::libssh2)
    CHECK(run(*connection, {.script = "kill -TERM $$", .become_user = "root"}).signal == SIGTERM);
}

TEST_CASE("sudo with a password, also when it does not ask for it") {
  NEEDS_SUDO();
  const TransportKind kind = GENERATE(TransportKind::libssh2, TransportKind::openssh);
  check_all(*open(sudo_server().connect(kind, "mt-asks", password)));
  check_all(*open(sudo_server().connect(kind, "mt-free", password)));
}

TEST_CASE("what sudo refuses is an error, not an exit status") {
  NEEDS_SUDO();
  const RemoteCommand command{.argv = {"cat", "/etc/shadow"}, .become_user = "root"};
  const auto asks = open(sudo_server().connect(TransportKind::libssh2, "mt-asks"))->run(command);
  REQUIRE_FALSE(asks);
  CHECK(asks.error().kind == ErrorKind::authentication);
  CHECK(asks.error().message == "web1: sudo asks for a password of user 'mt-asks'");

  const auto few = open(sudo_server().connect(TransportKind::openssh, "mt-few"));
  CHECK(run(*few, {.argv = {"/usr/bin/id", "-un"}, .become_user = "root"}).output == "root\n");
  CHECK(few->run(command).error().kind == ErrorKind::authentication);

  const auto wrong = open(sudo_server().connect(TransportKind::libssh2, "mt-asks", "wrong"));
  const auto refused = wrong->run(command);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "web1: sudo refused the password of user 'mt-asks'");
  const auto began = std::chrono::steady_clock::now();
  CHECK(wrong->run(command).error().kind == ErrorKind::authentication);
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::milliseconds(500));
}

TEST_CASE("a program or a user that is not there is told as what it is") {
  NEEDS_SUDO();
  const TransportKind kind = GENERATE(TransportKind::libssh2, TransportKind::openssh);
  const auto connection = open(sudo_server().connect(kind, "mt-free"));
  const RemoteExit missing = run(*connection, {.argv = {"mt-no-program"}, .become_user = "root"});
  CHECK(missing.status == 127);
  CHECK(missing.error_output.find("mt-no-program: command not found") != std::string::npos);
  const auto unknown = connection->run({.argv = {"id"}, .become_user = "mt-nobody"});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().message == "web1: sudo: unknown user 'mt-nobody'");
}

TEST_CASE("root becomes others, with sudo or without") {
  NEEDS_SUDO();
  const bool has_sudo = GENERATE(true, false);
  SudoServer server(has_sudo);
  const auto connection = open(server.connect(TransportKind::libssh2, "root"));
  CHECK(run(*connection, {.argv = {"id", "-un"}, .become_user = "root"}).output == "root\n");
  CHECK(run(*connection, {.argv = {"id", "-un"}, .become_user = "mt-free"}).output == "mt-free\n");
  CHECK(run(*connection, {.script = "printf '%s,%s,%s,' \"$HOME\" \"$USER\" \"$A\"; cat", .input = "in",
                          .become_user = "mt-free", .environment = {{"A", "b c"}}}).output == "/tmp,mt-free,b c,in");
  CHECK(run(*connection, {.script = "exit 9", .become_user = "mt-free"}).status == 9);
}
