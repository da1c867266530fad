// A running task's words, each sent to the supervisor before the call returns.
#pragma once

#include "plugin/host_services.hpp"
#include "run/worker_link.hpp"

namespace maintain {

class WorkerEvents final : public TaskEvents {
 public:
  WorkerEvents(WorkerLink& link, bool debug) : link_(link), debug_(debug) {}

  void log(LogLevel level, const std::string& line) override;
  void finding(const Finding& finding) override;
  void progress(std::uint64_t done, std::uint64_t total, const std::string& unit) override;
  void metric(const Metric& metric) override;
  void summary(const std::string& line) override;
  void output(const std::string& text) override;
  Result<void> checkpoint(const std::string& json) override;
  Result<void> jobs_pending(const std::set<std::string>& names) override;
  Result<void> acquire_lock(const std::string& name, int places, Milliseconds lease, Milliseconds wait) override;
  Result<void> release_lock(const std::string& name) override;

 private:
  WorkerLink& link_;
  bool debug_;
};

}  // namespace maintain
