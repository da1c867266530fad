#include "config/project_config.hpp"

#include <set>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "config/companions.hpp"
#include "config/legacy_config.hpp"
#include "config/problems.hpp"
#include "config/task_entry.hpp"
#include "config/task_sequence.hpp"
#include "config/yaml_scalar.hpp"
#include "model/names.hpp"

namespace maintain {
namespace {

using Json = nlohmann::json;

// A text with ten thousand mistakes is not worth ten thousand findings.
constexpr std::size_t most_errors = 100;

const Json& file_schema() {
  static const Json schema = Json::parse(R"({
    "type": "object",
    "additionalProperties": false,
    "required": ["tasks"],
    "properties": {
      "version": {},
      "project": {"type": "string", "format": "name"},
      "timezone": {"type": "string", "format": "timezone"},
      "contact": {"type": "string", "maxLength": 200},
      "allow": {"type": "array", "minItems": 1, "items": {"type": "string"}},
      "tasks": {"type": "object"}
    }})");
  return schema;
}

std::string file_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string name_from(const std::string& path) {
  std::string name = file_name(path);
  for (const std::string_view suffix : {".yml", ".yaml"})
    if (name.ends_with(suffix)) return name.substr(0, name.size() - suffix.size());
  return name;
}

class ProjectReader {
 public:
  ProjectReader(const YamlDocument& document, const ConfigRules& rules) : document_(document), rules_(rules) {
    parsed_.project.file = document.file;
  }

  ParsedProject read() {
    parsed_.usable = read_version() && read_head();
    if (!parsed_.usable) return std::move(parsed_);
    const YamlNode& tasks = document_.root.find("tasks")->value;
    for (const YamlEntry& entry : tasks.entries) read_task(entry, tasks);
    drop_impossible_sequences(declared_, document_.file, parsed_.project.tasks, parsed_.errors);
    std::set<std::string_view> kept;
    for (const TaskSpec& task : parsed_.project.tasks) kept.insert(task.name);
    for (const YamlEntry& entry : tasks.entries)
      if (!kept.contains(entry.key)) note_left_out(entry);
    return std::move(parsed_);
  }

 private:
  void add(Place place, std::string message, std::string hint = {}) {
    parsed_.errors.push_back({ErrorKind::configuration, std::move(message), std::move(hint),
                              document_.position(place)});
  }

  // Goes first: of another version nothing else can be said.
  bool read_version() {
    const YamlNode& root = document_.root;
    if (root.kind != YamlNode::Kind::mapping) {
      add(root.place, root.kind == YamlNode::Kind::null ? "the file is empty" : "the file must hold keys with values",
          "it begins with: version: 2");
      return false;
    }
    const YamlEntry* version = root.find("version");
    if (!version) {
      add(root.place, "'version' is missing", "write: version: 2");
      return false;
    }
    const std::string& text = version->value.text;
    if (text == "2") return true;
    if (text == "1" || text.starts_with("1."))
      add(version->value.place, "version 1 is the earlier bot's format",
          fmt::format("it is read as {} only; here write version: 2", legacy_config_path));
    else if (const Json number = number_word(text); number.is_number() && number > 2)
      add(version->value.place,
          fmt::format("version {} is newer than this maintain, which reads version 2", shown(text)),
          "update maintain on the maintenance server");
    else add(version->value.place, fmt::format("'version' must be 2, not {}", shown(text)));
    return false;
  }

  // What stands outside of `tasks` decides about every task (when it runs, whether it may), so no mistake in it is
  // passed over: the file as a whole is not used, and the last good copy of it goes on.
  bool read_head() {
    const YamlNode& root = document_.root;
    parsed_.errors = repeated_keys(document_, root, false);
    SchemaRules schema_rules;
    schema_rules.file = document_.file;
    schema_rules.is_known_zone = rules_.is_known_zone;
    schema_rules.zone_names = rules_.zone_names;
    const Json head = read_by_schema(root, file_schema(), schema_rules, parsed_.errors);
    Project& project = parsed_.project;
    const std::string default_name = name_from(document_.file);
    if (!root.find("project") && !is_valid_name(default_name))
      add(root.place, fmt::format("the file's name {} is not a project's name", shown(default_name)),
          "name the project with: project: NAME (a-z, 0-9, '.', '_', '-')");
    if (!parsed_.errors.empty()) return false;
    project.name = head.value("project", default_name);
    project.timezone = head.value("timezone", project.timezone);
    project.contact = head.value("contact", "");
    for (const Json& word : head.value("allow", Json::array())) project.allow.insert(word.get<std::string>());
    check_permissions();
    return true;
  }

  // A word that nobody knows allows nothing, so it is told and does no harm.
  void check_permissions() {
    const YamlEntry* allow = document_.root.find("allow");
    if (!allow) return;
    parsed_.project.allow_at = Position{document_.file, allow->key_place.line, allow->key_place.column};
    std::set<std::string> known = {"report", "backup", "patch", "reboot", "command"};
    for (const TaskType& type : rules_.types)
      if (!type.permission.empty()) known.insert(type.permission);
    const std::vector<std::string> words(known.begin(), known.end());
    for (const YamlNode& item : allow->value.items) {
      if (known.contains(item.text)) continue;
      const std::string near = nearest(item.text, words);
      add(item.place, fmt::format("'allow': there is no permission {}", shown(item.text)),
          near.empty() ? fmt::format("there are: {}", join(words, ", ")) : fmt::format("did you mean '{}'?", near));
    }
  }

