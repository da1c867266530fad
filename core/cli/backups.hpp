// The commands of `maintain backups`, one file each, and how they find the copies that a person means.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "backup/task_copies.hpp"
#include "cli/program.hpp"
#include "model/plan.hpp"

namespace maintain {

void add_backups_list(CLI::App& backups, Program& program);
void add_backups_verify(CLI::App& backups, Program& program);
void add_backups_prune(CLI::App& backups, Program& program);
void add_backups_accept(CLI::App& backups, Program& program);
void add_backups_push(CLI::App& backups, Program& program);
void add_backups_restore(CLI::App& backups, Program& program);
void add_backups_drill(CLI::App& backups, Program& program);

// SERVER and TASK as a person gives them.
struct CopiesOf {
  std::string server;  // empty: all
  std::string task;    // TASK or PROJECT/TASK; empty: all
};
void add_copies_arguments(CLI::App& command, CopiesOf& of, bool required);

// The tasks that have copies and are meant. Fatal: a name that fits none; copies that we may not read.
std::vector<TaskKey> select_copies(Program& program, const CopiesOf& of);
// The one that is meant. Fatal when several projects have a task of that name, too.
TaskKey select_copies_of_one(Program& program, const CopiesOf& of);

// Fatal when they belong to another user, who could not use what we would leave there.
void refuse_copies_of_another(Program& program);

// A signal ends a command in the middle of it: the store is made for that.
inline Result<void> never_interrupted() { return {}; }

}  // namespace maintain
