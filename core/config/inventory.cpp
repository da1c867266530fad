#include "config/inventory.hpp"

#include <algorithm>
#include <set>
#include <system_error>

#include "base/fd.hpp"
#include "config/ansible_server.hpp"
#include "config/ansible_source.hpp"
#include "config/platform.hpp"
#include "config/problems.hpp"
#include "config/server_words.hpp"
#include "config/servers_file.hpp"
#include "config/yaml_scalar.hpp"

namespace maintain {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t largest_servers_file = 8 * 1024 * 1024;

std::string below(const fs::path& directory, const fs::path& home, const std::string& file) {
  return file.starts_with("~/") ? home / file.substr(2) : directory / file;
}

// What servers.yml says goes before what the inventory says.
void apply(const ServerEntry& entry, const fs::path& directory, const fs::path& home, Server& server) {
  server.where = entry.where;
  if (entry.address) server.address = *entry.address;
  if (entry.port) server.port = *entry.port;
  if (entry.user) server.user = *entry.user;
  if (entry.transport) server.transport = *entry.transport;
  if (entry.ssh_options) server.ssh_options = *entry.ssh_options;
  if (entry.identity_files) {
    server.identity_files.clear();
    for (const std::string& file : *entry.identity_files) server.identity_files.push_back(below(directory, home, file));
  }
  if (entry.become) server.become.enabled = *entry.become;
  if (entry.become_user) server.become.user = *entry.become_user;
  if (entry.password_file) server.become.password_file = below(directory, home, *entry.password_file);
  if (entry.password_command) server.become.password_command = *entry.password_command;
  server.transient = entry.transient;
  server.enabled = entry.enabled;
  server.wave = entry.wave;
  server.tags = entry.tags;
  server.expect = entry.expect;
  for (const std::string& group : entry.groups) {
    if (std::find(server.groups.begin(), server.groups.end(), group) == server.groups.end())
      server.groups.push_back(group);
  }
}

class Joiner {
 public:
  Joiner(const Settings& settings, const AnsibleInventory& ansible) : settings_(settings), ansible_(ansible) {
    rules_.home = Platform::here().home;
    std::error_code ignored;
    rules_.directory = fs::is_directory(settings.inventory, ignored) ? settings.inventory
                                                                     : settings.inventory.parent_path();
  }

  // The earlier bot's convention first: a server is a group, and the group's first host is where it is.
  Server server(const ServerEntry& entry) {
    std::optional<std::size_t> host;
    if (const auto group = ansible_.find_group(entry.name)) {
      const std::vector<std::size_t> hosts = ansible_.hosts_of(*group);
      if (!hosts.empty()) host = hosts.front();
    }
    if (!host) host = ansible_.find_host(entry.name);
    Server server;
    server.name = entry.name;
    if (host) server = from_host(ansible_.hosts()[*host], entry.name);
    apply(entry, settings_.config_directory, rules_.home, server);
    return server;
  }

  Server from_host(const AnsibleHost& host, const std::string& name) {
    return server_from_host(ansible_, host, name, rules_, told_, warnings);
  }

  std::vector<Error> warnings;

 private:
  const Settings& settings_;
  const AnsibleInventory& ansible_;
  AnsibleServerRules rules_;
  std::set<std::string> told_;
};

}  // namespace

const Server* Inventory::find(const std::string& name) const {
  const auto found = std::find_if(servers.begin(), servers.end(),
                                  [&](const Server& server) { return server.name == name; });
  return found == servers.end() ? nullptr : &*found;
}

Result<Inventory> read_inventory(const Settings& settings) {
  const fs::path servers_file = settings.config_directory / "servers.yml";
  const Result<std::string> text = read_file(servers_file, largest_servers_file);
  const bool has_servers_file = text || text.error().kind != ErrorKind::not_found;
  if (!text && has_servers_file) return fail(unreadable(text.error()));
  if (!has_servers_file && settings.inventory.empty()) {
    return fail(ErrorKind::not_found,
                "no servers: there is neither servers.yml nor inventory in " + settings.config_directory.string(),
                "write servers.yml with: servers: [{name: web1, address: web1.example.org}]");
  }
  AnsibleInventory ansible;
  if (!settings.inventory.empty()) {
    Result<AnsibleInventory> read = read_ansible_inventory(settings.inventory);
    if (!read) return fail(unreadable(read.error()));
    ansible = std::move(*read);
  }

  Joiner joiner(settings, ansible);
  Inventory inventory;
  if (has_servers_file) {
    const Result<std::vector<ServerEntry>> entries = parse_servers_file(servers_file.string(), *text);
    if (!entries) return fail(entries.error());
    for (const ServerEntry& entry : *entries) inventory.servers.push_back(joiner.server(entry));
  } else {
    std::vector<Error> errors;
    for (const AnsibleHost& host : ansible.hosts()) {
      const std::string problem = name_problem(host.name);
      if (problem.empty()) inventory.servers.push_back(joiner.from_host(host, host.name));
      else errors.push_back({ErrorKind::configuration, "the host name " + shown(host.name) + " " + problem,
                             "it would be the server's name; give it another one and ansible_host", host.where});
    }
    if (!errors.empty()) return fail(combine(std::move(errors)));
  }
  inventory.warnings = std::move(ansible.warnings);
  inventory.warnings.insert(inventory.warnings.end(), joiner.warnings.begin(), joiner.warnings.end());

  std::vector<Error> errors;
  for (const Server& server : inventory.servers) {
    if (const std::string problem = address_problem(server.host()); !problem.empty()) {
      errors.push_back({ErrorKind::configuration,
                        "the address " + shown(server.host()) + " of server " + server.name + " " + problem,
                        {}, server.where});
    }
  }
  if (!errors.empty()) return fail(combine(std::move(errors)));
  std::stable_sort(inventory.servers.begin(), inventory.servers.end(),
                   [](const Server& a, const Server& b) { return a.wave < b.wave; });
  return inventory;
}

}  // namespace maintain
