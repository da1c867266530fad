// A btrfs of its own for a test, in a file.
#pragma once

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include <catch2/catch.hpp>

#include "backup/testing.hpp"
#include "base/process.hpp"

namespace maintain::testing {

class BtrfsDisk {
 public:
  BtrfsDisk() {
    static const bool apart = ::unshare(CLONE_NEWNS) == 0 &&
                              ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    const std::string image = (directory_.path() / "image").string();
    write(image, "");
    std::filesystem::resize_file(image, std::uintmax_t{128} << 20);
    std::filesystem::create_directory(path());
    ::chmod(directory_.path().c_str(), 0711);  // somebody else may be sent in
    missing_ = !apart ? "mounting is not allowed" : run({"mkfs.btrfs", "-q", "-m", "single", image});
    if (missing_.empty()) missing_ = run({"mount", "-o", "loop", image, path().string()});
    mounted_ = missing_.empty();
  }
  BtrfsDisk(const BtrfsDisk&) = delete;
  BtrfsDisk& operator=(const BtrfsDisk&) = delete;
  ~BtrfsDisk() {
    if (mounted_) ::umount2(path().c_str(), MNT_DETACH);
  }
  // False, and said so, where there can be none.
  bool there() const {
    if (!mounted_) WARN("skipped, for no btrfs can be mounted: " << missing_);
    return mounted_;
  }
  std::filesystem::path path() const { return directory_.path() / "disk"; }

 private:
  static std::string run(const std::vector<std::string>& argv) {
    const auto done = run_local({.argv = argv});
    if (!done) return done.error().describe();
    return done->ok() ? "" : argv.front() + ": " + done->error_output;
  }

  TemporaryDirectory directory_;
  std::string missing_;
  bool mounted_ = false;
};

// Nobody in particular for a while: what only root may does not work.
class Unprivileged {
 public:
  static constexpr uid_t user = 65534;
  Unprivileged() { REQUIRE(::seteuid(user) == 0); }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;
  ~Unprivileged() { (void)!::seteuid(0); }
};

}  // namespace maintain::testing
