// A program in place of zfs, for tests: it writes down how it was called, and where the real one makes a snapshot it
// makes a directory of hard links, so that inodes are those of the files as they are with the real one.
#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

#include "backup/testing.hpp"
#include "backup/zfs.hpp"
#include "base/text.hpp"

namespace maintain::testing {

class ZfsStandIn {
 public:
  static constexpr const char* dataset = "tank/copies/media";

  ZfsStandIn(std::filesystem::path backups, const TaskKey& key)
      : backups_(std::move(backups)), mount_point_(copies_directory(backups_, key) / dataset_name) {
    std::filesystem::create_directories(mount_point_ / ".zfs/snapshot");
    answer(std::string(dataset) + "\t" + std::filesystem::canonical(mount_point_).string() + "\tyes\n");
    write(directory_.path() / "mount_point", mount_point_.string());
    write(program(), script);
    ::chmod(program().c_str(), 0700);
  }

  std::filesystem::path program() const { return directory_.path() / "zfs"; }
  ZfsCall calls() const { return zfs_calls(backups_, program().string()); }
  std::filesystem::path mount_point() const { return mount_point_; }
  std::filesystem::path snapshot(const std::string& id) const { return mount_point_ / ".zfs/snapshot" / id; }

  // What `zfs list` prints from now on.
  void answer(const std::string& text) { write(directory_.path() / "answer", text); }
  // From now on that command fails with these words; empty: it works again.
  void refuse(const std::string& command, const std::string& words) {
    const auto file = directory_.path() / ("refuse-" + command);
    if (words.empty()) std::filesystem::remove(file);
    else write(file, words);
  }
  // All calls since it was last asked, each with its words in brackets.
  std::vector<std::string> recorded() {
    const auto file = directory_.path() / "recorded";
    const auto lines = split_lines(read(file));
    std::filesystem::remove(file);
    return lines;
  }

 private:
  static constexpr const char* script = R"(#!/bin/sh
here=${0%/*}
{ printf '[%s]' "$@"; echo; } >> "$here/recorded"
if [ -e "$here/refuse-$1" ]; then cat "$here/refuse-$1" >&2; exit 1; fi
read -r at < "$here/mount_point" || :
case $1 in
list) cat "$here/answer" ;;
snapshot) to=$at/.zfs/snapshot/${2#*@}
  mkdir "$to" && cp -al "$at/data" "$at/SHA256SUMS" "$at/manifest.json" "$to" ;;
destroy) rm -r "${at:?}/.zfs/snapshot/${2#*@}" ;;
*) echo "unrecognized command '$1'" >&2; exit 2 ;;
esac
)";

  std::filesystem::path backups_, mount_point_;
  TemporaryDirectory directory_;
};

}  // namespace maintain::testing
