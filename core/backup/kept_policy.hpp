// By which policy a task's copies were last pruned: _policy.json beside them, for those who look from outside a run.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "backup/retention.hpp"
#include "base/error.hpp"

namespace maintain {

inline constexpr int usual_min_verified = 3;

struct KeptPolicy {
  std::string keep;                        // JSON, in the words of parse_retention_policy()
  int min_verified = usual_min_verified;   // 1 or more
  std::string timezone = "UTC";

  bool operator==(const KeptPolicy&) const = default;
};

// directory: of the task's copies. Nothing: none was kept. Errors: system; configuration when the file is damaged.
Result<std::optional<KeptPolicy>> read_kept_policy(const std::filesystem::path& directory);
// Writes only what is new.
Result<void> keep_policy(const std::filesystem::path& directory, const KeptPolicy& policy);

}  // namespace maintain
