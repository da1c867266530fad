// Shared by the tests of this folder.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

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

}  // namespace maintain::testing
