// Commands: their words, input, output, status and deadlines.
#include <atomic>
#include <csignal>

#include <catch2/catch.hpp>

#include "base/text.hpp"
#include "support/transport_cases.hpp"

using namespace maintain;

namespace {

std::string every_byte() {
  std::string bytes;
  for (int i = 1; i < 256; ++i) bytes += static_cast<char>(i);
  return bytes;
}

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
  CHECK(run(*connection,
            {.script = "for i in 1 2 3 4; do echo $i; sleep 0.2; done", .idle_timeout = Milliseconds(1500)})
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

TEST_CASE("a login shell that refuses tells so by its own status") {
  const LoopbackSshd sshd({.configuration = {"ForceCommand echo no; exit 3"}});
  const RemoteExit exit = run(*connect(TransportKind::libssh2, sshd.server(), sshd.settings()), {.argv = {"true"}});
  CHECK(exit.status == 3);
  CHECK(exit.output == "no\n");
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
