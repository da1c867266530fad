#include "report/own_findings.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "model/names.hpp"
#include "report/backup_status.hpp"

namespace maintain {
namespace {

struct Ending {
  Outcome outcome;
  State state;
  const char* title;
  const char* action;
};

constexpr std::array task_endings{
    Ending{Outcome::failed, State::critical, "the task failed",
           "read the saved output; the task is tried again by itself, after growing pauses"},  // when it gave no reason
    Ending{Outcome::crashed, State::critical, "the plugin crashed",
           "report it to whoever made the plugin; the server's other tasks went on without it"},
    Ending{Outcome::timed_out, State::critical, "the task did not end in time and was stopped",
           "see in the saved output what it waited for, or raise its `timeout`"},
    // The server could be reached again (else it is told once, of the server), so it is this task's matter.
    Ending{Outcome::unreachable, State::warning, "the connection was lost while the task ran",
           "nothing if it stays at one; else see in the saved output what the task did last"}};

constexpr std::array server_endings{
    Ending{Outcome::failed, State::critical, "the server could not be maintained", "see `maintain ping`"},
    Ending{Outcome::crashed, State::critical, "the worker for this server crashed",
           "report it; the other servers went on without it"},
    Ending{Outcome::timed_out, State::critical, "the server took too long and was given up", "see `maintain ping`"},
    Ending{Outcome::unreachable, State::critical, "the server does not answer",
           "see whether it is up; if it is often absent on purpose, mark it `transient` in servers.yml"}};

std::string code_of(bool about_task, Outcome outcome) {
  return (about_task ? "task." : "server.") + to_string(outcome);
}

// Empty: it is none, but what differs from one run to the next: counted, measured, dated, or a path.
std::string plain_word(std::string_view word) {
  constexpr std::string_view around = "\"'`()[]{}<>,.;:!?";
  while (!word.empty() && around.find(word.front()) != around.npos) word.remove_prefix(1);
  while (!word.empty() && around.find(word.back()) != around.npos) word.remove_suffix(1);
  const bool plain = std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
  });
  if (!plain) return {};
  if (word.size() > 1 && word.ends_with('s')) word.remove_suffix(1);  // "2 files" is no other thing than "1 file"
  return std::string(word);
}

std::vector<std::string> kind_of_failure(std::string_view title) {
  constexpr std::size_t most_words = 40;  // a long text may be cut anywhere
  std::vector<std::string> kind;
  for (const std::string& each : split_words(title)) {
    if (std::string word = plain_word(each); !word.empty()) kind.push_back(std::move(word));
    if (kind.size() == most_words) break;
  }
  return kind;
}

std::optional<Time> promised_since(const TaskStatus& status) {
  return status.record.last_success ? status.record.last_success : status.first_seen;
}

}  // namespace

bool is_ending(const Finding& finding) {
  const auto has_code = [&](bool about_task) {
    return [&finding, about_task](const Ending& ending) { return finding.code == code_of(about_task, ending.outcome); };
  };
  return std::any_of(task_endings.begin(), task_endings.end(), has_code(true)) ||
         std::any_of(server_endings.begin(), server_endings.end(), has_code(false));
}

Finding finding_of_ending(const TaskResult& result) {
  const bool about_task = !result.task.empty();
  const auto& endings = about_task ? task_endings : server_endings;
  const auto known = std::find_if(endings.begin(), endings.end(),
                                  [&](const Ending& ending) { return ending.outcome == result.outcome; });
  const Ending& ending = known == endings.end() ? endings.front() : *known;
  Finding finding;
  finding.state = ending.state;
  finding.code = code_of(about_task, ending.outcome);
  finding.title = ending.title;
  finding.action = ending.action;
  if (result.summary.empty()) return finding;
  finding.title += ": " + result.summary;
  if (about_task && ending.outcome == Outcome::failed) {  // the reason says what to do, or leaves nothing to be said
    finding.action.clear();
    finding.detail = "It is tried again by itself, after growing pauses.";
  }
  return finding;
}

bool is_another_failure(const Finding& before, const Finding& now) {
  const bool in_words = now.code == code_of(true, Outcome::failed) || now.code == code_of(false, Outcome::failed);
  return in_words && before.code == now.code && kind_of_failure(before.title) != kind_of_failure(now.title);
}

bool is_stale(const TaskStatus& status, Time now) {
  const auto since = promised_since(status);
  return status.max_age && since && now - *since > *status.max_age;
}

std::optional<Finding> finding_of_staleness(const TaskStatus& status, Time now) {
  if (!is_stale(status, now)) return std::nullopt;
  const Time since = *promised_since(status);
  Finding finding;
  finding.state = State::critical;
  finding.code = code_task_stale;
  finding.title = status.record.last_success
                      ? fmt::format("no success for {}, at most {} are promised", format_duration(now - since),
                                    format_duration(*status.max_age))
                      : fmt::format("never succeeded in the {} since it was declared, at most {} are promised",
                                    format_duration(now - since), format_duration(*status.max_age));
  finding.detail = status.last_summary;
  finding.action = "find out why it does not run or fails; `max_age` in the project's configuration is the promise";
  return finding;
}

std::optional<Finding> finding_of_second_place(const BackupStatus& status, Time now) {
  if (!is_second_stale(status, now)) return std::nullopt;
  Finding finding;
  finding.state = State::warning;
  finding.code = code_second_stale;
  const std::string behind = format_duration(now - *second_behind(status));
  const std::string limit = format_duration(status.second->max_age);
  finding.title =
      status.second->in_step
          ? fmt::format("the second place was last seen to have the newest copy {} ago, the limit is {}", behind, limit)
          : fmt::format("the second place has no copy, the oldest here has waited {}, the limit is {}", behind, limit);
  finding.action = "see what `maintain backups push` says, and whether cron starts it";
  return finding;
}

}  // namespace maintain
