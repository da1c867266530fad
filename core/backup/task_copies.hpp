// All copies that one task has on the maintenance server: a directory that a person can read without us. docs/
// backup-store.md describes it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "backup/copy_draft.hpp"
#include "backup/copy_manifest.hpp"
#include "backup/retention.hpp"
#include "backup/tree.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "model/plan.hpp"

namespace maintain {

// <backups>/<server>/<project>/<task>; the unnamed project is "_".
std::filesystem::path copies_directory(const std::filesystem::path& backups, const TaskKey& key);

// Every task that has such a directory, in the order of names. What is no server's, project's or task's is passed over.
std::vector<TaskKey> tasks_with_copies(const std::filesystem::path& backups);

// A copy that nobody removes while this exists.
struct OpenCopy {
  CopyManifest manifest;
  std::filesystem::path path;     // of the copy
  UniqueFd reader;
  std::filesystem::path content;  // the files are in content/data: path itself, or the snapshot that its data is in
};

struct VerifyReport {
  struct Wrong {
    std::string file;       // for people
    std::string problem;
    std::string name = {};  // below the copy, bytes; empty: it is one that the copy itself needs
  };
  std::uint64_t files = 0;  // read
  std::uint64_t bytes = 0;
  bool all = false;         // every file was
  std::vector<Wrong> wrong = {};  // the first 100
};

struct PruneReport {
  struct Decided {
    std::string id;
    Fate fate;
  };
  std::string stopped = {};               // why nothing is removed; empty: nothing stops it
  std::vector<Decided> copies = {};       // newest first
  std::vector<std::string> removed = {};
  std::vector<std::string> busy = {};     // somebody reads them
};

class TaskCopies {
 public:
  // zfs: who calls it; empty: this process.
  TaskCopies(const std::filesystem::path& backups, TaskKey key, ZfsCall zfs = {});

  // Newest first, the quarantined and the damaged ones, too. Empty when there is no directory.
  Result<std::vector<CopyManifest>> list() const;

  // Errors: busy (another process writes), system.
  Result<CopyDraft> begin(const DraftRequest& request, Time now, const Interrupt& interrupt);

  // which: an id, "latest" (the newest verified one), or a moment (RFC 3339) or a day: the newest verified
  // one not after it. A damaged copy opens by its id alone. Errors: not_found, configuration, busy.
  Result<OpenCopy> open(const std::string& which) const;

  // Reads every parts-th file again, from the part-th on; 1 of 1: all.
  static Result<VerifyReport> verify(const OpenCopy& copy, unsigned part, unsigned parts, const Interrupt& interrupt);

  // What a verify() found has consequences: where something is wrong, the copy is marked as damaged, and so are those
  // that share the file; where all was read and is whole, it is marked no more. `latest` follows. Returns the ids that
  // are marked now. Errors: system.
  Result<std::vector<std::string>> remember(const OpenCopy& copy, const VerifyReport& report, Time now) const;

  // Errors: busy, system.
  Result<PruneReport> prune(const RetentionPolicy& policy, int min_verified, const WallClock& wall_clock, bool dry_run,
                            const Interrupt& interrupt);

  // A quarantined copy becomes a verified one. Errors: not_found, refused (it is damaged), busy, system.
  Result<void> accept(const std::string& id, Time now);
  // A quarantined or a damaged one goes. Errors: not_found, busy, system.
  Result<void> discard(const std::string& id, const Interrupt& interrupt);

 private:
  Result<UniqueFd> lock(Milliseconds patience) const;
  std::filesystem::path path_of(const CopyManifest& copy) const;
  Result<CopyManifest> waiting_copy(const std::string& id, bool damaged_too) const;
  Result<void> point_latest(const std::vector<CopyManifest>& newest_first) const;
  Result<bool> remove(const std::filesystem::path& copy, const Interrupt& interrupt) const;  // false: it is being read

  TaskKey key_;
  std::filesystem::path links_;      // the server's directory
  std::filesystem::path directory_;
  ZfsTask zfs_;
};

// ---- names in the directory of a task, for the parts of this folder

inline constexpr const char* draft_name = "_draft";
inline constexpr const char* quarantine_name = "_quarantine";
inline constexpr const char* data_name = "data";
inline constexpr const char* manifest_name = "manifest.json";
inline constexpr const char* checksums_name = "SHA256SUMS";
inline constexpr const char* latest_name = "latest";

// Makes `link` a symlink to `target`, replacing another symlink in one step. refused when it is something else.
Result<void> point_link(const std::filesystem::path& link, const std::string& target);
Result<void> sync_directory(const std::filesystem::path& directory);
Result<UniqueFd> open_directory(const std::filesystem::path& path);

}  // namespace maintain
