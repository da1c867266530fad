#include "cli/program.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "store/sqlite_store.hpp"

namespace maintain {
namespace {

std::filesystem::path store_path(const Settings& settings) { return settings.state_directory / "state.sqlite"; }

bool belongs_to(const Server& server, const std::string& name) {
  const auto among = [&](const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  return among(server.groups) || among(server.tags);
}

}  // namespace

const Settings& Program::settings() {
  if (settings_) return *settings_;
  settings_ = value_or_fatal(read_settings(find_config_directory(config_directory)));
  if (backup_directory) settings_->backup_directory = *backup_directory;
  if (log_directory) settings_->log_directory = *log_directory;
  return *settings_;
}

const Inventory& Program::inventory() {
  if (!inventory_) inventory_ = value_or_fatal(read_inventory(settings()));
  return *inventory_;
}

const Catalog& Program::catalog() {
  if (!catalog_) catalog_ = read_catalog(settings().plugin_directories);
  return *catalog_;
}

std::unique_ptr<StateStore> Program::writable_store() {
  ok_or_fatal(make_directories(settings().state_directory, 0700));
  return value_or_fatal(open_sqlite_store(store_path(settings()), Access::read_write));
}

std::unique_ptr<StateStore> Program::readable_store() {
  if (::access(store_path(settings()).c_str(), F_OK) != 0) return nullptr;
  return value_or_fatal(open_sqlite_store(store_path(settings()), Access::read_only));
}

std::vector<Server> Program::select_servers(const std::vector<std::string>& names) {
  std::vector<Server> selected;
  const auto add = [&](const Server& server) {
    const auto same = [&](const Server& other) { return other.name == server.name; };
    if (std::none_of(selected.begin(), selected.end(), same)) selected.push_back(server);
  };
  for (const std::string& name : names) {
    const bool is_group = name.starts_with('@');
    const std::size_t before = selected.size();
    for (const Server& server : inventory().servers)
      if (is_group ? server.enabled && belongs_to(server, name.substr(1)) : server.name == name) add(server);
    if (selected.size() > before || is_group) {
      if (!selected.empty()) continue;
      fatal({ErrorKind::usage, fmt::format("no enabled server has the group or tag '{}'", name.substr(1)),
                                     "groups and tags come from the inventory in " + settings().config_directory.string(), {}});
    }
    const auto same = [&](const Server& other) { return other.name == name; };
    if (std::any_of(selected.begin(), selected.end(), same)) continue;
    std::vector<std::string> known;
    for (const Server& server : inventory().servers) known.push_back(server.name);
    const std::string near = nearest(name, known);
    fatal({ErrorKind::usage, fmt::format("no server '{}' in {}", name, settings().config_directory.string()),
                 near.empty() ? "'maintain config check' shows what is read" : fmt::format("did you mean '{}'?", near), {}});
  }
  if (names.empty())
    for (const Server& server : inventory().servers)
      if (server.enabled) add(server);
  return selected;
}

bool Program::standard_output_is_terminal() const { return ::isatty(STDOUT_FILENO) == 1; }
bool Program::standard_error_is_terminal() const { return ::isatty(STDERR_FILENO) == 1; }

bool Program::colours() const {
  const char* refused = std::getenv("NO_COLOR");
  return standard_output_is_terminal() && (refused == nullptr || *refused == '\0');
}

void print(const std::string& text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!written) fatal(fail_errno("cannot write to standard output", errno).value());
}

}  // namespace maintain
