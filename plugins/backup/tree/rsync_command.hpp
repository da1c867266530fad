// The command line with which rsync fetches a tree from a server. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace maintain::plugins::backup {

struct RsyncPull {
  std::vector<std::string> shell = {};   // words of the remote shell, no destination; empty: no server between
  std::string host = {};                 // its destination
  bool sudo = false;                     // the sender becomes root
  std::vector<std::string> sources = {}; // absolute paths on the server
  bool relative = true;                  // their whole paths below target, else their content
  std::string target = {};               // a directory here
  std::string base = {};                 // unchanged files are linked to those there; empty: to none
  bool seeded = false;                   // target holds an older state that shares its blocks with a snapshot
  bool in_place = true;                    // files are written where they stand; see TreeCopy::fetch
  bool holes = true;                       // of the files that come whole some may have holes
  std::vector<std::string> exclude = {};
  bool one_file_system = false;
  bool compress = false;
  std::uint64_t bytes_per_second = 0;  // 0: no bound
  bool dry_run = false;
  std::chrono::seconds silence{600};   // without a byte from the other side: given up
};

// What arrives keeps owners, special modes, devices, links and ACLs in attributes of plain files (rsync's --fake-super,
// on this side only), so nothing of a server is ever live here.
std::vector<std::string> rsync_argv(const RsyncPull& pull);

struct RsyncPush {
  std::vector<std::string> shell = {};  // as of RsyncPull; empty: the target is here
  std::string host = {};
  bool sudo = false;                    // the receiver becomes root
  bool devices = false;                 // devices are made
  std::string source = {};              // a directory here, of a copy
  bool chosen = false;                  // only what standard input names in it (each ended by NUL); else all, and the
                                        // target gets the owner, mode and times of source
  bool exact = false;                   // what source does not have is removed from the target; not with chosen
  std::string target = {};              // a directory there
  std::chrono::seconds silence{600};
};

// The way back: what RsyncPull kept in attributes becomes owners, modes, devices and links again.
std::vector<std::string> rsync_argv(const RsyncPush& push);

// One text for rsync's -e, which takes it apart at blanks and knows quotes, in a way of its own.
std::string remote_shell_text(const std::vector<std::string>& words);

// A path as rsync's sender takes it literally: it would expand wildcards itself, whatever the shell does.
std::string literal_source(std::string_view path);

// Without doubled slashes, "/./" and slashes at the end, which all mean something to rsync.
std::string tidy_path(std::string_view path);

}  // namespace maintain::plugins::backup
