#include "plan/decision.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "plan/backoff.hpp"

namespace maintain {
namespace {

// A success this far in the future was written while the clock was wrong. Believing it would stop the task until then.
constexpr Seconds clock_tolerance = std::chrono::minutes(5);

// How far ahead a moment common to several projects' windows is looked for.
constexpr Seconds common_window_horizon = std::chrono::hours(24 * 366);

std::optional<Time> earliest_of(const std::vector<Schedule>& schedules, Time from, std::optional<Time> mark) {
  std::optional<Time> best;
  for (const Schedule& schedule : schedules) {
    const std::optional<Time> time = schedule.earliest(from, mark);
    if (time && (!best || *time < *best)) best = time;
  }
  return best;
}

std::optional<Slot> open_slot(const Schedule& schedule, Time now, std::optional<Time> mark) {
  const std::optional<Slot> slot = schedule.slot(now);
  return slot && (!mark || slot->start > *mark) ? slot : std::nullopt;
}

class Judge {
 public:
  Judge(const Candidate& candidate, Time now) : task_(candidate), now_(now) {
    mark_ = candidate.record.last_success;
    clock_was_wrong_ = mark_ && *mark_ > now + clock_tolerance;
    if (clock_was_wrong_) mark_.reset();
    retry_at_ = next_attempt(candidate.spec->retry, candidate.record);
    if (retry_at_ && *candidate.record.last_attempt > now + clock_tolerance) retry_at_.reset();
  }

  // The first moment, `from` or later, that lies in an unanswered slot of this task and of every other project.
  std::optional<Time> earliest(Time from, std::optional<Time> mark) const {
    if (!waits_for_others()) return task_.schedule->earliest(from, mark);
    if (!task_.common->unknown.empty()) return std::nullopt;
    Time time = from;
    while (task_.common->steps_left > 0) {
      std::optional<Time> latest = task_.schedule->earliest(time, mark);
      for (const ProjectWindows& other : task_.common->projects) {
        if (!latest) return std::nullopt;
        if (other.project == task_.project) continue;
        task_.common->steps_left -= static_cast<int>(other.schedules.size());
        latest = earliest_of(other.schedules, *latest, mark);
      }
      if (!latest || *latest - from > common_window_horizon) return std::nullopt;
      // One round may move past a window that an earlier schedule of the round had accepted.
      if (*latest == time) return latest;
      time = *latest;
    }
    return std::nullopt;
  }

  Verdict verdict() const {
    // A job that runs already is there whatever the configuration says now.
    if (!task_.spec->enabled && task_.record.pending_jobs.empty()) {
      return {Decision::disabled, "switched off in the configuration (enabled: false)"};
    }
    if (!task_.allowed) {
      const std::string list = task_.allow_at ? "`allow` at " + to_string(*task_.allow_at) : "the project's allow list";
      return {Decision::not_allowed,
              fmt::format("{} lacks '{}': add that word to let the task run", list, task_.spec->permission)};
    }
    // What is switched off is there for its job alone: its schedule makes it due no more.
    Verdict verdict = task_.schedule && task_.spec->enabled ? by_schedule() : without_schedule();
    if (!task_.record.pending_jobs.empty()) {
      overrule(verdict, "an earlier run left a job on the server: re-attaches to it");
    } else if (task_.now) {
      overrule(verdict, "asked for with --now");
      // A person's wish answers no moment of the schedule, and waits for nothing, also when one has come just now.
      verdict.scheduled.reset();
      verdict.window_end.reset();
    }
    if (!task_.selected) {
      if (verdict.decision == Decision::due) verdict.next = now_;
      verdict.decision = Decision::not_selected;
      verdict.reason = "not among the tasks that --task names";
      verdict.scheduled.reset();
      verdict.window_end.reset();
    }
    return verdict;
  }

 private:
  // Due whatever the schedule says. Only what its schedule makes due, too, answers a scheduled moment: that is how a
  // plugin tells whether it may begin new work when it finds no job.
  void overrule(Verdict& verdict, std::string reason) const {
    verdict.reason = std::move(reason);
    if (verdict.decision == Decision::due) return;
    verdict.decision = Decision::due;
    if (task_.schedule && task_.spec->enabled) verdict.next = earliest(now_, now_);
  }

  static Verdict without_schedule() {
    return {Decision::no_schedule, "has no schedule: runs only when asked for with --now"};
  }

