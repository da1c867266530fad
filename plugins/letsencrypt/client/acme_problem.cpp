#include "letsencrypt/client/acme_problem.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "common/sections.hpp"

namespace maintain::letsencrypt {
namespace {

using plugins::trim;

constexpr std::string_view urn = "urn:ietf:params:acme:error:";
constexpr std::string_view old_urn = "urn:acme:error:";  // of drafts before RFC 8555
constexpr std::size_t most_problems = 20;
constexpr std::size_t most_line = 400;
constexpr std::size_t json_reach = 600;  // from a problem's type to its detail
constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

// From where its opening quote was.
std::string json_string(std::string_view text) {
  std::string value;
  for (std::size_t at = 0; at < text.size() && text[at] != '"' && value.size() < 2 * most_line; ++at) {
    if (text[at] != '\\' || at + 1 == text.size()) {
      value += text[at];
      continue;
    }
    const char escaped = text[++at];
    if (escaped == 'n' || escaped == 'r' || escaped == 't') value += ' ';
    else if (escaped == 'u') value += '?', at += 4;
    else value += escaped;
  }
  return value;
}

// "detail": "..." or ["error","detail"] "...", before the next problem.
std::string json_detail(std::string_view after) {
  after = after.substr(0, json_reach + 2 * most_line);
  const std::size_t key = after.find("detail\"");
  if (key == std::string_view::npos || key > std::min(json_reach, after.find("urn:"))) return {};
  after.remove_prefix(key + 7);
  const std::size_t quote = after.find_first_not_of("]: \t");
  return quote != std::string_view::npos && after[quote] == '"' ? json_string(after.substr(quote + 1)) : "";
}

std::string_view rest_of_line(std::string_view after) {
  std::string_view line = after.substr(0, std::min(after.find('\n'), 4 * most_line));
  if (line.starts_with(" :: ")) line.remove_prefix(4);
  line = trim(line.substr(0, line.find(", url: ")));
  for (const std::string_view end : {". Skipping.", "url:", ","})
    if (line.ends_with(end)) line.remove_suffix(end.size());
  return trim(line);
}

std::optional<int> number(std::string_view text, std::size_t at, std::size_t digits) {
  int value = 0;
  if (at + digits > text.size()) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + digits, value);
  if (error != std::errc{} || end != text.data() + at + digits || value < 0) return std::nullopt;
  return value;
}

// "retry after 2026-11-30 12:00:00 UTC", and with a T and a Z as Let's Encrypt wrote it until 2024.
std::optional<std::int64_t> retry_time(std::string_view text) {
  const std::size_t start = text.find("etry after ");
  if (start == std::string_view::npos) return std::nullopt;
  const std::string_view time = text.substr(start + 11);
  const auto year = number(time, 0, 4), month = number(time, 5, 2), day = number(time, 8, 2);
  const auto hour = number(time, 11, 2), minute = number(time, 14, 2), second = number(time, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60)
    return std::nullopt;
  const std::string_view zone = time.substr(19);
  if (!zone.starts_with("Z") && !zone.starts_with(" UTC")) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(days).count() + *hour * 3600 + *minute * 60 + *second;
}

// Takes out what stands after each `before`, as long as it is of these characters.
void drop_after(std::string& text, std::string_view before, std::string_view characters, std::string_view instead) {
  for (std::size_t at = 0; (at = text.find(before, at)) != std::string::npos; at += before.size() + instead.size()) {
    const std::size_t from = at + before.size();
    const std::size_t to = std::min(text.find_first_not_of(characters, from), text.size());
    text.replace(from, to - from, instead);
  }
}

}  // namespace

std::string stable_line(std::string_view text) {
  std::string line = plugins::printable(text.substr(0, 4 * most_line));
  std::replace_if(line.begin(), line.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  drop_after(line, "acme-challenge/", std::string(letters) + "0123456789_-", "...");
  drop_after(line, " object at ", "x0123456789abcdefABCDEF", "...");
  for (const char quote : {'"', '\''}) {
    const std::size_t command = line.find(std::string("ommand ") + quote);
    if (command == std::string::npos) continue;
    const std::size_t end = line.rfind(quote);
    line.replace(command + 8, end > command + 8 ? end - command - 8 : line.size() - command - 8, "...");
  }
  return plugins::printable(trim(std::string_view(line).substr(0, most_line)));
}

std::optional<AcmeProblem> make_problem(std::string_view type, std::string_view detail) {
  if (type.empty() || type.size() > 64 || type.find_first_not_of(letters) != std::string_view::npos)
    return std::nullopt;
  AcmeProblem problem{.type = std::string(urn) + std::string(type), .detail = stable_line(detail)};
  if (type == "rateLimited") problem.retry_after = retry_time(detail);
  return problem;
}

std::vector<AcmeProblem> find_problems(std::string_view text) {
  std::vector<AcmeProblem> problems;
  for (std::size_t at = 0; problems.size() < most_problems && (at = text.find("urn:", at)) != std::string_view::npos;) {
    const std::string_view here = text.substr(at);
    at += 4;
    const std::string_view prefix = here.starts_with(urn) ? urn : old_urn;
    if (!here.starts_with(prefix)) continue;
    const std::size_t end = std::min(here.find_first_not_of(letters, prefix.size()), here.size());
    const std::string_view after = here.substr(end);
    std::string detail = after.starts_with('"') ? json_detail(after.substr(1)) : std::string(rest_of_line(after));
    if (auto problem = make_problem(here.substr(prefix.size(), end - prefix.size()), detail))
      problems.push_back(std::move(*problem));
  }
  return problems;
}

}  // namespace maintain::letsencrypt
