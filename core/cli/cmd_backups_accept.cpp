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

std::string waiting_copy(const TaskCopies& copies, const TaskKey& key, const std::string& wanted) {
  std::vector<std::string> waiting;
  for (const CopyManifest& copy : value_or_fatal(copies.list()))
    if (copy.state == CopyState::quarantined) waiting.push_back(copy.id);
  if (waiting.empty())
    fatal({ErrorKind::usage, fmt::format("no copy of {} is quarantined", to_string(key)),
           fmt::format("maintain backups list {} {}", key.server, key.task), {}});
  if (wanted.empty() && waiting.size() == 1) return waiting.front();
  if (std::find(waiting.begin(), waiting.end(), wanted) != waiting.end()) return wanted;
  fatal({ErrorKind::usage,
         wanted.empty() ? fmt::format("{} copies of {} are quarantined", waiting.size(), to_string(key))
                        : fmt::format("'{}' is no quarantined copy of {}", printable(wanted), to_string(key)),
         "name one of " + join(waiting, ", "), {}});
}

void accept(Program& program, const Options& options) {
  refuse_copies_of_another(program);
  const TaskKey key = select_copies_of_one(program, options.of);
  TaskCopies copies(program.settings().backup_directory, key);
  const std::string id = waiting_copy(copies, key, options.id);
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
  command->add_flag("--discard", options->discard, "Remove it instead");
  command->callback([&program, options] { accept(program, *options); });
}

}  // namespace maintain
