// For the store's tests: a store in a directory of its own, and short ways to write model values.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "store/sqlite_store.hpp"

namespace maintain::testing {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    // In memory where there is such a place: the store syncs at every commit, which takes seconds on a busy disk, and
    // what these tests kill is a process, not the machine.
    const std::filesystem::path memory = "/dev/shm";
    const bool usable = ::access(memory.c_str(), W_OK | X_OK) == 0;
    const std::filesystem::path parent = usable ? memory : std::filesystem::temp_directory_path();
    std::string name = (parent / "maintain-store-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a temporary directory");
    path_ = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// The value, or the test ends with what went wrong.
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().describe());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

struct StoreFixture {
  TemporaryDirectory directory;
  std::filesystem::path file = directory.path() / "state" / "state.db";
  std::unique_ptr<StateStore> store = must(open_sqlite_store(file, Access::read_write));

  void reopen() {
    store.reset();
    store = must(open_sqlite_store(file, Access::read_write));
  }
  void begin(const std::string& id, Time started, Mode mode = Mode::apply) {
    Run run;
    run.id = id;
    run.mode = mode;
    run.started = started;
    must(store->begin_run(run));
  }
};

inline Time at(const std::string& text) { return must(parse_time(text)); }

// A default one when the store knows nothing of the task.
inline TaskRecord record_of(const StateStore& store, const TaskKey& key) {
  for (auto& [known, record] : must(store.server_records(key.server)))
    if (known == key) return record;
  return {};
}

inline TaskCommit commit_of(const std::string& run_id, const TaskKey& key, Outcome outcome, Time started) {
  TaskCommit commit;
  commit.run_id = run_id;
  commit.result.server = key.server;
  commit.result.project = key.project;
  commit.result.task = key.task;
  commit.result.type = "apt.upgrade";
  commit.result.outcome = outcome;
  commit.result.summary = "3 packages";
  commit.result.started = started;
  commit.result.finished = started + std::chrono::minutes(2);
  return commit;
}

}  // namespace maintain::testing
