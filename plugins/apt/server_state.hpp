// What a server says of its package system, its disks, its kernels and the processes that still use replaced files:
// the sections of the scripts in scripts.hpp, as values. Pure; accepts any bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace maintain::plugins::apt {

// A package that is neither installed nor removed.
struct BrokenPackage {
  std::string name;
  std::string version;
  std::string status;  // "half-configured", "unpacked", ...
};
std::vector<BrokenPackage> parse_broken(std::string_view body);

// Free space where a path lies.
struct DiskSpace {
  std::string path;    // as asked
  std::string target;  // mount point: the same for paths on one file system
  long long free_bytes = 0;
  long long free_inodes = -1;  // -1: the file system counts none
};
std::vector<DiskSpace> parse_disks(std::string_view body);

// An installed package with its version.
struct InstalledPackage {
  std::string name;
  std::string version;
  bool complete = false;  // installed and configured
};
std::vector<InstalledPackage> parse_installed(std::string_view body);

// Of the packages that apt would remove automatically, those of kernels that may go: never those of the running
// kernel, nor of the newest, nor of one more to go back to.
std::vector<std::string> removable_kernel_packages(const std::vector<std::string>& autoremovable,
                                                   const std::vector<InstalledPackage>& kernel_images,
                                                   std::string_view running_release);

// A configuration file that a package brought and that was not taken.
struct LeftoverFile {
  std::string path;
  long long different_lines = 0;
  std::int64_t since = 0;  // seconds since 1970
};
std::vector<LeftoverFile> parse_leftovers(std::string_view body);

// What still runs with files that an upgrade replaced.
struct StaleService {
  std::string unit;  // empty: not a system service
  std::string process;
  std::string file;  // one of the replaced files
};
std::vector<StaleService> parse_stale(std::string_view body);

// What an upgrade left, or what there is without one.
struct Effects {
  std::vector<BrokenPackage> broken;
  bool interrupted = false;  // dpkg was killed in mid-work
  std::string audit;    // what dpkg --audit said; also remarks that hurt nobody
  std::string check;    // what apt-get check complained of; empty: fine
  std::vector<InstalledPackage> versions;  // of the packages asked for
  std::vector<LeftoverFile> leftovers;
  std::vector<StaleService> stale;
  std::string reboot;   // the section reboot
  // Every broken package has a status that is in `broken`. What else dpkg --audit may find ("missing the md5sums
  // control file") says nothing about an upgrade, and nothing that we run would mend it.
  bool clean() const { return broken.empty() && !interrupted && check.empty(); }
};

// Words for the status letter of dpkg: 'F' is "half-configured".
std::string_view status_word(char letter);

}  // namespace maintain::plugins::apt
