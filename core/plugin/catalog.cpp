#include "plugin/catalog.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include <maintain/plugin.h>

#include "plugin/extensions.hpp"

namespace maintain {
namespace {

using std::filesystem::path;

constexpr std::size_t most_libraries = 1000;  // per directory

std::vector<path> libraries_in(const path& directory) {
  std::vector<path> found;
  std::error_code failure;
  for (auto entry = std::filesystem::directory_iterator(directory, failure);
       !failure && entry != std::filesystem::directory_iterator() && found.size() < most_libraries;
       entry.increment(failure))
    if (entry->path().extension() == ".so" && entry->path().filename().string()[0] != '.')
      found.push_back(entry->path());
  std::sort(found.begin(), found.end());
  return found;
}

class Reader {
 public:
  Reader(const std::vector<path>& directories, const SchemaCheck& check_schema)
      : directories_(directories), check_schema_(check_schema) {
    for (const path& directory : directories) {
      std::error_code failure;
      const path real = std::filesystem::canonical(directory, failure);
      if (!failure) allowed_.insert(real);
    }
  }

  Catalog read() {
    for (const path& directory : directories_)
      for (const path& library : libraries_in(directory))
        if (auto added = consider(library); !added) catalog_.skipped.push_back({library, added.error()});
    std::sort(catalog_.plugins.begin(), catalog_.plugins.end(),
              [](const auto& a, const auto& b) { return a.manifest.id < b.manifest.id; });
    return std::move(catalog_);
  }

 private:
  Result<void> consider(const path& library) {
    auto real = check_library_safety(library);
    if (!real) return fail(real.error());
    if (!allowed_.contains(real->parent_path()))
      return fail(ErrorKind::refused,
                  fmt::format("{} is a link to {}, outside the plugin directories", library.string(), real->string()),
                  "copy the file, or add its directory to paths.plugins in maintain.yml");
    const auto seen = std::any_of(catalog_.plugins.begin(), catalog_.plugins.end(),
                                  [&](const auto& entry) { return entry.library == *real; });
    if (seen) return {};  // the same file under two names, or the same directory twice
    const auto note = read_manifest_note(*real);
    if (!note) return fail(note.error());
    auto manifest = parse_manifest(*note);
    if (!manifest) return fail(named(*real, manifest.error()));
    if (auto fits = check_compatibility(*manifest); !fits) return fail(named(*real, fits.error()));
    if (auto free = check_taken(*real, *manifest); !free) return free;
    if (check_schema_)
      for (const TaskType& type : manifest->task_types)
        if (auto good = check_schema_(type.schema); !good) {
          Error error = good.error();
          error.message = fmt::format("{}: the schema of {}: {}", real->string(), type.name, error.message);
          return fail(std::move(error));
        }
    catalog_.plugins.push_back({*real, std::move(*manifest)});
    return {};
  }

  Result<void> check_taken(const path& library, const Manifest& manifest) const {
    for (const CatalogEntry& other : catalog_.plugins) {
      if (other.manifest.id == manifest.id)
        return fail(ErrorKind::refused,
                    fmt::format("{}: the plugin '{}' was found before, in {}", library.string(), manifest.id,
                                other.library.string()),
                    "remove one of them");
      for (const TaskType& type : manifest.task_types)
        for (const TaskType& taken : other.manifest.task_types)
          if (type.name == taken.name)
            return fail(ErrorKind::refused,
                        fmt::format("{}: the task type {} belongs to the plugin '{}', {}", library.string(), type.name,
                                    other.manifest.id, other.library.string()),
                        "remove one of them");
    }
    return {};
  }

  static Error named(const path& library, Error error) {
    error.message = library.string() + ": " + error.message;
    return error;
  }

  const std::vector<path>& directories_;
  const SchemaCheck& check_schema_;
  std::set<path> allowed_;
  Catalog catalog_;
};

}  // namespace

std::vector<TaskType> Catalog::task_types() const {
  std::vector<TaskType> types;
  for (const CatalogEntry& entry : plugins)
    types.insert(types.end(), entry.manifest.task_types.begin(), entry.manifest.task_types.end());
  return types;
}

const CatalogEntry* Catalog::offering(const std::string& task_type) const {
  for (const CatalogEntry& entry : plugins)
    for (const TaskType& type : entry.manifest.task_types)
      if (type.name == task_type) return &entry;
  return nullptr;
}

Catalog read_catalog(const std::vector<std::filesystem::path>& directories, const SchemaCheck& check_schema) {
  return Reader(directories, check_schema).read();
}

Result<void> check_compatibility(const Manifest& manifest) {
  const std::string ours = fmt::format("{}.{}", MAINTAIN_ABI_MAJOR, MAINTAIN_ABI_MINOR);
  const std::string plugin = fmt::format("'{}' {} needs plugin ABI {}.{}", manifest.id, manifest.version,
                                         manifest.abi_major, manifest.abi_minor);
  if (manifest.abi_major < MAINTAIN_ABI_MAJOR)
    return fail(ErrorKind::refused, fmt::format("{}; this maintain has {}", plugin, ours),
                "build the plugin anew with the current SDK");
  if (manifest.abi_major > MAINTAIN_ABI_MAJOR || manifest.abi_minor > MAINTAIN_ABI_MINOR)
    return fail(ErrorKind::refused, fmt::format("{}; this maintain has {}", plugin, ours),
                "upgrade maintain, or use an older version of the plugin");
  for (const std::string& id : manifest.needs)
    if (!is_offered_extension(id))
      return fail(ErrorKind::refused,
                  fmt::format("'{}' {} needs the extension {}, which this maintain does not have", manifest.id,
                              manifest.version, id),
                  "upgrade maintain, or use an older version of the plugin");
  return {};
}

}  // namespace maintain
