#include "backup/task_copies.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "backup/copy_fates.hpp"
#include "backup/copy_list.hpp"
#include "backup/copy_lock.hpp"
#include "backup/draft_data.hpp"
#include "backup/zfs_data.hpp"
#include "base/text.hpp"
#include "model/names.hpp"

namespace maintain {
namespace {

namespace fs = std::filesystem;

constexpr const char* lock_name = "_lock";
constexpr std::size_t a_date = 10;  // "2026-11-29": until its end, UTC
constexpr const char* removing_prefix = "_removing-";
constexpr const char* unnamed_project = "_";
constexpr Milliseconds lock_patience = std::chrono::seconds(10);  // somebody may be listing or accepting
constexpr int most_tries = 5;  // to open a copy while others are removed

std::string command(const char* words, const TaskKey& key, const std::string& id) {
  const std::string task = key.project.empty() ? key.task : key.project + "/" + key.task;
  return fmt::format("maintain backups {} {} {} {}", words, key.server, task, id);
}

// Errors: not_found, configuration.
Result<const CopyManifest*> copy_meant(const TaskKey& key, const std::vector<CopyManifest>& copies,
                                       const std::string& which) {
  const CopyManifest* found = nullptr;
  if (which == "latest") {
    found = newest_verified(copies);
  } else if (time_of_copy(which)) {
    const auto named = std::find_if(copies.begin(), copies.end(), [&](const auto& copy) { return copy.id == which; });
    if (named != copies.end()) found = &*named;
  } else if (const auto time = parse_time(which.size() == a_date ? which + "T23:59:59Z" : which)) {
    found = newest_verified(copies, *time);
  } else {
    return fail(ErrorKind::configuration, "'" + shorten(printable(which), 100) + "' names no copy",
                "an id such as 20261129T010203Z, a moment such as 2026-11-29T12:00:00Z, a day, or latest");
  }
  if (found != nullptr) return found;
  if (copies.empty()) return fail(ErrorKind::not_found, fmt::format("there is no copy of {}", to_string(key)));
  return fail(ErrorKind::not_found, fmt::format("{} has no verified copy for '{}'", to_string(key), which),
              fmt::format("the newest is {} ({})", copies.front().id, to_string(copies.front().state)));
}

// Why nothing is removed while this one waits, and what ends that.
std::string why_stopped(const TaskKey& key, const CopyManifest& copy) {
  if (copy.state == CopyState::quarantined)
    return fmt::format("{} is quarantined ({}): {}, or the same with --discard", copy.id,
                       copy.reason.empty() ? copy.damage : copy.reason, command("accept", key, copy.id));
  return fmt::format("{} is damaged ({}): take what is whole of it, then {} --discard", copy.id, copy.damage,
                     command("accept", key, copy.id));
}

}  // namespace

fs::path copies_directory(const fs::path& backups, const TaskKey& key) {
  return backups / key.server / (key.project.empty() ? unnamed_project : key.project) / key.task;
}

std::vector<TaskKey> tasks_with_copies(const fs::path& backups) {
  std::vector<TaskKey> tasks;
  for (const std::string& server : names_of_directories(backups)) {
    if (!is_safe_directory_name(server)) continue;
    for (const std::string& project : names_of_directories(backups / server)) {
      if (project != unnamed_project && !is_valid_name(project)) continue;
      for (const std::string& task : names_of_directories(backups / server / project))
        if (is_valid_name(task)) tasks.push_back({server, project == unnamed_project ? "" : project, task});
    }
  }
  return tasks;
}

TaskCopies::TaskCopies(const fs::path& backups, TaskKey key, ZfsCall zfs)
    : key_(std::move(key)), links_(backups / key_.server), directory_(copies_directory(backups, key_)),
      zfs_{key_, zfs ? std::move(zfs) : zfs_calls(backups)} {}

Result<UniqueFd> TaskCopies::lock(Milliseconds patience) const {
  auto held = lock_file(directory_ / lock_name, patience);
  if (!held && held.error().kind == ErrorKind::busy)
    return fail(ErrorKind::busy, "another process is writing copies of " + to_string(key_),
                "wait until it has ended");
  return held;
}

Result<std::vector<CopyManifest>> TaskCopies::list() const { return list_copies(directory_, key_); }

fs::path TaskCopies::path_of(const CopyManifest& copy) const {
  return copy.state == CopyState::quarantined ? directory_ / quarantine_name / copy.id : directory_ / copy.id;
}

Result<CopyDraft> TaskCopies::begin(const DraftRequest& request, Time now, const Interrupt& interrupt) {
  if (auto made = make_directories(directory_, 0700); !made) return fail(made.error());
  auto held = lock(lock_patience);
  if (!held) return fail(held.error());
  auto directory = open_directory(directory_);
  if (!directory) return fail(directory.error());
  for (const std::string& name : names_of_directories(directory_))
    if (name.starts_with(removing_prefix))
      // A snapshot that zfs keeps for somebody else keeps no new copy from being made.
      if (auto removed = remove_copy(directory->get(), name, zfs_, interrupt);
          !removed && removed.error().kind != ErrorKind::busy)
        return fail(removed.error());

  const auto copies = list();
  if (!copies) return fail(copies.error());
  if (auto pointed = point_latest(*copies); !pointed) return fail(pointed.error());
  CopyDraft::Place place{directory_, links_, key_, zfs_.call};
  if (const CopyManifest* base = newest_base(*copies, directory_)) place.base = *base;
  place.earlier = usual_sizes(*copies);

  DraftRequest wanted = request;
  // What was left beyond a bound would keep this task, or on a full disk every task, from ever making a copy again.
  DraftData left;
  left.sharing = sharing_of_draft(directory_);
  if (request.resume && !CopyDraft(place, request, now, {}, left).check_all_bounds(interrupt)) {
    if (auto go_on = interrupt(); !go_on) return fail(go_on.error());
    wanted.resume = false;
  }
  auto data = prepare_draft(directory_, place.base ? place.base->id : "", wanted, zfs_, interrupt);
  if (!data) return fail(data.error());
  CopyDraft result(std::move(place), request, now, std::move(*held), std::move(*data));
  if (auto space = result.check_space(); !space) return fail(space.error());
  return result;
}

Result<OpenCopy> TaskCopies::open(const std::string& which) const {
  for (int tries = 0; tries < most_tries; ++tries) {
    const auto copies = list();
    if (!copies) return fail(copies.error());
    const auto found = copy_meant(key_, *copies, which);
    if (!found) return fail(found.error());
    OpenCopy copy{**found, path_of(**found), open_copy_lock(path_of(**found)), {}};
    switch (hold_copy(copy.reader, copy.path, CopyUse::read)) {
      case CopyHold::held: {
        auto content = content_of(copy.path);
        if (!content) return fail(content.error());
        copy.content = std::move(*content);
        return copy;
      }
      case CopyHold::busy: return fail(ErrorKind::busy, copy.manifest.id + " is being removed just now");
      case CopyHold::gone: break;  // since it was listed
    }
  }
  return fail(ErrorKind::busy, fmt::format("the copies of {} are being removed just now", to_string(key_)),
              "try again later");
}

Result<bool> TaskCopies::remove(const fs::path& copy, const Interrupt& interrupt) const {
  const UniqueFd held = open_copy_lock(copy);
  if (hold_copy(held, copy, CopyUse::remove) == CopyHold::busy) return false;
  const std::string name = removing_prefix + copy.filename().string();
  auto directory = open_directory(directory_);
  if (!directory) return fail(directory.error());
  if (auto removed = remove_copy(directory->get(), name, zfs_, interrupt); !removed) return fail(removed.error());
  if (::rename(copy.c_str(), (directory_ / name).c_str()) != 0)
    return fail_errno("cannot remove " + copy.string(), errno);
  if (auto synced = sync_directory(directory_); !synced) return fail(synced.error());
  auto removed = remove_copy(directory->get(), name, zfs_, interrupt);
  if (removed) return true;
  // Whole still, so it is a copy that people see, and not one that takes room unseen.
  if (removed.error().kind == ErrorKind::busy) (void)::rename((directory_ / name).c_str(), copy.c_str());
  return fail(removed.error());
}

Result<PruneReport> TaskCopies::prune(const RetentionPolicy& policy, int min_verified, const WallClock& wall_clock,
                                      bool dry_run, const Interrupt& interrupt) {
  if (policy.keeps_nothing()) return fail(ErrorKind::configuration, "this policy would keep nothing at all");
  PruneReport report;
  std::error_code ignored;
  if (!fs::is_directory(directory_, ignored)) return report;
  UniqueFd held;
  if (!dry_run) {
    auto locked = lock(lock_patience);
    if (!locked) return fail(locked.error());
    held = std::move(*locked);
  }
  const auto copies = list();
  if (!copies) return fail(copies.error());
  const auto waiting = std::find_if(copies->begin(), copies->end(), [](const auto& copy) {
    return copy.state == CopyState::quarantined || copy.state == CopyState::damaged;
  });
  if (waiting != copies->end()) report.stopped = why_stopped(key_, *waiting);
  const std::vector<Fate> fates = fates_of(*copies, policy, min_verified, wall_clock);
  for (std::size_t i = 0; i < copies->size(); ++i) report.copies.push_back({(*copies)[i].id, fates[i]});
  if (dry_run || !report.stopped.empty()) return report;
  // The oldest first: what is left after a kill is what a policy would have kept longest.
  for (std::size_t i = copies->size(); i-- > 0;) {
    if (fates[i].keep) continue;
    const std::string& id = (*copies)[i].id;
    auto removed = remove(directory_ / id, interrupt);
    if (!removed) return fail(removed.error());
    (*removed ? report.removed : report.busy).push_back(id);
  }
  return report;
}

// The links that a hostile server may have had made here would lead to the copies of another one: list() follows none.
Result<CopyManifest> TaskCopies::waiting_copy(const std::string& id, bool damaged_too) const {
  const auto copies = list();
  if (!copies) return fail(copies.error());
  for (const CopyManifest& copy : *copies)
    if (copy.id == id && (copy.state == CopyState::quarantined || (damaged_too && copy.state == CopyState::damaged)))
      return copy;
  return fail(ErrorKind::not_found, fmt::format("{} has no quarantined {}copy {}", to_string(key_),
                                                damaged_too ? "or damaged " : "", printable(id)));
}

Result<void> TaskCopies::accept(const std::string& id, Time now) {
  if (const auto there = waiting_copy(id, false); !there) return fail(there.error());
  auto held = lock(lock_patience);
  if (!held) return fail(held.error());
  const auto found = waiting_copy(id, false);
  if (!found) return fail(found.error());
  if (!found->damage.empty())
    return fail(ErrorKind::refused, fmt::format("{} is damaged ({})", id, found->damage),
                command("accept", key_, id) + " --discard");
  const fs::path waiting = path_of(*found);
  auto manifest = read_manifest(waiting);
  if (!manifest) return fail(manifest.error());
  manifest->state = CopyState::verified;
  manifest->accepted = now;
  if (auto kept = write_file_atomically(waiting / manifest_name, encode_manifest(*manifest), 0600); !kept) return kept;
  if (::rename(waiting.c_str(), (directory_ / id).c_str()) != 0)
    return fail_errno("cannot take " + waiting.string() + " among the copies", errno);
  if (auto synced = sync_directory(directory_); !synced) return synced;
  const auto copies = list();
  if (!copies) return fail(copies.error());
  return point_latest(*copies);
}

// A kill may come between the moment at which a copy is one and the moment at which `latest` says so.
Result<void> TaskCopies::point_latest(const std::vector<CopyManifest>& newest_first) const {
  const CopyManifest* newest = newest_verified(newest_first);
  const fs::path latest = directory_ / latest_name;
  std::error_code ignored;
  const fs::path before = fs::read_symlink(latest, ignored);
  if (newest != nullptr) return before == newest->id ? Result<void>{} : point_link(latest, newest->id);
  // No link is better than one that leads to a copy which is not good any more.
  if (before.empty() || ::unlink(latest.c_str()) == 0 || errno == ENOENT) return {};
  return fail_errno("cannot remove " + latest.string(), errno);
}

Result<void> TaskCopies::discard(const std::string& id, const Interrupt& interrupt) {
  if (const auto there = waiting_copy(id, true); !there) return fail(there.error());
  auto held = lock(lock_patience);
  if (!held) return fail(held.error());
  const auto found = waiting_copy(id, true);
  if (!found) return fail(found.error());
  auto removed = remove(path_of(*found), interrupt);
  if (!removed) return fail(removed.error());
  return *removed ? Result<void>{} : Result<void>(fail(ErrorKind::busy, id + " is being read", "try again later"));
}

Result<void> point_link(const fs::path& link, const std::string& target) {
  struct stat info{};
  if (::lstat(link.c_str(), &info) == 0 && !S_ISLNK(info.st_mode))
    return fail(ErrorKind::refused, link.string() + " is in the way of a link to the newest copy", "move it away");
  const fs::path beside = link.parent_path() / ("_link-" + link.filename().string());
  ::unlink(beside.c_str());
  if (::symlink(target.c_str(), beside.c_str()) != 0) return fail_errno("cannot make " + beside.string(), errno);
  if (::rename(beside.c_str(), link.c_str()) != 0) return fail_errno("cannot make " + link.string(), errno);
  return sync_directory(link.parent_path());
}

Result<void> sync_directory(const fs::path& directory) {
  auto opened = open_directory(directory);
  if (!opened) return fail(opened.error());
  if (::fsync(opened->get()) == 0) return {};
  return fail_errno("cannot bring " + directory.string() + " to the disk", errno);
}

Result<UniqueFd> open_directory(const fs::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return fail_errno("cannot open " + path.string(), errno);
  return fd;
}

}  // namespace maintain
