#include "command_task.hpp"

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

// A job that an earlier run left behind is followed to its end instead of starting a second one.
Completed run_detached(Context& context, const Command& command) {
  const JobPhase phase = context.find_job(job_name);
  if (phase == JobPhase::lost) {
    context.collect_job(job_name);
    throw Failure(MAINTAIN_FAILED, "the command was running when the server went down; it has no result");
  }
  if (phase == JobPhase::none) context.start_job(job_name, command);
  else context.log(sdk::Level::info, "following the command that an earlier run started");
  std::string output;
  Completed completed;
  const auto left = std::chrono::duration_cast<Milliseconds>(context.deadline() - context.now());
  try {
    completed = context.follow_job(job_name, left, command.idle_timeout,
                                   [&](std::string_view piece) { output += piece; });
  } catch (const Failure& failure) {
    if (failure.status() != MAINTAIN_TIMEOUT) throw;
    context.stop_job(job_name);
    context.collect_job(job_name);
    throw;
  }
  context.collect_job(job_name);
  completed.output = std::move(output);
  return completed;
}

Outcome judge_as_nagios(Context& context, const Completed& completed) {
  constexpr int highest = 3;
  const std::string line = first_line(completed.output);
  const bool in_range = completed.signal == 0 && completed.status >= 0 && completed.status <= highest;
  const State state = in_range ? static_cast<State>(completed.status) : State::unknown;
  context.summary(line.empty() ? how_it_ended(completed) : line);
  if (state != State::ok)
    context.finding({.state = state, .code = "command.check",
                     .title = line.empty() ? "the check " + how_it_ended(completed) : line,
                     .detail = tail(completed.output + completed.error_output)});
  return Outcome::ok;
}

Outcome judge_by_exit_status(Context& context, const Completed& completed, const Json& options) {
  if (!completed.ok()) {
    context.summary("the command " + how_it_ended(completed));
    context.finding({.state = State::critical, .code = "command.failed", .title = "the command " + how_it_ended(completed),
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
  const Completed completed = detached ? run_detached(context, command) : context.exec(command);
  context.metric("command_duration_seconds", std::chrono::duration<double>(completed.duration).count(), "seconds");
  return options.value("result", "exit") == "nagios" ? judge_as_nagios(context, completed)
                                                     : judge_by_exit_status(context, completed, options);
}

}  // namespace maintain::command
