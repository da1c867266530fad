// --debug: every step of a run as one line on standard error, through spdlog.
#pragma once

#include "run/supervisor.hpp"

namespace maintain {

class DebugLog final : public RunObserver {
 public:
  DebugLog();
  void server_started(const std::string& server) override;
  void server_planned(const Plan& plan) override;
  void server_finished(const ServerReport& report) override;
  void task_started(const TaskKey& key, const std::string& type) override;
  void task_finished(const TaskResult& result) override;
  void log(const TaskKey& about, LogLevel level, const std::string& line) override;
};

}  // namespace maintain
