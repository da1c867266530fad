// manifest.json of a copy: what it is, how it came about, what proves it. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backup/snapshots.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"

namespace maintain {

// quarantined: too small beside the copies before it, waits for a person. damaged: not as it was written any more. No
// manifest says so, for it would be what cannot be read; copy_damage.hpp.
enum class CopyState { verified, unverified, quarantined, damaged };
std::string to_string(CopyState state);

struct StoredFile {
  std::string name;  // below data/
  std::uint64_t bytes = 0;
  std::string sha256;
};

// What proved that a copy is whole.
struct Verification {
  std::string how;     // "pg_restore --list"
  std::string detail;
  Time when{};
};

struct CopyManifest {
  std::string id;              // "20261129T010203Z": when it was begun, UTC
  std::string server;
  std::string project;         // empty: the unnamed one
  std::string task;
  std::string type = {};       // of the task that made it: "backup.database"
  std::string source;          // for people
  std::string engine;
  std::string format = {};
  CopyState state = CopyState::unverified;
  Time started{};
  Time finished{};
  std::uint64_t bytes = 0;     // of all files, each inode once
  std::uint64_t files = 0;
  std::uint64_t new_bytes = 0; // of files that are not shared with `base`
  std::string base = {};       // id of the copy with which unchanged files are shared; may be empty
  Sharing sharing = Sharing::links;        // how they are shared
  std::string checksums;       // SHA-256 of SHA256SUMS
  std::vector<StoredFile> file_list = {};  // the first few; SHA256SUMS has all
  std::vector<Verification> verified = {};
  std::string tools = "{}";    // JSON object: program -> version
  std::string details = "{}";  // JSON object: the task's own
  std::string reason = {};     // of a quarantine; stays when the copy was accepted
  std::optional<Time> accepted = {};       // when a person accepted it
  std::string damage = {};     // why it is damaged; told, and never read from a manifest
};

inline constexpr std::size_t listed_files = 100;
inline constexpr std::size_t manifest_limit = 1024 * 1024;  // bytes

std::string encode_manifest(const CopyManifest& manifest);
// Strict: the text may have been written by anybody.
Result<CopyManifest> decode_manifest(std::string_view text);

// "20261129T010203Z"; with "-2" and so on behind it for further ones of the same second.
std::string copy_id(Time time, int number = 1);
// The moment that an id names; nothing when it is none.
std::optional<Time> time_of_copy(std::string_view id);

}  // namespace maintain
