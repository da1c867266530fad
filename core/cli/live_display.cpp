#include "cli/live_display.hpp"

#include <cstdio>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cli/log_line.hpp"
#include "model/names.hpp"

namespace maintain {
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
  std::string line = fmt::format("{}, {} in {}", count_of(servers_total_, "server"),
                                 tasks == 0 ? "nothing due" : count_of(static_cast<std::size_t>(tasks), "task"),
                                 format_duration(took));
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
