// What restic says, and the words it is asked with. Pure; the JSON is that of restic 0.14 and later.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "backup/retention.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/process.hpp"
#include "model/plan.hpp"

namespace maintain {

// Every snapshot of ours has three tags: this one, its task's, and its own.
inline constexpr const char* restic_tag = "maintain";
std::string restic_tag_of(const TaskKey& key);                          // "web1/shop/orders"
std::string restic_tag_of(const TaskKey& key, const std::string& copy); // "web1/shop/orders/20261129T010203Z"

struct ResticSnapshot {
  std::string id;
  Time time{};
  std::vector<std::string> tags = {};

  bool has_tag(const std::string& tag) const;
};
// Of `restic snapshots --json`, in restic's order. Errors: remote, when it is something else.
Result<std::vector<ResticSnapshot>> parse_restic_snapshots(std::string_view text);

struct ResticSummary {
  std::string snapshot;        // the first digits of its id
  std::uint64_t added = 0;     // bytes that the repository did not have
  std::uint64_t files = 0;     // that are in it
};
// The last line of `restic backup --json`. Errors: remote.
Result<ResticSummary> parse_restic_summary(std::string_view text);

// From the error output of `restic backup --json`: the files that it could not read, the first few.
std::vector<std::string> parse_unread_files(std::string_view error_output);

// How many snapshots `restic forget --json` has removed. Errors: remote.
Result<std::size_t> parse_restic_forget(std::string_view text);

std::vector<std::string> restic_keep_options(const RetentionPolicy& policy);

// Lines NAME=value; empty lines and those that begin with # mean nothing. Quotes around a value are taken off, as
// systemd does with an EnvironmentFile. Errors (configuration) name the line, never its value.
Result<std::map<std::string, std::string>> parse_environment_file(const std::string& file, std::string_view text);

// Why restic failed, and what to do; `doing` is what it was asked for. Kinds: not_found (there is no repository yet),
// authentication (the password, or the backend refuses us), busy (locked), unreachable, remote (all else).
Error explain_restic(const LocalExit& exit, const std::string& doing);

}  // namespace maintain
