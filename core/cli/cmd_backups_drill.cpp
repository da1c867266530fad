#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "cli/backups.hpp"
#include "cli/by_hand.hpp"
#include "cli/commands.hpp"
#include "run/run_lock.hpp"

namespace maintain {
namespace {

constexpr const char* drill_key = "drill";

struct Options {
  CopiesOf of;
  std::string at = "latest";
};

void drill(Program& program, const Options& options) {
  program.refuse_state_of_another();  // before anything is made
  refuse_copies_of_another(program);
  const TaskKey key = select_copies_of_one(program, options.of);
  const TaskCopies copies(program.settings().backup_directory, key);
  const OpenCopy copy = value_or_fatal(copies.open(options.at));
  const TaskType& type = type_that_made(program, copy.manifest);
  const auto companion = std::find_if(type.companions.begin(), type.companions.end(),
                                      [](const Companion& one) { return one.key == drill_key; });
  if (companion == type.companions.end())
    fatal({ErrorKind::usage, fmt::format("there are no drills for copies of {}", type.name), {}, {}});

  ByHand wanted;
  wanted.copies = key;
  wanted.name = key.task + "." + drill_key;
  wanted.type = companion->type;
  wanted.options = {{"at", copy.manifest.id}};
  wanted.kept = true;

  // It counts as the scheduled one does.
  const auto store = program.writable_store();
  const RunLock lock = value_or_fatal(take_run_lock(program.settings().state_directory, program.clock().now()));
  run_by_hand(program, wanted, *store);
}

}  // namespace

void add_backups_drill(CLI::App& backups, Program& program) {
  CLI::App* command = add_command(backups, "drill", "backups", "Restore a copy for test, and check what comes");
  const auto options = std::make_shared<Options>();
  add_copies_arguments(*command, options->of, true);
  command->add_option("--at", options->at, "Which copy: its id, a moment or day (the newest until then), or latest")
      ->capture_default_str()->type_name("COPY");
  command->callback([&program, options] { drill(program, *options); });
}

}  // namespace maintain
