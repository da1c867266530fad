// Loads plugins (Boost.DLL) and calls them. The C boundary ends here.
#pragma once

#include <memory>

#include "base/error.hpp"
#include "plugin/catalog.hpp"
#include "plugin/host_services.hpp"

namespace maintain {

class LoadedPlugin {
 public:
  virtual ~LoadedPlugin() = default;
  // Creates the task, validates its options, runs it once, destroys it.
  virtual TaskEnd run(const TaskCall& call, ServerSession& session, TaskEvents& events) = 0;
  // The first thing wrong with the options that the schema cannot say, with its place where that is among `places`.
  virtual Result<void> validate(const std::string& task_type, const std::string& options,
                                const OptionPlaces& places = {}) = 0;
};

// refused: unsafe file, other ABI; internal: the entry disagrees with the note.
Result<std::shared_ptr<LoadedPlugin>> load_plugin(const CatalogEntry& entry);

}  // namespace maintain
