#include "command_task.hpp"

#include <algorithm>
#include <cctype>

#include "common/duration.hpp"

namespace maintain::command {
namespace {

using sdk::Command;
using sdk::Completed;
using sdk::Context;
using sdk::Failure;
using sdk::Finding;
using sdk::Json;
using sdk::JobPhase;
using sdk::Milliseconds;
using sdk::Outcome;
using sdk::State;

constexpr std::string_view job_name = "run";
constexpr std::size_t tail_lines = 20;
constexpr std::size_t most_output = 16 * 1024 * 1024;
constexpr Milliseconds time_to_end_it = std::chrono::minutes(1);
constexpr Milliseconds shortest_follow = std::chrono::seconds(10);

bool is_variable_name(const std::string& name) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front()))) return false;
  for (const char c : name)
    if (c != '_' && !std::isalnum(static_cast<unsigned char>(c))) return false;
  return true;
}

Command command_of(const Json& options) {
  Command command;
  if (options.at("command").is_array()) command.argv = options.at("command").get<std::vector<std::string>>();
  else command.script = options.at("command").get<std::string>();
  command.become_user = options.value("user", "");
  command.environment = options.value("environment", std::map<std::string, std::string>());
  command.read_only = options.value("read_only", false);
  command.idle_timeout = plugins::parse_duration(options.value("idle_timeout", "")).value_or(Milliseconds(0));
  return command;
}

// The last lines of what it printed, which is where programs say what went wrong.
std::string tail(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  std::size_t at = text.size();
  for (std::size_t lines = 0; at > 0; --at)
    if (text[at - 1] == '\n' && ++lines == tail_lines) break;
  return std::string(text.substr(at));
}

std::string first_line(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \n");
  if (start == std::string_view::npos) return {};
  return std::string(text.substr(start, text.find('\n', start) - start));
}

std::string how_it_ended(const Completed& completed) {
  if (completed.signal != 0) return "was ended by signal " + std::to_string(completed.signal);
  return "ended with exit status " + std::to_string(completed.status);
}

// A command's end, or why it has none of its own.
struct Ended {
  Completed completed = {};
  std::string by_us = {};  // why we ended it
  bool lost = false;       // with the server
};

// Follows the job to its end, or ends it in time: whoever waits for the host's deadline is killed there, and the
// command would go on for ever.
Ended follow(Context& context, const Command& command) {
  const auto left = std::chrono::duration_cast<Milliseconds>(context.deadline() - context.now());
  const Milliseconds allowed = std::max(left - time_to_end_it, shortest_follow);
  const auto start = context.now();
  Ended ended;
  std::string output;
  try {
    ended.completed = context.follow_job(job_name, allowed, command.idle_timeout, [&](std::string_view piece) {
      output += piece.substr(0, most_output - output.size());
    });
  } catch (const Failure& failure) {
    ended.lost = failure.status() == MAINTAIN_FAILED;
    if (!ended.lost && failure.status() != MAINTAIN_TIMEOUT) throw;
    if (!ended.lost) {
      ended.completed.duration = context.now() - start;
      ended.by_us = ended.completed.duration < allowed
                        ? "printed nothing for " + plugins::span_text(command.idle_timeout)
                        : "did not end within " + plugins::span_text(allowed);
      context.stop_job(job_name);
    }
  }
  ended.completed.output = std::move(output);
  return ended;
}

// A job that an earlier run left behind is followed instead of starting a second one, also when the command is not to
// be detached any more. It is left to be collected.
Ended run_detached(Context& context, const Command& command, JobPhase phase) {
  if (phase == JobPhase::lost) return {.lost = true};
  if (phase == JobPhase::none) context.start_job(job_name, command);
  else context.log(sdk::Level::info, "following the command that an earlier run started");
  return follow(context, command);
}

// The command as a person would type it.
std::string shown(const Command& command) {
  constexpr std::size_t most_shown = 200;
  std::string text = first_line(command.script);
  for (const auto& word : command.argv) text += (text.empty() ? "" : " ") + word;
  return text.size() <= most_shown ? text : text.substr(0, most_shown) + " ...";
}

