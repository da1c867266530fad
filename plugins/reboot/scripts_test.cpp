// The scripts as a server's shell runs them, on a file system of the test's own.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "common/sections.hpp"
#include "reboot/inhibitors.hpp"
#include "reboot/needs.hpp"

using namespace maintain::plugins;
using namespace maintain::plugins::reboot;
namespace fs = std::filesystem;

namespace {

class Shell {
 public:
  Shell() {
    std::string pattern = (fs::temp_directory_path() / "reboot-scripts-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    root_ = pattern;
    fs::create_directories(root_ / "bin");
  }
  ~Shell() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;

  void file(const std::string& path, const std::string& content = "") {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << content;
  }
  void directory(const std::string& path) { fs::create_directories(root_ / path); }
  // A program that is found before the real one.
  void program(const std::string& name, const std::string& text) {
    file("bin/" + name, "#!/bin/sh\n" + text);
    fs::permissions(root_ / "bin" / name, fs::perms::owner_all);
  }
  // The script's output; it sees the test's files below the given paths.
  std::string run(std::string script, const std::vector<std::string>& paths) {
    for (const std::string& path : paths)
      for (std::size_t at = 0; (at = script.find(path, at)) != std::string::npos;
           at += root_.string().size() + path.size())
        script.insert(at, root_.string());
    file("script", script);
    const std::string command = "PATH='" + root_.string() + "/bin':$PATH sh '" + root_.string() + "/script' 2>&1";
    FILE* pipe = ::popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string output;
    char bytes[4096];
    for (std::size_t got = 0; (got = std::fread(bytes, 1, sizeof bytes, pipe)) > 0;) output.append(bytes, got);
    ::pclose(pipe);
    return output;
  }

 private:
  fs::path root_;
};

}  // namespace

TEST_CASE("the kernels in /boot are found, after the boot was asked for") {
  Shell shell;
  shell.file("boot/vmlinuz-6.1.0-28-amd64");
  shell.file("boot/vmlinuz-6.1.0-30-amd64");
  const std::string output = shell.run(needs_script() + "case $- in *f*) echo patterns are off ;; esac\n",
                                       {"/boot/vmlinuz-"});
  const Section images = parse_sections(output)["images"];
  CHECK(images.ok());
  CHECK(images.body == "6.1.0-28-amd64\n6.1.0-30-amd64\n");
  CHECK_THAT(output, !Catch::Contains("patterns are off"));
  CHECK(parse_boot(parse_sections(output)));
}

TEST_CASE("logind is asked for inhibitors where it runs; a silent systemctl is no free way") {
  Shell shell;
  shell.directory("run/systemd/system");
  shell.program("busctl", "echo 'a(ssssuu) 0'\n");
  const auto inhibitors = [&](const std::string& systemctl) {
    shell.program("systemctl", systemctl);
    return parse_sections(shell.run(inhibitors_script(), {"/run/systemd/system"}))["inhibitors"];
  };
  CHECK(inhibitors("echo active\n").body == "a(ssssuu) 0\n");
  CHECK(inhibitors("echo inactive; exit 3\n").ok());
  const Section silent = inhibitors("echo 'Failed to connect to bus' >&2; exit 1\n");
  CHECK_FALSE(silent.ok());
  CHECK_THAT(silent.body, Catch::Contains("systemctl does not tell"));
}
