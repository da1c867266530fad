#include "common/watch.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace maintain::plugins {
namespace {

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

// As compare() names the lists that it could not read.
constexpr const char* units_kind = "systemd units";
constexpr const char* containers_kind = "containers";
constexpr const char* listeners_kind = "listening ports";
constexpr const char* mounts_kind = "mounts";

const char* list_of(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::unit_failed:
    case ChangeKind::unit_stopped:
    case ChangeKind::unit_restarting: return units_kind;
    case ChangeKind::container_stopped:
    case ChangeKind::container_unhealthy: return containers_kind;
    case ChangeKind::listener_closed: return listeners_kind;
    case ChangeKind::mount_missing: return mounts_kind;
    case ChangeKind::unreadable: break;
  }
  return "";
}

std::string name_of(const Unit& unit) { return unit.name; }
std::string name_of(const Container& container) { return container.engine + " " + container.name; }
std::string name_of(const Mount& mount) { return mount.target; }
std::string name_of(const Listener& listener) {
  return listener.protocol + " " + listener.address + ":" + std::to_string(listener.port);
}

template <typename T>
void keep_watched(Listed<T>& list, const char* kind, const Watch& watch) {
  if (contains(watch.kinds, kind)) return;
  std::erase_if(list.items, [&](const T& item) { return !contains(watch.names, name_of(item)); });
}

template <typename T>
void add_missing(Listed<T>& into, const Listed<T>& from) {
  for (const T& item : from.items) {
    const bool known = std::any_of(into.items.begin(), into.items.end(),
                                   [&](const T& other) { return name_of(other) == name_of(item); });
    if (!known) into.items.push_back(item);
  }
  if (!from.absent) into.absent = false;
  if (from.problem.empty()) into.problem.clear();
}

void add_missing(std::vector<std::string>& into, const std::vector<std::string>& from) {
  for (const auto& item : from)
    if (!contains(into, item)) into.push_back(item);
}

using Json = nlohmann::json;

Json member(const Json& document, const char* key) {
  const auto found = document.find(key);
  return found == document.end() ? Json() : *found;
}

std::vector<std::string> texts(const Json& list) {
  std::vector<std::string> found;
  if (!list.is_array()) return found;
  for (const Json& item : list)
    if (item.is_string()) found.push_back(item.get<std::string>());
  return found;
}

}  // namespace

std::optional<Watch> make_watch(const ServerSnapshot& before, const std::vector<Change>& changes,
                                std::chrono::sys_time<std::chrono::milliseconds> since) {
  Watch watch{.since = since, .before = before};
  for (const Change& change : changes) {
    // What was not listed before can never be compared, and a unit that crashed and runs again is told once.
    const bool is_over = !change.severe;
    if (is_over) continue;
    if (change.kind == ChangeKind::unreadable) watch.kinds.push_back(change.name);
    else watch.names.push_back(change.name);
  }
  if (watch.names.empty() && watch.kinds.empty()) return std::nullopt;
  keep_watched(watch.before.units, units_kind, watch);
  keep_watched(watch.before.containers, containers_kind, watch);
  keep_watched(watch.before.listeners, listeners_kind, watch);
  keep_watched(watch.before.mounts, mounts_kind, watch);
  return watch;
}

std::optional<Watch> merge(std::optional<Watch> older, std::optional<Watch> newer) {
  if (!older || !newer) return older ? std::move(older) : std::move(newer);
  add_missing(older->before.units, newer->before.units);
  add_missing(older->before.containers, newer->before.containers);
  add_missing(older->before.listeners, newer->before.listeners);
  add_missing(older->before.mounts, newer->before.mounts);
  add_missing(older->names, newer->names);
  add_missing(older->kinds, newer->kinds);
  return older;
}

std::vector<Change> still_there(const Watch& watch, const ServerSnapshot& now) {
  std::vector<Change> changes = compare(watch.before, now);
  std::erase_if(changes, [&](const Change& change) {
    if (!change.severe) return true;
    // compare() tells it only where there is something to lose
    if (change.kind == ChangeKind::unreadable) return false;
    return !contains(watch.kinds, list_of(change.kind)) && !contains(watch.names, change.name);
  });
  // A unit that failed at the boot and was not active before is in no list: nothing is lost there, but nothing is
  // known.
  if (changes.empty() && !now.units.problem.empty() && !watch.names.empty())
    changes.push_back({.kind = ChangeKind::unreadable, .name = units_kind,
                       .what = "could not be listed afterwards: " + now.units.problem, .settling = true});
  return changes;
}

Json watch_to_json(const Watch& watch) {
  return {{"since", watch.since.time_since_epoch().count()},
          {"before", snapshot_to_json(watch.before)},
          {"names", watch.names},
          {"kinds", watch.kinds}};
}

std::optional<Watch> watch_from_json(const Json& document) {
  if (!document.is_object()) return std::nullopt;
  Watch watch{.before = snapshot_from_json(member(document, "before")), .names = texts(member(document, "names")),
              .kinds = texts(member(document, "kinds"))};
  if (const Json since = member(document, "since"); since.is_number_integer())
    watch.since += std::chrono::milliseconds(since.get<std::int64_t>());
  return watch;
}

}  // namespace maintain::plugins
