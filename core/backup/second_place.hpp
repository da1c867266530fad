// What is remembered of a task's copies at the second place: _second.json beside them. The repository knows better;
// this is for those who look without asking it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "backup/task_copies.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "model/backup_status.hpp"

namespace maintain {

struct SentCopy {
  std::string copy;      // the newest one, when we looked
  std::string snapshot;  // its id there
  Time seen{};           // when the repository was last seen to have it

  bool operator==(const SentCopy&) const = default;
};

std::string encode_sent_copy(const SentCopy& sent);
// What does not have the form is nothing, so that nobody relies on a copy that is not there.
std::optional<SentCopy> parse_sent_copy(std::string_view text);

// directory: of the task's copies.
std::optional<SentCopy> read_sent_copy(const std::filesystem::path& directory);
Result<void> keep_sent_copy(const std::filesystem::path& directory, const SentCopy& sent);

// copies are listed only where nothing was sent yet. What was written after `now` counts for nothing. Errors: system.
Result<SecondStatus> second_status(const std::filesystem::path& backups, const TaskKey& key, Seconds max_age,
                                   Time now);

}  // namespace maintain
