// A copy while it is being written, and the single step in which it becomes one of the copies.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backup/anomaly.hpp"
#include "backup/copy_manifest.hpp"
#include "backup/draft_meter.hpp"
#include "backup/snapshots.hpp"
#include "backup/tree.hpp"
#include "backup/zfs.hpp"
#include "base/fd.hpp"
#include "base/sha256.hpp"

namespace maintain {

struct DraftRequest {
  std::string source;           // for people; a draft is resumed only by one of the same source and engine
  std::string engine;
  bool resume = false;          // keep what an interrupted draft left, if it is within the bounds
  std::uint64_t max_bytes = 0;  // 0: no bound
  std::uint64_t max_files = 0;  // directories count, too: they take inodes
  std::uint64_t min_free = 0;   // bytes that stay free on the file system; 0: not looked at
  std::string type = {};        // of the task
  bool seed = false;            // may begin with the files of the copy before: who fills it removes what is gone
  Snapshots snapshots = Snapshots::automatic;
};

// How the files of a draft came to be there.
struct DraftData {
  bool resumed = false;
  Sharing sharing = Sharing::links;
  bool seeded = false;    // it began with the files of the base
  std::string note = {};  // why files are shared in another way than was asked for; empty: they are not
};

// What the task says of its draft when it is whole.
struct CopyFacts {
  std::vector<Verification> verified = {};  // empty: nothing proved it
  std::string format = {};
  std::string tools = "{}";
  std::string details = "{}";
  AnomalyRule anomaly = {};
  std::map<std::string, std::string> links = {};  // name in the server's directory -> path below data/
};

struct CommittedCopy {
  CopyManifest manifest;
  std::filesystem::path path;
  std::vector<std::string> problems = {};  // what could not be kept, the first 100
};

// Holds the task's lock: there is one draft of a task at a time. When it is destroyed without commit() or discard(),
// what it holds stays for a draft with `resume`.
class CopyDraft {
 public:
  // What lies where, as TaskCopies::begin() found it.
  struct Place {
    std::filesystem::path directory;  // of the task
    std::filesystem::path links;      // of the server, for CopyFacts::links
    TaskKey key;
    ZfsCall zfs = {};
    std::optional<CopyManifest> base = {};          // with which unchanged files are shared
    std::vector<CopySize> earlier = {};             // of the last verified copies, newest first
  };
  CopyDraft(Place place, DraftRequest request, Time started, UniqueFd lock, DraftData data);

  std::filesystem::path path() const;     // the directory to fill
  std::filesystem::path base() const;     // the same of the copy to share unchanged files with; may be empty
  const DraftData& data() const { return data_; }

  // One file at a time: create, write, close. Errors: configuration (a name that is none), internal (called in another
  // order), refused (a bound would be passed), system.
  Result<void> create(const std::string& name);
  Result<void> write(std::string_view bytes);
  Result<StoredFile> close();
  bool writing() const { return file_.has_value(); }

  // Whether the disk's reserve holds. Errors: refused, system.
  Result<void> check_space() const;

  // Whether all bounds hold. Made to be asked once a second while others fill the draft: a large one is measured a
  // little at a time. Errors: refused, system.
  Result<void> check_bounds();
  // The same of all that is there, however long it takes. Errors: refused, system, and those of `interrupt`.
  Result<void> check_all_bounds(const Interrupt& interrupt);

  // Errors: refused (a bound; the draft is then discarded), system, and those of `interrupt`; the draft then stays.
  Result<CommittedCopy> commit(const CopyFacts& facts, Time now, const Interrupt& interrupt);
  Result<void> discard(const Interrupt& interrupt);

 private:
  struct OpenFile {
    StoredFile file;
    UniqueFd fd;
    Sha256 hash;
    std::uint64_t since_check = 0;
  };

  Result<void> check_size(std::uint64_t bytes, std::uint64_t files) const;
  Result<std::string> move_into_place(CopyManifest& manifest) const;
  ZfsTask zfs() const { return {place_.key, place_.zfs}; }

  Place place_;
  DraftRequest request_;
  Time started_;
  UniqueFd lock_;
  DraftData data_;
  std::optional<OpenFile> file_;
  std::map<std::string, StoredFile> written_;  // hashed on the way
  std::uint64_t written_bytes_ = 0;
  DraftMeter meter_;                           // of what others wrote
};

}  // namespace maintain
