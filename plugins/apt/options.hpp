// The options of apt.upgrade and apt.check as manifest.json describes them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <maintain/plugin.hpp>

#include "apt/scripts.hpp"

namespace maintain::plugins::apt {

using sdk::Milliseconds;
using sdk::Moment;
using Day = std::chrono::sys_days;

struct BlockEntry {
  std::string package;  // glob
  std::string reason;
  std::optional<Day> until = {};  // the first day on which it blocks no more
};

enum class ConffilePolicy { keep, take_new, hold_back };
struct ConffileRule {
  std::string package;  // glob
  ConffilePolicy policy = ConffilePolicy::keep;
};

// When a class of pending packages becomes a finding; what is not set does not count.
struct Limit {
  std::optional<long long> count = {};             // more packages than this
  std::optional<Milliseconds> age = {};            // one has been pending for so long
  std::optional<Milliseconds> critical_age = {};   // as age, but critical
};

struct Options {
  UpgradeMode mode = UpgradeMode::safe;
  bool autoremove_kernels = true;
  std::vector<BlockEntry> blocklist = {};
  ConffilePolicy conffiles = ConffilePolicy::keep;
  std::vector<ConffileRule> conffile_rules = {};
  Milliseconds lock_wait = std::chrono::minutes(10);
  Milliseconds lock_alert = std::chrono::hours(3);
  Milliseconds idle_timeout = std::chrono::minutes(30);
  long long min_free_bytes = 300LL << 20;
  long long min_free_boot_bytes = 100LL << 20;
  std::vector<std::string> restart_services = {};  // globs
  std::vector<std::string> may_stop = {};          // globs
  Milliseconds settle = std::chrono::seconds(60);
  bool leftovers_warn = false;
  bool refresh = true;                             // apt.check: fetch the package lists first
  Milliseconds lists_age = std::chrono::hours(72);
  // apt.check: pending packages of any class that an upgrade would take
  std::optional<long long> threshold = {};
  std::map<std::string, Limit> limits = {};        // by name of the class
};

// Throws sdk::InvalidOption.
Options read_options(const sdk::Json& json);

// "2027-01-31"
std::optional<Day> parse_day(std::string_view text);
std::string day_text(Day day);

// Shell patterns with * and ?.
bool matches(const std::string& pattern, const std::string& name);
// The policy of the last rule that matches, else the general one.
ConffilePolicy conffile_policy(const Options& options, const std::string& package);

}  // namespace maintain::plugins::apt
