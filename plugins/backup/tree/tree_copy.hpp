// One copy of files of a server, by rsync: directories with their whole paths, or volumes each by its name.
//
//   TreeCopy copy(context, copy_options(options), tree_options(options));
//   copy.inspect(paths);                                     // asks the server; nothing is written
//   copy.begin("/srv/media", "directory", {"srv/media"});    // what of an interrupted run's draft may stay
//   copy.fetch_paths(paths);                                 // or fetch_content(path, name), once or more
//   return copy.finish(details, links);
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <maintain/plugin.hpp>

#include "backup/copies/copy_run.hpp"
#include "backup/tree/rsync_command.hpp"
#include "backup/tree/rsync_failure.hpp"
#include "backup/tree/rsync_output.hpp"
#include "backup/tree/tree_programs.hpp"

namespace maintain::plugins::backup {

struct TreeOptions {
  bool sudo = true;              // read as root
  bool one_file_system = false;
  bool mountpoint = false;       // each path must be one
  bool compress = false;
  std::uint64_t bytes_per_second = 0;
  std::vector<std::string> exclude;
};

// Absent ones as above. Throws sdk::InvalidOption.
TreeOptions tree_options(const sdk::Json& options);

// What a dry run would bring.
struct TreePreview {
  RsyncNumbers numbers;          // transferred: files that the newest copy does not have like this
  RsyncTrouble trouble;
};

class TreeCopy {
 public:
  TreeCopy(sdk::Context& context, CopyOptions copy, TreeOptions tree);

  // Throws sdk::Failure that names a path which is not there, is a symbolic link, or is not mounted though it should
  // be; also when there is no rsync. Paths are absolute. Allowed in check mode.
  void inspect(const std::vector<std::string>& paths);

  // Opens the draft. parts: relative to it, what fetch_… will fill; whatever else an earlier run left there is removed.
  void begin(const std::string& source, const std::string& engine, std::vector<std::string> parts);

  // Absolute paths of the server, each to the same path below the draft. A lost connection is tried again; then, and
  // whatever else fails, throws sdk::Failure, and the draft is kept for the next run unless the disk is full.
  void fetch_paths(const std::vector<std::string>& paths);

  // What is in a directory of the server, to the directory `name` of the draft.
  void fetch_content(const std::string& path, const std::string& name);

  // Brings what fetch_content(path, name) will bring later, while it still changes, so that there is little left to do
  // then. since: seconds of the server's clock when all that was written before was on its disk; 0: unknown.
  void warm_content(const std::string& path, const std::string& name, std::int64_t since);

  // Commits what was fetched and tells of it. Verified only if all of it could be read and is there.
  // links: of the legacy layout, name -> path in the copy.
  // note: for the end of the summary.
  sdk::Outcome finish(sdk::Json details = sdk::Json::object(), sdk::Json links = sdk::Json::object(),
                      std::string note = {});

  // Instead of begin and what follows: changes nothing, here or there. Allowed in check mode.
  TreePreview preview(const std::vector<std::string>& paths);

 private:
  struct Attempt {
    int status = 0;
    int signal = 0;
    std::string output;
    RsyncTrouble trouble;
  };

  RsyncPull pull() const;
  RsyncSides sides() const;
  RsyncPull content_pull(const std::string& path, const std::string& name) const;
  Attempt fetch(const RsyncPull& pull);
  static RsyncEnd judge(const Attempt& attempt);
  Attempt put_back_acls(const RsyncPull& pull, Attempt done);
  Attempt attempt(const RsyncPull& pull, bool read_only);
  void take(const Attempt& attempt, const std::string& target);
  void tell_doubts();

  sdk::Context& context_;
  TreeOptions options_;
  CopyRun run_;
  bool as_root_ = false;               // become root there: asked for, and not so already
  WayToServer way_;
  std::string there_, here_;           // versions of rsync
  bool holes_ = true;                  // what comes may have some
  std::string source_;
  RsyncTrouble trouble_;               // of all that was fetched
  std::vector<std::string> doubts_;    // why the copy is not verified
  std::uint64_t listed_ = 0;           // files, by rsync's count
  std::uint64_t found_ = 0;            // by ours
  std::uint64_t transferred_ = 0;      // files that were not linked to the newest copy
  std::uint64_t received_ = 0;         // bytes
};

}  // namespace maintain::plugins::backup
