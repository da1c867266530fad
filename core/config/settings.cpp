#include "config/settings.hpp"

#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "config/json_schema.hpp"
#include "config/platform.hpp"
#include "config/problems.hpp"
#include "config/settings_file.hpp"
#include "config/yaml_document.hpp"

namespace maintain {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::json;

constexpr std::size_t largest_file = 256 * 1024;

constexpr const char* schema_text = R"({
  "type": ["object", "null"],
  "properties": {
    "paths": {
      "type": ["object", "null"],
      "properties": {
        "state":     {"type": "string", "minLength": 1},
        "backups":   {"type": "string", "minLength": 1},
        "run":       {"type": "string", "minLength": 1},
        "inventory": {"type": "string", "minLength": 1},
        "plugins":   {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1}
      }
    },
    "ssh": {
      "type": ["object", "null"],
      "properties": {
        "identity_files":    {"type": "array", "items": {"type": "string", "minLength": 1}},
        "known_hosts_files": {"type": "array", "items": {"type": "string", "minLength": 1}},
        "connect_timeout":        {"type": "string", "format": "duration"},
        "handshake_timeout":      {"type": "string", "format": "duration"},
        "authentication_timeout": {"type": "string", "format": "duration"},
        "keepalive":              {"type": "string", "format": "duration"}
      }
    },
    "run": {
      "type": ["object", "null"],
      "properties": {
        "forks":        {"type": "integer", "minimum": 1, "maximum": 256},
        "config_cache": {"type": "string", "format": "duration"},
        "worker":       {"type": "array", "items": {"type": "string"}, "minItems": 1}
      }
    },
    "backups": {
      "type": ["object", "null"],
      "properties": {
        "second": {
          "type": "object",
          "additionalProperties": false,
          "properties": {
            "repository":       {"type": "string", "minLength": 1},
            "password_file":    {"type": "string", "minLength": 1},
            "environment_file": {"type": "string", "minLength": 1},
            "max_age":          {"type": "string", "format": "duration"}
          }
        },
        "min_free": {"type": "string", "pattern": "^(0|[1-9][0-9]{0,5} ?(MiB|GiB|TiB))$", "examples": ["1GiB", "0"]},
        "snapshots": {"enum": ["auto", "links", "btrfs", "zfs"]},
        "keep": {
          "type": "object",
          "minProperties": 1,
          "additionalProperties": false,
          "properties": {
            "last":    {"type": "integer", "minimum": -1},
            "hourly":  {"type": "integer", "minimum": -1},
            "daily":   {"type": "integer", "minimum": -1},
            "weekly":  {"type": "integer", "minimum": -1},
            "monthly": {"type": "integer", "minimum": -1},
            "yearly":  {"type": "integer", "minimum": -1},
            "within":         {"type": "string", "pattern": "^([0-9]+[hdmy])+$", "examples": ["14d"]},
            "within_hourly":  {"type": "string", "pattern": "^([0-9]+[hdmy])+$", "examples": ["48h"]},
            "within_daily":   {"type": "string", "pattern": "^([0-9]+[hdmy])+$", "examples": ["14d"]},
            "within_weekly":  {"type": "string", "pattern": "^([0-9]+[hdmy])+$", "examples": ["2m"]},
            "within_monthly": {"type": "string", "pattern": "^([0-9]+[hdmy])+$", "examples": ["1y"]},
            "within_yearly":  {"type": "string", "pattern": "^([0-9]+[hdmy])+$", "examples": ["10y"]}
          }
        }
      }
    },
    "http": {
      "type": ["object", "null"],
      "properties": {
        "allow":   {"type": "array", "items": {"type": "string", "pattern": "^https?://[^/@? ]+/([^?# ]*/)?$"}},
        "instead": {"type": "object",
                    "additionalProperties": {"type": "string", "pattern": "^https?://[^/@? ]+/([^?# ]*/)?$"}}
      }
    },
    "report": {
      "type": ["object", "null"],
      "properties": {
        "reminder": {"type": "string", "format": "duration"}
      }
    },
    "history": {
      "type": ["object", "null"],
      "properties": {
        "keep_successes": {"type": "string", "format": "duration"},
        "keep_failures":  {"type": "string", "format": "duration"},
        "output_limit":   {"type": "string", "pattern": "^[1-9][0-9]{0,5} ?(KiB|MiB)$", "examples": ["1MiB"]}
      }
    }
  }
})";

