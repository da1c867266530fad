#include "run/plugin_opinions.hpp"

#include <map>
#include <memory>

#include <fmt/format.h>

#include "plugin/loader.hpp"

namespace maintain {
namespace {

using Plugin = Result<std::shared_ptr<LoadedPlugin>>;

Plugin load_plugin_offering(const Catalog& catalog, const std::string& type) {
  const CatalogEntry* entry = catalog.offering(type);
  if (entry == nullptr) return fail(ErrorKind::not_found, fmt::format("no plugin offers {}", type));
  return load_plugin(*entry);
}

}  // namespace

std::vector<Error> ask_plugins(const std::vector<Project>& projects, const Catalog& catalog) {
  std::map<std::string, Plugin> plugins;
  std::vector<Error> errors;
  for (const Project& project : projects)
    for (const TaskSpec& task : project.tasks) {
      const auto known = plugins.find(task.use);
      const Plugin& plugin = known != plugins.end()
                                 ? known->second
                                 : plugins.emplace(task.use, load_plugin_offering(catalog, task.use)).first->second;
      const Result<void> valid =
          plugin ? (*plugin)->validate(task.use, task.options, task.option_places) : fail(plugin.error());
      if (valid) continue;
      Error error = valid.error();
      error.kind = ErrorKind::configuration;
      error.message = fmt::format("task '{}': {}", task.name, error.message);
      if (!error.where) error.where = task.where;
      errors.push_back(std::move(error));
    }
  return errors;
}

}  // namespace maintain
