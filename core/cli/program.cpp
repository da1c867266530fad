#include "cli/program.hpp"

#include <pwd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "config/task_entry.hpp"
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

[[noreturn]] void unknown_server(const Inventory& inventory, const std::string& name, const std::string& directory) {
  std::vector<std::string> known;
  for (const Server& server : inventory.servers) {
    known.push_back(server.name);
    for (const std::string& group : server.groups) known.push_back("@" + group);
    for (const std::string& tag : server.tags) known.push_back("@" + tag);
  }
  const std::string near = nearest(name, known);
  const std::string hint = near.empty() || near == name ? "'maintain config check' shows what is read"
                                                        : fmt::format("did you mean '{}'?", near);
  if (name.starts_with('@'))
    fatal({ErrorKind::usage,
           fmt::format("no enabled server has the group or tag '{}' in {}", name.substr(1), directory), hint, {}});
  fatal({ErrorKind::usage, fmt::format("no server '{}' in {}", name, directory), hint, {}});
}

}  // namespace

const Settings& Program::settings() {
  if (settings_) return *settings_;
  settings_ = value_or_fatal(read_settings(find_config_directory(config_directory)));
  if (backup_directory) settings_->backup_directory = *backup_directory;
  return *settings_;
}

const Inventory& Program::inventory() {
  if (!inventory_) inventory_ = value_or_fatal(read_inventory(settings()));
  return *inventory_;
}

const Catalog& Program::catalog() {
  if (!catalog_) catalog_ = read_catalog(settings().plugin_directories, check_task_schema);
  return *catalog_;
}

void Program::refuse_state_of_another() {
  const std::string directory = settings().state_directory.string();
  struct stat status {};
  if (::geteuid() != 0 || ::stat(directory.c_str(), &status) != 0 || status.st_uid == 0) return;
  const passwd* owner = ::getpwuid(status.st_uid);
  const std::string name = owner != nullptr ? owner->pw_name : "#" + std::to_string(status.st_uid);
  fatal({ErrorKind::refused, fmt::format("{} belongs to {}, who could not use what root leaves there", directory, name),
         fmt::format("do it as that user: sudo -u {} maintain …", name), {}});
}

std::unique_ptr<StateStore> Program::writable_store() {
  ok_or_fatal(make_directories(settings().state_directory, 0700));
  return value_or_fatal(open_sqlite_store(store_path(settings()), Access::read_write));
}

std::unique_ptr<StateStore> Program::readable_store() {
  const std::string file = store_path(settings()).string();
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) {
    const int error = errno;
    if (error == ENOENT) return nullptr;
    Error unreadable = fail_errno("cannot look at " + file, error).value();
    if (error == EACCES) unreadable.hint = "do it as the user that maintain runs as";
    fatal(unreadable);
  }
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
    bool found = false;
    for (const Server& server : inventory().servers) {
      if (!(is_group ? server.enabled && belongs_to(server, name.substr(1)) : server.name == name)) continue;
      found = true;
      add(server);
    }
    if (!found) unknown_server(inventory(), name, settings().config_directory.string());
  }
  if (names.empty())
    for (const Server& server : inventory().servers)
      if (server.enabled) add(server);
  return selected;
}

ExitStatus Program::settled(ExitStatus status) const {
  const bool only_trouble = status == ExitStatus::well || status == ExitStatus::unreachable;
  return interrupted && only_trouble ? ExitStatus::findings : status;
}

bool Program::standard_output_is_terminal() const { return ::isatty(STDOUT_FILENO) == 1; }
bool Program::standard_error_is_terminal() const { return ::isatty(STDERR_FILENO) == 1; }

int Program::table_width() const {
  winsize size{};
  return standard_output_is_terminal() && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

bool Program::colours() const {
  const char* refused = std::getenv("NO_COLOR");
  return standard_output_is_terminal() && (refused == nullptr || *refused == '\0');
}

bool Program::utf8_locale() const {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;  // an empty one counts as not set
    std::string locale;
    for (const char* c = value; *c != '\0'; ++c)
      if (*c != '-') locale += static_cast<char>(std::tolower(static_cast<unsigned char>(*c)));
    return locale.find(".utf8") != std::string::npos;
  }
  return false;
}

void print(const std::string& text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!written) fatal(fail_errno("cannot write to standard output", errno).value());
}

}  // namespace maintain
