#include "backup/anomaly.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace maintain {
namespace {

std::uint64_t median(std::vector<std::uint64_t> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::string drop_of(std::uint64_t value, const std::vector<std::uint64_t>& earlier, double drop, const char* unit) {
  const std::uint64_t usual = median(earlier);
  if (static_cast<double>(value) >= (1.0 - drop) * static_cast<double>(usual)) return {};
  return fmt::format("{} {}, where {} are usual", value, unit, usual);
}

}  // namespace

std::string anomaly_of(const CopySize& copy, const std::vector<CopySize>& earlier, const AnomalyRule& rule) {
  if (copy.files == 0 && !rule.allow_empty) return "it holds no file at all";
  if (copy.bytes == 0 && !rule.allow_empty) return "it holds not a single byte";
  std::vector<std::uint64_t> bytes, files;
  for (std::size_t i = 0; i < std::min(earlier.size(), anomaly_window); ++i) {
    bytes.push_back(earlier[i].bytes);
    files.push_back(earlier[i].files);
  }
  if (bytes.size() < anomaly_least) return {};
  const std::string fewer_bytes = drop_of(copy.bytes, bytes, rule.drop, "bytes");
  return fewer_bytes.empty() ? drop_of(copy.files, files, rule.drop, "files") : fewer_bytes;
}

}  // namespace maintain
