#include <unistd.h>

#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "backup/restic.hpp"
#include "backup/second_place.hpp"
#include "base/fd.hpp"
#include "base/text.hpp"
#include "cli/backups.hpp"
#include "cli/commands.hpp"

namespace maintain {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  CopiesOf of;
  bool dry_run = false;
  bool init = false;
};

// What became of one task's newest verified copy.
struct Pushed {
  TaskKey key;
  std::string copy = {};      // empty: there is none
  std::string snapshot = {};  // empty: it is not there
  std::uint64_t bytes = 0;    // of the copy
  std::uint64_t added = 0;    // by which the repository grew
  bool sent = false;          // now, or it would be
  std::size_t removed = 0;    // older snapshots
  std::optional<Error> error = {};
};

const SecondPlace& second_place(Program& program) {
  if (const auto& second = program.settings().second) return *second;
  fatal({ErrorKind::configuration, "maintain.yml names no second place for copies",
         "backups: {second: {repository: ..., password_file: ...}}", {}});
}

const ResticSnapshot* newest_of(const std::vector<ResticSnapshot>& snapshots, const std::string& tag) {
  const ResticSnapshot* newest = nullptr;
  for (const ResticSnapshot& snapshot : snapshots)
    if (snapshot.has_tag(tag) && (newest == nullptr || newest->time <= snapshot.time)) newest = &snapshot;
  return newest;
}

class Push {
 public:
  Push(Program& program, const Options& options, Restic restic)
      : program_(program), options_(options), restic_(std::move(restic)) {}

  std::vector<Pushed> run(const std::vector<TaskKey>& keys) {
    // What the repository lists decides, not what we remember: it may be another one, or have lost some.
    there_ = value_or_fatal(restic_.snapshots({restic_tag}));
    std::vector<Pushed> all;
    for (const TaskKey& key : keys) {
      Pushed& pushed = all.emplace_back(Pushed{key});
      if (auto done = push(pushed); !done) pushed.error = done.error();
      // The others would wait for the same deadlines.
      if (pushed.error && remedy(pushed.error->kind) == Remedy::retry && pushed.error->kind != ErrorKind::busy) break;
    }
    return all;
  }

  // Of the tasks that sent something. Errors are told with the task.
  Result<void> thin_out(std::vector<Pushed>& all, const std::string& keep) {
    const auto policy = parse_retention_policy(keep);
    if (!policy) return fail(policy.error());
    std::size_t removed = 0;
    for (Pushed& pushed : all) {
      if (!pushed.sent || pushed.error) continue;
      if (const auto gone = restic_.forget(pushed.key, *policy)) removed += pushed.removed = *gone;
      else pushed.error = gone.error();
    }
    return removed == 0 ? Result<void>{} : restic_.prune();
  }

 private:
  Result<void> push(Pushed& pushed) {
    const auto& backups = program_.settings().backup_directory;
    const auto copy = TaskCopies(backups, pushed.key).open("latest");
    if (!copy && copy.error().kind == ErrorKind::not_found) return {};  // none is verified, which is told elsewhere
    if (!copy) return fail(copy.error());
    pushed.copy = copy->manifest.id;
    pushed.bytes = copy->manifest.bytes;
    if (const auto* known = newest_of(there_, restic_tag_of(pushed.key, pushed.copy))) pushed.snapshot = known->id;
    pushed.sent = pushed.snapshot.empty();
    if (options_.dry_run) return {};
    if (pushed.sent) {
      const ResticSnapshot* parent = newest_of(there_, restic_tag_of(pushed.key));
      const auto summary = restic_.backup(*copy, pushed.key, parent != nullptr ? parent->id : "");
      if (!summary) {
        pushed.sent = false;
        return fail(summary.error());
      }
      pushed.snapshot = summary->snapshot;
      pushed.added = summary->added;
    }
    return keep_sent_copy(copies_directory(backups, pushed.key),
                          {pushed.copy, pushed.snapshot, program_.clock().now()});
  }

  Program& program_;
  const Options& options_;
  Restic restic_;
  std::vector<ResticSnapshot> there_;
};

