#include "config/task_entry.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "config/yaml_scalar.hpp"
#include "model/names.hpp"

namespace maintain {
namespace {

using Json = nlohmann::json;

const Json& common_schema() {
  static const Json schema = Json::parse(R"({
    "type": "object",
    "additionalProperties": false,
    "properties": {
      "when": {"type": "string", "format": "cron"},
      "timezone": {"type": "string", "format": "timezone"},
      "window": {"type": "string", "format": "duration"},
      "max_age": {"type": "string", "format": "duration"},
      "timeout": {"type": "string", "format": "duration"},
      "retry": {"anyOf": [
        {"title": "a duration", "type": "string", "format": "duration"},
        {"type": "object", "minProperties": 1, "additionalProperties": false, "properties": {
          "first": {"type": "string", "format": "duration"},
          "longest": {"type": "string", "format": "duration"}}}]},
      "after": {"anyOf": [
        {"title": "a task's name", "type": "string"},
        {"type": "array", "uniqueItems": true, "items": {"type": "string"}}]},
      "enabled": {"type": "boolean"},
      "severity": {"enum": ["ok", "unknown", "warning", "critical"]}
    }})");
  return schema;
}

void add_for_task(const std::string& task, std::vector<Error> problems, std::vector<Error>& errors) {
  for (Error& problem : problems) {
    problem.message = fmt::format("task '{}': {}", task, problem.message);
    errors.push_back(std::move(problem));
  }
}

// A length of time that the schema has found well-formed; zero is refused here.
std::optional<Seconds> duration_at(const Json& common, const char* key, const YamlNode& node, const std::string& file,
                                   std::vector<Error>& problems) {
  if (!common.contains(key)) return std::nullopt;
  const auto duration = parse_duration(common[key].get<std::string>());
  if (duration && *duration > Seconds::zero()) return *duration;
  const YamlEntry* entry = node.find(key);
  const Place place = entry ? entry->value.place : node.place;
  problems.push_back({ErrorKind::configuration, fmt::format("'{}' must be longer than nothing", key), {},
                      Position{file, place.line, place.column}});
  return std::nullopt;
}

Retry read_retry(const Json& common, const YamlNode& node, const std::string& file, std::vector<Error>& problems) {
  Retry retry;
  const auto found = common.find("retry");
  if (found == common.end()) return retry;
  const YamlEntry* entry = node.find("retry");
  const YamlNode& written = entry ? entry->value : node;
  const Json lengths = found->is_string() ? Json{{"first", *found}} : *found;
  const auto first = duration_at(lengths, "first", written, file, problems);
  const auto longest = duration_at(lengths, "longest", written, file, problems);
  if (first && longest && *first > *longest)
    problems.push_back({ErrorKind::configuration, "'retry.first' is longer than 'retry.longest'", {},
                        Position{file, written.place.line, written.place.column}});
  if (longest) retry.longest = *longest;
  retry.first = first ? *first : std::min(retry.first, retry.longest);
  if (!longest) retry.longest = std::max(retry.longest, retry.first);
  return retry;
}

SchemaRules rules_for(const ConfigRules& rules, const std::string& file, Reading reading) {
  SchemaRules schema_rules;
  schema_rules.file = file;
  schema_rules.whole = "it";  // after "task 'orders': "
  schema_rules.reading = reading;
  schema_rules.check_cron = rules.check_cron;
  schema_rules.is_known_zone = rules.is_known_zone;
  schema_rules.zone_names = rules.zone_names;
  return schema_rules;
}

// The keys of the core, into spec.
void read_common(const TaskEntry& entry, const SchemaRules& schema_rules, TaskSpec& spec,
                 std::vector<Error>& problems) {
  const Json common = read_by_schema(entry.common, common_schema(), schema_rules, problems);
  if (!problems.empty()) return;
  const std::string& file = schema_rules.file;
  spec.when = common.value("when", "");
  spec.timezone = common.value("timezone", spec.timezone);
  if (const auto window = duration_at(common, "window", entry.common, file, problems)) spec.window = window;
  spec.max_age = duration_at(common, "max_age", entry.common, file, problems);
  spec.timeout = duration_at(common, "timeout", entry.common, file, problems);
  spec.retry = read_retry(common, entry.common, file, problems);
  spec.enabled = common.value("enabled", true);
  if (common.contains("severity")) spec.severity = parse_state(common["severity"].get<std::string>());
  if (const auto after = common.find("after"); after != common.end())
    spec.after = after->is_string() ? std::vector<std::string>{after->get<std::string>()}
                                    : after->get<std::vector<std::string>>();
}

// A task type's schema, ready for read_by_schema().
Result<Json> load_schema(std::string_view text) {
  if (trim(text).empty()) return Json{{"type", "object"}, {"properties", Json::object()}};
  Json schema = parse_json(text);
  if (schema.is_discarded()) return fail(ErrorKind::configuration, "the schema is not JSON");
  if (const std::vector<Error> errors = check_parsed_schema(schema); !errors.empty()) return fail(errors.front());
  const auto type = schema.find("type");
  if (type == schema.end() || *type != "object")
    return fail(ErrorKind::configuration, "schema, at /: a task's options are a mapping", "write \"type\": \"object\"");
  return schema;
}

}  // namespace

