#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cli/backups.hpp"
#include "cli/commands.hpp"

namespace maintain {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  CopiesOf of;
  std::string id;
  bool discard = false;
};

// Only one that is not taken for good may be removed; only one that is whole may be taken for good.
bool is_waiting(const CopyManifest& copy, bool discard) {
  return copy.state == CopyState::quarantined || (discard && copy.state == CopyState::damaged);
}

std::string waiting_copy(const TaskCopies& copies, const TaskKey& key, const Options& options) {
  const char* const what = options.discard ? "quarantined or damaged" : "quarantined";
  std::vector<std::string> waiting;
  for (const CopyManifest& copy : value_or_fatal(copies.list())) {
    if (is_waiting(copy, options.discard)) waiting.push_back(copy.id);
    else if (copy.id == options.id && copy.state == CopyState::damaged)
      fatal({ErrorKind::usage, fmt::format("{} of {} is damaged: {}", copy.id, to_string(key), copy.damage),
             "it can only go, with --discard; 'maintain backups verify' finds out whether it is whole again", {}});
  }
  if (waiting.empty())
    fatal({ErrorKind::usage, fmt::format("no copy of {} is {}", to_string(key), what),
           fmt::format("maintain backups list {} {}", key.server, key.task), {}});
  if (options.id.empty() && waiting.size() == 1) return waiting.front();
  if (std::find(waiting.begin(), waiting.end(), options.id) != waiting.end()) return options.id;
  fatal({ErrorKind::usage,
         options.id.empty() ? fmt::format("{} copies of {} are {}", waiting.size(), to_string(key), what)
                            : fmt::format("'{}' is no {} copy of {}", printable(options.id), what, to_string(key)),
         "name one of " + join(waiting, ", "), {}});
}

void accept(Program& program, const Options& options) {
  refuse_copies_of_another(program);
  const TaskKey key = select_copies_of_one(program, options.of);
  TaskCopies copies(program.settings().backup_directory, key);
  const std::string id = waiting_copy(copies, key, options);
  if (options.discard) ok_or_fatal(copies.discard(id, never_interrupted));
  else ok_or_fatal(copies.accept(id, program.clock().now()));
  if (program.json)
    return print(Json{{"server", key.server}, {"project", key.project}, {"task", key.task}, {"id", id},
                      {"discarded", options.discard}}.dump(2) + "\n");
  print(fmt::format("{} {} of {}\n", options.discard ? "Removed" : "Accepted", id, to_string(key)));
}

}  // namespace

void add_backups_accept(CLI::App& backups, Program& program) {
  CLI::App* command = add_command(backups, "accept", "backups", "Take a quarantined copy for a good one");
  const auto options = std::make_shared<Options>();
  add_copies_arguments(*command, options->of, true);
  command->add_option("copy", options->id, "Which one, when several wait")->type_name("COPY");
  command->add_flag("--discard", options->discard, "Remove it instead, or a damaged one");
  command->callback([&program, options] { accept(program, *options); });
}

}  // namespace maintain
