#include "transport/remote_command.hpp"

#include <catch2/catch.hpp>

#include "base/process.hpp"

using namespace maintain;

namespace {

using Words = std::vector<std::string>;

PreparedCommand prepared(const RemoteCommand& command, const CommandContext& context) {
  auto result = prepare_command(command, context);
  REQUIRE(result);
  return *result;
}

// As the login shell of a server would run it.
LocalExit executed(const PreparedCommand& command) {
  const auto exit = run_local({.argv = {"/bin/sh", "-c", command.line()}, .input = command.input});
  REQUIRE(exit);
  return *exit;
}

const CommandContext someone{"maint", std::nullopt, "t0"};
const CommandContext with_password{"maint", "pass word", "t0"};

}  // namespace

TEST_CASE("words go over as words") {
  CHECK(prepared({.argv = {"ls", "-l", "a b"}}, someone).words == Words{"ls", "-l", "a b"});
  CHECK(prepared({.argv = {"ls", "-l", "a b"}}, someone).line() == "exec ls -l 'a b'");
  CHECK(prepared({.argv = {"x"}, .input = "in"}, someone).input == "in");
  CHECK(prepared({.argv = {"one"}, .script = "echo $1"}, someone).words ==
        Words{"/bin/sh", "-c", "echo $1", "sh", "one"});
}

TEST_CASE("variables are set inside sudo") {
  const RemoteCommand command{.argv = {"apt-get"}, .become_user = "root", .environment = {{"DEBIAN_FRONTEND", "x y"}}};
  CHECK(prepared(command, someone).words ==
        Words{"sudo", "-n", "-H", "-u", "root", "--", "env", "DEBIAN_FRONTEND=x y", "apt-get"});
}

TEST_CASE("sudo speaks English where the command does not notice") {
  const RemoteCommand command{.argv = {"id"}, .become_user = "root", .environment = {{"LC_ALL", "C"}}};
  CHECK(prepared(command, someone).words ==
        Words{"env", "LC_ALL=C.UTF-8", "sudo", "-n", "-H", "-u", "root", "--", "env", "LC_ALL=C", "id"});
  CHECK(prepared(command, with_password).words[2] == "sudo");
  CHECK(prepared(command, {"root", std::nullopt, "t0"}).words == Words{"env", "LC_ALL=C", "id"});
}

TEST_CASE("nobody becomes who they are, and root needs no sudo") {
  CHECK(prepared({.argv = {"id"}, .become_user = "maint"}, someone).words == Words{"id"});
  CHECK(prepared({.argv = {"id"}, .become_user = "root"}, {"root", std::nullopt, "t0"}).words == Words{"id"});
  const Words words = prepared({.argv = {"id"}, .become_user = "postgres"}, {"root", std::nullopt, "t0"}).words;
  CHECK(words[0] == "/bin/sh");
  CHECK(words[2].find("runuser -u \"$u\"") != std::string::npos);
  CHECK(Words(words.begin() + 3, words.end()) == Words{"sh", "postgres", "id"});
}

TEST_CASE("a password goes before the command on standard input, never into words") {
  const PreparedCommand command = prepared({.argv = {"cat"}, .input = "payload", .become_user = "root"}, with_password);
  CHECK(command.words[0] == "sudo");
  CHECK(command.words[2] == "-S");
  CHECK(command.line().find("pass word") == std::string::npos);
  CHECK(command.input == "pass word\nmaintain-start-t0\nexec cat\nmaintain-end-t0\npayload");
}

TEST_CASE("whether sudo took the password or not, the command gets its own input") {
  PreparedCommand command = prepared({.argv = {"cat"}, .input = "pay\nload", .become_user = "root"}, with_password);
  const auto shell = std::find(command.words.begin(), command.words.end(), "/bin/sh");
  REQUIRE(shell != command.words.end());
  command.words.erase(command.words.begin(), shell);   // sudo is not there: nobody takes the password
  CHECK(executed(command).output == "pay\nload");
  command.input.erase(0, command.input.find('\n') + 1);  // sudo has read its line
  CHECK(executed(command).output == "pay\nload");
}

TEST_CASE("a secret command travels on standard input") {
  const RemoteCommand command{.argv = {"the secret"}, .script = "read -r line; echo \"$1,$line,$VAR\"; exit 3",
                              .input = "typed\n", .environment = {{"VAR", "v'w"}}, .secret = true};
  const PreparedCommand secret = prepared(command, someone);
  CHECK(secret.line().find("the secret") == std::string::npos);
  CHECK(secret.line().find("v'w") == std::string::npos);
  const LocalExit exit = executed(secret);
  CHECK(exit.output == "the secret,typed,v'w\n");
  CHECK(exit.status == 3);
}

TEST_CASE("a command that was cut off on its way is not run") {
  PreparedCommand command = prepared({.script = "echo harm; echo more", .secret = true}, someone);
  for (std::size_t length = 0; length + 1 < command.input.size(); length += 7) {
    PreparedCommand cut = command;
    cut.input.resize(length);
    const LocalExit exit = executed(cut);
    CHECK(exit.output.empty());
    CHECK(exit.status == 125);
  }
}

TEST_CASE("all bytes survive the way over standard input") {
  std::string bytes;
  for (int byte = 1; byte < 256; ++byte) bytes += static_cast<char>(byte);
  const PreparedCommand command = prepared({.argv = {"printf", "%s", bytes}, .secret = true}, someone);
  CHECK(executed(command).output == bytes);
}

TEST_CASE("long commands take the way over standard input by themselves") {
  const std::string long_word(30'000, 'a');
  const PreparedCommand command = prepared({.argv = {"printf", "%s", long_word}}, someone);
  CHECK(command.line().size() < 2000);
  CHECK(executed(command).output == long_word);
}

TEST_CASE("what cannot be a command is refused") {
  for (const RemoteCommand& wrong :
       {RemoteCommand{}, RemoteCommand{.argv = {""}}, RemoteCommand{.argv = {std::string("a\0b", 3)}},
        RemoteCommand{.script = std::string("a\0b", 3)}, RemoteCommand{.argv = {std::string(200'000, 'a')}},
        RemoteCommand{.argv = {"a"}, .become_user = "-u"}, RemoteCommand{.argv = {"a"}, .become_user = "a b"},
        RemoteCommand{.argv = {"a"}, .environment = {{"A;id", "x"}}},
        RemoteCommand{.argv = {"a"}, .environment = {{"A", std::string("\0", 1)}}}}) {
    const auto result = prepare_command(wrong, someone);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::refused);
  }
}

TEST_CASE("tokens are long and differ") {
  CHECK(random_token().size() == 32);
  CHECK(random_token() != random_token());
}
