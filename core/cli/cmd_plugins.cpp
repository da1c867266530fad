#include <algorithm>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "base/text_table.hpp"
#include "cli/commands.hpp"
#include "cli/option_type.hpp"
#include "model/names.hpp"

namespace maintain {
namespace {

using Json = nlohmann::ordered_json;

Json plugin_json(const CatalogEntry& entry) {
  const Manifest& manifest = entry.manifest;
  Json json{{"id", manifest.id},         {"version", manifest.version},
            {"summary", manifest.summary}, {"abi", fmt::format("{}.{}", manifest.abi_major, manifest.abi_minor)},
            {"library", entry.library.string()}, {"needs", manifest.needs}, {"wants", manifest.wants},
            {"http", manifest.http},
            {"tasks", Json::array()}};
  for (const TaskType& type : manifest.task_types)
    json["tasks"].push_back({{"type", type.name},
                             {"summary", type.summary},
                             {"scope", to_string(type.scope)},
                             {"order", to_string(type.order)},
                             {"changes", type.changes},
                             {"permission", type.permission},
                             {"timeout_seconds", type.default_timeout.count()},
                             {"schema", Json::parse(type.schema, nullptr, false)}});
  return json;
}

void list(Program& program) {
  const Catalog& catalog = program.catalog();
  if (program.json) {
    Json json{{"plugins", Json::array()}, {"skipped", Json::array()}};
    for (const CatalogEntry& entry : catalog.plugins) json["plugins"].push_back(plugin_json(entry));
    for (const SkippedPlugin& skipped : catalog.skipped)
      json["skipped"].push_back({{"library", skipped.library.string()}, {"reason", skipped.reason.describe()}});
    return print(json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  }
  TextTable table({"plugin", "version", "task types", "summary"});
  for (const CatalogEntry& entry : catalog.plugins) {
    std::vector<std::string> types;
    for (const TaskType& type : entry.manifest.task_types) types.push_back(type.name);
    table.add({entry.manifest.id, entry.manifest.version, join(types, " "), entry.manifest.summary});
  }
  if (table.empty()) {
    std::vector<std::string> places;
    for (const auto& directory : program.settings().plugin_directories) places.push_back(directory.string());
    print("No plugins in " + join(places, ", ") + "\n");
  } else {
    print(table.render());
  }
  for (const SkippedPlugin& skipped : catalog.skipped)
    print(fmt::format("passed over: {}: {}\n", skipped.library.string(), skipped.reason.describe()));
}

void info(Program& program, const std::string& name) {
  for (const CatalogEntry& entry : program.catalog().plugins) {
    if (entry.manifest.id != name) continue;
    if (program.json) return print(plugin_json(entry).dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
    const Manifest& manifest = entry.manifest;
    std::string text = fmt::format("{} {}: {}\nlibrary: {}\nABI: {}.{}\nneeds: {}\nwants: {}\n", manifest.id,
                                   manifest.version,
                                   manifest.summary, entry.library.string(), manifest.abi_major, manifest.abi_minor,
                                   join(manifest.needs, " "), join(manifest.wants, " "));
    if (!manifest.http.empty()) text += fmt::format("asks: {}\n", join(manifest.http, " "));
    for (const TaskType& type : manifest.task_types) {
      text += fmt::format("\n{}: {}\n  one per {}, order {}, {}, timeout {}, {}\n", type.name, type.summary,
                          to_string(type.scope),
                          to_string(type.order), type.changes ? "changes the server" : "only looks",
                          format_duration(type.default_timeout),
                          type.permission.empty() ? "needs no permission" : "needs the permission " + type.permission);
      const Json schema = Json::parse(type.schema, nullptr, false);
      if (!schema.is_object() || !schema.contains("properties")) continue;
      TextTable options({"  option", "type", "default", "meaning"});
      const Json required = schema.value("required", Json::array());
      for (const auto& [option, about] : schema["properties"].items()) {
        const bool must_be_there = std::find(required.begin(), required.end(), option) != required.end();
        options.add({"  " + option, type_in_words(about),
                     must_be_there ? "required" : about.contains("default") ? about["default"].dump() : "",
                     about.value("description", "")});
      }
      if (!options.empty()) text += options.render();
    }
    return print(text);
  }
  fatal({ErrorKind::usage, fmt::format("no plugin '{}'", name), "'maintain plugins list' names them", {}});
}

}  // namespace

void add_plugins_command(CLI::App& app, Program& program) {
  CLI::App* command = add_command(app, "plugins", "plugins");
  command->require_subcommand(1);
  CLI::App* listing = add_command(*command, "list", "plugins", "The plugins found, and why others were passed over");
  listing->callback([&program] { list(program); });
  CLI::App* about = add_command(*command, "info", "plugins",
                                "What one plugin offers: its task types and their options");
  const auto name = std::make_shared<std::string>();
  about->add_option("plugin", *name, "The plugin's id")->required()->type_name("PLUGIN");
  about->callback([&program, name] { info(program, *name); });
}

}  // namespace maintain
