#include "transport/sudo.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include <catch2/catch.hpp>

using namespace maintain;

namespace {

const RemoteCommand certbot{.argv = {"certbto", "renew"}, .become_user = "deploy"};

std::string message(int status, const std::string& error_output) {
  const auto failure = sudo_failure("web1", "maint", certbot, status, error_output);
  return failure ? failure->message : "";
}

// A file of its own for the time of a case.
struct File {
  char path[32] = "/tmp/maintain-sudo-XXXXXX";
  explicit File(const std::string& content, mode_t mode = 0600) {
    ::close(::mkstemp(path));
    std::ofstream(path) << content;
    ::chmod(path, mode);
  }
  ~File() { ::unlink(path); }
};

Server with_file(const File& file) {
  Server server{.name = "web1"};
  server.become.password_file = file.path;
  return server;
}

}  // namespace

TEST_CASE("sudo's own failures are told from the command's") {
  CHECK(message(1, "sudo: a password is required\n") == "web1: sudo asks for a password of user 'maint'");
  CHECK(message(1, "Sorry, try again.\nsudo: no password was provided\nsudo: 1 incorrect password attempt\n") ==
        "web1: sudo refused the password of user 'maint'");
  CHECK(message(1, "Sorry, user maint is not allowed to execute '/usr/bin/cat /etc/shadow' as root on web1.\n")
            .find("web1: sudo does not allow this to user 'maint'") == 0);
  CHECK(message(1, "maint is not in the sudoers file.\n").find("does not allow") != std::string::npos);
  CHECK(message(1, "sudo: Konto abgelaufen\n").find("sudo: Konto abgelaufen") != std::string::npos);
  CHECK(message(127, "bash: line 1: exec: sudo: not found\n") == "web1: sudo is not installed");
  CHECK(message(127, "/bin/sh: 1: exec: sudo: not found\n") == "web1: sudo is not installed");
}

TEST_CASE("a failed command is no failure of sudo") {
  CHECK(message(1, "").empty());
  CHECK(message(1, "grep: no such file\n").empty());
  CHECK(message(2, "sudo: a password is required\n").empty());
  CHECK(message(0, "sudo: unable to resolve host web1: Name or service not known\n").empty());
  CHECK(message(1, "sudo: unable to resolve host web1: Name or service not known\n").empty());
  CHECK(message(127, "sh: 1: exec: frobnicate: not found\n").empty());
}

TEST_CASE("a program that is not there ends as without sudo") {
  const Server server{.name = "web1"};
  Sudo sudo(server, "maint", {});
  const RemoteExit ended{.status = 1, .error_output = "kept"};
  for (const char* said : {"sudo: certbto: command not found\n", "sudo: certbto: Befehl nicht gefunden\n",
                           "sudo: 'certbto': command not found\n",
                           "sudo: unable to resolve host web1: No address\nsudo: certbto: command not found\n"}) {
    INFO(said);
    CHECK(message(1, said).empty());
    const auto exit = sudo.judge(certbot, ended, said);
    REQUIRE(exit);
    CHECK(exit->status == 127);
    CHECK(exit->error_output == "kept");
  }
  // A sudo of the command's own.
  const RemoteCommand script{.script = "sudo certbto || exit 1", .become_user = "root"};
  CHECK(sudo.judge(script, ended, "sudo: certbto: command not found\n")->status == 1);
}

TEST_CASE("the first line of sudo has the reason, and the advice names the user to become") {
  const auto failure = [](const std::string& said) { return *sudo_failure("web1", "maint", certbot, 1, said); };
  const Error unknown = failure("sudo: unknown user deploy\nsudo: error initializing audit plugin sudoers_audit\n");
  CHECK(unknown.message == "web1: sudo: unknown user 'deploy'");
  CHECK(unknown.hint.find("no user of that name") != std::string::npos);
  CHECK(failure("sudo: unknown user: deploy\nsudo: unable to initialize policy plugin\n").message == unknown.message);
  CHECK(message(1, "sudo: unknown user other\nthe script's own sudo knew nobody of that name\n").empty());
  const Error other = failure("sudo: unable to resolve host web1: No address\nsudo: Benutzer deploy ist unbekannt\n"
                              "sudo: error initializing audit plugin sudoers_audit\n");
  CHECK(other.message == "web1: sudo: Benutzer deploy ist unbekannt");
  CHECK(other.hint == "try it by hand: sudo -n -u deploy true");
}

TEST_CASE("the password is the first line of the file") {
  const File file("pass word \nsecond\n");
  const auto password = read_sudo_password(with_file(file), {});
  REQUIRE(password);
  CHECK(password->value() == "pass word ");
}

TEST_CASE("a password file that others may read is refused, an empty one is a mistake") {
  const File open("x\n", 0640);
  CHECK(read_sudo_password(with_file(open), {}).error().kind == ErrorKind::refused);
  const File empty("\nx\n");
  CHECK(read_sudo_password(with_file(empty), {}).error().kind == ErrorKind::configuration);
}

TEST_CASE("a password file that is not there is an error that names it") {
  Server server{.name = "web1"};
  server.become.password_file = "/nonexistent/password";
  const auto missing = read_sudo_password(server, {});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message.find("/nonexistent/password") != std::string::npos);
}

TEST_CASE("the password may come from a command, whose words are never shown") {
  Server server{.name = "web1"};
  server.become.password_command = {"/bin/sh", "-c", "echo from-command; echo more"};
  CHECK(read_sudo_password(server, {})->value() == "from-command");
  server.become.password_command = {"/bin/sh", "-c", "echo leaked >&2; echo leaked; exit 2"};
  const auto failed = read_sudo_password(server, {});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().describe().find("leaked") == std::string::npos);
  CHECK(failed.error().describe().find("exit status 2") != std::string::npos);
  server.become.password_command = {};
  CHECK_FALSE(read_sudo_password(server, {})->has_value());
}

TEST_CASE("a command that sudo does not allow says nothing about the next one") {
  const File file("right\n");
  Sudo sudo(with_file(file), "maint", {});
  const RemoteCommand command{.argv = {"id"}, .become_user = "root"};
  const RemoteExit refused{.status = 1, .signal = 0, .truncated = false};
  CHECK(sudo.judge(command, refused, "Sorry, user maint is not allowed to execute '/usr/bin/id' as root on web1.\n")
            .error().kind == ErrorKind::authentication);
  CHECK(sudo.prepare(command));
  CHECK_FALSE(sudo.judge({.argv = {"id"}, .become_user = "gone"}, refused, "sudo: unknown user gone\n"));
  CHECK(sudo.prepare(command));
}

TEST_CASE("a refused password is not tried again") {
  const File file("wrong\n");
  Sudo sudo(with_file(file), "maint", {});
  const RemoteCommand command{.argv = {"id"}, .become_user = "root"};
  REQUIRE(sudo.prepare(command));
  const RemoteExit refused{.status = 1, .signal = 0, .truncated = false};
  CHECK(sudo.judge(command, refused, "sudo: 3 incorrect password attempts\n").error().kind ==
        ErrorKind::authentication);
  CHECK(sudo.prepare(command).error().kind == ErrorKind::authentication);
  CHECK(sudo.prepare({.argv = {"id"}}));
}
