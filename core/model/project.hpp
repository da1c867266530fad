// The owner of one configuration file on a server.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "model/task_spec.hpp"

namespace maintain {

struct Project {
  std::string name;                // empty for the unnamed project of a legacy file
  std::string file;                // path on the server
  std::string timezone = "UTC";
  std::string contact = {};
  std::set<std::string> allow = {};  // permissions granted; empty: all
  std::vector<TaskSpec> tasks = {};
  std::set<std::string> left_out = {};  // types of tasks that are declared and, for their mistakes, not in `tasks`
  std::optional<Position> allow_at = {};  // where `allow` stands
  bool unreadable = false;              // nothing is known of its tasks: the file is broken, and there is no good copy
};

// What parsing one configuration file gave: every good task, and an error for every bad one.
struct ParsedProject {
  Project project;
  std::vector<Error> errors = {};   // each with file, line and column
  bool usable = true;               // false: the file as a whole cannot be read; project.tasks is empty
};

}  // namespace maintain
