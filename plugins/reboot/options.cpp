#include "reboot/options.hpp"

#include "common/duration_option.hpp"

namespace maintain::plugins::reboot {
namespace {

using sdk::InvalidOption;
using sdk::Json;

std::optional<Hook> hook_option(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end()) return std::nullopt;
  if (found->is_string()) return Hook{.script = found->get<std::string>()};
  Hook hook{.argv = found->get<std::vector<std::string>>()};
  if (hook.argv.empty() || hook.argv.front().empty())
    throw InvalidOption("/" + std::string(key), "the command's first word is empty");
  return hook;
}

}  // namespace

Options read_options(const Json& json) {
  Options options;
  for (const auto& [key, place] :
       {std::pair{"needs_time", &options.needs_time}, {"return_within", &options.return_within},
        {"settle", &options.settle}, {"stable_for", &options.stable_for},
        {"max_postponement", &options.max_postponement}, {"hook_timeout", &options.hook_timeout}})
    *place = duration_option(json, key).value_or(*place);
  // 0 would mean "no limit" to the host, and a reboot that may take no time has always failed.
  if (options.return_within < std::chrono::seconds(10))
    throw InvalidOption("/return_within", "must be at least 10s: a server takes time to boot");
  if (options.hook_timeout < std::chrono::seconds(1)) throw InvalidOption("/hook_timeout", "must be at least 1s");
  options.ignore_users = json.value("ignore_users", options.ignore_users);
  options.busy_processes = json.value("busy_processes", options.busy_processes);
  options.unless = hook_option(json, "unless");
  options.before = hook_option(json, "run_before");
  options.after = hook_option(json, "run_after");
  options.group = json.value("group", options.group);
  options.group_limit = json.value("group_limit", options.group_limit);
  return options;
}

}  // namespace maintain::plugins::reboot
