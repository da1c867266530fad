#include "pydeps/advisory/cvss.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "pydeps/advisory/cvss_vector.hpp"

namespace maintain::pydeps {

std::optional<int> cvss_score(std::string_view vector) {
  static constexpr std::string_view v30 = "CVSS:3.0/";
  static constexpr std::string_view v31 = "CVSS:3.1/";
  static constexpr std::string_view v40 = "CVSS:4.0/";
  if (vector.starts_with(v30)) return cvss3_base_score(vector.substr(v30.size()), Cvss3Minor::v30);
  if (vector.starts_with(v31)) return cvss3_base_score(vector.substr(v31.size()), Cvss3Minor::v31);
  if (vector.starts_with(v40)) return cvss4_score(vector.substr(v40.size()));
  return std::nullopt;
}

Rating rating_of(int tenths) {
  if (tenths <= 0) return Rating::none;
  if (tenths < 40) return Rating::low;
  if (tenths < 70) return Rating::medium;
  if (tenths < 90) return Rating::high;
  return Rating::critical;
}

Rating rating_from_word(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, Rating>, 6> words{{{"none", Rating::none},
                                                                            {"low", Rating::low},
                                                                            {"moderate", Rating::medium},
                                                                            {"medium", Rating::medium},
                                                                            {"high", Rating::high},
                                                                            {"critical", Rating::critical}}};
  std::string lower(word.substr(0, 16));
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const auto* found = std::find_if(words.begin(), words.end(), [&](const auto& entry) { return entry.first == lower; });
  return found == words.end() ? Rating::unknown : found->second;
}

std::string_view rating_name(Rating rating) {
  switch (rating) {
    case Rating::none: return "none";
    case Rating::low: return "low";
    case Rating::medium: return "medium";
    case Rating::high: return "high";
    case Rating::critical: return "critical";
    case Rating::unknown: break;
  }
  return "unknown";
}

}  // namespace maintain::pydeps
