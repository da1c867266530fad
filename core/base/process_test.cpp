#include "base/process.hpp"

#include <thread>

#include <catch2/catch.hpp>

using namespace maintain;

TEST_CASE("a program's output, error output and exit status come back") {
  const auto exit = run_local({.argv = {"sh", "-c", "echo out; echo err >&2; exit 3"}});
  REQUIRE(exit);
  CHECK(exit->output == "out\n");
  CHECK(exit->error_output == "err\n");
  CHECK(exit->status == 3);
  CHECK_FALSE(exit->ok());
  CHECK(exit->describe() == "exit status 3");
}

TEST_CASE("words reach the program as they are") {
  const auto exit = run_local({.argv = {"printf", "%s|", "a b", "$HOME", "'", ""}});
  REQUIRE(exit);
  CHECK(exit->output == "a b|$HOME|'||");
}

TEST_CASE("standard input is given, and closed") {
  const std::string big(1 << 20, 'x');
  const auto exit = run_local({.argv = {"wc", "-c"}, .input = big});
  REQUIRE(exit);
  CHECK(exit->output == "1048576\n");
}

TEST_CASE("a program that does not read its input does not disturb us") {
  const auto exit = run_local({.argv = {"true"}, .input = std::string(1 << 20, 'x')});
  REQUIRE(exit);
  CHECK(exit->ok());
}

TEST_CASE("a deadline ends the program with all it started") {
  const auto exit = run_local({.argv = {"sh", "-c", "sleep 60 & wait"}, .timeout = Milliseconds(100)});
  REQUIRE_FALSE(exit);
  CHECK(exit.error().kind == ErrorKind::timed_out);
}

TEST_CASE("a deadline ends a program that writes faster than it is read") {
  const auto slow = [](std::string_view) {
    std::this_thread::sleep_for(Milliseconds(2));
    return true;
  };
  const auto exit = run_local({.argv = {"yes"}, .timeout = Milliseconds(100), .on_output = slow});
  REQUIRE_FALSE(exit);
  CHECK(exit.error().kind == ErrorKind::timed_out);
}

TEST_CASE("a grandchild that keeps the pipes open does not keep us waiting") {
  const auto exit = run_local({.argv = {"sh", "-c", "sleep 30 & echo done; echo $!"}, .timeout = Milliseconds(10000)});
  REQUIRE(exit);
  REQUIRE(exit->output.starts_with("done\n"));
  (void)run_local({.argv = {"kill", exit->output.substr(5, exit->output.size() - 6)}});
}

TEST_CASE("cancelling ends the program") {
  const auto exit = run_local({.argv = {"sleep", "60"}, .cancelled = [] { return true; }});
  REQUIRE_FALSE(exit);
  CHECK(exit.error().kind == ErrorKind::cancelled);
}

TEST_CASE("output beyond the limit is dropped and said so") {
  const auto exit = run_local({.argv = {"head", "-c", "100000", "/dev/zero"}, .output_limit = 1000});
  REQUIRE(exit);
  CHECK(exit->output.size() == 1000);
  CHECK(exit->truncated);
}

TEST_CASE("a receiver that has had enough ends the program") {
  const auto exit = run_local({.argv = {"yes"}, .on_output = [](std::string_view) { return false; }});
  REQUIRE_FALSE(exit);
  CHECK(exit.error().kind == ErrorKind::cancelled);
}

TEST_CASE("a missing program is named") {
  const auto exit = run_local({.argv = {"no-such-program-here"}});
  REQUIRE_FALSE(exit);
  CHECK(exit.error().kind == ErrorKind::not_found);
  CHECK(exit.error().message.find("no-such-program-here") != std::string::npos);
}

TEST_CASE("a signal is told apart from an exit status") {
  const auto exit = run_local({.argv = {"sh", "-c", "kill -9 $$"}});
  REQUIRE(exit);
  CHECK(exit->signal == 9);
  CHECK_FALSE(exit->ok());
}

TEST_CASE("a variable may have a name that is longer than all there are with their values") {
  const std::string name(5000, 'N');
  LocalCommand command{.argv = {"env"}, .environment = {{name, "new"}, {"PATH", "/usr/bin:/bin"}}};
  const auto ended = run_local(command);
  REQUIRE(ended);
  CHECK(ended->output.find("\n" + name + "=new\n") != std::string::npos);
  CHECK(ended->output.find("PATH=/usr/bin:/bin\n") != std::string::npos);
}
