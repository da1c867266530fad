#include <catch2/catch.hpp>

#include "backup/copies/copy_options.hpp"

using namespace maintain::plugins::backup;
using maintain::sdk::Json;

TEST_CASE("plugin_backup: sizes") {
  CHECK(parse_size("10KiB") == 10240);
  CHECK(parse_size("3GiB") == 3ULL << 30);
  for (const char* wrong : {"", "10", "10MB", "-1MiB", "MiB", "1.5GiB", "99999999999TiB"})
    CHECK_FALSE(parse_size(wrong));
}

TEST_CASE("plugin_backup: sizes as people read them") {
  CHECK(bytes_text(0) == "0 bytes");
  CHECK(bytes_text(1) == "1 byte");
  CHECK(bytes_text(1536) == "1.5 KiB");
  CHECK(bytes_text(5ULL << 40) == "5.0 TiB");
}

TEST_CASE("plugin_backup: the options of all copies") {
  const CopyOptions defaults = copy_options(Json::object());
  CHECK(defaults.keep.is_null());
  CHECK(defaults.min_verified == 3);
  CHECK_FALSE(defaults.legacy_layout);

  const CopyOptions given = copy_options({{"keep", {{"daily", 7}}}, {"max_bytes", "2GiB"}, {"layout", "legacy"}});
  CHECK(given.keep == Json{{"daily", 7}});
  CHECK(given.max_bytes == 2ULL << 30);
  CHECK(given.legacy_layout);

  CHECK_THROWS_AS(copy_options({{"max_bytes", "2GB"}}), maintain::sdk::InvalidOption);
}

TEST_CASE("plugin_backup: a policy that keeps nothing is told with the configuration, not after the copy") {
  for (const Json& keep : {Json{{"daily", 0}}, Json{{"last", 0}, {"within", "0d"}}})
    CHECK_THROWS_AS(copy_options({{"keep", keep}}), maintain::sdk::InvalidOption);
  for (const Json& keep : {Json{{"last", -1}}, Json{{"daily", 0}, {"within", "10d"}}})
    CHECK(copy_options({{"keep", keep}}).keep == keep);
}
