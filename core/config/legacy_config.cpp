#include "config/legacy_config.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "config/task_entry.hpp"
#include "config/yaml_scalar.hpp"
#include "model/names.hpp"

namespace maintain {
namespace {

using Json = nlohmann::json;

// Serves only to tell "its plugin is not installed" from "nobody ever knew this key".
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> known_keys{{
    {"maintenance_apply_when", "apt"},
    {"maintenance_reboot_when", "reboot"},
    {"check_for_available_os_fixes", "apt"},
    {"check_reboot", "reboot"},
    {"db_backup", "backup"},
    {"directory_backup", "backup"},
    {"media_backup", "backup"},
    {"docker_volume_backup", "backup"},
    {"certbot", "letsencrypt"},
    {"check_python_package_versions", "pydeps"},
    {"run_custom_command", "command"},
}};

struct Claim {
  const TaskType* type = nullptr;
  const LegacyClaim* legacy = nullptr;
};

Claim find_claim(const ConfigRules& rules, std::string_view key) {
  for (const TaskType& type : rules.types)
    for (const LegacyClaim& legacy : type.legacy)
      if (legacy.key == key) return {&type, &legacy};
  return {};
}

// An object, also when the text is empty or something else.
Json object_of(const std::string& text) {
  Json value = parse_json(text);
  return value.is_object() ? value : Json::object();
}

// "db_backup", "maintenance_reboot_when" -> "maintenance_reboot": part of what state is kept under, so it must not
// change.
std::string task_name(const std::string& key, const std::set<std::string>& taken) {
  const auto valid = [](std::string_view text) {
    std::string name;
    for (const char c : to_lower(text)) {
      const bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
      if (fits && !(name.empty() && !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')))) name += c;
      else if (!fits && !name.empty()) name += '-';
    }
    return name.empty() ? std::string("task") : name.substr(0, 90);
  };
  std::string_view stem = key;
  if (stem.ends_with("_when") && stem.size() > 5) stem.remove_suffix(5);
  std::string name = valid(stem);
  if (taken.contains(name)) name = valid(key);
  for (int i = 2; taken.contains(name); ++i) name = fmt::format("{}-{}", valid(key), i);
  return name;
}

// The same rule as in json_schema.cpp; an empty schema is that of a task without options.
bool refuses_option(const Json& schema, const std::string& name) {
  const auto properties = schema.find("properties");
  if (properties != schema.end() && properties->contains(name)) return false;
  const auto additional = schema.find("additionalProperties");
  if (additional != schema.end()) return *additional == false;
  return schema.empty() || properties != schema.end();
}

class LegacyReader {
 public:
  LegacyReader(const YamlDocument& document, const ConfigRules& rules) : document_(document), rules_(rules) {
    parsed_.project.file = document.file;
  }

  ParsedProject read() {
    const YamlNode& root = document_.root;
    if (root.kind != YamlNode::Kind::mapping) {
      add(root.place, root.kind == YamlNode::Kind::null ? "the file is empty" : "the file must hold keys with values");
      parsed_.usable = false;
      return std::move(parsed_);
    }
    if (const YamlEntry* version = root.find("version");
        version && (version->value.text == "2" || version->value.text.starts_with("2."))) {
      add(version->key_place, "this file is read in the earlier bot's format, version 1",
          fmt::format("a version 2 configuration belongs into {}/NAME.yml", config_directory));
      parsed_.usable = false;
      return std::move(parsed_);
    }
    parsed_.errors = repeated_keys(document_, root);
    for (const YamlEntry& entry : root.entries)
      if (entry.key != "version") read_key(entry);
    return std::move(parsed_);
  }

 private:
  void add(Place place, std::string message, std::string hint = {}) {
    parsed_.errors.push_back({ErrorKind::configuration, std::move(message), std::move(hint),
                              document_.position(place)});
  }

  void read_key(const YamlEntry& entry) {
    const Claim claim = find_claim(rules_, entry.key);
    if (!claim.type) return tell_unclaimed(entry);
    TaskEntry task;
    task.name = *names_.insert(task_name(entry.key, names_)).first;  // taken even if the task turns out bad
    task.place = entry.key_place;
    task.common.kind = task.own.kind = YamlNode::Kind::mapping;
    task.common.place = task.own.place = entry.key_place;
    std::optional<TaskSpec> spec;
    if (read_value(entry, claim, task)) {
      add_defaults(*claim.legacy, task);
      spec = read_task_entry(task, *claim.type, rules_, document_.file, Reading::lenient, "UTC", parsed_.errors);
    }
    if (!spec) {
      parsed_.project.left_out.insert(claim.type->name);
      return;
    }
    spec->legacy_status_key = claim.legacy->status_key;
    spec->legacy_nickname = claim.legacy->nickname;
    parsed_.project.tasks.push_back(*std::move(spec));
  }

  void tell_unclaimed(const YamlEntry& entry) {
    for (const auto& [key, plugin] : known_keys)
      if (key == entry.key)
        return add(entry.key_place,
                   fmt::format("'{}' needs the plugin '{}', which is not installed", entry.key, plugin),
                   "maintain plugins list shows what is installed");
    std::vector<std::string> names;
    for (const auto& [key, plugin] : known_keys) names.emplace_back(key);
    for (const TaskType& type : rules_.types)
      for (const LegacyClaim& legacy : type.legacy) names.push_back(legacy.key);
    const std::string near = nearest(entry.key, names);
    add(entry.key_place, fmt::format("unknown key {}", shown(entry.key)),
        near.empty() ? "no installed plugin takes it" : fmt::format("did you mean '{}'?", near));
  }

  // A cron line alone, or a mapping with `when`. false after an error.
  bool read_value(const YamlEntry& entry, const Claim& claim, TaskEntry& task) {
    if (entry.value.is_scalar()) {
      put_when(entry.value, task);
      return true;
    }
    if (entry.value.kind != YamlNode::Kind::mapping) {
      add(entry.value.kind == YamlNode::Kind::null ? entry.key_place : entry.value.place,
          fmt::format("'{}' must be a cron line, or a mapping with 'when'", entry.key));
      return false;
    }
    const YamlEntry* when = entry.value.find("when");
    if (!when || !when->value.is_scalar()) {
      add(when ? when->key_place : entry.key_place, fmt::format("'{}' has no cron line in 'when'", entry.key));
      return false;
    }
    put_when(when->value, task);
    read_options(entry, claim, task);
    return true;
  }

  static void put_when(const YamlNode& value, TaskEntry& task) {
    YamlNode when = value;
    when.kind = YamlNode::Kind::quoted;
    when.text = std::string(trim(when.text));
    task.common.entries.push_back({"when", value.place, std::move(when)});
  }

  void read_options(const YamlEntry& entry, const Claim& claim, TaskEntry& task) {
    const Json renamed = object_of(claim.legacy->options);
    const Json schema = object_of(claim.type->schema);
    for (const YamlEntry& option : entry.value.entries) {
      if (option.key == "when") continue;
      std::string name = option.key;
      if (const auto ours = renamed.find(option.key); ours != renamed.end()) {
        name = ours->is_string() ? ours->get<std::string>() : "";
        if (name.empty()) continue;  // the earlier bot needed it, this task does not
      } else if (refuses_option(schema, name)) {
        tell_unknown_option(entry, option, renamed, schema);
        continue;
      }
      if (task.own.find(name)) {
        add(option.key_place, fmt::format("'{}': '{}' says again what another key says", entry.key, option.key),
            "keep one of them");
        continue;
      }
      task.own.entries.push_back({name, option.key_place, option.value});
    }
  }

  void tell_unknown_option(const YamlEntry& entry, const YamlEntry& option, const Json& renamed, const Json& schema) {
    std::vector<std::string> names = {"when"};
    for (const auto& [name, ours] : renamed.items()) names.push_back(name);
    if (schema.contains("properties"))
      for (const auto& [name, property] : schema["properties"].items()) names.push_back(name);
    const std::string near = nearest(option.key, names);
    add(option.key_place, fmt::format("'{}': unknown key {}, passed over", entry.key, shown(option.key)),
        near.empty() ? "" : fmt::format("did you mean '{}'?", near));
  }

  static void add_defaults(const LegacyClaim& legacy, TaskEntry& task) {
    const Json defaults = object_of(legacy.defaults);
    for (const auto& [name, value] : defaults.items()) {
      YamlNode& target = is_common_task_key(name) ? task.common : task.own;
      const YamlEntry* written = target.find(name);
      if (written && written->value.kind != YamlNode::Kind::null) continue;
      std::erase_if(target.entries, [&key = name](const YamlEntry& entry) { return entry.key == key; });
      YamlNode node = from_json(value);
      node.place = task.place;
      target.entries.push_back({name, task.place, std::move(node)});
    }
  }

  const YamlDocument& document_;
  const ConfigRules& rules_;
  ParsedProject parsed_;
  std::set<std::string> names_;
};

}  // namespace

ParsedProject parse_legacy_config(const YamlDocument& document, const ConfigRules& rules) {
  return LegacyReader(document, rules).read();
}

std::vector<Error> check_legacy_claim(const LegacyClaim& claim, const TaskType& type) {
  std::vector<Error> errors;
  const auto add = [&](std::string message) {
    errors.push_back({ErrorKind::configuration, fmt::format("legacy key '{}': {}", claim.key, message), {}, {}});
  };
  const Json schema = object_of(type.schema);
  if (trim(claim.key).empty()) add("the key is empty");
  const auto object_in = [&](const std::string& text, const char* what) {
    if (!trim(text).empty() && !parse_json(text).is_object()) add(fmt::format("{} must be a JSON object", what));
    return object_of(text);
  };
  const Json options = object_in(claim.options, "options");
  const Json defaults = object_in(claim.defaults, "defaults");
  for (const auto& [name, ours] : options.items()) {
    if (!ours.is_string()) add(fmt::format("options: '{}' must lead to an option's name, or to \"\"", name));
    else if (ours != "" && refuses_option(schema, ours.get<std::string>()))
      add(fmt::format("options: '{}' leads to '{}', which the schema does not have", name, ours.get<std::string>()));
  }
  for (const auto& [name, value] : defaults.items())
    if (name == "use" || name == "when" || name == "after") add(fmt::format("defaults: '{}' cannot have one", name));
    else if (!is_common_task_key(name) && refuses_option(schema, name))
      add(fmt::format("defaults: the schema does not have '{}'", name));
  return errors;
}

}  // namespace maintain
