#include "backup/restore/restore_target.hpp"

#include <catch2/catch.hpp>
#include <maintain/plugin.hpp>

using namespace maintain::plugins::backup;

TEST_CASE("backup: where to restore is a directory, a path of the server, a database, or a volume") {
  const auto directory = parse_restore_target("/srv//restored/./x/", "web1");
  CHECK(directory.kind == TargetKind::directory);
  CHECK(directory.name == "/srv/restored/x");
  const auto path = parse_restore_target("web1:/srv/a:b", "web1");
  CHECK(path.kind == TargetKind::path);
  CHECK(path.name == "/srv/a:b");
  CHECK(describe(path, "web1") == "web1:/srv/a:b");
  const auto database = parse_restore_target("database:orders 2", "web1");
  CHECK(database.kind == TargetKind::database);
  CHECK(database.name == "orders 2");
  CHECK(parse_restore_target("web1:database:x", "web1").name == "x");
  for (const char* text : {"volume:shop-data", "web1:volume:shop-data"}) {
    const auto volume = parse_restore_target(text, "web1");
    CHECK(volume.kind == TargetKind::volume);
    CHECK(describe(volume, "web1") == "the volume shop-data on web1");
  }
}

TEST_CASE("backup: where nothing can be restored to is said before anything is done") {
  using maintain::sdk::InvalidOption;
  for (const char* text : {"", "orders", "srv/x", "database:", "web1:", "web1:x", "web1:database:", "/a/../b", "/..",
                           "web1:/a/..", "database:-f", "database:a\nb", "volume:", "volume:-f", "web1:volume:a/b"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_restore_target(text, "web1"), InvalidOption);
  }
  CHECK_THROWS_AS(parse_restore_target("database:" + std::string(129, 'x'), "web1"), InvalidOption);
  CHECK_THROWS_WITH(parse_restore_target("web2:/srv", "web1"), Catch::Contains("not on 'web2'"));
}
