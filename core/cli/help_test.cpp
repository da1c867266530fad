#include "cli/help.hpp"

#include <catch2/catch.hpp>

#include "base/text.hpp"

using namespace maintain;

TEST_CASE("every command has a summary that fits its line, examples and exit status") {
  for (const char* name : {"backups", "config", "history", "import", "legacy", "ping", "plan", "plugins", "pydeps",
                           "run", "show", "status", "trust"}) {
    CAPTURE(name);
    const HelpText help = help_text(name);
    CHECK(!help.summary.empty());
    CHECK(help.summary.size() <= 58);  // behind the commands' names on a terminal of 80 columns
    CHECK_THAT(help.body, Catch::Contains("EXAMPLES\n    maintain ") && Catch::Contains("EXIT STATUS\n    "));
    for (const std::string& line : split_lines(help.body)) CHECK(line.size() <= 82);  // bytes; … has three
  }
}

TEST_CASE("the help of a command's command is about that one") {
  const std::string drill = help_text("backups", "drill").body;
  CHECK_THAT(drill, Catch::StartsWith("drill restores the newest copy") &&
                        Catch::Contains("\n\nEXAMPLES\n    maintain backups drill web1 orders\n\nSEE ALSO\n"));
  for (const char* other : {"accept", "restore", "list", "push", "EXIT STATUS"})
    CHECK_THAT(drill, !Catch::Contains(std::string("\n") + other) && !Catch::Contains(std::string("backups ") + other));
  for (const char* command : {"accept", "drill", "list", "prune", "push", "restore", "verify"})
    CHECK_THAT(help_text("backups", command).body, Catch::StartsWith(std::string(command) + " ") &&
                                                       Catch::Contains(std::string("maintain backups ") + command));
  CHECK_THAT(help_text("config", "check").body, Catch::StartsWith("check without an argument"));
  CHECK_THAT(help_text("pydeps", "report").body, Catch::Contains("\n\nreport --format json is the same") &&
                                                     Catch::Contains("maintain pydeps report web1 @shop"));
  CHECK(help_text("plugins", "info").body.size() < help_text("plugins").body.size() / 2);
}

TEST_CASE("paragraphs are wrapped and indented lines are not") {
  CHECK_THAT(help_text("maintain").body, Catch::Contains("\n    maintain trust web1 "));
  CHECK_THROWS_AS(help_text("nonsense"), std::logic_error);
}

TEST_CASE("help and version are understood as words too") {
  using Words = std::vector<std::string>;
  CHECK(with_words_for_options({"help"}) == Words{"--help"});
  CHECK(with_words_for_options({"help", "plugins", "info"}) == Words{"plugins", "info", "--help"});
  CHECK(with_words_for_options({"version"}) == Words{"--version"});
  CHECK(with_words_for_options({"status", "help"}) == Words{"status", "help"});
  CHECK(with_words_for_options({"--config", "help", "--json", "help", "run"}) ==
        Words{"--config", "help", "--json", "run", "--help"});
  CHECK(with_words_for_options({"--config"}) == Words{"--config"});
  CHECK(with_words_for_options({}).empty());
}
