// Whether everything runs that ran before the upgrade: this one, or an earlier one that broke something.
#include <algorithm>
#include <utility>

#include "apt/upgrade_run.hpp"

namespace maintain::plugins::apt {
namespace {

constexpr Milliseconds between_looks = std::chrono::seconds(10);
constexpr std::size_t most_journals = 5;

bool is_unit(const Change& change) {
  return change.kind == ChangeKind::unit_failed || change.kind == ChangeKind::unit_stopped ||
         change.kind == ChangeKind::unit_restarting;
}

bool same_thing(const Change& a, const Change& b) { return a.kind == b.kind && a.name == b.name; }

bool all_the_same(const std::vector<Change>& a, const std::vector<Change>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Change& one, const Change& other) {
    return same_thing(one, other) && one.what == other.what && one.severe == other.severe;
  });
}

void add_missing(std::vector<Change>& changes, const std::vector<Change>& more) {
  for (const Change& change : more) {
    const auto known = [&](const Change& other) { return same_thing(change, other); };
    if (std::none_of(changes.begin(), changes.end(), known)) changes.push_back(change);
  }
}

// What is worse than `then`, and what is watched since an earlier upgrade.
struct Comparison {
  const std::vector<std::string>& may_stop;
  std::optional<ServerSnapshot> then = {};
  std::optional<Watch> watch = {};

  std::vector<Change> fresh(const ServerSnapshot& now) const {
    return then ? that_matter(compare(*then, now)) : std::vector<Change>{};
  }
  std::vector<Change> watched(const ServerSnapshot& now) const {
    return watch ? that_matter(still_there(*watch, now)) : std::vector<Change>{};
  }
  // Units of ours that systemd had to restart between two looks: active at both, and yet they do not stay up.
  std::vector<Change> crashing(const ServerSnapshot& before, const ServerSnapshot& now) const {
    std::vector<Change> changes = that_matter(compare(before, now));
    std::erase_if(changes, [&](const Change& change) {
      return change.kind != ChangeKind::unit_restarting || change.severe ||
             !(is_new(change.name) || is_watched(change.name));
    });
    for (Change& change : changes) {
      change.what = "does not stay up: " + change.what;
      change.severe = change.settling = true;
    }
    return changes;
  }

 private:
  std::vector<Change> that_matter(std::vector<Change> changes) const {
    std::erase_if(changes, [&](const Change& change) {
      return std::any_of(may_stop.begin(), may_stop.end(),
                         [&](const std::string& pattern) { return matches(pattern, change.name); });
    });
    return changes;
  }
  // Not one that crashed now and then before the upgrade, too.
  bool is_new(const std::string& name) const {
    return then && std::none_of(then->units.items.begin(), then->units.items.end(), [&](const Unit& unit) {
      return unit.name == name && unit.restarts > 0;
    });
  }
  bool is_watched(const std::string& name) const {
    return watch && std::find(watch->names.begin(), watch->names.end(), name) != watch->names.end();
  }
};

}  // namespace

// One look says little: a service that dies after a few seconds is active in it. So two in a row have to agree, as long
// as `settle` allows.
bool UpgradeRun::compare_with_before(const sdk::Json& before) {
  Comparison comparison{.may_stop = options_.may_stop, .watch = memory_.watch};
  if (!before.is_null()) comparison.then = snapshot_from_json(before);
  if (!comparison.then && !comparison.watch) return true;  // nothing was done, and nothing is amiss
  const Moment until = context_.now() + options_.settle;
  ServerSnapshot now = access_.snapshot();
  std::vector<Change> fresh = comparison.fresh(now);
  std::vector<Change> watched = comparison.watched(now);
  const auto may_settle = [](const Change& change) { return change.settling; };
  while (context_.now() < until) {
    context_.sleep(std::min(between_looks, until - context_.now()));
    const ServerSnapshot earlier = std::exchange(now, access_.snapshot());
    const auto crashing = comparison.crashing(earlier, now);
    const auto looks_like = [&](const std::vector<Change>& found) {
      std::vector<Change> all = crashing;
      add_missing(all, found);
      return all;
    };
    const auto fresh_before = std::exchange(fresh,
                                            comparison.then ? looks_like(comparison.fresh(now))
                                                            : std::vector<Change>{});
    const auto watched_before = std::exchange(watched,
                                              comparison.watch ? looks_like(comparison.watched(now))
                                                               : std::vector<Change>{});
    const bool moves = std::any_of(fresh.begin(), fresh.end(), may_settle) ||
                       std::any_of(watched.begin(), watched.end(), may_settle);
    if (!moves && all_the_same(fresh, fresh_before) && all_the_same(watched, watched_before)) break;
  }

  if (watched.empty()) memory_.watch.reset();
  if (comparison.then)
    memory_.watch = merge(std::move(memory_.watch), make_watch(*comparison.then, fresh, context_.now()));
  std::vector<Change> changes = std::move(fresh);
  add_missing(changes, watched);
  std::map<std::string, std::string> journal;
  for (const Change& change : changes) {
    if (is_unit(change) && journal.size() < most_journals) journal[change.name] = access_.journal(change.name);
  }
  report(change_findings(changes, journal));
  return std::none_of(changes.begin(), changes.end(), [](const Change& change) { return change.severe; });
}

}  // namespace maintain::plugins::apt
