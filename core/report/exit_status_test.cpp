#include "report/exit_status.hpp"

#include <catch2/catch.hpp>

#include "report/testing.hpp"

using namespace maintain;
using namespace maintain::testing;

TEST_CASE_METHOD(Bot, "the exit status says what is open, also when it was told earlier") {
  const TaskKey upgrade{"web1", "shop", "upgrade"};
  const TaskResult down = result({"web2", "", ""}, Outcome::unreachable);
  CHECK(exit_status(tick()) == ExitStatus::well);
  CHECK(exit_status(tick({down})) == ExitStatus::unreachable);
  CHECK(exit_status(tick({down, result(upgrade, Outcome::failed)})) == ExitStatus::findings);
  const Digest silent = tick();
  CHECK(silent.items.empty());
  CHECK(exit_status(silent) == ExitStatus::findings);
  CHECK(exit_status(tick({result(upgrade, Outcome::ok)})) == ExitStatus::unreachable);
  CHECK(exit_status(tick({result({"web2", "", ""}, Outcome::ok)})) == ExitStatus::well);
  CHECK(exit_status(tick({result({"laptop", "", ""}, Outcome::unreachable)})) == ExitStatus::well);
}

TEST_CASE("errors end a command with the status of who must act") {
  const auto status = [](ErrorKind kind) { return exit_status(Error{kind, "x", "", {}}); };
  CHECK(status(ErrorKind::usage) == ExitStatus::usage);
  CHECK(status(ErrorKind::configuration) == ExitStatus::usage);
  CHECK(status(ErrorKind::not_found) == ExitStatus::usage);
  CHECK(status(ErrorKind::busy) == ExitStatus::busy);
  CHECK(status(ErrorKind::unreachable) == ExitStatus::unreachable);
  CHECK(status(ErrorKind::host_key) == ExitStatus::findings);
  CHECK(status(ErrorKind::system) == ExitStatus::findings);
}
