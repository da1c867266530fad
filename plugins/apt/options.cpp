#include "apt/options.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include <fnmatch.h>

#include "common/duration_option.hpp"
#include "common/sections.hpp"

namespace maintain::plugins::apt {
namespace {

using sdk::InvalidOption;
using sdk::Json;

// "300M"; the schema has checked the shape.
long long size_at(const Json& json, const char* key, long long fallback) {
  const auto found = json.find(key);
  if (found == json.end()) return fallback;
  std::string text = found->get<std::string>();
  const char unit = text.empty() ? '0' : text.back();
  const int shift = unit == 'K' ? 10 : unit == 'M' ? 20 : unit == 'G' ? 30 : 0;
  if (shift != 0) text.pop_back();
  const auto number = parse_number(text);
  if (!number || *number > 1'000'000) throw InvalidOption("/" + std::string(key), "must be a size like 300M or 2G");
  return *number << shift;
}

ConffilePolicy policy_named(const std::string& name) {
  if (name == "new") return ConffilePolicy::take_new;
  return name == "hold-back" ? ConffilePolicy::hold_back : ConffilePolicy::keep;
}

std::vector<BlockEntry> read_blocklist(const Json& list) {
  std::vector<BlockEntry> entries;
  for (std::size_t i = 0; i < list.size(); ++i) {
    BlockEntry entry{.package = list[i].value("package", ""), .reason = list[i].value("reason", "")};
    if (const auto until = list[i].find("until"); until != list[i].end()) {
      entry.until = parse_day(until->get<std::string>());
      if (!entry.until) {
        throw InvalidOption("/blocklist/" + std::to_string(i) + "/until", "must be a day like 2027-01-31");
      }
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::map<std::string, Limit> read_limits(const Json& json, UpgradeMode mode) {
  using std::chrono::hours;
  // A fix that waits three days has been missed by several upgrades; the rest can wait for a month. Where only fixes
  // are wanted, the rest waits on purpose.
  std::map<std::string, Limit> limits{{"security", {.age = hours(72), .critical_age = hours(24 * 14)}},
                                      {"kept_back", {.age = hours(24 * 30)}}};
  if (mode != UpgradeMode::security) limits["other"] = {.age = hours(24 * 30)};
  static constexpr std::array classes{"security", "other", "kept_back", "held", "blocked", "conffile_blocked",
                                      "phased"};
  for (const auto& [name, given] : json.items()) {
    const std::string path = "/limits/" + name;
    if (std::none_of(classes.begin(), classes.end(), [&name = name](const char* known) { return name == known; })) {
      throw InvalidOption(path, "is no class of pending packages; they are security, other, kept_back, held, blocked, "
                                "conffile_blocked and phased");
    }
    Limit limit{.age = duration_option(given, "age", path),
                .critical_age = duration_option(given, "critical_age", path)};
    if (const auto count = given.find("count"); count != given.end()) limit.count = count->get<long long>();
    limits[name] = limit;
  }
  return limits;
}

}  // namespace

std::optional<Day> parse_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = parse_number(text.substr(0, 4));
  const auto month = parse_number(text.substr(5, 2));
  const auto day = parse_number(text.substr(8, 2));
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return Day(date);
}

std::string day_text(Day day) {
  const std::chrono::year_month_day date(day);
  char text[24];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()));
  return text;
}

bool matches(const std::string& pattern, const std::string& name) {
  return fnmatch(pattern.c_str(), name.c_str(), FNM_NOESCAPE) == 0;
}

ConffilePolicy conffile_policy(const Options& options, const std::string& package) {
  ConffilePolicy policy = options.conffiles;
  for (const ConffileRule& rule : options.conffile_rules) {
    if (matches(rule.package, package)) policy = rule.policy;
  }
  return policy;
}

Options read_options(const Json& json) {
  Options options;
  const std::string mode = json.value("upgrade", "safe");
  options.mode = mode == "full" ? UpgradeMode::full : mode == "security" ? UpgradeMode::security : UpgradeMode::safe;
  options.autoremove_kernels = json.value("autoremove_kernels", true);
  options.blocklist = read_blocklist(json.value("blocklist", Json::array()));
  options.conffiles = policy_named(json.value("conffiles", "keep"));
  for (const Json& rule : json.value("conffile_rules", Json::array())) {
    options.conffile_rules.push_back({.package = rule.value("package", ""),
                                      .policy = policy_named(rule.value("policy", ""))});
  }
  for (const auto& [key, place] : {std::pair{"lock_wait", &options.lock_wait}, {"lock_alert", &options.lock_alert},
                                   {"idle_timeout", &options.idle_timeout}, {"settle", &options.settle},
                                   {"lists_age", &options.lists_age}})
    *place = duration_option(json, key).value_or(*place);
  options.min_free_bytes = size_at(json, "min_free", options.min_free_bytes);
  options.min_free_boot_bytes = size_at(json, "min_free_boot", options.min_free_boot_bytes);
  options.restart_services = json.value("restart_services", options.restart_services);
  options.may_stop = json.value("may_stop", options.may_stop);
  options.leftovers_warn = json.value("leftovers", "info") == "warning";
  options.refresh = json.value("refresh", true);
  if (const auto threshold = json.find("threshold"); threshold != json.end())
    options.threshold = threshold->get<long long>();
  options.limits = read_limits(json.value("limits", Json::object()), options.mode);
  return options;
}

}  // namespace maintain::plugins::apt
