#include "backup/copies/copy_content.hpp"

#include <catch2/catch.hpp>

using namespace maintain;
using namespace maintain::plugins::backup;

TEST_CASE("backup: dumps are told by their names") {
  const CopyContent content =
      content_of("postgresql", {"orders.dump", "globals.sql", "a%2Fb%.sql", "legacy.sql.gz", "notes.txt"});
  CHECK_FALSE(content.tree);
  CHECK(content.globals == "globals.sql");
  REQUIRE(content.dumps.size() == 3);
  CHECK(content.dumps[0].database == "a/b%");
  CHECK(content.dumps[0].form == DumpForm::plain);
  CHECK(content.dumps[1].form == DumpForm::gzip);
  CHECK(content.dumps[1].database == "legacy");
  CHECK(content.dumps[2].form == DumpForm::custom);
  CHECK(dump_of(content, "orders").file == "orders.dump");
  CHECK_THROWS_WITH(dump_of(content, ""), Catch::Contains("say which: a/b%, legacy, orders"));
  CHECK_THROWS_WITH(dump_of(content, "other"), Catch::Contains("no database 'other'"));
}

TEST_CASE("backup: of other engines globals.sql is a database like any") {
  const CopyContent content = content_of("mariadb", {"globals.sql"});
  CHECK_FALSE(content.globals);
  CHECK(dump_of(content, "").database == "globals");
}

TEST_CASE("backup: a command's dump is opaque, whatever it is called") {
  const CopyContent content = content_of("command", {"dump", "x.sql"});
  REQUIRE(content.dumps.size() == 2);
  CHECK(content.dumps[0].form == DumpForm::opaque);
  CHECK(content.dumps[1].database == "x");
}

TEST_CASE("backup: trees have no dumps") {
  CHECK(content_of("directory", {"x.sql"}).tree);
  CHECK(content_of("podman", {}).dumps.empty());
}

TEST_CASE("backup: the manifest says which database is in which file") {
  const sdk::Json named = {{{"name", "Größe"}, {"file", "Gr_e.dump"}}, {{"name", "x"}, {"file", "../x.dump"}}};
  const sdk::Json manifest = {{"engine", "postgresql"}, {"details", {{"databases", named}}}};
  const CopyContent content = content_of_manifest(manifest, {"Gr_e.dump", "globals.sql"});
  REQUIRE(content.dumps.size() == 1);  // a file that is not there is none, wherever it should be
  CHECK(content.dumps[0].database == "Größe");
  CHECK(content.dumps[0].form == DumpForm::custom);
  CHECK(content.globals == "globals.sql");
}