const std::vector<std::string>& common_task_keys() {
  static const std::vector<std::string> keys = {"use",     "when",  "timezone", "window",  "max_age",
                                                "timeout", "retry", "after",    "enabled", "severity"};
  return keys;
}

bool is_common_task_key(std::string_view key) {
  const std::vector<std::string>& keys = common_task_keys();
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

Result<void> check_task_schema(const std::string& text) {
  const auto schema = load_schema(text);
  if (!schema) return fail(schema.error());
  if (schema->contains("properties"))
    for (const auto& [name, property] : (*schema)["properties"].items())
      if (is_common_task_key(name))
        return fail(ErrorKind::configuration,
                    fmt::format("schema, at /properties: '{}' is a key that every task has", name),
                    "choose another name");
  return {};
}

namespace {

// RFC 6901, section 3.
std::string pointer_token(std::string_view key) {
  std::string token;
  for (const char c : key)
    if (c == '~') token += "~0";
    else if (c == '/') token += "~1";
    else token += c;
  return token;
}

void note_places(const YamlNode& node, const std::string& file, const std::string& pointer, OptionPlaces& places) {
  if (!pointer.empty()) places.emplace(pointer, Position{file, node.place.line, node.place.column});
  for (std::size_t i = 0; i < node.items.size(); ++i)
    note_places(node.items[i], file, fmt::format("{}/{}", pointer, i), places);
  for (const YamlEntry& entry : node.entries)
    note_places(entry.value, file, pointer + "/" + pointer_token(entry.key), places);
}

}  // namespace

const TaskType* find_task_type(const ConfigRules& rules, std::string_view name) {
  for (const TaskType& type : rules.types)
    if (type.name == name) return &type;
  return nullptr;
}

std::optional<TaskSpec> read_task_entry(const TaskEntry& entry, const TaskType& type, const ConfigRules& rules,
                                        const std::string& file, Reading reading, const std::string& timezone,
                                        std::vector<Error>& errors) {
  TaskSpec spec;
  spec.name = entry.name;
  spec.use = type.name;
  spec.timezone = timezone;
  spec.window = type.default_window;
  spec.order = type.order;
  spec.scope = type.scope;
  // A window by default means that the moment matters, and for a task of the whole server it matters to all projects.
  spec.common_window = type.scope == Scope::server && type.default_window.has_value();
  spec.permission = type.permission;
  spec.where = Position{file, entry.place.line, entry.place.column};

  std::vector<Error> problems;
  SchemaRules schema_rules = rules_for(rules, file, reading);
  read_common(entry, schema_rules, spec, problems);

  const auto schema = load_schema(type.schema);
  if (!schema) {
    problems.push_back({ErrorKind::internal,
                        fmt::format("the plugin '{}' is defective: {}", type.plugin, schema.error().message),
                        "tell the plugin's author", spec.where});
  } else {
    schema_rules.also_known = common_task_keys();
    spec.options = canonical_text(read_by_schema(entry.own, *schema, schema_rules, problems));
    note_places(entry.own, file, "", spec.option_places);
  }
  if (problems.empty()) return spec;
  add_for_task(entry.name, std::move(problems), errors);
  return std::nullopt;
}

void check_common_keys(const TaskEntry& entry, const ConfigRules& rules, const std::string& file, Reading reading,
                       std::vector<Error>& errors) {
  TaskSpec unused;
  std::vector<Error> problems;
  read_common(entry, rules_for(rules, file, reading), unused, problems);
  add_for_task(entry.name, std::move(problems), errors);
}

}  // namespace maintain
