// The plugins found, and why the others were passed over.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "plugin/manifest.hpp"

namespace maintain {

struct CatalogEntry {
  std::filesystem::path library;   // real path
  Manifest manifest;
};
struct SkippedPlugin {
  std::filesystem::path library;
  Error reason;
};
struct Catalog {
  std::vector<CatalogEntry> plugins;    // sorted by id; of two with one id the one in the earlier directory
  std::vector<SkippedPlugin> skipped;

  std::vector<TaskType> task_types() const;
  const CatalogEntry* offering(const std::string& task_type) const;
};

// *.so in the directories. A library is passed over when it, or a parent directory, belongs to somebody other than
// root or the running user or can be written by group or others; when its ABI does not fit; when a needed extension
// is missing; when its task types are taken.
Catalog read_catalog(const std::vector<std::filesystem::path>& directories);

// The rule above for one file, used again right before it is loaded.
Result<std::filesystem::path> check_library_safety(const std::filesystem::path& library);

}  // namespace maintain
