#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "config/ansible_formats.hpp"
#include "config/yaml_scalar.hpp"

namespace maintain {
namespace {

using Json = nlohmann::json;

class JsonReader {
 public:
  JsonReader(AnsibleInventory& inventory, const std::string& file) : inventory_(inventory), where_{file} {}

  Result<void> read(const Json& document) {
    if (!document.is_object()) return wrong("the output of the inventory is no JSON object");
    for (const auto& [name, data] : document.items()) {
      if (name == "_meta") continue;
      if (Result<void> done = read_group(name, data); !done) return done;
    }
    const Json::json_pointer hostvars("/_meta/hostvars");
    if (!document.contains(hostvars)) {
      inventory_.warnings.push_back({ErrorKind::configuration,
                                     "the inventory gives no _meta.hostvars: its hosts have no variables",
                                     "let --list print them; --host is not called", where_});
      return {};
    }
    if (!document[hostvars].is_object()) return wrong("_meta.hostvars is no object");
    for (const auto& [name, variables] : document[hostvars].items()) {
      const std::optional<std::size_t> host = inventory_.find_host(name);
      if (!host || !variables.is_object()) continue;
      for (const auto& [key, value] : variables.items()) inventory_.set_host_variable(*host, key, variable(value));
    }
    return {};
  }

 private:
  tl::unexpected<Error> wrong(std::string message) const {
    return fail(Error{ErrorKind::configuration, std::move(message),
                      "see Ansible's page on developing dynamic inventory", where_});
  }

  AnsibleVariable variable(const Json& value) const {
    if (value.is_string()) return {value.get<std::string>(), true, where_};
    if (value.is_structured()) return {"", false, where_};
    return {value.is_null() ? "" : value.dump(), !value.is_null(), where_};
  }

  Result<void> read_group(const std::string& name, const Json& data) {
    const Result<std::size_t> group = inventory_.add_group(name, where_);
    if (!group) return fail(group.error());
    // The old forms: a list of hosts, or the variables of one host that is called like the group.
    if (data.is_array()) return read_hosts(*group, name, data);
    if (!data.is_object()) return wrong(fmt::format("the group {} is neither an object nor a list", shown(name)));
    const bool plain = !data.contains("hosts") && !data.contains("vars") && !data.contains("children");
    if (plain && !data.empty()) {
      if (Result<void> done = read_hosts(*group, name, Json::array({name})); !done) return done;
      return read_variables(*group, name, data);
    }
    if (data.contains("hosts")) {
      if (Result<void> done = read_hosts(*group, name, data["hosts"]); !done) return done;
    }
    if (data.contains("vars")) {
      if (Result<void> done = read_variables(*group, name, data["vars"]); !done) return done;
    }
    return data.contains("children") ? read_children(*group, name, data["children"]) : Result<void>();
  }

  Result<void> read_hosts(std::size_t group, const std::string& name, const Json& hosts) {
    if (!hosts.is_array()) return wrong(fmt::format("the hosts of group {} are no list", shown(name)));
    for (const Json& host : hosts) {
      if (!host.is_string()) return wrong(fmt::format("a host of group {} is no text", shown(name)));
      const Result<std::size_t> added = inventory_.add_host(host.get<std::string>(), group, {}, where_);
      if (!added) return fail(added.error());
    }
    return {};
  }

  Result<void> read_variables(std::size_t group, const std::string& name, const Json& variables) {
    if (!variables.is_object()) return wrong(fmt::format("the vars of group {} are no object", shown(name)));
    for (const auto& [key, value] : variables.items()) inventory_.set_group_variable(group, key, variable(value));
    return {};
  }

  Result<void> read_children(std::size_t group, const std::string& name, const Json& children) {
    if (!children.is_array()) return wrong(fmt::format("the children of group {} are no list", shown(name)));
    for (const Json& child : children) {
      if (!child.is_string()) return wrong(fmt::format("a child of group {} is no text", shown(name)));
      const Result<std::size_t> added = inventory_.add_group(child.get<std::string>(), where_);
      if (!added) return fail(added.error());
      inventory_.add_child(group, *added);
    }
    return {};
  }

  AnsibleInventory& inventory_;
  Position where_;
};

}  // namespace

Result<void> read_ansible_json(AnsibleInventory& inventory, const std::string& file, std::string_view text) {
  const Json document = Json::parse(text, nullptr, false);
  if (document.is_discarded()) {
    return fail(Error{ErrorKind::configuration, "the output of the inventory is not valid JSON",
                      "run it with --list to see what it prints", Position{file}});
  }
  return JsonReader(inventory, file).read(document);
}

}  // namespace maintain