Outcome tell_cut_short(Context& context, const Ended& ended) {
  const std::string title = ended.lost ? "the command was running when the server went down; it has no result"
                                       : "the command " + ended.by_us + "; it was ended";
  context.summary(title);
  context.finding({.state = State::critical, .code = "command.failed", .title = title,
                   .detail = tail(ended.completed.output),
                   .action = ended.lost ? "see how far it came; it is started again when it is next due"
                                        : "see what it waits for, or give the task a longer `timeout` "
                                          "(`idle_timeout` for silence)"});
  return Outcome::failed;
}

// A Nagios plugin's first line without what follows '|', which is for graphs.
std::string without_performance_data(std::string line) {
  line.resize(std::min(line.find('|'), line.size()));
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

Outcome judge_as_nagios(Context& context, const Command& command, const Completed& completed) {
  constexpr int highest = 3;
  const std::string line = without_performance_data(first_line(completed.output));
  const bool in_range = completed.signal == 0 && completed.status >= 0 && completed.status <= highest;
  const State state = in_range ? static_cast<State>(completed.status) : State::unknown;
  context.summary(line.empty() ? how_it_ended(completed) : line);
  if (state != State::ok)
    context.finding({.state = state, .code = "command.check",
                     .title = line.empty() ? "the check " + how_it_ended(completed) : line,
                     .detail = tail(completed.output + completed.error_output),
                     .action = "see what the check looks at; run it by hand: " + shown(command)});
  return Outcome::ok;
}

Outcome judge_by_exit_status(Context& context, const Completed& completed, const Json& options) {
  if (!completed.ok()) {
    context.summary("the command " + how_it_ended(completed));
    context.finding({.state = State::critical, .code = "command.failed",
                     .title = "the command " + how_it_ended(completed),
                     .detail = tail(completed.output + completed.error_output),
                     .action = "run it on the server by hand, as the same user, and mend what it complains about"});
    return Outcome::failed;
  }
  const std::string line = first_line(completed.output);
  context.summary(line.empty() ? "done" : line);
  const bool changed = !options.value("read_only", false) &&
                       (!options.contains("changed_output") ||
                        completed.output.find(options["changed_output"].get<std::string>()) != std::string::npos);
  return changed ? Outcome::changed : Outcome::ok;
}

Outcome judge(Context& context, const Command& command, const Ended& ended) {
  const Json& options = context.options();
  const std::chrono::duration<double> seconds = ended.completed.duration;
  if (!ended.lost) context.metric("command_duration_seconds", seconds.count(), "seconds");
  if (ended.lost || !ended.by_us.empty()) return tell_cut_short(context, ended);
  return options.value("result", "exit") == "nagios" ? judge_as_nagios(context, command, ended.completed)
                                                     : judge_by_exit_status(context, ended.completed, options);
}

}  // namespace

std::optional<std::string> CommandRun::validate(const Json& options) {
  if (options.at("command").is_array() && options["command"].front() == "") return "the command's first word is empty";
  for (const auto& [name, value] : options.value("environment", std::map<std::string, std::string>()))
    if (!is_variable_name(name)) return "'" + name + "' is not the name of a variable";
  return std::nullopt;
}

Outcome CommandRun::run(Context& context) {
  const Json& options = context.options();
  const Command command = command_of(options);
  if (context.check_mode() && !command.read_only) {
    context.summary("would run: " + (command.argv.empty() ? first_line(command.script) : options["command"].dump()));
    return Outcome::ok;
  }
  const bool detached = options.value("detached", false) && !context.check_mode();
  // A job may be there although the command is no longer to be detached; without this nobody would collect it. Others
  // are not looked for: that needs root, which a plain command does not.
  const JobPhase phase = detached || context.reattaching() ? context.find_job(job_name) : JobPhase::none;
  if (phase == JobPhase::none && context.reattaching()) context.collect_job(job_name);  // the host may forget it
  if (phase == JobPhase::none && context.reattaching() && !context.scheduled()) {  // due only for that job
    context.summary("the command that an earlier run started is gone; the next one waits for its time");
    return Outcome::skipped;
  }
  if (phase == JobPhase::none && !detached) return judge(context, command, {.completed = context.exec(command)});
  const Outcome outcome = judge(context, command, run_detached(context, command, phase));
  context.collect_job(job_name);  // what it came to has been told: killed before this, the next run tells it again
  return outcome;
}

}  // namespace maintain::command
