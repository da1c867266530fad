// For the tests of this folder: a server that is this machine, and events that are remembered.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <list>
#include <map>
#include <string>
#include <vector>

#include "base/process.hpp"
#include "plugin/host_services.hpp"

namespace maintain::test {

// A directory of its own, in a place where nobody else may write plugins; removed at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "maintain-plugin-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = std::filesystem::canonical(pattern);
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Runs what it is given with this machine's sh, as the user of the test.
class LocalSession final : public ServerSession {
 public:
  std::list<Error> failures;            // answers the next runs instead
  std::list<Error> connect_failures;    // answers the next connects and reconnects instead
  int reconnects = 0;
  std::vector<RemoteCommand> seen;
  std::function<bool()> cancelled = {};  // as set_cancelled() has it now
  std::function<void(RemoteCommand&)> alter = {};
  std::string facts_json = R"({"os_id":"debian","user":"root"})";

  Result<void> connect() override { return pop(connect_failures); }
  Result<void> reconnect(Milliseconds) override {
    ++reconnects;
    return pop(connect_failures);
  }
  Result<RemoteExit> run(const RemoteCommand& given) override {
    RemoteCommand command = given;
    seen.push_back(command);
    if (auto failure = pop(failures); !failure) return fail(failure.error());
    if (alter) alter(command);
    LocalCommand local;
    local.argv = command.argv;
    if (!command.script.empty()) local.argv.insert(local.argv.begin(), {"/bin/sh", "-c", command.script, "sh"});
    local.environment = command.environment;
    local.input = command.input;
    local.timeout = command.timeout;
    local.output_limit = command.output_limit;
    local.on_output = command.on_output;
    local.on_error_output = command.on_error_output;
    auto ended = run_local(local);
    if (!ended) return fail(ended.error());
    return RemoteExit{ended->signal != 0 ? -1 : ended->status, ended->signal, ended->truncated,
                      std::move(ended->output), std::move(ended->error_output)};
  }
  void set_cancelled(std::function<bool()> instead) override { cancelled = std::move(instead); }
  Result<std::string> facts() override { return facts_json; }
  Result<std::vector<std::string>> remote_shell(bool with_destination) override {
    if (with_destination) return std::vector<std::string>{"ssh", "-T", "web1"};
    return std::vector<std::string>{"ssh", "-T"};
  }

 private:
  static Result<void> pop(std::list<Error>& errors) {
    if (errors.empty()) return {};
    Error error = errors.front();
    errors.pop_front();
    return fail(std::move(error));
  }
};

class RememberedEvents : public TaskEvents {
 public:
  std::vector<std::string> lines;
  std::vector<Finding> findings;
  std::vector<Metric> metrics;
  std::vector<std::uint64_t> progress_done;
  std::string last_summary, saved_output;
  std::vector<std::string> checkpoints;
  std::vector<std::set<std::string>> pending_jobs;  // as noted, one after the other
  std::map<std::string, int> locks;
  std::optional<Error> refuse_lock = {};

  void log(LogLevel, const std::string& line) override { lines.push_back(line); }
  void finding(const Finding& finding) override { findings.push_back(finding); }
  void progress(std::uint64_t done, std::uint64_t, const std::string&) override { progress_done.push_back(done); }
  void metric(const Metric& metric) override { metrics.push_back(metric); }
  void summary(const std::string& line) override { last_summary = line; }
  void output(const std::string& text) override { saved_output += text; }
  Result<void> checkpoint(const std::string& json) override {
    checkpoints.push_back(json);
    return {};
  }
  Result<void> jobs_pending(const std::set<std::string>& names) override {
    pending_jobs.push_back(names);
    return {};
  }
  Result<void> acquire_lock(const std::string& name, int places, Milliseconds, Milliseconds) override {
    if (refuse_lock) return fail(*refuse_lock);
    locks[name] = places;
    return {};
  }
  Result<void> release_lock(const std::string& name) override {
    locks.erase(name);
    return {};
  }
};

}  // namespace maintain::test
