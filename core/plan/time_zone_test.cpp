#include "plan/time_zone.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

using namespace maintain;

namespace {

Time at(const std::string& text) { return parse_time(text).value(); }
TimeZone zone(const std::string& name) { return TimeZone::find(name).value(); }

}  // namespace

TEST_CASE("zones are known by their IANA name") {
  for (const char* name : {"UTC", "Etc/UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Asia/Calcutta"}) {
    CHECK(is_known_zone(name));
  }
  for (const char* name : {"", "Berlin", "europe/berlin", "Europe/Berlin ", "../../etc/passwd", "Mars/Olympus"}) {
    CHECK_FALSE(is_known_zone(name));
  }
}

TEST_CASE("moments are shown as the clock on the wall") {
  CHECK(zone("UTC").format(at("2026-11-22T20:20:59Z")) == "2026-11-22 20:20");
  CHECK(zone("Europe/Berlin").format(at("2026-11-22T23:30:00Z")) == "2026-11-23 00:30");
  CHECK(zone("Europe/Berlin").abbreviation(at("2026-11-22T23:30:00Z")) == "CET");
  CHECK(zone("Europe/Berlin").abbreviation(at("2026-07-22T23:30:00Z")) == "CEST");
}

// The library reads only the transitions listed in the files, so files without a long list would be read wrongly.
TEST_CASE("the machine's database lists the transitions of the coming years") {
  for (int year = 2026; year < 2037; ++year) {
    const std::string text = std::to_string(year);
    CHECK(zone("Europe/Berlin").abbreviation(at(text + "-07-01T00:00:00Z")) == "CEST");
    CHECK(zone("Europe/Berlin").abbreviation(at(text + "-12-01T00:00:00Z")) == "CET");
    CHECK(zone("America/New_York").abbreviation(at(text + "-07-01T00:00:00Z")) == "EDT");
  }
}

TEST_CASE("the names of zones can be listed for suggestions") {
  const std::vector<std::string> names = zone_names();
  CHECK(std::find(names.begin(), names.end(), "Europe/Berlin") != names.end());
  CHECK(std::find(names.begin(), names.end(), "UTC") != names.end());
}
