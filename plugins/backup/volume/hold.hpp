// Which containers are kept still for a copy, what has become of them, and the script with which the server itself lets
// them run again. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "backup/volume/container_runtime.hpp"

namespace maintain::plugins::backup {

enum class Quiesce { none, pause, stop };
Quiesce parse_quiesce(std::string_view word);  // none when it is not known: the schema has seen to that
std::string verb_of(Quiesce quiesce);          // "pause"
std::string undo_of(Quiesce quiesce);          // "unpause"
std::string participle_of(Quiesce quiesce);    // "paused"

struct HeldContainer {
  std::string id;
  std::string name;
  std::string started_at;
};

struct Hold {
  Runtime runtime = Runtime::docker;
  Quiesce quiesce = Quiesce::pause;
  std::vector<HeldContainer> containers = {};
  std::chrono::sys_time<std::chrono::milliseconds> since{};
  std::chrono::milliseconds limit{0};  // then the server lets them run again
};

nlohmann::json hold_to_json(const Hold& hold);
// Nothing when it is not what hold_to_json makes.
std::optional<Hold> hold_from_json(const nlohmann::json& document);

std::vector<std::string> ids_of(const Hold& hold);
std::string names_of(const Hold& hold);  // for people: "web, db"

enum class Fate {
  held,       // still kept still
  runs,       // as before
  restarted,  // runs, but in another life: it ended while it was paused
  ended,      // ended while it was paused
  gone,       // there is no such container any more
};
// now: as inspected, of these containers.
Fate fate_of(const Hold& hold, const HeldContainer& container, const std::vector<Container>& now);
const Container* find_container(const std::vector<Container>& containers, const std::string& id);

// POSIX sh. Waits, then lets exactly these containers run again; those that run already are left alone. Goes on for a
// while when the runtime does not answer.
std::string release_script();
inline constexpr std::string_view runs_again = "runs again";  // it says so of each that it had to let run
std::vector<std::string> release_arguments(const Hold& hold);

}  // namespace maintain::plugins::backup
