#include "config/schema_format.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

#include <re2/re2.h>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "config/yaml_scalar.hpp"
#include "model/names.hpp"

namespace maintain {
namespace {

RE2::Options pattern_options() {
  RE2::Options options;
  options.set_log_errors(false);
  return options;
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  int number[3] = {};
  const std::string_view parts[3] = {text.substr(0, 4), text.substr(5, 2), text.substr(8, 2)};
  for (int i = 0; i < 3; ++i) {
    for (const char c : parts[i])
      if (c < '0' || c > '9') return false;
    std::from_chars(parts[i].data(), parts[i].data() + parts[i].size(), number[i]);
  }
  return std::chrono::year_month_day(std::chrono::year(number[0]), std::chrono::month(static_cast<unsigned>(number[1])),
                                     std::chrono::day(static_cast<unsigned>(number[2])))
      .ok();
}

bool is_url(std::string_view text) {
  const std::string_view rest = text.starts_with("https://")  ? text.substr(8)
                                : text.starts_with("http://") ? text.substr(7)
                                                              : std::string_view();
  return !rest.empty() && rest.front() != '/' && !has_control_character(rest) &&
         rest.find(' ') == std::string_view::npos;
}

}  // namespace

const std::vector<std::string>& schema_formats() {
  static const std::vector<std::string> formats = {"cron", "date", "duration", "name", "path", "timezone", "url"};
  return formats;
}

std::optional<FormatProblem> check_format(const std::string& format, const std::string& text,
                                          const SchemaRules& rules) {
  if (format == "duration") {
    if (const auto duration = parse_duration(text); !duration)
      return FormatProblem{"must be a duration, not " + shown(text), duration.error().hint};
  } else if (format == "path") {
    if (!text.starts_with('/') || text.size() > 4096 || has_control_character(text))
      return FormatProblem{"must be an absolute path, not " + shown(text)};
  } else if (format == "name") {
    if (!is_valid_name(text))
      return FormatProblem{"must be a name, not " + shown(text),
                           "names are made of a-z, 0-9, '.', '_' and '-', and begin with a letter or digit"};
  } else if (format == "date") {
    if (!is_date(text)) return FormatProblem{"must be a date like 2026-11-22, not " + shown(text)};
  } else if (format == "url") {
    if (!is_url(text)) return FormatProblem{"must be an http or https address, not " + shown(text)};
  } else if (format == "timezone") {
    if (rules.is_known_zone && !rules.is_known_zone(text)) {
      const std::string near = rules.zone_names ? nearest(text, rules.zone_names()) : std::string();
      return FormatProblem{"must be a time zone, not " + shown(text),
                           near.empty() ? "write it like Europe/Berlin, or UTC" : "did you mean '" + near + "'?"};
    }
  } else if (format == "cron" && rules.check_cron) {
    if (const auto cron = rules.check_cron(text); !cron)
      return FormatProblem{"must be a cron line: " + printable(cron.error().message), cron.error().hint};
  }
  return std::nullopt;
}

bool matches_pattern(const std::string& pattern, const std::string& text) {
  const RE2 expression(pattern, pattern_options());
  return expression.ok() && RE2::PartialMatch(text, expression);
}

std::string pattern_problem(const std::string& pattern) {
  if (pattern.size() > 500) return "it is longer than 500 bytes";
  const RE2 expression(pattern, pattern_options());
  return expression.ok() ? std::string() : expression.error();
}

}  // namespace maintain
