#include "config/ansible_server.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/server_words.hpp"
#include "config/shell_words.hpp"
#include "config/yaml_scalar.hpp"

namespace maintain {
namespace {

class HostReader {
 public:
  HostReader(AnsibleVariables variables, const AnsibleServerRules& rules, std::set<std::string>& told,
             std::vector<Error>& warnings)
      : variables_(std::move(variables)), rules_(rules), told_(told), warnings_(warnings) {}

  void read_into(Server& server) {
    if (const auto* host = usable({"ansible_ssh_host", "ansible_host"}, address_problem)) server.address = host->text;
    if (const auto* port = usable({"ansible_ssh_port", "ansible_port"})) read_port(*port, server.port);
    if (const auto* user = usable({"ansible_ssh_user", "ansible_user"}, user_problem)) server.user = user->text;
    if (const auto* key = usable({"ansible_ssh_private_key_file", "ansible_private_key_file"})) {
      server.identity_files = {resolve(key->text)};
    }
    for (const char* name : {"ansible_ssh_common_args", "ansible_ssh_extra_args"}) {
      if (const auto* words = usable({name})) read_words(name, *words, server.ssh_options);
    }
    read_connection(server);
    read_become(server.become);
    for (const char* name : {"ansible_password", "ansible_ssh_password", "ansible_ssh_pass"}) {
      if (const auto* secret = find({name})) {
        warn(*secret, fmt::format("{} is not used: servers are reached with keys, never with passwords", name),
             "put a public key into authorized_keys on the server", ErrorKind::refused);
      }
    }
  }

 private:
  using Problem = std::string (*)(std::string_view);

  const AnsibleVariable* find(std::initializer_list<const char*> names) const {
    for (const char* name : names) {
      if (const auto found = variables_.find(name); found != variables_.end()) return &found->second;
    }
    return nullptr;
  }

  // The first that is there, unless its value is of no use; then a warning says why.
  const AnsibleVariable* usable(std::initializer_list<const char*> names, Problem problem = nullptr) {
    for (const char* name : names) {
      const AnsibleVariable* value = find({name});
      if (value == nullptr || (value->is_scalar && value->text.empty())) continue;
      std::string wrong;
      if (!value->is_scalar) wrong = "is no text";
      else if (value->text.find("{{") != std::string::npos || value->text.find("{%") != std::string::npos)
        wrong = "holds a template, which is not evaluated here";
      else if (value->text.starts_with("$ANSIBLE_VAULT")) wrong = "is encrypted with ansible-vault";
      else if (problem != nullptr) wrong = problem(value->text);
      if (wrong.empty()) return value;
      warn(*value, fmt::format("{} {}: not used", name, wrong), "write the value itself, or say it in servers.yml");
      return nullptr;
    }
    return nullptr;
  }

  void warn(const AnsibleVariable& value, std::string message, std::string hint = {},
            ErrorKind kind = ErrorKind::configuration) {
    Error warning{kind, std::move(message), std::move(hint), value.where};
    if (told_.insert(warning.describe()).second) warnings_.push_back(std::move(warning));
  }

  std::string resolve(const std::string& file) const {
    if (file.starts_with("~/")) return rules_.home / file.substr(2);
    return rules_.directory / file;
  }

  void read_port(const AnsibleVariable& value, std::uint16_t& port) {
    std::uint16_t number = 0;
    const char* end = value.text.data() + value.text.size();
    const auto result = std::from_chars(value.text.data(), end, number);
    if (result.ec == std::errc() && result.ptr == end && number > 0) port = number;
    else warn(value, fmt::format("ansible_port {} is no port: not used", shown(value.text)));
  }

  void read_words(const char* name, const AnsibleVariable& value, std::vector<std::string>& words) {
    Result<std::vector<std::string>> found = split_shell_words(value.text);
    if (!found) return warn(value, fmt::format("{} is not used: {}", name, found.error().message));
    words.insert(words.end(), found->begin(), found->end());
  }

  void read_connection(Server& server) {
    const AnsibleVariable* value = usable({"ansible_connection"});
    if (value == nullptr) return;
    const std::string kind = value->text.substr(value->text.rfind('.') + 1);  // ansible.builtin.ssh
    if (kind == "local") server.transport = TransportKind::local;
    else if (kind != "ssh" && kind != "smart" && kind != "paramiko" && kind != "paramiko_ssh")
      warn(*value, fmt::format("ansible_connection {} is not known here: ssh is used", shown(value->text)),
           "known are ssh and local");
  }

  void read_become(Become& become) {
    if (const auto* value = usable({"ansible_become"})) {
      const std::optional<bool> on = boolean_word(value->text);
      if (on) become.enabled = *on;
      else if (value->text == "1" || value->text == "0") become.enabled = value->text == "1";
      else warn(*value, fmt::format("ansible_become {} is neither yes nor no: not used", shown(value->text)));
    }
    if (const auto* user = usable({"ansible_become_user"}, user_problem)) become.user = user->text;
    if (const auto* method = usable({"ansible_become_method"})) {
      const std::string name = method->text.substr(method->text.rfind('.') + 1);
      if (name != "sudo")
        warn(*method, fmt::format("ansible_become_method {} is not known here: sudo is used", shown(method->text)));
    }
    if (const auto* secret = find({"ansible_become_password", "ansible_become_pass", "ansible_sudo_pass"})) {
      warn(*secret, "ansible_become_password is not used: a password does not belong into an inventory",
           "write it into a file that only maintain's user can read, and name the file in servers.yml: become: "
           "{password_file: ...}",
           ErrorKind::refused);
    }
  }

  AnsibleVariables variables_;
  const AnsibleServerRules& rules_;
  std::set<std::string>& told_;
  std::vector<Error>& warnings_;
};

}  // namespace

Server server_from_host(const AnsibleInventory& inventory, const AnsibleHost& host, const std::string& name,
                        const AnsibleServerRules& rules, std::set<std::string>& told, std::vector<Error>& warnings) {
  Server server;
  server.name = name;
  server.where = host.where;
  if (host.name != name) server.address = host.name;
  for (const std::size_t group : inventory.groups_of(host)) {
    const std::string& group_name = inventory.groups()[group].name;
    if (group_name != "all" && group_name != "ungrouped") server.groups.push_back(group_name);
  }
  std::sort(server.groups.begin(), server.groups.end());
  HostReader(inventory.variables_of(host), rules, told, warnings).read_into(server);
  return server;
}

}  // namespace maintain