// Of the second place, copies are kept by the same words as here.
Json schema_of_settings() {
  Json schema = Json::parse(schema_text);
  Json& backups = schema["properties"]["backups"]["properties"];
  backups["second"]["properties"]["keep"] = backups["keep"];
  return schema;
}

// Fields of one section; what is absent or has no value leaves its target as it is.
class Section {
 public:
  Section(const Json& document, const char* name, const Platform& platform, const fs::path& base)
      : platform_(platform), base_(base) {
    static const Json empty = Json::object();
    fields_ = document.is_object() && document.contains(name) && document[name].is_object() ? &document[name] : &empty;
  }

  void path(const char* key, fs::path& target) const {
    if (const Json* value = find(key)) target = resolve(*value);
  }
  void paths(const char* key, std::vector<fs::path>& target) const {
    if (const Json* value = find(key)) {
      target.clear();
      for (const Json& item : *value) target.push_back(resolve(item));
    }
  }
  // As restic names it: without a scheme it is a directory.
  void repository(const char* key, std::string& target) const {
    const Json* value = find(key);
    if (value == nullptr) return;
    target = value->get<std::string>();
    const std::size_t colon = target.find(':');
    if (colon == target.npos || target.find('/') < colon) target = resolve(*value);
  }
  void file_names(const char* key, std::vector<std::string>& target) const {
    std::vector<fs::path> found(target.begin(), target.end());
    paths(key, found);
    target.assign(found.begin(), found.end());
  }
  void duration(const char* key, Seconds& target) const {
    if (const Json* value = find(key)) target = parse_duration(value->get<std::string>()).value_or(target);
  }
  void number(const char* key, int& target) const {
    if (const Json* value = find(key)) target = value->get<int>();
  }
  void words(const char* key, std::vector<std::string>& target) const {
    if (const Json* value = find(key)) target = value->get<std::vector<std::string>>();
  }
  void words_by_key(const char* key, std::map<std::string, std::string>& target) const {
    if (const Json* value = find(key)) target = value->get<std::map<std::string, std::string>>();
  }
  void size(const char* key, std::uint64_t& target) const {
    if (const Json* value = find(key)) {
      const auto text = value->get<std::string>();  // the schema's pattern has let it pass
      constexpr std::string_view units = "KMGT";    // KiB is the least
      const std::size_t letter = text.find_first_of(units);
      target = std::stoull(text);
      if (letter != text.npos) target <<= 10 * (units.find(text[letter]) + 1);
    }
  }
  void text(const char* key, std::string& target) const {
    if (const Json* value = find(key)) target = value->get<std::string>();
  }
  void json(const char* key, std::string& target) const {
    if (const Json* value = find(key)) target = value->dump();
  }

 private:
  const Json* find(const char* key) const {
    const auto found = fields_->find(key);
    return found == fields_->end() ? nullptr : &*found;
  }
  // ~/x is below the home directory, a relative path below the configuration directory.
  fs::path resolve(const Json& value) const {
    const auto text = value.get<std::string>();
    if (text == "~" || text.starts_with("~/")) return platform_.home / text.substr(text.size() > 1 ? 2 : 1);
    return base_ / text;
  }

  const Platform& platform_;
  const fs::path& base_;
  const Json* fields_;
};

// With a timeout of 0s no server would ever be reached; a keepalive of 0s is none.
void refuse_empty_timeouts(const YamlDocument& document, std::vector<Error>& errors) {
  const YamlEntry* ssh = document.root.find("ssh");
  for (const char* key : {"connect_timeout", "handshake_timeout", "authentication_timeout"}) {
    const YamlEntry* entry = ssh == nullptr ? nullptr : ssh->value.find(key);
    if (entry == nullptr || parse_duration(entry->value.text).value_or(Seconds{1}) > Seconds::zero()) continue;
    errors.push_back({ErrorKind::configuration, fmt::format("'ssh.{}' must be longer than nothing", key), {},
                      document.position(entry->value.place)});
  }
}

