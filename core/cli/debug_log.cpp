#include "cli/debug_log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/text.hpp"
#include "cli/log_line.hpp"
#include "model/names.hpp"

namespace maintain {
namespace {

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

DebugLog::DebugLog() {
  auto logger = std::make_shared<spdlog::logger>("maintain", std::make_shared<spdlog::sinks::stderr_sink_st>());
  logger->set_level(spdlog::level::debug);
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
  spdlog::set_default_logger(logger);
}

void DebugLog::server_started(const std::string& server) { spdlog::debug("{}: worker started", server); }

void DebugLog::server_planned(const Plan& plan) {
  for (const PlannedTask& task : plan.tasks)
    spdlog::debug("{}: {}: {}", to_string(task.key), to_string(task.decision), task.reason);
}

void DebugLog::server_finished(const ServerReport& report) {
  if (report.error) spdlog::error("{}: {}", report.server, report.error->describe());
  else if (!report.contacted) spdlog::debug("{}: no connection was needed", report.server);
  else spdlog::debug("{}: done, over {}", report.server, report.transport);
}

void DebugLog::task_started(const TaskKey& key, const std::string& type) {
  spdlog::info("{}: started ({})", to_string(key), type);
}

void DebugLog::task_finished(const TaskResult& result) {
  spdlog::info("{}: {}: {}", to_string(TaskKey{result.server, result.project, result.task}), to_string(result.outcome),
               result.summary);
}

void DebugLog::log(const TaskKey& about, LogLevel level, const std::string& line) {
  spdlog::log(level_of(level), "{}", log_line(about, line));
}

}  // namespace maintain