  void read_task(const YamlEntry& entry, const YamlNode& tasks) {
    declared_.insert(entry.key);
    if (!is_valid_name(entry.key))
      return add(entry.key_place, fmt::format("{} is not a task's name", shown(entry.key)),
                 "names are made of a-z, 0-9, '.', '_' and '-', and begin with a letter or digit");
    bool good = true;
    for (const YamlRepeat& repeat : tasks.repeats) {
      if (repeat.key != entry.key) continue;
      add(repeat.again, fmt::format("task '{}' is declared again; it is already on line {}, column {}", entry.key,
                                    repeat.before.line, repeat.before.column),
          "neither runs until one of them is gone");
      good = false;
    }
    if (entry.value.kind != YamlNode::Kind::mapping)
      return add(entry.key_place, fmt::format("task '{}' must be a mapping with 'use'", entry.key),
                 "as in {use: apt.upgrade, when: \"5 21 * * *\"}");
    for (Error& error : repeated_keys(document_, entry.value)) {
      error.message = fmt::format("task '{}': {}", entry.key, error.message);
      parsed_.errors.push_back(std::move(error));
      good = false;
    }
    TaskEntry task = split(entry);
    const TaskType* type = read_use(entry);
    if (!type) return check_common_keys(task, rules_, document_.file, Reading::yaml, parsed_.errors);
    const std::vector<YamlEntry> companions = take_companions(task, *type);
    auto spec = read_task_entry(task, *type, rules_, document_.file, Reading::yaml, parsed_.project.timezone,
                                parsed_.errors);
    for (const YamlEntry& companion : companions) declared_.insert(companion_name(entry.key, companion.key));
    if (!spec || !good) return;
    parsed_.project.tasks.push_back(*spec);
    for (const YamlEntry& companion : companions) read_companion_of(*spec, *type, companion, tasks);
  }

  void read_companion_of(const TaskSpec& parent, const TaskType& type, const YamlEntry& companion,
                         const YamlNode& tasks) {
    const std::string name = companion_name(parent.name, companion.key);
    if (const YamlEntry* other = tasks.find(name))
      return add(other->key_place, fmt::format("task '{}' has the name of the task that '{}' of '{}' makes", name,
                                               companion.key, parent.name), "choose another name");
    if (auto spec = read_companion(companion, parent, type, rules_, document_.file, parsed_.errors))
      parsed_.project.tasks.push_back(*std::move(spec));
  }

  // A misspelt type counts as the one that it was meant to be.
  void note_left_out(const YamlEntry& entry) {
    const YamlEntry* use = entry.value.find("use");
    if (!use || !use->value.is_scalar()) return;
    const TaskType* type = find_task_type(rules_, use->value.text);
    const std::string name = type ? type->name : nearest_type(use->value.text);
    if (!name.empty()) parsed_.project.left_out.insert(name);
  }

  // How a type that is no task of its own is written.
  std::string of_others(const TaskType& wanted) const {
    for (const TaskType& type : rules_.types)
      for (const Companion& companion : type.companions)
        if (companion.type == wanted.name)
          return fmt::format("it is a key of other tasks, as in {{use: {}, {}: {{when: …}}}}", type.name,
                             companion.key);
    return "it is started by hand";
  }

  std::string nearest_type(const std::string& word) const {
    std::vector<std::string> names;
    for (const TaskType& type : rules_.types) names.push_back(type.name);
    return nearest(word, names);
  }

  static TaskEntry split(const YamlEntry& entry) {
    TaskEntry task;
    task.name = entry.key;
    task.place = entry.key_place;
    task.common.kind = task.own.kind = YamlNode::Kind::mapping;
    task.common.place = task.own.place = entry.key_place;
    for (const YamlEntry& part : entry.value.entries)
      if (part.key != "use") (is_common_task_key(part.key) ? task.common : task.own).entries.push_back(part);
    return task;
  }

  const TaskType* read_use(const YamlEntry& entry) {
    const YamlEntry* use = entry.value.find("use");
    if (!use || !use->value.is_scalar()) {
      add(use ? use->key_place : entry.key_place, fmt::format("task '{}': 'use' is missing", entry.key),
          "it names the task type, as in use: apt.upgrade");
      return nullptr;
    }
    if (const TaskType* type = find_task_type(rules_, use->value.text)) {
      if (type->standalone) return type;
      add(use->value.place, fmt::format("task '{}': {} is no task of its own", entry.key, type->name),
          of_others(*type));
      return nullptr;
    }
    const std::string near = nearest_type(use->value.text);
    add(use->value.place,
        fmt::format("task '{}': no installed plugin offers the task type {}", entry.key, shown(use->value.text)),
        near.empty() ? "maintain plugins list shows what is installed" : fmt::format("did you mean '{}'?", near));
    return nullptr;
  }

  const YamlDocument& document_;
  const ConfigRules& rules_;
  ParsedProject parsed_;
  std::set<std::string> declared_;   // names of all tasks, good or not
};

void cap_errors(ParsedProject& parsed) {
  if (parsed.errors.size() <= most_errors) return;
  const std::size_t more = parsed.errors.size() - most_errors;
  parsed.errors.resize(most_errors);
  parsed.errors.push_back({ErrorKind::configuration, fmt::format("and {} more", count_of(more, "error")), {},
                           Position{parsed.project.file, 0, 0}});
}

}  // namespace

ParsedProject parse_project_config(const std::string& path, std::string_view text, const ConfigRules& rules) {
  ParsedProject parsed;
  const auto document = parse_yaml(path, text);
  if (!document) {
    parsed.project.file = path;
    parsed.usable = false;
    parsed.errors.push_back(document.error());
    return parsed;
  }
  const bool legacy = file_name(path) == file_name(std::string(legacy_config_path));
  parsed = legacy ? parse_legacy_config(*document, rules) : ProjectReader(*document, rules).read();
  sort_by_place(parsed.errors);
  cap_errors(parsed);
  return parsed;
}

}  // namespace maintain
