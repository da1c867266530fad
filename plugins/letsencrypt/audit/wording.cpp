#include "letsencrypt/audit/wording.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "common/duration.hpp"
#include "common/shell_words.hpp"

namespace maintain::letsencrypt {

std::string moment_text(std::int64_t moment) {
  const std::time_t time = moment;
  std::tm parts{};
  std::array<char, 64> text{};
  if (gmtime_r(&time, &parts) == nullptr ||
      std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &parts) == 0) {
    return "a day that is none";
  }
  return text.data();
}

std::string span_words(std::int64_t seconds) {
  constexpr std::int64_t longest = 400LL * 366 * 86400;
  const std::int64_t length = std::min(std::abs(std::clamp(seconds, -longest, longest)), longest);
  return plugins::age_text(std::chrono::seconds(length));
}

std::string end_text(const Certificate& certificate, std::int64_t now) {
  const std::int64_t left = certificate.not_after - now;
  return left < 0 ? "ended on " + moment_text(certificate.not_after) + ", " + span_words(left) + " ago"
                  : "ends on " + moment_text(certificate.not_after) + ", in " + span_words(left);
}

std::string percent_text(double fraction) {
  return std::to_string(static_cast<int>(std::clamp(fraction, 0.0, 1.0) * 100)) + " %";
}

std::string list_text(const std::vector<std::string>& names, std::size_t most) {
  std::string text;
  const std::size_t shown = names.size() <= most + 1 ? names.size() : most;
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  if (shown < names.size()) text += " and " + std::to_string(names.size() - shown) + " more";
  return text;
}

std::string describe(const Certificate& certificate, std::int64_t now) {
  const std::string by = certificate.self_signed ? "Signed by itself" : "Issued by " + certificate.issuer_short;
  return by + (certificate.names.empty() ? "" : " for " + list_text(certificate.names)) + ", " +
         end_text(certificate, now);
}

std::string problem_text(const std::string& path, const std::string& problem) {
  if (path.empty() || problem.starts_with(path)) return problem;
  return problem.empty() ? path : path + ": " + problem;
}

std::string typed(std::string_view word) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_./:@%+,=").find(c) != std::string_view::npos;
  };
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), is_plain);
  return plain ? std::string(word) : plugins::shell_word(word);
}

}  // namespace maintain::letsencrypt
