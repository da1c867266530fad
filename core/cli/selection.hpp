// --server and --task, the same on every command that takes them.
#pragma once

#include <set>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace maintain {

struct Selection {
  std::vector<std::string> servers;
  std::vector<std::string> tasks;

  std::set<std::string> task_set() const { return {tasks.begin(), tasks.end()}; }
};

inline void add_server_option(CLI::App& command, Selection& selection) {
  command.add_option("--server,-s", selection.servers, "Only this server, or a group as @GROUP (repeatable)")
      ->type_name("NAME");
}
inline void add_server_arguments(CLI::App& command, Selection& selection) {
  command.add_option("servers", selection.servers, "Servers, or groups as @GROUP; all when none is named")
      ->type_name("SERVER");
}
inline void add_task_option(CLI::App& command, Selection& selection) {
  command.add_option("--task,-t", selection.tasks, "Only this task: TASK, PROJECT/TASK or its type (repeatable)")
      ->type_name("TASK");
}

}  // namespace maintain
