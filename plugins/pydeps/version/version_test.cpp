#include "pydeps/version/version.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace maintain::pydeps;

namespace {

Version version(const std::string& text) {
  const std::optional<Version> parsed = Version::parse(text);
  INFO(text);
  REQUIRE(parsed);
  return *parsed;
}

}  // namespace

TEST_CASE("every spelling that PEP 440 knows has one normal form") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"1.1RC1", "1.1rc1"},           {"00", "0"},                  {"09000", "9000"},
      {"1.0+foo0100", "1.0+foo0100"}, {"1.1.a1", "1.1a1"},          {"1.1-a1", "1.1a1"},
      {"1.1a.1", "1.1a1"},            {"1.1alpha1", "1.1a1"},       {"1.1beta2", "1.1b2"},
      {"1.1c3", "1.1rc3"},            {"1.1preview_3", "1.1rc3"},   {"1.2a", "1.2a0"},
      {"1.2-post2", "1.2.post2"},     {"1.2post-2", "1.2.post2"},   {"1.0-r4", "1.0.post4"},
      {"1.2.post", "1.2.post0"},      {"1.0-1", "1.0.post1"},       {"1.2-dev2", "1.2.dev2"},
      {"1.2.dev", "1.2.dev0"},        {"1.0+Ubuntu-1", "1.0+ubuntu.1"}, {"1.0+ubuntu_01", "1.0+ubuntu.1"},
      {"V1.0", "1.0"},                {" \t\n\r\f\v1.0\v\f ", "1.0"}, {"1!2.0", "1!2.0"},
      {"0!2.0", "2.0"},               {"1.0a1.post2.dev3+x.4", "1.0a1.post2.dev3+x.4"}};
  for (const auto& [text, normal] : cases) {
    INFO(text);
    CHECK(version(text).text() == normal);
    CHECK(version(normal).text() == normal);
  }
}

TEST_CASE("the order of PEP 440's summary") {
  const std::vector<std::string> ascending = {
      "1.dev0", "1.0.dev456", "1.0a1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12", "1.0b1.dev456", "1.0b2",
      "1.0b2.post345.dev456", "1.0b2.post345", "1.0rc1.dev456", "1.0rc1", "1.0", "1.0+abc.5", "1.0+abc.7", "1.0+5",
      "1.0.post456.dev34", "1.0.post456", "1.0.15", "1.1.dev1", "1!0.1"};
  for (std::size_t one = 0; one < ascending.size(); ++one)
    for (std::size_t other = 0; other < ascending.size(); ++other) {
      INFO(ascending[one] << " and " << ascending[other]);
      CHECK((version(ascending[one]) <=> version(ascending[other])) == (one <=> other));
    }
}

TEST_CASE("numbers of any length keep their order") {
  const std::string nines(5000, '9');
  const std::string next = "1" + std::string(5000, '0');
  CHECK(version("1." + nines) < version("1." + next));
  CHECK(version("1." + nines) == version("1.000" + nines + ".0"));
  CHECK(version("18446744073709551616") > version("18446744073709551615"));
  CHECK(version("4294967297") > version("1"));
  CHECK(version(next + "!0").text() == next + "!0");
}

TEST_CASE("what is no version is nothing") {
  for (const char* text : {"", "  ", "1.", "1..0", "v", "a1", "1.0-", "1.0+", "1.0+a+b", "1!", "1.0x", "1.0 1",
                           "latest", "1.0\xC2\xA0", "1.0po\xC5\xBFt1", "\xD9\xA1.0"}) {
    INFO(text);
    CHECK_FALSE(Version::parse(text));
  }
  CHECK_FALSE(Version::parse(std::string_view("1.0\0", 4)));
}

TEST_CASE("texts compare where both are versions") {
  CHECK(compare_versions("1.0", "1.0.0") == std::strong_ordering::equal);
  CHECK(compare_versions("1.0rc1", "1.0") == std::strong_ordering::less);
  CHECK(compare_versions("1.10", "1.9") == std::strong_ordering::greater);
  CHECK_FALSE(compare_versions("1.0", "latest"));
  CHECK_FALSE(compare_versions("latest", "1.0"));
}

TEST_CASE("a version knows what it is") {
  CHECK(version("1.0rc1").is_prerelease());
  CHECK(version("1.0.post1.dev1").is_prerelease());
  CHECK(version("1.0.post1.dev1").is_postrelease());
  CHECK_FALSE(version("1.0.post1+dev").is_prerelease());
  const Version full = version("1!2.0rc1.post2.dev3+local.4");
  CHECK(full.base_text() == "1!2.0");
  CHECK(full.public_text() == "1!2.0rc1.post2.dev3");
  CHECK(full.without_local().text() == full.public_text());
  CHECK(full.base().text() == "1!2.0");
}

TEST_CASE("lines and series go by numbers, not by text") {
  CHECK(in_line(version("1.11.3"), version("1.11")));
  CHECK(in_line(version("1.11rc1"), version("1.11.0")));
  CHECK(in_line(version("1"), version("1.0.0")));
  CHECK_FALSE(in_line(version("1.110"), version("1.11")));
  CHECK_FALSE(in_line(version("1.1"), version("1.11")));
  CHECK_FALSE(in_line(version("1!1.11.3"), version("1.11")));
  CHECK(same_series(version("4.2"), version("4.2.9")));
  CHECK(same_series(version("4"), version("4.0.1.post1")));
  CHECK_FALSE(same_series(version("17.0"), version("17.1")));
  CHECK_FALSE(same_series(version("1!4.2"), version("4.2")));
}
