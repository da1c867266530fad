#include "cli/usage_error.hpp"

#include <catch2/catch.hpp>

using namespace maintain;

namespace {

// What a program with `run --server NAME --forks 1..9`, `config check` and --json says to a command line.
std::string complaint(const std::string& line) {
  CLI::App app{"", "maintain"};
  app.require_subcommand(1);
  app.fallthrough();
  app.add_flag("--json");
  std::string server;
  int forks = 0;
  CLI::App* run = app.add_subcommand("run");
  run->add_option("--server,-s", server);
  run->add_option("--forks", forks)->check(CLI::Range(1, 9));
  CLI::App* config = app.add_subcommand("config");
  config->require_subcommand(1);
  config->add_subcommand("check");
  try {
    app.parse(line);
  } catch (const CLI::ParseError& wrong) {
    return usage_error(app, wrong).describe();
  }
  return "good";
}

}  // namespace

TEST_CASE("a wrong command line is told by its place, and the nearest word is offered") {
  CHECK(complaint("run --server a --json") == "good");
  CHECK(complaint("rnu") == "maintain: there is no command 'rnu' (did you mean 'run'?)");
  CHECK(complaint("config chek") == "maintain config: there is no command 'chek' (did you mean 'check'?)");
  CHECK(complaint("run --sever a") == "maintain run: there is no option '--sever' (did you mean '--server'?)");
  CHECK(complaint("run --jsn") == "maintain run: there is no option '--jsn' (did you mean '--json'?)");
  CHECK(complaint("run extra") ==
        "maintain run: 'extra' is an argument too many ('maintain run --help' shows what there is)");
  CHECK(complaint("") == "maintain: a command is missing ('maintain --help' shows what there is)");
  CHECK_THAT(complaint("run --forks 10"), Catch::StartsWith("maintain run: --forks: Value 10 not in range 1 to 9 ("));
}
