#include <catch2/catch.hpp>

#include "backup/database/database_testing.hpp"

using namespace maintain::plugins::backup::testing;

namespace {

Json dump_by(const Json& command) { return {{"engine", "command"}, {"command", command}}; }

}  // namespace

TEST_CASE("backup: what a project's own command prints is a dump") {
  FakeServer server;
  server.expect(argv({"/srv/shop/bin/dump", "--all"}).as("shop")).reply("a\nb\n");
  Json options = dump_by({"/srv/shop/bin/dump", "--all"});
  options["user"] = "shop";
  CHECK(run_database(server, options).outcome == Outcome::ok);
  CHECK(stored(server, "dump") == "a\nb\n");
  CHECK(server.store.copies.front().state == "verified");
  CHECK(server.store.copies.front().source == "the output of /srv/shop/bin/dump --all");
  CHECK(facts(server)["verified"] == Json{{{"how", "exit status"}, {"detail", "dump"}}});
}

TEST_CASE("backup: a text is a command for the shell, and its trailer must be there") {
  const bool whole = GENERATE(true, false);
  FakeServer server;
  server.expect(word("redis-cli --dump | cat")).reply(whole ? "1\n2\n# end of dump, 2 keys\n" : "1\n2\n");
  Json options = dump_by("redis-cli --dump | cat");
  options["trailer"] = "# end of dump";
  CHECK(run_database(server, options).outcome == (whole ? Outcome::ok : Outcome::failed));
  CHECK(server.commands.front().script.find("pipefail") != std::string::npos);
  CHECK(server.store.copies.size() == (whole ? 1 : 0));
  if (whole) CHECK(facts(server)["verified"][0]["how"] == "exit status, trailer");
  else
    CHECK(server.findings.at(0).title ==
          "no copy was made: the command's dump failed: the command succeeded, but it ends early: \"# end of dump\" is "
          "missing at its end");
}

TEST_CASE("backup: a command that prints nothing failed, unless nothing is fine") {
  const bool fine = GENERATE(true, false);
  FakeServer server;
  server.expect(argv({"/srv/dump"})).reply("");
  Json options = dump_by({"/srv/dump"});
  options["allow_empty"] = fine;
  CHECK(run_database(server, options).outcome == (fine ? Outcome::ok : Outcome::failed));
  CHECK(server.store.copies.size() == (fine ? 1 : 0));
}

TEST_CASE("backup: a dry run does not run the project's command") {
  FakeServer server;
  CHECK(run_database(server, dump_by("pg_dump x | gzip\nexit 0"), true).outcome == Outcome::ok);
  CHECK(server.commands.empty());
  CHECK(server.summary == "would copy the output of pg_dump x | gzip");
}
