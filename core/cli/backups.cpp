#include "cli/backups.hpp"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "base/text.hpp"

namespace maintain {
namespace {

std::string name_of_user(uid_t user) {
  const passwd* entry = ::getpwuid(user);
  return entry != nullptr ? entry->pw_name : "#" + std::to_string(user);
}

bool fits(const TaskKey& key, const CopiesOf& of) {
  return (of.server.empty() || key.server == of.server) &&
         (of.task.empty() || key.task == of.task || key.project + "/" + key.task == of.task);
}

[[noreturn]] void refuse_unknown(const std::vector<TaskKey>& known, const CopiesOf& of,
                                 const std::filesystem::path& directory) {
  const bool no_server = std::none_of(known.begin(), known.end(),
                                      [&](const TaskKey& key) { return key.server == of.server; });
  std::vector<std::string> names;
  for (const TaskKey& key : known) {
    if (no_server) names.push_back(key.server);
    else if (key.server == of.server) names.push_back(key.task);
  }
  const std::string wanted = no_server ? of.server : of.task;
  const std::string near = nearest(wanted, names);
  const std::string what = no_server ? fmt::format("there is no copy of the server '{}'", printable(wanted))
                                     : fmt::format("'{}' of {} has no copies", printable(wanted), of.server);
  fatal({ErrorKind::usage, fmt::format("{} in {}", what, directory.string()),
         near.empty() ? "'maintain backups list' shows what there is" : fmt::format("did you mean '{}'?", near), {}});
}

}  // namespace

void add_copies_arguments(CLI::App& command, CopiesOf& of, bool required) {
  command.add_option("server", of.server, "Copies of this server")->required(required)->type_name("SERVER");
  command.add_option("task", of.task, "Copies of this task: TASK or PROJECT/TASK")->required(required)
      ->type_name("TASK");
}

std::vector<TaskKey> select_copies(Program& program, const CopiesOf& of) {
  const std::filesystem::path& directory = program.settings().backup_directory;
  if (::access(directory.c_str(), F_OK) == 0 && ::access(directory.c_str(), R_OK | X_OK) != 0) {
    Error unreadable = fail_errno("cannot read " + directory.string(), errno).value();
    unreadable.hint = "do it as the user that maintain runs as";
    fatal(unreadable);
  }
  const std::vector<TaskKey> known = tasks_with_copies(directory);
  std::vector<TaskKey> selected;
  for (const TaskKey& key : known)
    if (fits(key, of)) selected.push_back(key);
  if (selected.empty() && !(of.server.empty() && of.task.empty())) refuse_unknown(known, of, directory);
  return selected;
}

TaskKey select_copies_of_one(Program& program, const CopiesOf& of) {
  const std::vector<TaskKey> selected = select_copies(program, of);
  if (selected.size() == 1) return selected.front();
  std::vector<std::string> names;
  for (const TaskKey& key : selected) names.push_back(key.project + "/" + key.task);
  fatal({ErrorKind::usage, fmt::format("'{}' is a task of several projects of {}", of.task, of.server),
         "one of " + join(names, ", "), {}});
}

void refuse_copies_of_another(Program& program) {
  const std::string directory = program.settings().backup_directory.string();
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0 || status.st_uid == ::geteuid()) return;
  const std::string name = name_of_user(status.st_uid);
  fatal({ErrorKind::refused,
         fmt::format("the copies in {} belong to {}, who could not use what {} leaves there", directory, name,
                     name_of_user(::geteuid())),
         fmt::format("do it as that user: sudo -u {} maintain …", name), {}});
}

}  // namespace maintain
