#include <utility>

#include "pydeps/advisory/merge.hpp"

namespace maintain::pydeps {
namespace {

std::string not_understood(std::string_view severity) {
  return "its severity \"" + shown_text(severity, 80) + "\" is not understood";
}

void rate(const std::vector<Severity>& severities, RatedSeverity& rated) {
  for (const Severity& severity : severities) {
    const auto score = cvss_score(severity.score);
    if (!score) {
      if (rated.doubt.empty()) rated.doubt = not_understood(severity.score);
      continue;
    }
    if (rated.score && *rated.score >= *score) continue;
    rated.score = score;
    rated.rating = rating_of(*score);
    rated.vector = severity.score;
  }
}

}  // namespace

RatedSeverity severity_of(const Advisory& advisory, std::string_view package) {
  RatedSeverity rated;
  Rating worded = Rating::unknown;
  std::string_view strange_word;
  const auto word = [&](const std::string& text) {
    const Rating rating = rating_from_word(text);
    if (rating > worded) worded = rating;
    if (rating == Rating::unknown && !text.empty()) strange_word = text;
  };
  for (const AffectedPackage& affected : advisory.affected) {
    if (affected.name != package) continue;
    rate(affected.severities, rated);
    word(affected.severity_word);
  }
  if (!rated.score) rate(advisory.severities, rated);
  if (worded == Rating::unknown) word(advisory.severity_word);
  if (!rated.score) rated.rating = worded;
  if (rated.rating != Rating::unknown) rated.doubt.clear();
  else if (rated.doubt.empty() && !strange_word.empty()) {
    rated.doubt = not_understood(strange_word);
  }
  return rated;
}

}  // namespace maintain::pydeps
