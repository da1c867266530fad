// For tests: a tree of files in a temporary directory, and the real script run over it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "pydeps/environment/inventory.hpp"
#include "pydeps/environment/inventory_script.hpp"

namespace maintain::pydeps {

class ScratchTree {
 public:
  ScratchTree() {
    std::string pattern = (std::filesystem::temp_directory_path() / "inventory-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    root_ = std::filesystem::canonical(pattern);
    std::filesystem::permissions(root_, std::filesystem::perms(0755));
    write("script", inventory_script());
  }
  ~ScratchTree() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  ScratchTree(const ScratchTree&) = delete;
  ScratchTree& operator=(const ScratchTree&) = delete;

  std::string path(const std::string& name) const { return (root_ / name).string(); }

  void write(const std::string& name, const std::string& text) const {
    const std::filesystem::path file = root_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream stream(file, std::ios::binary);
    stream << text;
    REQUIRE(stream.flush());
  }

  // NAME/pyvenv.cfg and the lib of Python 3.11; returns "NAME/lib/python3.11/site-packages/".
  std::string make_environment(const std::string& name) const {
    write(name + "/pyvenv.cfg", "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11.2\n");
    const std::string site = name + "/lib/python3.11/site-packages/";
    std::filesystem::create_directories(root_ / site);
    return site;
  }

  void link(const std::string& target, const std::string& name) const {
    std::filesystem::create_symlink(target, root_ / name);
  }

  // What the script prints. As nobody: tests run as root, whom no permission stops.
  std::string run(const std::vector<std::string>& patterns, bool discover = false, bool as_nobody = false,
                  const std::string& search_path = {}) const {
    const std::string output = path("output");
    const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    REQUIRE(file >= 0);
    std::vector<std::string> words{"/bin/sh", path("script")};
    for (std::string& argument : inventory_arguments(patterns, discover)) words.push_back(std::move(argument));
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      if (as_nobody && ::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(126);
      if (!search_path.empty()) ::setenv("PATH", search_path.c_str(), 1);
      ::dup2(file, 1);
      ::execv("/bin/sh", argv.data());
      ::_exit(127);
    }
    ::close(file);
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    std::ifstream stream(output, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  Inventory look(const std::vector<std::string>& patterns, bool discover = false, bool as_nobody = false) const {
    return parse_inventory(run(patterns, discover, as_nobody));
  }

 private:
  std::filesystem::path root_;
};

// "django 4.2.1", "shop 1.0 editable file:///srv/shop".
inline std::vector<std::string> describe_packages(const Environment& environment) {
  std::vector<std::string> lines;
  for (const Package& package : environment.packages) {
    std::string line = package.key + " " + (package.version.empty() ? "?" : package.version);
    if (package.origin != Origin::index) line += " " + std::string(origin_name(package.origin)) + " " + package.url;
    lines.push_back(std::move(line));
  }
  return lines;
}

inline std::vector<std::string> describe_problems(const Environment& environment) {
  std::vector<std::string> lines;
  for (const Problem& problem : environment.problems) lines.push_back(problem.text);
  return lines;
}

}  // namespace maintain::pydeps
