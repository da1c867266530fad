#include "cli/live_display.hpp"

#include <cstdio>
#include <string_view>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/log_line.hpp"
#include "model/names.hpp"

namespace maintain {
bool can_be_redrawn(const char* term) {
  return term != nullptr && *term != '\0' && std::string_view(term) != "dumb";
}

void LiveDisplay::run_started(const Run&, std::size_t servers) {
  servers_total_ = servers;
  redraw();
}

void LiveDisplay::server_started(const std::string& server) {
  active_[server] = "connecting";
  redraw();
}

void LiveDisplay::server_finished(const ServerReport& report) {
  active_.erase(report.server);
  ++servers_done_;
  if (report.error) ++(report.contacted ? not_done_ : not_reached_);
  redraw();
}

void LiveDisplay::task_started(const TaskKey& key, const std::string& type) {
  active_[key.server] = fmt::format("{} ({})", project_and_task(key), type);
  redraw();
}

void LiveDisplay::progress(const TaskKey& key, std::uint64_t done, std::uint64_t total, const std::string& unit) {
  std::string& line = active_[key.server];
  line = project_and_task(key) + ": " + (total > 0 ? fmt::format("{} of {}", done, total) : fmt::format("{}", done));
  if (!unit.empty()) line += " " + unit;
  redraw();
}

void LiveDisplay::task_finished(const TaskResult& result) {
  if (result.task.empty()) return;
  ++outcomes_[result.outcome];
  active_[result.server] = fmt::format("{}: {}", result.task, to_string(result.outcome));
  redraw();
}

void LiveDisplay::log(const TaskKey& about, LogLevel level, const std::string& line) {
  if (level < LogLevel::warning) return;
  erase();
  std::fprintf(stderr, "%s\n", log_line(about, line).c_str());
  redraw();
}

std::string LiveDisplay::block() const {
  std::string text;
  std::size_t shown = 0;
  const std::size_t room = height_ > 3 ? static_cast<std::size_t>(height_ - 3) : 1;
  const std::size_t limit = width_ > 10 ? static_cast<std::size_t>(width_ - 1) : 79;
  for (const auto& [server, doing] : active_) {
    if (++shown > room) break;
    text += shorten(fmt::format("  {}  {}", server, doing), limit) + "\n";
  }
  if (active_.size() > room) text += fmt::format("  … and {} more\n", active_.size() - room);
  text += fmt::format("{} of {} done", servers_done_, count_of(servers_total_, "server"));
  return text + "\n";
}

std::string LiveDisplay::closing_line(Seconds took) const {
  int tasks = 0;
  std::vector<std::string> parts;
  for (const auto& [outcome, count] : outcomes_) {
    tasks += count;
    parts.push_back(fmt::format("{} {}", count, to_string(outcome)));
  }
  std::string line = count_of(servers_total_, "server");
  if (not_reached_ > 0) line += fmt::format(", {} not reached", not_reached_);
  if (not_done_ > 0) line += fmt::format(", {} with errors", not_done_);
  const bool none_was_asked = not_reached_ + not_done_ > 0 && not_reached_ + not_done_ >= servers_total_;
  if (tasks > 0) line += ", " + count_of(static_cast<std::size_t>(tasks), "task");
  else line += none_was_asked ? "," : ", nothing due";  // of a server that was not reached nobody knows
  line += " in " + format_duration(took);
  return parts.empty() ? line : line + ": " + join(parts, ", ");
}

void LiveDisplay::erase() {
  if (drawn_lines_ == 0) return;
  // ECMA-48: cursor up N, then erase to the end of the screen.
  std::fprintf(stderr, "\x1b[%dA\x1b[J", drawn_lines_);
  std::fflush(stderr);
  drawn_lines_ = 0;
}

void LiveDisplay::redraw() {
  erase();
  const std::string text = block();
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
  for (const char c : text) drawn_lines_ += c == '\n' ? 1 : 0;
}

}  // namespace maintain