// maintain.yml is for everybody to read, and an error that names the repository may be mailed.
bool holds_password(std::string_view repository) {
  const std::size_t start = repository.find("://");
  if (start == repository.npos) return false;
  const std::string_view authority = repository.substr(start + 3, repository.find('/', start + 3) - start - 3);
  const std::size_t at = authority.rfind('@');
  return at != authority.npos && authority.substr(0, at).find(':') != authority.npos;
}

// Every count is 0 and every span 0d: schemas look at one value at a time, and cannot tell.
void check_keep(const YamlDocument& document, const YamlNode* section, const char* name, std::vector<Error>& errors) {
  const YamlEntry* keep = section == nullptr ? nullptr : section->find("keep");
  if (keep == nullptr) return;
  for (const YamlEntry& word : keep->value.entries)
    if (word.value.text.find_first_of("123456789") != std::string::npos) return;
  errors.push_back({ErrorKind::configuration, fmt::format("'{}' would keep nothing at all", name),
                    "keep: {daily: 7} keeps the newest copy of each of seven days",
                    document.position(keep->value.place)});
}

void check_policies(const YamlDocument& document, std::vector<Error>& errors) {
  const YamlEntry* backups = document.root.find("backups");
  if (backups == nullptr) return;
  const YamlEntry* second = backups->value.find("second");
  check_keep(document, &backups->value, "backups.keep", errors);
  check_keep(document, second == nullptr ? nullptr : &second->value, "backups.second.keep", errors);
}

void check_second_place(const YamlDocument& document, std::vector<Error>& errors) {
  const YamlEntry* backups = document.root.find("backups");
  const YamlEntry* second = backups == nullptr ? nullptr : backups->value.find("second");
  if (second == nullptr) return;
  const auto wrong = [&](const YamlEntry& entry, std::string message, std::string hint) {
    errors.push_back({ErrorKind::configuration, std::move(message), std::move(hint),
                      document.position(entry.value.place)});
  };
  const YamlEntry* repository = second->value.find("repository");
  if (repository != nullptr && holds_password(repository->value.text))
    wrong(*repository, "'backups.second.repository' holds a password",
          "write it as RESTIC_REPOSITORY=... into the environment_file, which nobody else can read, instead");
  if (second->value.find("environment_file") == nullptr)
    for (const char* key : {"repository", "password_file"})
      if (second->value.find(key) == nullptr)
        wrong(*second, fmt::format("'backups.second' lacks '{}'", key), "it is set here or in an environment_file");
  const YamlEntry* max_age = second->value.find("max_age");
  if (max_age != nullptr && parse_duration(max_age->value.text).value_or(Seconds{1}) <= Seconds::zero())
    wrong(*max_age, "'backups.second.max_age' must be longer than nothing", "");
}

// What schemas say of values is not said of keys.
void check_instead(const YamlDocument& document, std::vector<Error>& errors) {
  const YamlEntry* http = document.root.find("http");
  const YamlEntry* instead = http == nullptr ? nullptr : http->value.find("instead");
  if (instead == nullptr) return;
  for (const YamlEntry& entry : instead->value.entries) {
    const bool is_http = entry.key.starts_with("https://") || entry.key.starts_with("http://");
    const bool good = is_http && entry.key.ends_with('/');
    if (!good)
      errors.push_back({ErrorKind::configuration,
                        fmt::format("'{}' in 'http.instead' is not the beginning of URLs", printable(entry.key)),
                        "write it with https:// in front and a slash at its end", document.position(entry.key_place)});
  }
}

}  // namespace

