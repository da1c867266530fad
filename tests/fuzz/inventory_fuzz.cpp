// Any text is read as an inventory, in each of its formats, or refused with a reason; and what was read can be asked.
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>

#include "config/ansible_formats.hpp"
#include "config/ansible_server.hpp"
#include "config/server_words.hpp"
#include "config/servers_file.hpp"

using namespace maintain;

namespace {

void ask(AnsibleInventory& inventory) {
  if (!inventory.settle()) return;
  std::set<std::string> told;
  std::vector<Error> warnings;
  const AnsibleServerRules rules{"/home/fuzz", "/etc/maintain"};
  for (std::size_t i = 0; i < inventory.hosts().size() && i < 100; ++i) {
    const AnsibleHost& host = inventory.hosts()[i];
    const Server server = server_from_host(inventory, host, host.name, rules, told, warnings);
    if (!server.address.empty() && server.address != host.name && !address_problem(server.address).empty())
      std::abort();
    if (!server.user.empty() && !user_problem(server.user).empty()) std::abort();
  }
  for (std::size_t i = 0; i < inventory.groups().size() && i < 100; ++i) inventory.hosts_of(i);
}

}  // namespace

// The first byte chooses the format.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  AnsibleInventory inventory;
  Result<void> done;
  switch (data[0] % 4) {
    case 0: done = read_ansible_ini(inventory, "hosts", text); break;
    case 1: {
      const Result<YamlDocument> document = parse_yaml("hosts.yml", text, ansible_yaml_limits());
      done = document ? read_ansible_yaml(inventory, *document) : fail(document.error());
      break;
    }
    case 2: done = read_ansible_json(inventory, "script", text); break;
    case 3: {
      const auto entries = parse_servers_file("servers.yml", text);
      if (!entries) return entries.error().message.empty() ? (std::abort(), 0) : 0;
      for (const ServerEntry& entry : *entries) {
        if (!name_problem(entry.name).empty()) std::abort();
      }
      return 0;
    }
  }
  if (done) ask(inventory);
  else if (done.error().message.empty()) std::abort();
  return 0;
}