  Verdict by_schedule() const {
    const Schedule& schedule = *task_.schedule;
    const std::optional<Slot> slot = schedule.slot(now_);
    const bool performed_in_slot = slot && mark_ && slot->start <= *mark_;
    const bool answered = performed_in_slot || (!slot && nothing_missed());

    if (answered) return later(Decision::not_yet, "", ", " + last_success());
    // Without a window there is a slot, but for a task that was never performed and has no moment in the past yet.
    if (!slot && schedule.has_window()) {
      return later(Decision::outside_window, mark_ ? "outside its window, " : "never performed, outside its window, ");
    }
    if (waits_for_others() && !task_.common->unknown.empty()) return {Decision::outside_window, unknown_window()};
    if (const ProjectWindows* other = closed_elsewhere()) {
      return later(Decision::outside_window,
                   fmt::format("waits for the window of {}, ", project_in_words(other->project)));
    }
    if (retry_at_ && *retry_at_ > now_) return backing_off(*retry_at_);

    Verdict verdict{Decision::due, due_reason(slot)};
    answer_slot(verdict, slot);
    verdict.next = earliest(now_, now_);
    return verdict;
  }

  void answer_slot(Verdict& verdict, const std::optional<Slot>& slot) const {
    if (!slot) return;
    verdict.scheduled = slot->start;
    verdict.window_end = slot->end;
    narrow_to_others(verdict.window_end);
  }

  // Outside its window: whether no scheduled moment has passed since the last success.
  bool nothing_missed() const {
    if (!mark_) return false;
    const std::optional<Time> first = task_.schedule->next(*mark_);
    return !first || *first > now_;
  }

  bool waits_for_others() const {
    return task_.common && (!task_.common->unknown.empty() ||
                            std::any_of(task_.common->projects.begin(), task_.common->projects.end(),
                                        [&](const ProjectWindows& one) { return one.project != task_.project; }));
  }

  std::string unknown_window() const {
    return fmt::format("the window of {} is not known: its configuration is broken",
                       project_in_words(task_.common->unknown.front()));
  }

  const ProjectWindows* closed_elsewhere() const {
    if (!waits_for_others()) return nullptr;
    for (const ProjectWindows& other : task_.common->projects) {
      if (other.project == task_.project) continue;
      const bool open = std::any_of(other.schedules.begin(), other.schedules.end(),
                                    [&](const Schedule& schedule) { return open_slot(schedule, now_, mark_); });
      if (!open) return &other;
    }
    return nullptr;
  }

  // The task's window ends when the first project's does.
  void narrow_to_others(std::optional<Time>& end) const {
    if (!waits_for_others()) return;
    for (const ProjectWindows& other : task_.common->projects) {
      if (other.project == task_.project) continue;
      std::optional<Time> longest;
      for (const Schedule& schedule : other.schedules) {
        const std::optional<Slot> slot = open_slot(schedule, now_, mark_);
        if (slot && slot->end && (!longest || *slot->end > *longest)) longest = slot->end;
      }
      if (longest && (!end || *longest < *end)) end = longest;
    }
  }

  Verdict later(Decision decision, std::string_view before, const std::string& behind = "") const {
    Verdict verdict{decision, std::string(before)};
    verdict.next = earliest(now_, mark_);
    if (verdict.next) {
      verdict.reason += "next at " + task_.schedule->format(*verdict.next) + behind;
    } else if (waits_for_others() && !task_.common->unknown.empty()) {
      verdict.reason += unknown_window() + behind;
    } else if (waits_for_others()) {
      verdict.reason += "the projects' windows have no moment in common";
    } else {
      verdict.reason += "its schedule names no further moment" + behind;
    }
    return verdict;
  }

  Verdict backing_off(Time retry_at) const {
    Verdict verdict{Decision::backing_off, {}};
    verdict.next = earliest(retry_at, mark_);
    const int failures = task_.record.failures_in_a_row;
    verdict.reason = failures == 1 ? "failed" : fmt::format("failed {} times in a row", failures);
    if (verdict.next) verdict.reason += ", tries again after " + task_.schedule->format(*verdict.next);
    return verdict;
  }

  std::string due_reason(const std::optional<Slot>& slot) const {
    if (clock_was_wrong_) {
      return fmt::format("its last success is dated {}, in the future: the clock was wrong",
                         format_time(*task_.record.last_success));
    }
    if (!mark_) return "never performed";
    return fmt::format("scheduled {}, {}", task_.schedule->format(slot->start), last_success());
  }

  std::string last_success() const {
    const Seconds age = now_ - mark_.value_or(now_);
    if (age <= Seconds{0}) return "last success just now";
    return fmt::format("last success {} ago", format_duration(age));
  }

  const Candidate& task_;
  Time now_;
  std::optional<Time> mark_;      // the last success
  std::optional<Time> retry_at_;  // end of the backoff
  bool clock_was_wrong_ = false;
};

}  // namespace

Verdict decide(const Candidate& candidate, Time now) { return Judge(candidate, now).verdict(); }

bool has_common_moment(const Candidate& candidate, Time from) {
  return Judge(candidate, from).earliest(from, std::nullopt).has_value();
}

std::string project_in_words(const std::string& name) {
  return name.empty() ? "the unnamed project" : "project " + name;
}

}  // namespace maintain
