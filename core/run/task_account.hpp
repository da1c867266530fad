// What the running task has said so far, cleaned and bounded: whatever happens to its worker, this is kept.
#pragma once

#include <cstdint>
#include <string>

#include "model/plan.hpp"
#include "model/run.hpp"
#include "run/kept_output.hpp"
#include "run/messages.hpp"
#include "store/state_store.hpp"

namespace maintain {

class TaskAccount {
 public:
  TaskAccount(std::uint64_t index, const PlannedTask& task, Time started, std::size_t output_limit);

  std::uint64_t index() const { return index_; }
  const TaskKey& key() const { return key_; }
  const std::string& type() const { return result_.type; }

  void add(const Finding& finding);
  void add(const Metric& metric);
  void add_output(const std::string& bytes) { output_.add(bytes); }
  void add_log(LogLevel level, const std::string& clean_line);
  void set_summary(const std::string& line);

  // How it ended by itself, or was ended. A closing line (an error, a signal) says more than the task's own summary.
  TaskCommit close(const std::string& run_id, Mode mode, Outcome outcome, Time finished,
                   const std::string& closing_line);

 private:
  std::uint64_t index_;
  TaskKey key_;
  TaskResult result_;
  KeptOutput output_;
};

}  // namespace maintain
