#include <fmt/format.h>

#include "base/text.hpp"
#include "config/ansible_formats.hpp"
#include "config/ansible_hosts.hpp"
#include "config/yaml_scalar.hpp"

namespace maintain {
namespace {

using Kind = YamlNode::Kind;

class YamlReader {
 public:
  YamlReader(AnsibleInventory& inventory, const YamlDocument& document) : inventory_(inventory), document_(document) {}

  Result<std::size_t> read_group(const YamlEntry& entry) {
    const Result<std::size_t> group = inventory_.add_group(entry.key, at(entry.key_place));
    if (!group) return group;
    if (entry.value.kind == Kind::null) return group;
    if (entry.value.kind != Kind::mapping) {
      warn(entry.value.place, fmt::format("the group {} is no mapping: left out", shown(entry.key)));
      return group;
    }
    for (const YamlEntry& part : entry.value.entries) {
      Result<void> done;
      if (part.key == "vars") done = read_variables(part, *group);
      else if (part.key == "children") done = read_children(part, *group);
      else if (part.key == "hosts") done = read_hosts(part, *group);
      else warn(part.key_place, fmt::format("the key {} of group {} has no meaning: only hosts, vars and children have",
                                            shown(part.key), shown(entry.key)));
      if (!done) return fail(done.error());
    }
    return group;
  }

 private:
  Position at(Place place) const { return document_.position(place); }
  void warn(Place place, std::string message) {
    inventory_.warnings.push_back({ErrorKind::configuration, std::move(message), {}, at(place)});
  }

  // hosts:, vars: and children: hold a mapping; one bare name stands for {name: null}.
  Result<std::vector<YamlEntry>> entries(const YamlEntry& part) const {
    const YamlNode& node = part.value;
    if (node.kind == Kind::null) return std::vector<YamlEntry>{};
    if (node.kind == Kind::mapping) return node.entries;
    if (node.is_scalar()) return std::vector<YamlEntry>{{node.text, node.place, {}}};
    return fail(Error{ErrorKind::configuration, fmt::format("'{}' must be a mapping, not a list", part.key),
                      "write each name as a key: \"name:\" instead of \"- name\"", at(node.place)});
  }

  Result<void> read_variables(const YamlEntry& part, std::size_t group) {
    const Result<std::vector<YamlEntry>> found = entries(part);
    if (!found) return fail(found.error());
    YamlNode mapping;
    mapping.entries = *found;
    for (auto& [name, value] : ansible_variables(document_.file, mapping)) {
      inventory_.set_group_variable(group, name, std::move(value));
    }
    return {};
  }

  Result<void> read_children(const YamlEntry& part, std::size_t group) {
    const Result<std::vector<YamlEntry>> found = entries(part);
    if (!found) return fail(found.error());
    for (const YamlEntry& entry : *found) {
      const Result<std::size_t> child = read_group(entry);
      if (!child) return fail(child.error());
      inventory_.add_child(group, *child);
    }
    return {};
  }

  Result<void> read_hosts(const YamlEntry& part, std::size_t group) {
    const Result<std::vector<YamlEntry>> found = entries(part);
    if (!found) return fail(found.error());
    for (const YamlEntry& entry : *found) {
      const Position where = at(entry.key_place);
      const Result<AnsibleHostPattern> pattern = expand_host_pattern(entry.key);
      if (!pattern) {
        Error error = pattern.error();
        error.where = where;
        return fail(std::move(error));
      }
      if (entry.value.kind != Kind::null && entry.value.kind != Kind::mapping) {
        return fail(Error{ErrorKind::configuration,
                          fmt::format("the variables of host {} must be a mapping", shown(entry.key)),
                          {}, at(entry.value.place)});
      }
      const AnsibleVariables variables = ansible_variables(document_.file, entry.value);
      for (const std::string& name : pattern->names) {
        const Result<std::size_t> host = inventory_.add_host(name, group, pattern->port, where);
        if (!host) return fail(host.error());
        for (const auto& [key, value] : variables) inventory_.set_host_variable(*host, key, value);
      }
    }
    return {};
  }

  AnsibleInventory& inventory_;
  const YamlDocument& document_;
};

}  // namespace

YamlLimits ansible_yaml_limits() {
  YamlLimits limits;
  limits.bytes = 16 * 1024 * 1024;
  limits.depth = 64;
  limits.nodes = 1'000'000;
  limits.foreign_tags = true;  // !vault, !unsafe
  return limits;
}

AnsibleVariables ansible_variables(const std::string& file, const YamlNode& mapping) {
  AnsibleVariables variables;
  for (const YamlEntry& entry : mapping.entries) {
    AnsibleVariable value{entry.value.text, entry.value.is_scalar(),
                          {file, entry.key_place.line, entry.key_place.column}};
    variables.insert_or_assign(entry.key, std::move(value));
  }
  return variables;
}

Result<void> read_ansible_yaml(AnsibleInventory& inventory, const YamlDocument& document) {
  const YamlNode& root = document.root;
  if (root.kind == Kind::null) return {};
  if (root.kind != Kind::mapping) {
    return fail(Error{ErrorKind::configuration, "a YAML inventory is a mapping of groups", {},
                      document.position(root.place)});
  }
  if (const YamlEntry* plugin = root.find("plugin")) {
    return fail(Error{ErrorKind::configuration,
                      "this configures an inventory plugin of Ansible and is no inventory itself",
                      "put an executable in its place that runs: ansible-inventory -i THIS_FILE --list",
                      document.position(plugin->key_place)});
  }
  for (Error& repeated : repeated_keys(document, root)) inventory.warnings.push_back(std::move(repeated));
  YamlReader reader(inventory, document);
  for (const YamlEntry& entry : root.entries) {
    if (const Result<std::size_t> group = reader.read_group(entry); !group) return fail(group.error());
  }
  return {};
}

bool looks_like_ansible_yaml(std::string_view text) {
  for (const std::string& raw : split_lines(text)) {
    const std::string_view line = trim(raw);
    if (line.empty() || line.front() == '#') continue;
    if (line == "---" || line.starts_with("--- ") || line.starts_with("%YAML")) return true;
    // "all:" or "all: {...}"; an INI host line has no colon in front of a space.
    return line.front() == '{' || line.ends_with(':') || line.find(": ") != line.npos;
  }
  return false;
}

}  // namespace maintain
