// A file tree of the test's own, and scripts run on it as a server's shell would.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <maintain/plugin.hpp>

#include "common/shell_words.hpp"

namespace maintain::letsencrypt {

class Tree {
 public:
  Tree() {
    std::string pattern = (std::filesystem::temp_directory_path() / "letsencrypt-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    root_ = pattern;
    std::filesystem::permissions(root_, std::filesystem::perms(0755));  // for another user, too
    std::filesystem::create_directories(root_ / "bin");
  }
  ~Tree() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  std::string path(const std::string& name) const { return (root_ / name).string(); }
  void directory(const std::string& name) { std::filesystem::create_directories(root_ / name); }
  void file(const std::string& name, const std::string& content, unsigned mode = 0644) {
    std::filesystem::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name, std::ios::binary) << content;
    std::filesystem::permissions(root_ / name, std::filesystem::perms(mode));
  }
  void program(const std::string& name, const std::string& text) { file("bin/" + name, "#!/bin/sh\n" + text, 0755); }
  void link(const std::string& name, const std::string& target) {
    std::filesystem::create_directories((root_ / name).parent_path());
    std::filesystem::create_symlink(target, root_ / name);
  }
  void mode(const std::string& name, unsigned mode) {
    std::filesystem::permissions(root_ / name, std::filesystem::perms(mode));
  }
  std::string content(const std::string& name) const {
    std::ifstream file(root_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // A certificate and its key, made by openssl.
  void certificate(const std::string& certificate_name, const std::string& key_name, const std::string& host) {
    for (const std::string& name : {certificate_name, key_name}) directory(std::filesystem::path(name).parent_path());
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=x -addext "
        "subjectAltName=DNS:" + host + " -keyout " + plugins::shell_word(path(key_name)) + " -out " +
        plugins::shell_word(path(certificate_name)) + " 2>/dev/null";
    REQUIRE(std::system(command.c_str()) == 0);
  }

  struct Ran {
    int status = 0;
    std::string output, error_output;
  };
  // By /bin/sh, the tree's programs before others. as_nobody: as a user that permissions hold for; root is one for whom
  // they do not. Its standard input would give an answer to who asks.
  Ran run(const sdk::Command& command, bool as_nobody = false) {
    std::string line = "env -i PATH=" + plugins::shell_word(path("bin") + ":/usr/bin:/bin") + " HOME=" +
                       plugins::shell_word(root_.string());
    for (const auto& [name, value] : command.environment) line += " " + plugins::shell_word(name + "=" + value);
    if (as_nobody && ::geteuid() == 0) line += " setpriv --reuid=65534 --regid=65534 --clear-groups";
    if (!command.script.empty()) {
      file("script", command.script);
      line += " /bin/sh " + plugins::shell_word(path("script"));
    }
    line += " " + plugins::shell_words(command.argv);
    file("answers", "yes\n");
    line += " >" + plugins::shell_word(path("out")) + " 2>" + plugins::shell_word(path("err"));
    line += " <" + plugins::shell_word(path("answers"));
    const int status = std::system(line.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, content("out"), content("err")};
  }

 private:
  std::filesystem::path root_;
};

}  // namespace maintain::letsencrypt
