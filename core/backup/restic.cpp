#include "backup/restic.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "base/fd.hpp"
#include "base/text.hpp"

namespace maintain {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t environment_limit = 64 * 1024;
constexpr std::size_t list_limit = 64 * 1024 * 1024;
constexpr std::size_t tail_limit = 64 * 1024;
constexpr Milliseconds short_patience = std::chrono::minutes(15);  // loading the index of a large repository
// What was sent when it passes is not sent again.
constexpr Milliseconds long_patience = std::chrono::hours(24);
constexpr int unread_status = 3;  // of `restic backup`: the snapshot was made and lacks files

Result<void> is_private(const fs::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) return fail_errno("cannot look at " + file.string(), errno);
  if ((info.st_mode & S_IRWXO) != 0)
    return fail(ErrorKind::configuration, file.string() + " is open to everybody, and holds a secret",
                "chmod o= " + file.string());
  return {};
}

bool has_password(const std::map<std::string, std::string>& environment) {
  return std::any_of(environment.begin(), environment.end(),
                     [](const auto& entry) { return entry.first.starts_with("RESTIC_PASSWORD"); });
}

}  // namespace

Result<Restic> Restic::open(const ResticPlace& place) {
  std::map<std::string, std::string> environment;
  if (!place.environment_file.empty()) {
    if (auto closed = is_private(place.environment_file); !closed) return fail(closed.error());
    const auto text = read_file(place.environment_file, environment_limit);
    if (!text) return fail(text.error());
    auto parsed = parse_environment_file(place.environment_file.string(), *text);
    if (!parsed) return fail(parsed.error());
    environment = std::move(*parsed);
  }
  if (!place.repository.empty()) environment["RESTIC_REPOSITORY"] = place.repository;
  if (!place.password_file.empty()) {
    if (auto closed = is_private(place.password_file); !closed) return fail(closed.error());
    environment["RESTIC_PASSWORD_FILE"] = place.password_file.string();
  }
  if (!environment.contains("RESTIC_REPOSITORY") && !environment.contains("RESTIC_REPOSITORY_FILE"))
    return fail(ErrorKind::configuration, "the second place has no repository",
                "set backups: second: repository in maintain.yml, or RESTIC_REPOSITORY in the environment_file");
  if (!has_password(environment))
    return fail(ErrorKind::configuration, "the second place has no password",
                "set backups: second: password_file in maintain.yml, or RESTIC_PASSWORD in the environment_file");
  // restic reads --time, and counts days, in the zone that it finds itself in.
  environment["TZ"] = "UTC";
  return Restic(std::move(environment));
}

Result<LocalExit> Restic::run(std::vector<std::string> words, Milliseconds timeout,
                              const std::string& directory) const {
  const bool sends = words.front() == "backup";
  LocalCommand command;
  command.argv = {"restic"};
  std::move(words.begin(), words.end(), std::back_inserter(command.argv));
  command.environment = environment_;
  command.directory = directory;
  command.timeout = timeout;
  command.output_limit = list_limit;
  std::string tail;
  if (sends)  // it prints progress for hours before the one line that counts
    command.on_output = [&tail](std::string_view piece) {
      tail += piece;
      if (tail.size() > 2 * tail_limit) tail.erase(0, tail.size() - tail_limit);
      return true;
    };
  auto exit = run_local(command);
  if (exit && sends) exit->output = std::move(tail);
  if (!exit && exit.error().kind == ErrorKind::not_found) exit.error().hint = "apt-get install restic";
  return exit;
}

// Whoever is killed leaves a lock. Unlocking removes only those whose process is gone, or has not refreshed them for
// half an hour, so that it is safe to do it unasked.
Result<std::string> Restic::ask(const std::vector<std::string>& words, Milliseconds timeout,
                                const std::string& doing) const {
  for (const bool last : {false, true}) {
    const auto exit = run(words, timeout);
    if (!exit) return fail(exit.error());
    if (exit->ok()) return exit->output;
    Error why = explain_restic(*exit, doing);
    if (last || why.kind != ErrorKind::busy) return fail(std::move(why));
    const auto unlocked = run({"unlock"}, short_patience);
    if (!unlocked) return fail(unlocked.error());
  }
  return fail(ErrorKind::internal, "restic was not run");
}

