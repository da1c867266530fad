#include "backup/restore/restore_task.hpp"

#include <algorithm>
#include <filesystem>

#include "backup/copies/copy_content.hpp"
#include "backup/copies/copy_options.hpp"
#include "backup/restore/restore_database.hpp"
#include "backup/restore/restore_files.hpp"
#include "backup/restore/restore_preview.hpp"
#include "backup/restore/restore_target.hpp"
#include "backup/restore/restore_tree.hpp"
#include "backup/restore/restore_volume.hpp"

namespace maintain::plugins::backup {
namespace {

using sdk::Json;

constexpr std::size_t most_findings = 50;

struct Restore {
  sdk::OpenCopy copy;
  CopyContent content;
  RestoreTarget target;
  bool replace = false;
  std::string database;  // which of the copy's, where that is said
  std::string volume;    // likewise
  Json parent;           // options of the task that made the copy

  bool to_database() const { return target.kind == TargetKind::database; }
  bool to_volume() const { return target.kind == TargetKind::volume; }
  std::uint64_t bytes() const { return copy.manifest.value("bytes", std::uint64_t{0}); }
};

struct Restored {
  std::string what;  // "2 files, 1.4 GiB", "the dump of orders, 1.4 GiB"
  std::uint64_t bytes = 0;
  std::string remark = {};
  bool whole = true;  // else findings say what is not as it was
};

sdk::OpenCopy open(sdk::Context& context, const std::string& at) {
  try {
    return context.open_copy(at);
  } catch (const sdk::Failure& failure) {
    if (failure.status() != MAINTAIN_NOT_FOUND) throw;
    throw sdk::Failure(MAINTAIN_FAILED, (at == "latest" ? "there is no verified copy" : "there is no copy " + at) +
                                            std::string(" to restore: maintain backups list ") + context.server());
  }
}

Restore prepare(sdk::Context& context) {
  const Json& options = context.options();
  Restore restore;
  restore.target = parse_restore_target(options.value("to", ""), context.server());
  restore.replace = options.value("replace", false);
  restore.database = options.value("database", "");
  restore.parent = options.value("parent", Json::object()).value("options", Json::object());
  restore.copy = open(context, options.value("at", "latest"));
  restore.content = read_content(restore.copy);
  restore.volume = options.value("volume", "");
  if (restore.content.tree && restore.to_database())
    throw sdk::Failure(MAINTAIN_FAILED, "the copy " + restore.copy.id + " is one of files: restore it to a directory");
  if (!restore.content.tree && restore.to_volume())
    throw sdk::Failure(MAINTAIN_FAILED, "the copy " + restore.copy.id + " is one of databases: restore it to a "
                                        "database (database:NAME), or its dumps to a directory");
  if (const std::string user = options.value("user", ""); !user.empty()) {
    if (!restore.to_database())
      throw sdk::InvalidOption("/user", "a user restores into databases; files get the owners that the copy knows");
    restore.parent["user"] = user;
  }
  return restore;
}

// Of a copy with several databases the one that is meant: as said, else that of the same name, else the only one.
const Dump& dump_for(const Restore& restore) {
  if (!restore.database.empty()) return dump_of(restore.content, restore.database);
  const auto& dumps = restore.content.dumps;
  const bool named = std::any_of(dumps.begin(), dumps.end(),
                                 [&](const Dump& one) { return one.database == restore.target.name; });
  return dump_of(restore.content, named ? restore.target.name : "");
}

DatabaseRestore database_restore(const Restore& restore) {
  const Dump& dump = dump_for(restore);
  return {.engine = restore.content.engine,
          .dump = dump,
          .path = restore.copy.path + "/" + dump.file,
          .copy = restore.copy.id,
          .name = restore.target.name,
          .replace = restore.replace,
          .options = restore.parent};
}

// The copy read against its list, before anything is touched: what is wrong with it must not get anywhere, unless it is
// known to be damaged and was named all the same. Says whether it is whole.
bool verify(sdk::Context& context, const Restore& restore) {
  const Json wrong = context.verify_copy(restore.copy.id).value("wrong", Json::array());
  for (const Json& one : wrong)
    context.finding({.state = sdk::State::critical,
                     .code = "backup.damaged",
                     .subject = one.value("file", ""),
                     .title = "the copy " + restore.copy.id + " is damaged: " + one.value("file", "") + ": " +
                              one.value("problem", "")});
  if (!wrong.empty() && restore.copy.state != "damaged")
    throw sdk::Failure(MAINTAIN_FAILED,
                       "the copy " + restore.copy.id + " is damaged, and nothing was restored; take another one "
                       "(maintain backups verify --at all " + context.server() + " " + context.task() +
                       "), what is whole of it from " + restore.copy.path + ", or it as it is with --at " +
                       restore.copy.id + " once more");
  return wrong.empty();
}

Restored restore_dumps(sdk::Context& context, const Restore& restore) {
  if (restore.to_database()) {
    const DatabaseRestore database = database_restore(restore);
    const std::string remark = restore_database(context, database);
    return {"the dump of " + database.dump.database, std::filesystem::file_size(database.path), remark, true};
  }
  const std::vector<std::string> files = files_of(restore.content);
  const bool here = restore.target.kind == TargetKind::directory;
  const RestoredFiles done = (here ? put_files_here : put_files_there)(context, restore.copy, files,
                                                                       restore.target.name, restore.replace);
  return {std::to_string(done.files) + (done.files == 1 ? " file" : " files"), done.bytes, {}, true};
}

VolumeRestore volume_restore(const Restore& restore) {
  return {.source = volume_source(restore.copy, restore.volume, restore.target.name),
          .name = restore.target.name,
          .runtime = runtime_of(restore.copy, restore.parent),
          .replace = restore.replace};
}

// Nobody has counted what is in one volume among several.
std::uint64_t counted(const Restore& restore, const char* what) {
  const Json details = restore.copy.manifest.value("details", Json());
  const bool one_of_several =
      restore.to_volume() && !(details.is_object() && details.value("volumes", Json::array()).size() == 1);
  return one_of_several ? 0 : restore.copy.manifest.value(what, std::uint64_t{0});
}

RestoredVolume put_tree(sdk::Context& context, const Restore& restore) {
  if (restore.to_volume()) return restore_volume(context, volume_restore(restore));
  const TreeTarget target{.directory = restore.target.name,
                          .on_server = restore.target.kind == TargetKind::path,
                          .sudo = restore.parent.value("sudo", true),
                          .replace = restore.replace};
  return {.tree = restore_tree(context, {.path = restore.copy.path}, target)};
}

Restored restore_files(sdk::Context& context, const Restore& restore) {
  const auto [tree, remark] = put_tree(context, restore);
  Restored restored{std::to_string(tree.files) + (tree.files == 1 ? " file" : " files"), tree.bytes, remark, true};
  const std::uint64_t expected = counted(restore, "files");
  std::vector<std::string> problems = tree.problems;
  if (tree.files + tree.skipped.size() < expected)
    problems.push_back("the copy has " + std::to_string(expected) + " files, restored were " +
                       std::to_string(tree.files));
  for (std::size_t i = 0; i < problems.size() && i < most_findings; ++i)
    context.finding({.state = sdk::State::critical,
                     .code = "backup.not_restored",
                     .subject = problems[i],
                     .title = "not put back as it was: " + problems[i]});
  restored.whole = problems.empty();
  const auto remark_also = [&](const std::string& text) {
    restored.remark += (restored.remark.empty() ? "" : "; ") + text;
  };
  if (!tree.skipped.empty()) remark_also(std::to_string(tree.skipped.size()) + " devices were left out");
  if (!tree.owners) remark_also("owners were not put back: that takes root");
  return restored;
}

// On the server trees are written as root unless the task says otherwise, dumps always.
Prospect look_at_directory(sdk::Context& context, const Restore& restore) {
  const bool tree = restore.content.tree;
  const std::vector<std::string> files = tree ? std::vector<std::string>() : files_of(restore.content);
  const std::string user = !tree || restore.parent.value("sudo", true) ? "root" : "";
  const Place place = restore.target.kind == TargetKind::directory
                          ? look_here(restore.target.name, files)
                          : look_there(context, restore.target.name, files, user);
  return judge_place(place, {.where = describe(restore.target, context.server()),
                             .bytes = counted(restore, "bytes"),
                             .tree = tree,
                             .replace = restore.replace});
}

Prospect look_at_volume_target(sdk::Context& context, const Restore& restore) {
  const VolumeRestore wanted = volume_restore(restore);
  Containers containers(context, wanted.runtime);
  const VolumeThere there = look_at_volume(context, containers, wanted.name);
  if (!there.volume) return {.text = "is not there and would be made by " + containers.name()};
  Prospect prospect = judge_place(look_there(context, there.volume->mountpoint, {}, "root"),
                                  {.where = describe(restore.target, context.server()),
                                   .bytes = counted(restore, "bytes"),
                                   .tree = true,
                                   .replace = restore.replace,
                                   .exact = true});
  const std::string in_use = use_problem(there, wanted.name, context.server());
  if (!in_use.empty()) prospect.hindrances.push_back(in_use);
  return prospect;
}

Prospect look_at_database(sdk::Context& context, const Restore& restore) {
  const DatabaseRestore wanted = database_restore(restore);
  if (!database_exists(context, wanted)) return {.text = "is not there and would be made"};
  if (restore.replace) return {.text = "is there: what is in it now would be lost"};
  const std::string where = describe(restore.target, context.server());
  return {.text = "is there already",
          .hindrances = {where + " is there already: give another name, or --replace to lose what is in it"}};
}

sdk::Outcome tell_dry_run(sdk::Context& context, const Restore& restore) {
  const Prospect prospect = restore.to_database() ? look_at_database(context, restore)
                            : restore.to_volume() ? look_at_volume_target(context, restore)
                                                  : look_at_directory(context, restore);
  for (const std::string& why : prospect.hindrances)
    context.finding({.state = sdk::State::warning,
                     .code = "backup.not_restorable",
                     .subject = why,
                     .title = "it would not be restored: " + why});
  context.summary((prospect.hindrances.empty() ? "would restore the copy " : "would not restore the copy ") +
                  restore.copy.id + " (" + restore.content.engine + ", " + bytes_text(restore.bytes()) + ") to " +
                  describe(restore.target, context.server()) + ", which " + prospect.text);
  return sdk::Outcome::ok;
}

}  // namespace

std::optional<std::string> RestoreTask::validate(const Json&) {
  return std::nullopt;  // where to restore to depends on the server
}

sdk::Outcome RestoreTask::run(sdk::Context& context) {
  const Restore restore = prepare(context);
  if (context.check_mode()) return tell_dry_run(context, restore);
  const auto begin = context.monotonic();
  const bool sound = verify(context, restore);
  Restored restored = restore.content.tree ? restore_files(context, restore) : restore_dumps(context, restore);
  restored.whole = restored.whole && sound;
  const double seconds = std::chrono::duration<double>(context.monotonic() - begin).count();
  context.metric("restore_seconds", seconds, "seconds");
  context.metric("restore_bytes", static_cast<double>(restored.bytes), "bytes");
  context.summary("restored " + restored.what + " of the copy " + restore.copy.id + " to " +
                  describe(restore.target, context.server()) + ": " + bytes_text(restored.bytes) + " in " +
                  seconds_text(seconds) + (restored.remark.empty() ? "" : "; " + restored.remark));
  return restored.whole ? sdk::Outcome::changed : sdk::Outcome::failed;
}

}  // namespace maintain::plugins::backup
