// What an Ansible inventory says: hosts, groups of groups, and variables. Filled in by the readers of its formats
// (ansible_formats.hpp) and of its variable files (ansible_vars.hpp); then settle(), then the questions.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace maintain {

// A value as text: 22, yes, "a b". Lists and mappings are no use here and only marked.
struct AnsibleVariable {
  std::string text;
  bool is_scalar = true;
  Position where = {};
};
using AnsibleVariables = std::map<std::string, AnsibleVariable>;

struct AnsibleHost {
  std::string name;
  AnsibleVariables variables = {};
  std::vector<std::size_t> groups = {};  // that list it, not those above them
  Position where = {};
};

struct AnsibleGroup {
  std::string name;
  AnsibleVariables variables = {};
  std::vector<std::size_t> hosts = {};
  std::vector<std::size_t> children = {};
  Position where = {};
  int priority = 1;                      // ansible_group_priority
  int depth = 0;                         // longest way from `all`; after settle()
  std::vector<std::size_t> above = {};   // all its ancestors; after settle()
};

class AnsibleInventory {
 public:
  static constexpr std::size_t most_hosts = 100'000;
  static constexpr std::size_t most_groups = 20'000;
  static constexpr std::size_t most_memberships = 1'000'000;  // of hosts in groups, and of groups below groups

  AnsibleInventory();  // with the groups `all` and `ungrouped`

  // Adding what is there already does nothing more. refused beyond the limits.
  Result<std::size_t> add_group(const std::string& name, const Position& where);
  // The port belongs to a host when it is first named.
  Result<std::size_t> add_host(const std::string& name, std::size_t group, std::optional<int> port,
                               const Position& where);
  void add_child(std::size_t parent, std::size_t child);
  void set_host_variable(std::size_t host, const std::string& name, AnsibleVariable value);
  void set_group_variable(std::size_t group, const std::string& name, AnsibleVariable value);

  // Works out depths, ancestors and who is ungrouped. configuration error when groups contain each other,
  // refused beyond the limits.
  Result<void> settle();

  const std::vector<AnsibleHost>& hosts() const { return hosts_; }
  const std::vector<AnsibleGroup>& groups() const { return groups_; }
  std::optional<std::size_t> find_host(const std::string& name) const;
  std::optional<std::size_t> find_group(const std::string& name) const;

  // Hosts of the group in order: its own, then those of the groups below it.
  std::vector<std::size_t> hosts_of(std::size_t group) const;
  // Groups of the host, also those above, in the order in which their variables apply: by depth, priority, name.
  std::vector<std::size_t> groups_of(const AnsibleHost& host) const;
  // The host's variables as Ansible merges them, later ones winning: groups in the inventory, group_vars files, the
  // host in the inventory, host_vars files.
  AnsibleVariables variables_of(const AnsibleHost& host) const;

  std::map<std::string, AnsibleVariables> group_files;  // group_vars/NAME
  std::map<std::string, AnsibleVariables> host_files;   // host_vars/NAME
  std::vector<Error> warnings;

 private:
  std::vector<AnsibleHost> hosts_;
  std::vector<AnsibleGroup> groups_;
  std::unordered_map<std::string, std::size_t> host_index_;
  std::unordered_map<std::string, std::size_t> group_index_;
  std::set<std::pair<std::size_t, std::size_t>> edges_;  // parent, child
  std::size_t memberships_ = 0;
};

}  // namespace maintain
