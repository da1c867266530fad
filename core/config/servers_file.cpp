#include "config/servers_file.hpp"

#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "config/json_schema.hpp"
#include "config/problems.hpp"
#include "config/server_words.hpp"
#include "config/yaml_document.hpp"
#include "config/yaml_scalar.hpp"
#include "model/names.hpp"

namespace maintain {
namespace {

using Json = nlohmann::json;
using Kind = YamlNode::Kind;

constexpr const char* server_schema = R"({
  "type": "object",
  "properties": {
    "name":           {"type": "string"},
    "address":        {"type": "string"},
    "port":           {"type": "integer", "minimum": 1, "maximum": 65535},
    "user":           {"type": "string"},
    "transport":      {"enum": ["auto", "libssh2", "openssh", "local"]},
    "identity_files": {"type": "array", "items": {"type": "string", "minLength": 1}},
    "ssh_options":    {"type": "array", "items": {"type": "string", "minLength": 1}},
    "become":         {},
    "transient":      {"type": "boolean"},
    "enabled":        {"type": "boolean"},
    "wave":           {"type": "integer", "minimum": -1000, "maximum": 1000},
    "groups":         {"type": "array", "items": {"type": "string", "minLength": 1}},
    "tags":           {"type": "array", "items": {"type": "string", "minLength": 1}},
    "expect":         {"type": "object", "additionalProperties": {"type": "string"}}
  },
  "required": ["name"]
})";

// `become: yes`, or a mapping, which means yes unless it says otherwise.
constexpr const char* become_schema = R"({
  "type": "object",
  "properties": {
    "enabled":          {"type": "boolean", "default": true},
    "user":             {"type": "string", "minLength": 1},
    "password_file":    {"type": "string", "minLength": 1},
    "password_command": {"type": "array", "items": {"type": "string"}, "minItems": 1}
  }
})";

class ServersReader {
 public:
  explicit ServersReader(const YamlDocument& document) : document_(document) { rules_.file = document.file; }

  Result<std::vector<ServerEntry>> read() {
    const YamlNode& root = document_.root;
    const YamlEntry* list = root.kind == Kind::mapping ? root.find("servers") : nullptr;
    if (list == nullptr) {
      return fail(wrong(root.place, "there is no list of servers",
                        "write it as servers: [{name: web1}, {name: web2}]"));
    }
    errors_ = repeated_keys(document_, root);
    for (const YamlEntry& entry : root.entries) {
      if (&entry != list) add(entry.key_place, fmt::format("unknown key {}", shown(entry.key)), "known here: servers");
    }
    if (list->value.kind != Kind::sequence && list->value.kind != Kind::null) {
      add(list->value.place, "'servers' must be a list");
    }
    std::vector<ServerEntry> entries;
    std::map<std::string, Position> seen;
    for (const YamlNode& node : list->value.items) {
      ServerEntry entry = read_entry(node);
      const auto [before, is_new] = seen.emplace(entry.name, entry.where);
      if (!is_new) {
        add(node.place, fmt::format("the server '{}' is listed twice; it is already on line {}", entry.name,
                                    before->second.line));
      }
      entries.push_back(std::move(entry));
    }
    sort_by_place(errors_);
    if (!errors_.empty()) return fail(combine(std::move(errors_)));
    return entries;
  }

 private:
  Error wrong(Place place, std::string message, std::string hint = {}) const {
    return {ErrorKind::configuration, std::move(message), std::move(hint), document_.position(place)};
  }
  void add(Place place, std::string message, std::string hint = {}) {
    errors_.push_back(wrong(place, std::move(message), std::move(hint)));
  }

  ServerEntry read_entry(const YamlNode& node) {
    ServerEntry entry;
    entry.where = document_.position(node.place);
    static const Json schema = Json::parse(server_schema);
    const std::size_t errors_before = errors_.size();
    Json json;
    if (node.is_scalar()) json = {{"name", node.text}};  // - web1
    else json = read_by_schema(node, schema, rules_, errors_);
    if (errors_.size() != errors_before) {
      entry.name = fmt::format("{}", errors_before);  // keeps it from being taken for a double
      return entry;
    }
    entry.name = json["name"].get<std::string>();
    check(node, "name", entry.name, name_problem);
    const auto text = [&](const char* key, std::optional<std::string>& target,
                          std::string (*problem)(std::string_view)) {
      if (!json.contains(key)) return;
      target = json[key].get<std::string>();
      check(node, key, *target, problem);
    };
    text("address", entry.address, address_problem);
    text("user", entry.user, user_problem);
    if (json.contains("port")) entry.port = json["port"].get<std::uint16_t>();
    if (json.contains("transport")) entry.transport = parse_transport_kind(json["transport"].get<std::string>());
    const auto words = [&](const char* key, std::vector<std::string>& target) {
      if (json.contains(key)) target = json[key].get<std::vector<std::string>>();
    };
    if (json.contains("identity_files")) words("identity_files", entry.identity_files.emplace());
    if (json.contains("ssh_options")) words("ssh_options", entry.ssh_options.emplace());
    words("groups", entry.groups);
    words("tags", entry.tags);
    entry.transient = json.value("transient", false);
    entry.enabled = json.value("enabled", true);
    entry.wave = json.value("wave", 0);
    if (json.contains("expect")) entry.expect = json["expect"].get<std::map<std::string, std::string>>();
    if (const YamlEntry* become = node.find("become")) read_become(become->value, entry);
    return entry;
  }

  void check(const YamlNode& node, const char* key, const std::string& value,
             std::string (*problem)(std::string_view)) {
    const std::string what = problem(value);
    if (what.empty()) return;
    const YamlEntry* field = node.find(key);
    add(field != nullptr ? field->value.place : node.place,
        fmt::format("the server's {} {} {}", key, shown(value), what));
  }

  void read_become(const YamlNode& node, ServerEntry& entry) {
    if (node.kind != Kind::mapping) {
      entry.become = node.kind == Kind::plain ? boolean_word(node.text) : std::nullopt;
      if (!entry.become)
        add(node.place, "'become' must be yes, no, or a mapping",
            "for example become: {password_file: /etc/maintain/sudo-password}");
      return;
    }
    static const Json schema = Json::parse(become_schema);
    const std::size_t errors_before = errors_.size();
    const Json json = read_by_schema(node, schema, rules_, errors_);
    if (errors_.size() != errors_before) return;
    entry.become = json["enabled"].get<bool>();
    if (json.contains("user")) {
      entry.become_user = json["user"].get<std::string>();
      check(node, "user", *entry.become_user, user_problem);
    }
    if (json.contains("password_file")) entry.password_file = json["password_file"].get<std::string>();
    if (json.contains("password_command")) {
      entry.password_command = json["password_command"].get<std::vector<std::string>>();
    }
    if (entry.password_file && entry.password_command) {
      add(node.place, "'become' has both a password_file and a password_command", "keep one of them");
    }
  }

  const YamlDocument& document_;
  SchemaRules rules_;
  std::vector<Error> errors_;
};

}  // namespace

Result<std::vector<ServerEntry>> parse_servers_file(const std::string& file, std::string_view text) {
  YamlLimits limits;  // a fleet of thousands fits
  limits.bytes = 8 * 1024 * 1024;
  limits.nodes = 500'000;
  const Result<YamlDocument> document = parse_yaml(file, text, limits);
  if (!document) return fail(document.error());
  return ServersReader(*document).read();
}

}  // namespace maintain