Json json_of(const Pushed& pushed) {
  return {{"server", pushed.key.server}, {"project", pushed.key.project}, {"task", pushed.key.task},
          {"id", pushed.copy.empty() ? Json(nullptr) : Json(pushed.copy)},
          {"snapshot", pushed.snapshot.empty() ? Json(nullptr) : Json(pushed.snapshot)},
          {"bytes", pushed.bytes}, {"added_bytes", pushed.added}, {"sent", pushed.sent},
          {"removed", pushed.removed},
          {"error", pushed.error ? Json(pushed.error->describe()) : Json(nullptr)}};
}

std::string line_of(const Pushed& pushed, bool dry_run) {
  const std::string name = to_string(pushed.key);
  if (pushed.copy.empty()) return fmt::format("{}  has no verified copy\n", name);
  if (!pushed.sent) return fmt::format("{}  {} is there\n", name, pushed.copy);
  if (dry_run) return fmt::format("{}  {} would be sent, {}\n", name, pushed.copy, size_text(pushed.bytes));
  return fmt::format("{}  {} sent, {}, {} of them new there{}\n", name, pushed.copy, size_text(pushed.bytes),
                     size_text(pushed.added),
                     pushed.removed == 0 ? "" : fmt::format("; {} removed", count_of(pushed.removed, "older one")));
}

void tell(Program& program, const Options& options, const std::vector<Pushed>& all,
          const std::optional<Error>& trouble) {
  Json tasks = Json::array();
  std::string text;
  for (const Pushed& pushed : all) {
    tasks.push_back(json_of(pushed));
    if (pushed.error) text += fmt::format("{}  {}\n", to_string(pushed.key), printable(pushed.error->describe()));
    // Cron mails whatever is printed: what went well is for those who look on.
    else if (options.dry_run || program.standard_output_is_terminal()) text += line_of(pushed, options.dry_run);
    if (pushed.error) program.exit_status = ExitStatus::findings;
  }
  if (trouble) text += printable(trouble->describe()) + "\n", program.exit_status = ExitStatus::findings;
  if (program.json)
    return print(Json{{"dry_run", options.dry_run}, {"tasks", tasks},
                      {"error", trouble ? Json(trouble->describe()) : Json(nullptr)}}
                     .dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  if (!text.empty()) print(text);
}

void push(Program& program, const Options& options) {
  const SecondPlace& second = second_place(program);
  Restic restic =
      value_or_fatal(Restic::open({second.repository, second.password_file, second.environment_file}));
  if (options.init) {
    ok_or_fatal(restic.init());
    if (program.json) return print(Json{{"made", true}}.dump(2) + "\n");
    return print("The repository is made. Whoever loses its password loses what is in it.\n");
  }
  if (!options.dry_run) refuse_copies_of_another(program);
  const std::vector<TaskKey> keys = select_copies(program, options.of);
  // Two would send the same copies. The first one of a large store may take days, and cron's next says nothing then.
  std::optional<Result<UniqueFd>> lock;
  if (!keys.empty() && !options.dry_run) {
    lock = lock_file(program.settings().backup_directory / "_push.lock");
    if (!*lock && lock->error().kind == ErrorKind::busy && !program.standard_error_is_terminal()) {
      program.exit_status = ExitStatus::busy;
      return;
    }
    if (!*lock && lock->error().kind == ErrorKind::busy)
      fatal({ErrorKind::busy, "another push is active", "wait until it has ended", {}});
    if (!*lock) fatal(lock->error());
  }
  Push pushing(program, options, std::move(restic));
  std::vector<Pushed> all = pushing.run(keys);
  std::optional<Error> trouble;
  if (!options.dry_run && !second.keep.empty())
    if (const auto thinned = pushing.thin_out(all, second.keep); !thinned) trouble = thinned.error();
  tell(program, options, all, trouble);
}

}  // namespace

void add_backups_push(CLI::App& backups, Program& program) {
  CLI::App* command = add_command(backups, "push", "backups", "Send the newest copies to the second place");
  const auto options = std::make_shared<Options>();
  add_copies_arguments(*command, options->of, false);
  command->add_flag("--dry-run", options->dry_run, "Send nothing, say what would be sent");
  command->add_flag("--init", options->init, "Make the repository, once, and nothing else");
  command->callback([&program, options] { push(program, *options); });
}

}  // namespace maintain
