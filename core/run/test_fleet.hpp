// For the supervisor's tests: servers that are directories, a store, a clock that stands, and short ways to ask.
#pragma once

#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "base/text.hpp"
#include "plugin/catalog.hpp"
#include "run/supervisor.hpp"
#include "run/testing.hpp"
#include "store/sqlite_store.hpp"

namespace maintain::testing {

using Outcomes = std::map<std::string, Outcome>;

inline std::string name_of(const TaskResult& result) {
  return to_string(TaskKey{result.server, result.project, result.task});
}
inline Outcomes outcomes(const RunResult& result) {
  Outcomes found;
  for (const TaskResult& one : result.run.results) found[name_of(one)] = one.outcome;
  return found;
}
inline TaskResult result_of(const RunResult& result, const std::string& name) {
  for (const TaskResult& one : result.run.results)
    if (name_of(one) == name) return one;
  throw std::runtime_error("no result of " + name);
}
inline std::vector<std::string> codes(const TaskResult& result) {
  std::vector<std::string> found;
  for (const Finding& finding : result.findings) found.push_back(finding.code);
  return found;
}

inline std::vector<pid_t> children_of(pid_t parent) {
  std::ifstream file("/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) + "/children");
  std::vector<pid_t> children;
  for (pid_t child = 0; file >> child;) children.push_back(child);
  return children;
}

inline bool ends_within(pid_t process, Milliseconds limit) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
  if (fd < 0) return true;  // gone already
  pollfd watched{fd, POLLIN, 0};
  const bool ended = ::poll(&watched, 1, static_cast<int>(limit.count())) == 1;
  ::close(fd);
  return ended;
}

struct Recorder final : RunObserver {
  std::map<std::string, std::function<void()>> at_start = {};  // of the task so named, once
  std::vector<std::string> started = {};                       // servers
  std::set<std::string> at_work = {};
  std::function<void()> at_server = {};
  std::size_t most_at_once = 0;

  void server_started(const std::string& server) override {
    started.push_back(server);
    at_work.insert(server);
    if (at_server) at_server();
    most_at_once = std::max(most_at_once, at_work.size());
  }
  void server_finished(const ServerReport& report) override { at_work.erase(report.server); }
  void task_started(const TaskKey& key, const std::string&) override {
    const auto found = at_start.find(to_string(key));
    if (found == at_start.end()) return;
    const auto action = std::move(found->second);
    at_start.erase(found);
    action();
  }
};

struct Fleet {
  TemporaryDirectory directory = {};
  Settings settings = {};
  Catalog catalog = read_catalog({std::filesystem::path(MAINTAIN_TEST_PLUGINS) / "misbehave"});
  std::unique_ptr<StateStore> store = open_sqlite_store(directory.path() / "state.db", Access::read_write).value();
  FixedClock clock{parse_time("2026-11-22T13:03:41Z").value()};
  Recorder observer = {};
  std::deque<Server> servers = {};
  StopTimes times{std::chrono::milliseconds(100), std::chrono::milliseconds(200), std::chrono::milliseconds(200),
                  std::chrono::seconds(20)};
  Purpose purpose = Purpose::run;
  Mode mode = Mode::apply;
  bool refresh = false;
  int forks = 4;

  Fleet() {
    if (catalog.plugins.empty()) throw std::runtime_error("the misbehaving plugins are not built");
    settings.state_directory = directory.path() / "state";
    settings.backup_directory = directory.path() / "backups";
    settings.run_directory = directory.path() / "run";
    settings.worker_command = {MAINTAIN_TEST_WORKER};
    ::setenv("MAINTAIN_TEST_ROOT", (directory.path() / "roots").c_str(), 1);
  }

  std::filesystem::path config_of(const std::string& server) const {
    return directory.path() / "roots" / server / "etc/maintain.d/p.yml";
  }
  void write_config(const std::string& server, const std::string& text) const {
    std::filesystem::create_directories(config_of(server).parent_path());
    std::ofstream(config_of(server)) << text;
  }

  // So much is remembered of the server that a message to its worker cannot hold it.
  void outgrow(const std::string& server) const {
    ServerMemory memory;
    memory.configs = {{"/etc/maintain.d/p.yml", std::string(9 * 1024 * 1024, 'x'), {}}};
    if (!store->save_server_memory(server, memory)) throw std::runtime_error("the store cannot be written");
  }

  // Tasks as "name: type [timeout]", each after the one before it. Without tasks: without a configuration.
  Server& add(const std::string& name, const std::vector<std::string>& tasks) {
    std::string text = "version: 2\ntasks:\n";
    std::string before;
    for (const std::string& task : tasks) {
      const auto words = split_words(task);
      text += "  " + words[0] + " {use: " + words[1] + ", when: \"* * * * *\"";
      if (words.size() > 2) text += ", timeout: " + words[2];
      if (!before.empty()) text += ", after: [" + before + "]";
      text += "}\n";
      before = words[0].substr(0, words[0].size() - 1);
    }
    if (!tasks.empty()) write_config(name, text);
    for (Server& server : servers)
      if (server.name == name) return server;
    servers.push_back(Server{.name = name});
    return servers.back();
  }

  Result<RunResult> try_run() {
    RunRequest request{.settings = settings, .catalog = catalog, .servers = {servers.begin(), servers.end()}};
    request.purpose = purpose;
    request.mode = mode;
    request.forks = forks;
    request.refresh_configs = refresh;
    request.stop_times = times;
    return supervise(request, *store, clock, observer);
  }
  RunResult run() {
    auto result = try_run();
    if (!result) throw std::runtime_error(result.error().describe());
    return std::move(*result);
  }

  TaskRecord record(const std::string& name) const {
    for (const auto& server : servers) {
      const auto records = store->server_records(server.name).value();  // outlives the loop
      for (const auto& [key, record] : records)
        if (to_string(key) == name) return record;
    }
    return {};
  }

  // A run in another process, which is in the middle of the named task. Its process, and those of its workers.
  std::pair<pid_t, std::vector<pid_t>> run_in_child_until(const std::string& task) {
    int started[2];
    if (::pipe(started) != 0) throw std::runtime_error("no pipe");
    store.reset();  // SQLite's handles do not survive a fork
    const pid_t child = ::fork();
    if (child == 0) {
      store = open_sqlite_store(directory.path() / "state.db", Access::read_write).value();
      observer.at_start[task] = [&] { (void)!::write(started[1], "x", 1); };
      (void)try_run();
      ::_exit(0);
    }
    store = open_sqlite_store(directory.path() / "state.db", Access::read_write).value();
    pollfd watched{started[0], POLLIN, 0};
    if (::poll(&watched, 1, 10'000) != 1) throw std::runtime_error("the run in the child did not get there");
    const std::vector<pid_t> launchers = children_of(child);
    std::pair<pid_t, std::vector<pid_t>> result{child, launchers};
    for (const pid_t launcher : launchers)
      for (const pid_t worker : children_of(launcher)) result.second.push_back(worker);
    ::close(started[0]);
    ::close(started[1]);
    return result;
  }
};

}  // namespace maintain::testing
