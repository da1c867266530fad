#include "pydeps/advisory/cvss_vector.hpp"

#include <algorithm>

namespace maintain::pydeps {
namespace {

bool has_word(std::string_view words, std::string_view word) {
  if (word.empty()) return false;
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t end = std::min(words.find(' ', at), words.size());
    if (words.substr(at, end - at) == word) return true;
    at = end + 1;
  }
  return false;
}

}  // namespace

std::optional<CvssVector> CvssVector::parse(std::string_view text, std::span<const CvssMetric> metrics) {
  CvssVector vector;
  vector.metrics_ = metrics;
  if (metrics.size() > most_metrics || text.size() > 512) return std::nullopt;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('/'), text.size());
    const std::string_view part = text.substr(0, end);
    if (end + 1 == text.size()) return std::nullopt;  // a slash at the end
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t colon = part.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const std::string_view name = part.substr(0, colon);
    const std::string_view value = part.substr(colon + 1);
    const auto found = std::find_if(metrics.begin(), metrics.end(), [&](const auto& m) { return m.name == name; });
    if (found == metrics.end()) return std::nullopt;
    const bool letter = value.size() == 1 && found->values.find(value[0]) != std::string_view::npos;
    if (!letter && !has_word(found->words, value)) return std::nullopt;
    char& kept = vector.values_[static_cast<std::size_t>(found - metrics.begin())];
    if (kept != 0) return std::nullopt;
    kept = value[0];
  }
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    if (metrics[i].mandatory && vector.values_[i] == 0) return std::nullopt;
  }
  return vector;
}

char CvssVector::value(std::string_view metric) const {
  const auto found = std::find_if(metrics_.begin(), metrics_.end(), [&](const auto& m) { return m.name == metric; });
  if (found == metrics_.end()) return 'X';
  const char kept = values_[static_cast<std::size_t>(found - metrics_.begin())];
  return kept == 0 ? 'X' : kept;
}

}  // namespace maintain::pydeps
