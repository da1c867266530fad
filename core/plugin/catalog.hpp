// The plugins found, and why the others were passed over.
#pragma once

#include <filesystem>
#include <functional>
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

// Says what is wrong with a task type's schema; core/config knows the subset that is supported.
using SchemaCheck = std::function<Result<void>(const std::string& schema)>;

// *.so in the directories; directories that do not exist are passed over in silence. Nothing is loaded. A library is
// passed over when it, or a parent directory, belongs to somebody other than root or the running user or can be
// written by group or others; when a link leads out of the directories; when its ABI does not fit; when a needed
// extension is missing; when its id or task types are taken; when a schema is not supported.
Catalog read_catalog(const std::vector<std::filesystem::path>& directories, const SchemaCheck& check_schema = {});

// The rule on owners and modes for one file, used again right before it is loaded. Its real path.
Result<std::filesystem::path> check_library_safety(const std::filesystem::path& library);

// Whether this program can run the plugin: ABI and extensions. refused, with the remedy, when not.
Result<void> check_compatibility(const Manifest& manifest);

}  // namespace maintain
