// What a person at a terminal sees while `maintain run` works: one live line per active server and a count below,
// redrawn in place on standard error. Off a terminal nothing of it is made.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "run/supervisor.hpp"

namespace maintain {

// Whether a terminal of this $TERM (null: not set) understands the control sequences of a live display.
bool can_be_redrawn(const char* term);

class LiveDisplay final : public RunObserver {
 public:
  // width, height: of the terminal, so that no line wraps and the block never scrolls away.
  LiveDisplay(int width, int height) : width_(width), height_(height) {}
  ~LiveDisplay() override { erase(); }

  void run_started(const Run& run, std::size_t servers) override;
  void server_started(const std::string& server) override;
  void server_finished(const ServerReport& report) override;
  void task_started(const TaskKey& key, const std::string& type) override;
  void progress(const TaskKey& key, std::uint64_t done, std::uint64_t total, const std::string& unit) override;
  void task_finished(const TaskResult& result) override;
  void log(const TaskKey& about, LogLevel level, const std::string& line) override;

  // The block as it would be drawn now, without control sequences; what the tests look at.
  std::string block() const;
  // One line for the end: "12 servers, 30 tasks in 41s: 2 changed, 28 ok".
  std::string closing_line(Seconds took) const;

 private:
  void redraw();
  void erase();

  int width_, height_;
  std::size_t servers_total_ = 0, servers_done_ = 0, not_reached_ = 0, not_done_ = 0;
  std::map<Outcome, int> outcomes_;
  std::map<std::string, std::string> active_;  // server -> what it is doing
  int drawn_lines_ = 0;
};

}  // namespace maintain