Result<void> Restic::init() const {
  const auto made = ask({"init"}, short_patience, "make the repository");
  if (!made) return fail(made.error());
  return {};
}

Result<std::vector<ResticSnapshot>> Restic::snapshots(const std::vector<std::string>& tags) const {
  const auto text = ask({"snapshots", "--json", "--tag=" + join(tags, ",")}, short_patience, "list the snapshots");
  if (!text) return fail(text.error());
  return parse_restic_snapshots(*text);
}

Result<ResticSummary> Restic::backup(const OpenCopy& copy, const TaskKey& key, const std::string& parent) const {
  const std::string tag = restic_tag_of(key, copy.manifest.id);
  std::string time = format_time(copy.manifest.started);  // "2026-11-29T01:02:03Z" -> "2026-11-29 01:02:03"
  time[10] = ' ';
  time.pop_back();
  // Names below the copy, so that they are the same in each copy and a parent is of use. Making a hard link changes
  // the ctime of a file and nothing else.
  std::vector<std::string> words{"backup", "--json", "--ignore-ctime", "--tag=" + std::string(restic_tag),
                                 "--tag=" + restic_tag_of(key), "--tag=" + tag, "--host=" + key.server,
                                 "--time=" + time};
  if (!parent.empty()) words.push_back("--parent=" + parent);
  for (const char* name : {"--", manifest_name, checksums_name, data_name}) words.emplace_back(name);

  const std::string doing = fmt::format("send {} of {}", copy.manifest.id, to_string(key));
  auto exit = run(words, long_patience, copy.content.string());
  if (exit && !exit->ok() && exit->status != unread_status &&
      explain_restic(*exit, doing).kind == ErrorKind::busy) {
    if (const auto unlocked = run({"unlock"}, short_patience); !unlocked) return fail(unlocked.error());
    exit = run(words, long_patience, copy.content.string());
  }
  if (!exit) return fail(exit.error());
  if (!exit->ok() && exit->status != unread_status) return fail(explain_restic(*exit, doing));
  auto summary = parse_restic_summary(exit->output);
  if (!summary) return summary;
  // What is not there at all restic passes over with a warning and exit status 0.
  const std::uint64_t expected = copy.manifest.files + 2;  // manifest_name, checksums_name
  if (exit->status == unread_status || summary->files < expected) {
    const auto gone = ask({"forget", summary->snapshot}, short_patience, "forget an incomplete snapshot");
    if (!gone) return fail(gone.error());
    const auto files = parse_unread_files(exit->error_output);
    return fail(ErrorKind::system,
                fmt::format("restic could not {}: it {}", doing,
                            files.empty() ? fmt::format("found {} of {} files", summary->files, expected)
                                          : "cannot read " + join(files, ", ")),
                fmt::format("the copy must be whole (maintain backups verify {} {} --at {}) and belong to the user "
                            "that maintain runs as", key.server, key.task, copy.manifest.id));
  }
  const auto listed = snapshots({restic_tag, tag});
  if (!listed) return fail(listed.error());
  if (std::none_of(listed->begin(), listed->end(), [&](const ResticSnapshot& snapshot) {
        return snapshot.id.starts_with(summary->snapshot) && snapshot.has_tag(tag);
      }))
    return fail(ErrorKind::remote, fmt::format("restic said that it sent {} of {}, and the repository does not list it",
                                               copy.manifest.id, to_string(key)),
                "see `restic check`; the next push sends it again");
  return summary;
}

Result<std::size_t> Restic::forget(const TaskKey& key, const RetentionPolicy& policy) const {
  // By tag alone: the paths differ from copy to copy, and restic would take each for a series of its own.
  std::vector<std::string> words{"forget", "--json", fmt::format("--tag={},{}", restic_tag, restic_tag_of(key)),
                                 "--group-by=host"};
  for (std::string& option : restic_keep_options(policy)) words.push_back(std::move(option));
  const auto text = ask(words, short_patience, "remove old snapshots of " + to_string(key));
  if (!text) return fail(text.error());
  return parse_restic_forget(*text);
}

Result<void> Restic::prune() const {
  const auto pruned = ask({"prune"}, long_patience, "free space in the repository");
  if (!pruned) return fail(pruned.error());
  return {};
}

}  // namespace maintain
