#include "backup/copies/copy_options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <limits>

namespace maintain::plugins::backup {
namespace {

struct Unit {
  std::string_view name;
  int shift;
};
constexpr std::array<Unit, 4> units{{{"TiB", 40}, {"GiB", 30}, {"MiB", 20}, {"KiB", 10}}};

// The store refuses such a policy, but only when the copy is made already.
bool keeps_nothing(const sdk::Json& keep) {
  return std::all_of(keep.begin(), keep.end(), [](const sdk::Json& value) {
    return value.is_string() ? value.get<std::string>().find_first_of("123456789") == std::string::npos : value == 0;
  });
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const Unit& known : units)
    if (unit == known.name && number <= (std::numeric_limits<std::uint64_t>::max() >> known.shift))
      return number << known.shift;
  return std::nullopt;
}

std::uint64_t size_option(const sdk::Json& options, const char* key) {
  const auto found = options.find(key);
  if (found == options.end()) return 0;
  if (const auto size = parse_size(found->get<std::string>())) return *size;
  throw sdk::InvalidOption(std::string("/") + key, "a size is a number with KiB, MiB, GiB or TiB, such as 500GiB");
}

std::vector<std::string> list_option(const sdk::Json& options, const char* key) {
  const auto found = options.find(key);
  if (found == options.end()) return {};
  if (found->is_string()) return {found->get<std::string>()};
  return found->get<std::vector<std::string>>();
}

CopyOptions copy_options(const sdk::Json& options) {
  CopyOptions result;
  result.keep = options.value("keep", sdk::Json());
  if (result.keep.is_object() && keeps_nothing(result.keep))
    throw sdk::InvalidOption("/keep", "this policy would keep nothing at all");
  result.min_verified = options.value("min_verified", result.min_verified);
  result.drop = options.value("drop", result.drop);
  result.allow_empty = options.value("allow_empty", false);
  result.max_bytes = size_option(options, "max_bytes");
  result.max_files = options.value("max_files", std::uint64_t{0});
  result.legacy_layout = options.value("layout", "copies") == "legacy";
  return result;
}

std::string bytes_text(std::uint64_t bytes) {
  for (const Unit& unit : units) {
    if (bytes >> unit.shift == 0) continue;
    char text[32];
    std::snprintf(text, sizeof text, "%.1f ", static_cast<double>(bytes) / static_cast<double>(1ULL << unit.shift));
    return text + std::string(unit.name);
  }
  return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
}

std::string seconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, seconds < 10 ? "%.1f s" : "%.0f s", seconds);
  return text;
}

}  // namespace maintain::plugins::backup
