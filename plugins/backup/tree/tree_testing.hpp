// For tests: trees with all that files can have, told apart to the last attribute, and rsync's answers.
#pragma once

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <maintain/testkit.hpp>

#include "backup/drill/real_programs.hpp"

namespace maintain::plugins::backup {

class TemporaryTree {
 public:
  TemporaryTree() {
    if (::mkdtemp(path.data()) == nullptr) throw sdk::testkit::TestProblem("cannot make a temporary directory");
  }
  ~TemporaryTree() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  TemporaryTree(const TemporaryTree&) = delete;
  TemporaryTree& operator=(const TemporaryTree&) = delete;
  std::string path = (std::filesystem::temp_directory_path() / "maintain-tree-XXXXXX").string();
};

// One entry, as it shows in a failed comparison.
inline std::string describe_entry(const std::string& path, std::map<std::pair<dev_t, ino_t>, std::string>& links) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) throw sdk::testkit::TestProblem("cannot stat " + path);
  const bool is_directory = S_ISDIR(status.st_mode);
  std::string text = "mode " + std::to_string(status.st_mode) + " owner " + std::to_string(status.st_uid) + ":" +
                     std::to_string(status.st_gid) + " device " + std::to_string(status.st_rdev) + " time " +
                     std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec);
  if (!is_directory) {
    const auto first = links.emplace(std::pair(status.st_dev, status.st_ino), path).first->second;
    text += " size " + std::to_string(status.st_size) + " first name " +
            std::filesystem::path(first).filename().string();
  }
  if (S_ISLNK(status.st_mode)) text += " to " + std::filesystem::read_symlink(path).string();
  if (S_ISREG(status.st_mode)) text += " content " + std::to_string(std::hash<std::string>()(content_of_file(path)));
  std::string names(4096, '\0');
  const ssize_t length = ::llistxattr(path.c_str(), names.data(), names.size());
  std::vector<std::string> attributes;
  for (ssize_t at = 0; at < length;) {
    const std::string name = names.c_str() + at;
    std::string value(4096, '\0');
    const ssize_t size = ::lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
    attributes.push_back(name + "=" + value.substr(0, static_cast<std::size_t>(std::max<ssize_t>(0, size))));
    at += static_cast<ssize_t>(name.size()) + 1;
  }
  std::sort(attributes.begin(), attributes.end());
  for (const std::string& attribute : attributes) text += " " + attribute;
  return text;
}

// Relative path -> all of it.
inline std::map<std::string, std::string> snapshot(const std::string& root) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  std::map<std::pair<dev_t, ino_t>, std::string> links;
  std::map<std::string, std::string> all;
  for (const std::string& path : paths) all[path.substr(root.size() + 1)] = describe_entry(path, links);
  return all;
}

// What is not the same in both, for people; at most ten.
inline std::vector<std::string> differences(const std::map<std::string, std::string>& one,
                                            const std::map<std::string, std::string>& other) {
  std::vector<std::string> all;
  for (const auto& [path, entry] : one) {
    const auto found = other.find(path);
    if (found == other.end()) all.push_back(path + " is missing");
    else if (found->second != entry) all.push_back(path + ": " + entry + " / " + found->second);
  }
  for (const auto& [path, entry] : other)
    if (!one.contains(path)) all.push_back(path + " is new");
  if (all.size() > 10) all.resize(10);
  return all;
}

// What --stats says of so many files.
inline std::string stats_of(int files) {
  return "\nNumber of files: " + std::to_string(files + 1) + " (reg: " + std::to_string(files) +
         ", dir: 1)\nNumber of regular files transferred: " + std::to_string(files) +
         "\nTotal file size: 5 bytes\nTotal transferred file size: 5 bytes\n";
}

// What is run on the server is really run, here, as whoever runs the tests.
inline void run_server_commands_really(sdk::testkit::FakeServer& server) {
  const std::string directory = server.directory();
  server.stub(sdk::testkit::anything(), [directory](const sdk::testkit::SeenCommand& seen) {
    sdk::Command command = seen;
    if (!seen.script.empty()) {
      command.argv = {"sh", "-c", seen.script, "sh"};
      command.argv.insert(command.argv.end(), seen.argv.begin(), seen.argv.end());
    }
    return run_really(command, directory);
  });
}

}  // namespace maintain::plugins::backup
