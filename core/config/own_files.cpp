#include "config/own_files.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>
#include <system_error>

#include <fmt/format.h>

#include "base/text.hpp"

namespace maintain {
namespace {

// Those of maintain.facts/1, and `os`, which joins two of them.
const std::vector<std::string> known_facts = {
    "os",      "os_id",          "os_version", "os_codename", "hostname", "kernel", "arch",
    "boot_id", "uptime_seconds", "init",       "container",   "user",     "time_ms"};

class Doubts {
 public:
  // One file may be named by all servers: it is told once.
  void about_file(const char* what, const std::string& file, const std::string& remedy,
                  const std::optional<Position>& where) {
    if (!seen_.insert(file).second || ::access(file.c_str(), R_OK) == 0) return;
    const int error = errno;
    const bool absent = error == ENOENT || error == ENOTDIR;
    add(fmt::format("{} {} {}", what, printable(file),
                    absent ? "does not exist" : "cannot be read: " + std::generic_category().message(error)),
        absent ? remedy : "the user that runs maintain must be able to read it", where);
  }
  void about_expected(const Server& server) {
    for (const auto& [name, value] : server.expect) {
      if (std::find(known_facts.begin(), known_facts.end(), name) != known_facts.end()) continue;
      const std::string near = nearest(name, known_facts);
      add(fmt::format("{}: no server has a fact '{}'", server.name, printable(name)),
          near.empty() ? "there are: " + join(known_facts, ", ") : fmt::format("did you mean '{}'?", near),
          server.where);
    }
  }
  void add(std::string message, std::string hint, std::optional<Position> where) {
    found.push_back({ErrorKind::configuration, std::move(message), std::move(hint), std::move(where)});
  }

  std::vector<Error> found;

 private:
  std::set<std::string> seen_;
};

}  // namespace

std::vector<Error> doubts_about(const Settings& settings, const Inventory& inventory) {
  Doubts doubts;
  if (inventory.servers.empty())
    doubts.add("there is no server to maintain",
               "list them in servers.yml: servers: [{name: web1, address: web1.example.org}]", {});
  for (const std::filesystem::path& directory : settings.plugin_directories) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(directory, ignored))
      doubts.add(fmt::format("the plugin directory {} does not exist", directory.string()),
                 "see `plugins` below `paths` in maintain.yml", {});
  }
  for (const std::string& file : settings.identity_files)
    doubts.about_file("the private key", file, "make it with ssh-keygen -t ed25519 -f " + file, {});
  for (const Server& server : inventory.servers) {
    for (const std::string& file : server.identity_files)
      doubts.about_file("the private key", file, "make it with ssh-keygen -t ed25519 -f " + file, server.where);
    if (!server.become.password_file.empty())
      doubts.about_file("the password file", server.become.password_file, "its first line is the password for sudo",
                        server.where);
    if (server.transport == TransportKind::libssh2 && !server.ssh_options.empty())
      doubts.add(fmt::format("{}: libssh2 has no options of ssh, so that no connection will be made", server.name),
                 "set its transport to auto or openssh", server.where);
    doubts.about_expected(server);
  }
  return std::move(doubts.found);
}

}  // namespace maintain
