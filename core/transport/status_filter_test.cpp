#include "transport/status_filter.hpp"

#include <catch2/catch.hpp>

#include "base/process.hpp"

using namespace maintain;

TEST_CASE("the status line is found and taken out, however the stream is cut") {
  const std::string stream = "warning: m\nmaintain-status-nope 1\nlast words without a line end"
                             "maintain-status-token 255\nfrom the background\n";
  const std::string own = "warning: m\nmaintain-status-nope 1\nlast words without a line endfrom the background\n";
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    StatusFilter filter("token");
    std::string passed;
    for (std::size_t at = 0; at < stream.size(); at += piece) passed += filter.pass(stream.substr(at, piece));
    passed += filter.rest();
    CHECK(passed == own);
    CHECK(filter.status() == 255);
  }
}

TEST_CASE("without the line there is no status, and nothing is lost") {
  StatusFilter filter("token");
  std::string passed = filter.pass("half a line: maintain-status-tok");
  CHECK(passed == "half a line: ");
  CHECK_FALSE(filter.status());
  CHECK(passed + filter.rest() == "half a line: maintain-status-tok");
}

TEST_CASE("what goes on after the mark for longer than a number is not held back") {
  StatusFilter filter("token");
  const std::string mark = "maintain-status-token ";
  std::string passed = filter.pass(mark + "123456789");
  CHECK(passed == mark + "123456789");
  for (int i = 0; i < 100; ++i) passed += filter.pass(std::string(1000, 'x'));
  CHECK(passed.size() == mark.size() + 9 + 100'000);
  CHECK_FALSE(filter.status());
  CHECK(filter.pass(mark + "3\n").empty());
  CHECK(filter.status() == 3);
}

TEST_CASE("what a shell says of a signal is told as the signal") {
  for (const auto& [status, expected, signal] :
       {std::tuple("0", 0, 0), std::tuple("128", 128, 0), std::tuple("137", -1, 9), std::tuple("143", -1, 15),
        std::tuple("144", 144, 0), std::tuple("255", 255, 0)}) {
    StatusFilter filter("token");
    RemoteExit exit;
    CHECK_FALSE(filter.tell(exit));
    filter.pass("maintain-status-token " + std::string(status) + "\n");
    CHECK(filter.tell(exit));
    CHECK(exit.status == expected);
    CHECK(exit.signal == signal);
  }
}

TEST_CASE("a line is only whole with its end") {
  StatusFilter filter("token");
  CHECK(filter.pass("maintain-status-token 12").empty());
  CHECK_FALSE(filter.status());
  CHECK(filter.pass("7\n").empty());
  CHECK(filter.status() == 127);
}

TEST_CASE("a shell adds the line whatever the command does") {
  for (const auto& [line, status] : {std::pair("exec sh -c 'exit 7'", 7), std::pair("exec true", 0),
                                     std::pair("exec /no/such/program", 127), std::pair("exec sh -c 'kill -9 $$'", 137),
                                     std::pair("exec sh -c 'exec 2>&-; exit 3'", 3)}) {
    StatusFilter filter("token");
    const auto exit = run_local({.argv = {"/bin/sh", "-c", filter.wrap(line)}});
    REQUIRE(exit);
    CHECK((filter.pass(exit->error_output).empty() || status == 127));
    CHECK(filter.status() == status);
    CHECK(exit->status == status);
  }
}
