#include "config/ansible_inventory.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>

#include <fmt/format.h>

#include "config/yaml_scalar.hpp"

namespace maintain {
namespace {

constexpr std::size_t all = 0, ungrouped = 1;

bool holds(const std::vector<std::size_t>& list, std::size_t item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

void merge(AnsibleVariables& into, const AnsibleVariables& from) {
  for (const auto& [name, value] : from) into.insert_or_assign(name, value);
}

void merge_file(AnsibleVariables& into, const std::map<std::string, AnsibleVariables>& files, const std::string& name) {
  if (const auto file = files.find(name); file != files.end()) merge(into, file->second);
}

}  // namespace

AnsibleInventory::AnsibleInventory() {
  for (const char* name : {"all", "ungrouped"}) {
    group_index_.emplace(name, groups_.size());
    groups_.push_back({name});
  }
}

Result<std::size_t> AnsibleInventory::add_group(const std::string& name, const Position& where) {
  const auto [known, is_new] = group_index_.try_emplace(name, groups_.size());
  if (is_new) {
    if (groups_.size() >= most_groups) {
      return fail(Error{ErrorKind::refused, fmt::format("the inventory has more than {} groups", most_groups), {},
                        where});
    }
    groups_.push_back({name});
    groups_.back().where = where;
  }
  return known->second;
}

Result<std::size_t> AnsibleInventory::add_host(const std::string& name, std::size_t group, std::optional<int> port,
                                               const Position& where) {
  const auto [known, is_new] = host_index_.try_emplace(name, hosts_.size());
  const std::size_t host = known->second;
  if (is_new) {
    if (hosts_.size() >= most_hosts) {
      return fail(Error{ErrorKind::refused, fmt::format("the inventory has more than {} hosts", most_hosts), {},
                        where});
    }
    hosts_.push_back({name});
    hosts_.back().where = where;
    if (port) set_host_variable(host, "ansible_port", {std::to_string(*port), true, where});
  }
  if (holds(hosts_[host].groups, group)) return host;
  if (++memberships_ > most_memberships) {
    return fail(Error{ErrorKind::refused, "the inventory's groups list too many hosts", {}, where});
  }
  hosts_[host].groups.push_back(group);
  groups_[group].hosts.push_back(host);
  return host;
}

void AnsibleInventory::add_child(std::size_t parent, std::size_t child) {
  if (edges_.emplace(parent, child).second) groups_[parent].children.push_back(child);
}

void AnsibleInventory::set_host_variable(std::size_t host, const std::string& name, AnsibleVariable value) {
  hosts_[host].variables.insert_or_assign(name, std::move(value));
}

void AnsibleInventory::set_group_variable(std::size_t group, const std::string& name, AnsibleVariable value) {
  if (name == "ansible_group_priority") {
    int& priority = groups_[group].priority;
    const char* end = value.text.data() + value.text.size();
    if (std::from_chars(value.text.data(), end, priority).ptr != end) {
      warnings.push_back({ErrorKind::configuration, "ansible_group_priority is no whole number: " + shown(value.text),
                          {}, value.where});
    }
    return;
  }
  groups_[group].variables.insert_or_assign(name, std::move(value));
}

Result<void> AnsibleInventory::settle() {
  std::vector<std::size_t> parents(groups_.size(), 0);
  for (const AnsibleGroup& group : groups_) {
    for (const std::size_t child : group.children) ++parents[child];
  }
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (i == all || parents[i] > 0) continue;
    add_child(all, i);
    parents[i] = 1;
  }
  // From the top down: a group is reached when all its parents have been.
  std::vector<std::size_t> reached = {all};
  if (parents[all] > 0) reached.clear();
  std::size_t above = 0;
  for (std::size_t at = 0; at < reached.size(); ++at) {
    const AnsibleGroup& group = groups_[reached[at]];
    for (const std::size_t index : group.children) {
      AnsibleGroup& child = groups_[index];
      child.depth = std::max(child.depth, group.depth + 1);
      child.above.push_back(reached[at]);
      child.above.insert(child.above.end(), group.above.begin(), group.above.end());
      std::sort(child.above.begin(), child.above.end());
      child.above.erase(std::unique(child.above.begin(), child.above.end()), child.above.end());
      if (--parents[index] > 0) continue;
      reached.push_back(index);
      above += child.above.size();
      if (above > most_memberships) {
        return fail(Error{ErrorKind::refused, "the inventory's groups are nested too deep", {}, child.where});
      }
    }
  }
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (parents[i] == 0) continue;
    return fail(Error{ErrorKind::configuration,
                      fmt::format("the group '{}' is in a circle of groups that contain each other",
                                                            groups_[i].name),
                      "take one of them out of the other's children", groups_[i].where});
  }
  // `ungrouped` has those that no other group but `all` has.
  groups_[ungrouped].hosts.clear();
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    std::vector<std::size_t>& member_of = hosts_[i].groups;
    std::erase(member_of, ungrouped);
    if (std::any_of(member_of.begin(), member_of.end(), [](std::size_t group) { return group != all; })) continue;
    member_of.push_back(ungrouped);
    groups_[ungrouped].hosts.push_back(i);
  }
  return {};
}

std::optional<std::size_t> AnsibleInventory::find_host(const std::string& name) const {
  const auto found = host_index_.find(name);
  return found == host_index_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::size_t> AnsibleInventory::find_group(const std::string& name) const {
  const auto found = group_index_.find(name);
  return found == group_index_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::size_t> AnsibleInventory::hosts_of(std::size_t group) const {
  std::vector<std::size_t> found, queue = {group};
  std::vector<bool> seen_group(groups_.size(), false), seen_host(hosts_.size(), false);
  seen_group[group] = true;
  for (std::size_t at = 0; at < queue.size(); ++at) {
    for (const std::size_t host : groups_[queue[at]].hosts) {
      if (!seen_host[host]) found.push_back(host);
      seen_host[host] = true;
    }
    for (const std::size_t child : groups_[queue[at]].children) {
      if (!seen_group[child]) queue.push_back(child);
      seen_group[child] = true;
    }
  }
  return found;
}

std::vector<std::size_t> AnsibleInventory::groups_of(const AnsibleHost& host) const {
  std::vector<std::size_t> found = host.groups;
  for (const std::size_t group : host.groups) {
    found.insert(found.end(), groups_[group].above.begin(), groups_[group].above.end());
  }
  const auto rank = [&](std::size_t group) {
    return std::tie(groups_[group].depth, groups_[group].priority, groups_[group].name);
  };
  std::sort(found.begin(), found.end(), [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

AnsibleVariables AnsibleInventory::variables_of(const AnsibleHost& host) const {
  const std::vector<std::size_t> groups = groups_of(host);
  AnsibleVariables merged;
  for (const std::size_t group : groups) merge(merged, groups_[group].variables);
  for (const std::size_t group : groups) merge_file(merged, group_files, groups_[group].name);
  merge(merged, host.variables);
  merge_file(merged, host_files, host.name);
  return merged;
}

}  // namespace maintain
