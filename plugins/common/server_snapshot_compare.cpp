#include <algorithm>

#include "common/server_snapshot.hpp"

namespace maintain::plugins {
namespace {

template <typename T, typename Same>
const T* find(const std::vector<T>& items, Same same) {
  const auto found = std::find_if(items.begin(), items.end(), same);
  return found == items.end() ? nullptr : &*found;
}

// Whether both sides can be compared; if not, and there was something to lose, says so.
template <typename T>
bool comparable(const Listed<T>& before, const Listed<T>& after, const char* kind, std::vector<Change>& changes) {
  if (!before.problem.empty()) {
    changes.push_back({.kind = ChangeKind::unreadable, .name = kind,
                       .what = "could not be listed before: " + before.problem, .severe = false});
    return false;
  }
  if (after.problem.empty()) return true;
  if (before.absent || before.items.empty()) return false;
  changes.push_back({.kind = ChangeKind::unreadable, .name = kind,
                     .what = "could not be listed afterwards: " + after.problem, .settling = true});
  return false;
}

std::string state_of(const Unit& unit) {
  return unit.active + " (" + (unit.active == "failed" ? unit.result : unit.sub) + ")";
}

bool is_moving(const Unit& unit) {
  return unit.active == "activating" || unit.active == "deactivating" || unit.active == "reloading";
}

void compare_units(const ServerSnapshot& before, const ServerSnapshot& after, std::vector<Change>& changes) {
  if (!comparable(before.units, after.units, "systemd units", changes)) return;
  const auto named = [](const std::string& name) { return [&name](const Unit& unit) { return unit.name == name; }; };
  for (const Unit& now : after.units.items) {
    const Unit* was = find(before.units.items, named(now.name));
    const std::string origin = was == nullptr ? "was not active" : "was " + state_of(*was);
    if (now.active == "failed") {
      if (was == nullptr || was->active != "failed") {
        changes.push_back({.kind = ChangeKind::unit_failed, .name = now.name,
                           .what = origin + ", is " + state_of(now)});
      }
    } else if (now.sub == "auto-restart") {
      if (was == nullptr || was->sub != "auto-restart") {
        changes.push_back({.kind = ChangeKind::unit_restarting, .name = now.name,
                           .what = origin + ", is being restarted (" + std::to_string(now.restarts) +
                                   " times so far)", .settling = true});
      }
    } else if (was != nullptr && was->active == "active" && is_moving(now)) {
      changes.push_back({.kind = ChangeKind::unit_stopped, .name = now.name,
                         .what = origin + ", is " + state_of(now), .settling = true});
    } else if (now.active == "active" && now.restarts > (was == nullptr ? 0 : was->restarts)) {
      // A restart by hand or by a package sets the counter to zero: these are crashes since.
      changes.push_back({.kind = ChangeKind::unit_restarting, .name = now.name,
                         .what = "is active again after " + std::to_string(now.restarts) + " automatic restarts",
                         .severe = false});
    }
  }
  for (const Unit& was : before.units.items) {
    if (was.active != "active" || was.on_demand || find(after.units.items, named(was.name)) != nullptr) continue;
    changes.push_back({.kind = ChangeKind::unit_stopped, .name = was.name,
                       .what = "was " + state_of(was) + ", is inactive or gone", .settling = true});
  }
}

void compare_containers(const ServerSnapshot& before, const ServerSnapshot& after, std::vector<Change>& changes) {
  if (!comparable(before.containers, after.containers, "containers", changes)) return;
  for (const Container& was : before.containers.items) {
    if (!was.running) continue;
    const Container* now = find(after.containers.items, [&](const Container& other) {
      return other.engine == was.engine && other.name == was.name;
    });
    const std::string name = was.engine + " " + was.name;
    if (now == nullptr || !now->running) {
      changes.push_back({.kind = ChangeKind::container_stopped, .name = name,
                         .what = "was '" + was.status + "', is " +
                                 (now == nullptr ? std::string("gone") : "'" + now->status + "'"),
                         .settling = true});
    } else if (now->unhealthy && !was.unhealthy) {
      changes.push_back({.kind = ChangeKind::container_unhealthy, .name = name,
                         .what = "was '" + was.status + "', is '" + now->status + "'", .settling = true});
    }
  }
}

bool covers(const std::string& address, const std::string& wanted) {
  if (address == wanted || address == "*") return true;
  const bool six = wanted.starts_with('[');
  return wanted != "*" && address == (six ? "[::]" : "0.0.0.0");
}

// Helpers of NFS and the like take another high port at every start: there the process counts.
bool replaces(const Listener& now, const Listener& was) {
  constexpr int first_ephemeral = 32768;
  if (now.protocol != was.protocol) return false;
  if (now.port == was.port) return covers(now.address, was.address);
  return was.port >= first_ephemeral && now.port >= first_ephemeral && !was.process.empty() &&
         now.process == was.process;
}

void compare_listeners(const ServerSnapshot& before, const ServerSnapshot& after, std::vector<Change>& changes) {
  if (!comparable(before.listeners, after.listeners, "listening ports", changes)) return;
  for (const Listener& was : before.listeners.items) {
    if (find(after.listeners.items, [&](const Listener& now) { return replaces(now, was); }) != nullptr) continue;
    changes.push_back({.kind = ChangeKind::listener_closed,
                       .name = was.protocol + " " + was.address + ":" + std::to_string(was.port),
                       .what = was.process.empty() ? "nothing listens there any more"
                                                   : "was open by " + was.process + ", nothing listens there any more",
                       .settling = true});
  }
}

void compare_mounts(const ServerSnapshot& before, const ServerSnapshot& after, std::vector<Change>& changes) {
  if (!comparable(before.mounts, after.mounts, "mounts", changes)) return;
  for (const Mount& was : before.mounts.items) {
    const auto same = [&](const Mount& now) { return now.target == was.target; };
    if (find(after.mounts.items, same) != nullptr) continue;
    changes.push_back({.kind = ChangeKind::mount_missing, .name = was.target,
                       .what = "was mounted from " + was.source + " (" + was.type + "), is not mounted",
                       .settling = true});
  }
}

}  // namespace

std::string_view to_string(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::unit_failed:
    case ChangeKind::unit_stopped: return "service_broken";
    case ChangeKind::unit_restarting: return "service_restarting";
    case ChangeKind::container_stopped: return "container_stopped";
    case ChangeKind::container_unhealthy: return "container_unhealthy";
    case ChangeKind::listener_closed: return "port_closed";
    case ChangeKind::mount_missing: return "mount_missing";
    case ChangeKind::unreadable: break;
  }
  return "not_compared";
}

std::vector<Change> compare(const ServerSnapshot& before, const ServerSnapshot& after) {
  std::vector<Change> changes;
  compare_units(before, after, changes);
  compare_containers(before, after, changes);
  compare_listeners(before, after, changes);
  compare_mounts(before, after, changes);
  std::stable_sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) {
    return a.severe != b.severe ? a.severe : a.kind < b.kind;
  });
  return changes;
}

}  // namespace maintain::plugins