Result<Settings> parse_settings(const Platform& platform, const fs::path& config_directory, const std::string& file,
                                std::string_view text) {
  Settings settings = default_settings(platform, config_directory);
  const Result<YamlDocument> document = parse_yaml(file, text);
  if (!document) return fail(document.error());
  std::vector<Error> errors = repeated_keys(*document, document->root);
  SchemaRules rules;
  rules.file = file;
  static const Json schema = schema_of_settings();
  const Json json = read_by_schema(document->root, schema, rules, errors);
  if (errors.empty()) {
    refuse_empty_timeouts(*document, errors);
    check_second_place(*document, errors);
    check_policies(*document, errors);
    check_instead(*document, errors);
  }
  sort_by_place(errors);
  if (!errors.empty()) return fail(combine(std::move(errors)));

  const auto section = [&](const char* name) { return Section(json, name, platform, config_directory); };
  const Section paths = section("paths");
  paths.path("state", settings.state_directory);
  settings.backup_directory = settings.state_directory / "backups";
  paths.path("backups", settings.backup_directory);
  settings.run_directory = default_run_directory(platform, settings.state_directory);
  paths.path("run", settings.run_directory);
  paths.path("inventory", settings.inventory);
  if (!plugin_path(platform)) {  // the bundled ones stay, last
    std::vector<fs::path> own;
    paths.paths("plugins", own);
    settings.plugin_directories.insert(settings.plugin_directories.begin(), own.begin(), own.end());
  }

  const Section ssh = section("ssh");
  ssh.file_names("identity_files", settings.identity_files);
  std::vector<std::string> further_known_hosts(settings.known_hosts_files.begin() + 1,
                                               settings.known_hosts_files.end());
  ssh.file_names("known_hosts_files", further_known_hosts);
  settings.known_hosts_files.resize(1);  // the first one stays ours
  settings.known_hosts_files.insert(settings.known_hosts_files.end(), further_known_hosts.begin(),
                                    further_known_hosts.end());
  ssh.duration("connect_timeout", settings.connect_timeout);
  ssh.duration("handshake_timeout", settings.handshake_timeout);
  ssh.duration("authentication_timeout", settings.authentication_timeout);
  ssh.duration("keepalive", settings.keepalive);

  const Section run = section("run");
  run.number("forks", settings.forks);
  run.duration("config_cache", settings.config_cache);
  run.words("worker", settings.worker_command);
  section("backups").size("min_free", settings.min_free);
  section("backups").text("snapshots", settings.snapshots);
  section("backups").json("keep", settings.keep_copies);
  if (json.is_object() && json.contains("backups") && json["backups"].is_object() &&
      json["backups"].contains("second")) {
    const Section of_second(json["backups"], "second", platform, config_directory);
    SecondPlace& second = settings.second.emplace();
    of_second.repository("repository", second.repository);
    of_second.path("password_file", second.password_file);
    of_second.path("environment_file", second.environment_file);
    of_second.duration("max_age", second.max_age);
    of_second.json("keep", second.keep);
  }
  section("http").words("allow", settings.http_allow);
  section("http").words_by_key("instead", settings.http_instead);
  section("report").duration("reminder", settings.reminder);
  const Section history = section("history");
  history.duration("keep_successes", settings.keep_successes);
  history.duration("keep_failures", settings.keep_failures);
  history.size("output_limit", settings.output_limit);
  return settings;
}

fs::path find_config_directory(const std::optional<std::string>& option) {
  std::error_code ignored;
  return find_config_directory(Platform::here(), option, fs::current_path(ignored));
}

Result<Settings> read_settings(const fs::path& config_directory) {
  std::error_code error;
  const fs::path directory = fs::absolute(config_directory, error).lexically_normal();
  if (error) return fail_errno("cannot find out where " + config_directory.string() + " is", error.value());
  const Platform platform = Platform::here();
  const fs::path file = directory / "maintain.yml";
  const Result<std::string> text = read_file(file, largest_file);
  if (text) return parse_settings(platform, directory, file.string(), *text);
  if (text.error().kind == ErrorKind::not_found) return default_settings(platform, directory);
  return fail(unreadable(text.error()));
}

}  // namespace maintain
