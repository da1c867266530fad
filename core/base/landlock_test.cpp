#include "base/landlock.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include <catch2/catch.hpp>

#include "base/testing.hpp"

using namespace maintain;
using testing::in_child;

namespace {

constexpr int no_landlock = 77;

struct Place {
  std::filesystem::path root;
  Place() {
    std::string pattern = (std::filesystem::temp_directory_path() / "maintain-landlock-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    root = pattern;
    for (const char* name : {"open", "read", "shut"}) {
      std::filesystem::create_directory(root / name);
      std::ofstream(root / name / "file") << "text";
    }
  }
  ~Place() { std::filesystem::remove_all(root); }
};

bool can_read(const std::filesystem::path& path) { return std::ifstream(path).get() == 't'; }
bool can_write(const std::filesystem::path& path) {
  return static_cast<bool>(std::ofstream(path, std::ios::app) << "x" << std::flush);
}

}  // namespace

TEST_CASE("with rules about reading only what they name can be read") {
  const Place place;
  const int result = in_child([&] {
    auto rules = Landlock::make(Landlock::About::reading_and_writing);
    if (!rules) return no_landlock;
    if (!rules->allow_reading_and_writing(place.root / "open") || !rules->allow_reading(place.root / "read/file") ||
        !rules->allow_device("/dev/null") || !rules->apply())
      return 1;
    int failures = 0;
    if (!can_read(place.root / "open/file") || !can_write(place.root / "open/file")) failures |= 2;
    if (!can_read(place.root / "read/file") || can_write(place.root / "read/file")) failures |= 4;
    if (can_read(place.root / "shut/file") || can_write(place.root / "shut/file")) failures |= 8;
    std::error_code denied;
    const std::filesystem::directory_iterator names(place.root / "read", denied);
    if (!denied) failures |= 16;
    if (!can_write("/dev/null")) failures |= 32;
    return failures;
  });
  if (result == no_landlock) WARN("this kernel has no Landlock, or it is switched off: its rules were not tested");
  else CHECK(result == 0);
}

TEST_CASE("with rules about writing everything can be read") {
  const Place place;
  const int result = in_child([&] {
    auto rules = Landlock::make(Landlock::About::writing);
    if (!rules) return no_landlock;
    if (!rules->allow_reading_and_writing(place.root / "open") || !rules->apply()) return 1;
    return (can_read(place.root / "shut/file") ? 0 : 2) | (can_write(place.root / "shut/file") ? 4 : 0) |
           (can_write(place.root / "open/file") ? 0 : 8);
  });
  if (result == no_landlock) WARN("this kernel has no Landlock, or it is switched off: its rules were not tested");
  else CHECK(result == 0);
}

TEST_CASE("a path that is not there cannot be allowed") {
  auto rules = Landlock::make(Landlock::About::writing);
  if (!rules) return;
  const auto allowed = rules->allow_reading_and_writing("/no/such/place");
  REQUIRE_FALSE(allowed);
  CHECK(allowed.error().message.find("/no/such/place") != std::string::npos);
}
