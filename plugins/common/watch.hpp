// Keeping an eye on what an upgrade or a reboot has broken until it is back: without it, the next quiet run would count
// as recovery. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "common/server_snapshot.hpp"

namespace maintain::plugins {

// What was broken and nobody has mended yet.
struct Watch {
  std::chrono::sys_time<std::chrono::milliseconds> since{};
  ServerSnapshot before = {};             // no more than what is watched
  std::vector<std::string> names = {};    // of changes, as compare() tells them
  std::vector<std::string> kinds = {};    // kinds of things of which the whole list is watched
};

// Nothing when there is nothing to watch.
std::optional<Watch> make_watch(const ServerSnapshot& before, const std::vector<Change>& changes,
                                std::chrono::sys_time<std::chrono::milliseconds> since);

// Two watches as one.
std::optional<Watch> merge(std::optional<Watch> older, std::optional<Watch> newer);

// Those of the watched changes that are still there.
std::vector<Change> still_there(const Watch& watch, const ServerSnapshot& now);

nlohmann::json watch_to_json(const Watch& watch);
// Nothing when the document is no object; otherwise what does not have the expected shape is skipped.
std::optional<Watch> watch_from_json(const nlohmann::json& document);

}  // namespace maintain::plugins
