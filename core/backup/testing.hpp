// Shared by the tests of this folder.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "backup/task_copies.hpp"

namespace maintain::testing {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "maintain-backup-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a temporary directory");
    path_ = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    const auto parent = open_directory(path_.parent_path());
    if (parent) (void)remove_tree(parent->get(), path_.filename(), [] { return Result<void>{}; });
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline Result<void> never_interrupted() { return {}; }

inline void write(const std::filesystem::path& path, const std::string& content) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << content;
}
inline std::string read(const std::filesystem::path& path) {
  std::ostringstream all;
  all << std::ifstream(path).rdbuf();
  return all.str();
}

inline std::chrono::local_seconds utc(Time time) { return std::chrono::local_seconds(time.time_since_epoch()); }
inline Time at(const char* text) { return *parse_time(text); }

template <class T>
T good(Result<T> result) {
  INFO((result ? "" : result.error().describe()));
  REQUIRE(result);
  return std::move(*result);
}
inline void good(const Result<void>& result) {
  INFO((result ? "" : result.error().describe()));
  REQUIRE(result);
}

inline const TaskKey orders{"web1", "shop", "orders"};

inline RetentionPolicy last(int count) {
  RetentionPolicy policy;
  policy.last = count;
  return policy;
}

// The copies of one task, and how a task fills them; a day passes after each.
struct Copies {
  std::filesystem::path backups;
  TaskCopies copies{backups, orders};
  Time now = at("2026-11-01T03:00:00Z");

  std::filesystem::path task() const { return copies_directory(backups, orders); }
  static DraftRequest request() { return {"PostgreSQL: orders", "postgresql"}; }
  static CopyFacts facts() { return {{{"pg_restore --list", "3 entries"}}, "custom"}; }
  static CopyFacts unproven() { return {{}, "custom"}; }

  CopyDraft begin(const DraftRequest& wanted = request()) {
    return good(copies.begin(wanted, now, never_interrupted));
  }
  CommittedCopy commit(CopyDraft draft, const CopyFacts& told = facts()) {
    CommittedCopy copy = good(draft.commit(told, now + Seconds(5), never_interrupted));
    now += std::chrono::hours(24);
    return copy;
  }
  CommittedCopy dump(const std::string& content, const CopyFacts& told = facts()) {
    CopyDraft draft = begin();
    good(draft.create("orders.dump"));
    good(draft.write(content));
    good(draft.close());
    return commit(std::move(draft), told);
  }
  // A tree as rsync --link-dest leaves it: what did not change is a link to the copy before.
  CommittedCopy tree(const std::map<std::string, std::string>& files, const CopyFacts& told = facts()) {
    CopyDraft draft = begin({"/srv", "directory"});
    for (const auto& [name, content] : files) {
      const auto file = draft.path() / name;
      std::filesystem::create_directories(file.parent_path());
      if (!draft.base().empty() && read(draft.base() / name) == content)
        std::filesystem::create_hard_link(draft.base() / name, file);
      else write(file, content);
    }
    return commit(std::move(draft), told);
  }
  std::vector<CopyManifest> all() const { return good(copies.list()); }
  std::vector<std::string> ids() const {
    std::vector<std::string> ids;
    for (const auto& copy : all()) ids.push_back(copy.id);
    return ids;
  }
  CopyState state_of(const std::string& id) const {
    for (const auto& copy : all())
      if (copy.id == id) return copy.state;
    throw std::runtime_error("there is no copy " + id);
  }
  std::string latest() const {
    std::error_code none;
    return std::filesystem::read_symlink(task() / "latest", none).string();
  }
  VerifyReport verify(const std::string& which) const {
    return good(TaskCopies::verify(good(copies.open(which)), 1, 1, never_interrupted));
  }
  std::vector<std::string> verify_and_remember(const std::string& which) const {
    const OpenCopy copy = good(copies.open(which));
    return good(copies.remember(copy, good(TaskCopies::verify(copy, 1, 1, never_interrupted)), now));
  }
  PruneReport prune(int count, int min_verified, bool dry_run = false) {
    return good(copies.prune(last(count), min_verified, utc, dry_run, never_interrupted));
  }
};

struct InScratch {
  TemporaryDirectory directory;
};
struct Scene : InScratch, Copies {
  Scene() : Copies{directory.path() / "backups"} {}
};

}  // namespace maintain::testing
