#include "backup/volume/hold.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "backup/tree/rsync_failure.hpp"

namespace maintain::plugins::backup {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

constexpr std::size_t most_held = 1000;

std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<std::int64_t> number_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<std::int64_t>();
}

}  // namespace

Quiesce parse_quiesce(std::string_view word) {
  return word == "pause" ? Quiesce::pause : word == "stop" ? Quiesce::stop : Quiesce::none;
}

std::string verb_of(Quiesce quiesce) { return quiesce == Quiesce::stop ? "stop" : "pause"; }
std::string undo_of(Quiesce quiesce) { return quiesce == Quiesce::stop ? "start" : "unpause"; }
std::string participle_of(Quiesce quiesce) { return quiesce == Quiesce::stop ? "stopped" : "paused"; }

Json hold_to_json(const Hold& hold) {
  Json containers = Json::array();
  for (const HeldContainer& container : hold.containers)
    containers.push_back({{"id", container.id}, {"name", container.name}, {"started_at", container.started_at}});
  return {{"runtime", runtime_name(hold.runtime)},
          {"how", verb_of(hold.quiesce)},
          {"containers", containers},
          {"since", hold.since.time_since_epoch().count()},
          {"limit_ms", hold.limit.count()}};
}

std::optional<Hold> hold_from_json(const Json& document) {
  if (!document.is_object()) return std::nullopt;
  const auto runtime = parse_runtime(text_at(document, "runtime"));
  const Quiesce quiesce = parse_quiesce(text_at(document, "how"));
  const auto since = number_at(document, "since");
  const auto limit = number_at(document, "limit_ms");
  const auto containers = document.find("containers");
  if (!runtime || quiesce == Quiesce::none || !since || !limit || containers == document.end() ||
      !containers->is_array() || containers->size() > most_held)
    return std::nullopt;
  Hold hold{.runtime = *runtime,
            .quiesce = quiesce,
            .since = std::chrono::sys_time<milliseconds>(milliseconds(*since)),
            .limit = milliseconds(*limit)};
  for (const Json& item : *containers) {
    if (!item.is_object() || text_at(item, "id").empty()) return std::nullopt;
    hold.containers.push_back({text_at(item, "id"), text_at(item, "name"), text_at(item, "started_at")});
  }
  return hold;
}

std::vector<std::string> ids_of(const Hold& hold) {
  std::vector<std::string> ids;
  for (const HeldContainer& container : hold.containers) ids.push_back(container.id);
  return ids;
}

std::string names_of(const Hold& hold) {
  std::vector<std::string> names;
  for (const HeldContainer& container : hold.containers) names.push_back(container.name);
  return joined(names, names.size(), 10);
}

const Container* find_container(const std::vector<Container>& containers, const std::string& id) {
  const auto found = std::find_if(containers.begin(), containers.end(),
                                  [&](const Container& container) { return container.id == id; });
  return found == containers.end() ? nullptr : &*found;
}

Fate fate_of(const Hold& hold, const HeldContainer& container, const std::vector<Container>& now) {
  const Container* seen = find_container(now, container.id);
  if (seen == nullptr) return Fate::gone;
  if (hold.quiesce == Quiesce::stop) return seen->state == ContainerState::down ? Fate::held : Fate::runs;
  switch (seen->state) {
    case ContainerState::paused: return Fate::held;
    case ContainerState::down: return Fate::ended;
    case ContainerState::running:
    case ContainerState::restarting: break;
  }
  return seen->started_at == container.started_at ? Fate::runs : Fate::restarted;
}

// A second look after a stop: one that was under way may have ended after the first.
std::string release_script() {
  return R"(sleep "$1"
program=$2 verb=$3
shift 3
looks=1
[ "$verb" = unpause ] || looks=2
try=0
while [ "$try" -lt 40 ]; do
  try=$((try + 1))
  left=0
  for id do
    if status=$("$program" container inspect --format '{{.State.Status}}' "$id" 2>&1); then
      case $verb:$status in
        unpause:paused | start:exited | start:stopped | start:created | start:configured)
          if "$program" "$verb" "$id"; then echo "$verb: $id runs again"; else left=1; fi ;;
        start:stopping) left=1 ;;
      esac
    else
      case $status in
        *[Nn]"o such container"*) ;;
        *) left=1 ;;
      esac
    fi
  done
  if [ "$left" = 0 ]; then
    looks=$((looks - 1))
    [ "$looks" -gt 0 ] || exit 0
  fi
  sleep 15
done
exit 1
)";
}

std::vector<std::string> release_arguments(const Hold& hold) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(hold.limit).count();
  std::vector<std::string> words = {std::to_string(seconds), runtime_name(hold.runtime), undo_of(hold.quiesce)};
  const std::vector<std::string> ids = ids_of(hold);
  words.insert(words.end(), ids.begin(), ids.end());
  return words;
}

}  // namespace maintain::plugins::backup
