// What a finished draft holds: every file counted and hashed, and SHA256SUMS written. A part of copy_draft.cpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "backup/anomaly.hpp"
#include "backup/copy_manifest.hpp"
#include "backup/tree.hpp"

namespace maintain {

inline constexpr const char* draft_file_name = "draft.json";  // of what a draft is one

struct DraftInventory {
  CopySize size = {};
  std::uint64_t entries = 0;            // files and directories
  std::uint64_t new_bytes = 0;
  std::string checksums;                // SHA-256 of SHA256SUMS
  std::vector<StoredFile> first = {};   // the first `listed_files`
  std::vector<std::string> problems = {};
};

// The copy before, with which a draft may share files.
struct InventoryBase {
  std::filesystem::path path = {};  // its data/; may be empty
  bool seeded = false;              // the draft is a snapshot of it
};

// draft: its directory, with data/ in it; known: files that were hashed while they were written. What is neither file
// nor directory is removed and becomes a problem.
Result<DraftInventory> take_inventory(const std::filesystem::path& draft, const InventoryBase& base,
                                      const std::map<std::string, StoredFile>& known, const Interrupt& interrupt);

}  // namespace maintain
