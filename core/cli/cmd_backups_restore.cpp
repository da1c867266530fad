#include <cstdio>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/text.hpp"
#include "cli/backups.hpp"
#include "cli/by_hand.hpp"
#include "cli/commands.hpp"
#include "store/sqlite_store.hpp"

namespace maintain {
namespace {

namespace fs = std::filesystem;

struct Options {
  CopiesOf of;
  std::string at = "latest";
  std::string to;
  std::string database;
  std::string volume;
  std::string user;
  bool replace = false;
  bool dry_run = false;
};

// SERVER:PATH, database:NAME and volume:NAME are on a server; all else is a directory here.
bool is_here(const std::string& to) {
  const std::size_t colon = to.find(':');
  return colon == std::string::npos || to.find('/') < colon;
}

// The worker may write below it, whatever a server or a copy makes of the worker.
fs::path directory_here(const std::string& to) {
  fs::path directory = to.empty() ? fs::path() : fs::absolute(to).lexically_normal();
  if (!directory.has_filename()) directory = directory.parent_path();  // a slash at the end
  if (directory.empty() || directory == directory.root_path())
    fatal({ErrorKind::usage, fmt::format("--to: '{}' is no directory to restore to", printable(to)),
           "name one of its own, as in --to /root/restored; from there its files can be put where they belong", {}});
  return directory;
}

void restore(Program& program, const Options& options) {
  program.refuse_state_of_another();  // before anything is made
  const TaskKey key = select_copies_of_one(program, options.of);
  const TaskCopies copies(program.settings().backup_directory, key);
  const OpenCopy copy = value_or_fatal(copies.open(options.at));
  if (copy.manifest.state == CopyState::damaged) {
    if (copy.manifest.type.empty())
      fatal({ErrorKind::refused, fmt::format("{} is damaged: {}", copy.manifest.id, copy.manifest.damage),
             fmt::format("what is left of its files is in {}", (copy.path / data_name).string()), {}});
    std::fprintf(stderr, "maintain: %s is damaged, and what is wrong with it comes along: %s\n",
                 copy.manifest.id.c_str(), copy.manifest.damage.c_str());
  }
  const TaskType& type = type_that_made(program, copy.manifest);
  if (type.restore.empty())
    fatal({ErrorKind::usage, fmt::format("copies of {} are not restored by a program", type.name),
           fmt::format("its files are in {}", (copy.path / data_name).string()), {}});

  ByHand wanted;
  wanted.copies = key;
  wanted.name = key.task + ".restore";
  wanted.type = type.restore;
  wanted.dry_run = options.dry_run;
  std::string to = options.to;
  if (is_here(to)) {
    const fs::path directory = directory_here(to);
    if (!options.dry_run) {
      // Made here, because the worker may write nowhere else.
      ok_or_fatal(make_directories(directory, 0700));
      wanted.writable.push_back(directory);
    }
    to = directory.string();
  }
  wanted.options = {{"at", copy.manifest.id}, {"to", to}, {"replace", options.replace}};
  if (!options.database.empty()) wanted.options["database"] = options.database;
  if (!options.volume.empty()) wanted.options["volume"] = options.volume;
  if (!options.user.empty()) wanted.options["user"] = options.user;
  // Nothing of it is kept: it says nothing of how the server is. A run may go on beside it.
  const auto store = value_or_fatal(open_memory_store());
  run_by_hand(program, wanted, *store);
}

}  // namespace

void add_backups_restore(CLI::App& backups, Program& program) {
  CLI::App* command = add_command(backups, "restore", "backups", "Restore a copy");
  const auto options = std::make_shared<Options>();
  add_copies_arguments(*command, options->of, true);
  command->add_option("--to", options->to, "A directory here, SERVER:/PATH, database:NAME or volume:NAME")->required()
      ->type_name("TARGET");
  command->add_option("--at", options->at, "Which copy: its id, a moment or day (the newest until then), or latest")
      ->capture_default_str()->type_name("COPY");
  command->add_option("--database", options->database, "Which one, of a copy that holds several")->type_name("NAME");
  command->add_option("--volume", options->volume, "Which one, of a copy that holds several")->type_name("NAME");
  command->add_option("--user", options->user, "Whom a database is restored as, on its server")->type_name("NAME");
  command->add_flag("--replace", options->replace, "Overwrite what is there");
  command->add_flag("--dry-run,-n", options->dry_run, "Change nothing; say what would be done");
  command->callback([&program, options] { restore(program, *options); });
}

}  // namespace maintain
