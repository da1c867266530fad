#include "backup/task_copies.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "backup/checksum_reader.hpp"
#include "backup/draft_data.hpp"
#include "backup/draft_inventory.hpp"
#include "backup/hash_crew.hpp"
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

std::vector<std::string> names_of_directories(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (fs::directory_iterator entry(directory, ignored), end; entry != end; entry.increment(ignored))
    if (entry->symlink_status(ignored).type() == fs::file_type::directory) names.push_back(entry->path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

bool is_directory_itself(const fs::path& path) {
  std::error_code ignored;
  return fs::symlink_status(path, ignored).type() == fs::file_type::directory;
}

Result<CopyManifest> read_manifest(const fs::path& copy) {
  auto text = read_plain_file(copy / manifest_name, manifest_limit);
  if (!text) return fail(text.error());
  auto manifest = decode_manifest(*text);
  if (!manifest) return fail(ErrorKind::system, (copy / manifest_name).string() + ": " + manifest.error().message);
  return manifest;
}

bool newer(const CopyManifest& a, const CopyManifest& b) {
  return natural_less(b.id, a.id);
}

const CopyManifest* newest_verified(const std::vector<CopyManifest>& newest_first, std::optional<Time> not_after = {}) {
  for (const CopyManifest& copy : newest_first)
    if (copy.state == CopyState::verified && (!not_after || copy.started <= *not_after)) return &copy;
  return nullptr;
}

// Of the last verified copies, newest first. A person who accepted one has said that what was before it is not usual
// any more: it stands for them, or the next copies would be quarantined, too.
std::vector<CopySize> usual_sizes(const std::vector<CopyManifest>& newest_first) {
  std::vector<CopySize> sizes;
  for (const CopyManifest& copy : newest_first) {
    if (copy.state != CopyState::verified) continue;
    sizes.push_back({copy.bytes, copy.files});
    if (copy.accepted) sizes.resize(std::max(sizes.size(), anomaly_least), sizes.back());
    if (copy.accepted || sizes.size() >= anomaly_window) break;
  }
  return sizes;
}

// Fates of all copies: the policy is for the verified ones.
std::vector<Fate> fates_of(const std::vector<CopyManifest>& copies, const RetentionPolicy& policy, int min_verified,
                           const WallClock& wall_clock) {
  std::vector<Time> times;
  for (const CopyManifest& copy : copies)
    if (copy.state == CopyState::verified) times.push_back(copy.started);
  std::vector<Fate> verified = apply_policy(times, policy, wall_clock);
  for (std::size_t i = 0; i < std::min(verified.size(), static_cast<std::size_t>(std::max(min_verified, 1))); ++i) {
    if (!verified[i].keep) verified[i] = {true, {}};
    verified[i].reasons.push_back(fmt::format("verified {} of at least {}", i + 1, std::max(min_verified, 1)));
  }
  std::size_t last_kept = verified.size();
  for (std::size_t i = 0; i < verified.size(); ++i)
    if (verified[i].keep) last_kept = i;

  std::vector<Fate> fates;
  std::size_t next = 0;
  for (const CopyManifest& copy : copies) {
    if (copy.state == CopyState::verified) fates.push_back(verified[next++]);
    else if (copy.state == CopyState::quarantined) fates.push_back({true, {"quarantined: waits for a person"}});
    else if (verified.empty()) fates.push_back({true, {"unverified, and there is no verified copy"}});
    else if (next > last_kept) fates.push_back({false, {"unverified, and older than every copy that is kept"}});
    else fates.push_back({true, {"unverified, and newer than a copy that is kept"}});
  }
  return fates;
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

TaskCopies::TaskCopies(const fs::path& backups, TaskKey key)
    : key_(std::move(key)), links_(backups / key_.server), directory_(copies_directory(backups, key_)) {}

Result<UniqueFd> TaskCopies::lock() const {
  auto held = lock_file(directory_ / lock_name, lock_patience);
  if (!held && held.error().kind == ErrorKind::busy)
    return fail(ErrorKind::busy, "another process is writing copies of " + to_string(key_),
                "wait until it has ended");
  return held;
}

Result<std::vector<CopyManifest>> TaskCopies::list() const {
  std::vector<CopyManifest> copies;
  const auto add = [&](const fs::path& place, bool quarantined) {
    for (const std::string& name : names_of_directories(place)) {
      if (!time_of_copy(name)) continue;
      auto manifest = read_manifest(place / name);
      if (!manifest || manifest->id != name) continue;
      // Where it lies decides: a kill may have come between the two steps of accept().
      if (quarantined) manifest->state = CopyState::quarantined;
      copies.push_back(std::move(*manifest));
    }
  };
  add(directory_, false);
  if (is_directory_itself(directory_ / quarantine_name)) add(directory_ / quarantine_name, true);
  std::sort(copies.begin(), copies.end(), newer);
  return copies;
}

Result<CopyDraft> TaskCopies::begin(const DraftRequest& request, Time now, const Interrupt& interrupt) {
  if (auto made = make_directories(directory_, 0700); !made) return fail(made.error());
  auto held = lock();
  if (!held) return fail(held.error());
  auto directory = open_directory(directory_);
  if (!directory) return fail(directory.error());
  for (const std::string& name : names_of_directories(directory_))
    if (name.starts_with(removing_prefix))
      if (auto removed = remove_copy(directory->get(), name, interrupt); !removed) return fail(removed.error());

  const auto copies = list();
  if (!copies) return fail(copies.error());
  if (auto pointed = point_latest(*copies); !pointed) return fail(pointed.error());
  CopyDraft::Place place{directory_, links_, key_.server, key_.project, key_.task};
  if (const CopyManifest* base = newest_verified(*copies)) place.base = *base;
  place.earlier = usual_sizes(*copies);

  DraftRequest wanted = request;
  // What was left beyond a bound would keep this task, or on a full disk every task, from ever making a copy again.
  wanted.resume = request.resume && CopyDraft(place, request, now, {}, {}).check_bounds().has_value();
  auto data = prepare_draft(directory_, place.base ? place.base->id : "", wanted, interrupt);
  if (!data) return fail(data.error());
  CopyDraft result(std::move(place), request, now, std::move(*held), std::move(*data));
  if (auto space = result.check_space(); !space) return fail(space.error());
  return result;
}

Result<OpenCopy> TaskCopies::open(const std::string& which) const {
  const auto copies = list();
  if (!copies) return fail(copies.error());
  const CopyManifest* found = nullptr;
  if (which == "latest") {
    found = newest_verified(*copies);
  } else if (time_of_copy(which)) {
    const auto named = std::find_if(copies->begin(), copies->end(), [&](const auto& copy) { return copy.id == which; });
    if (named != copies->end()) found = &*named;
  } else if (const auto time = parse_time(which.size() == a_date ? which + "T23:59:59Z" : which)) {
    found = newest_verified(*copies, *time);
  } else {
    return fail(ErrorKind::configuration, "'" + shorten(printable(which), 100) + "' names no copy",
                "an id such as 20261129T010203Z, a moment such as 2026-11-29T12:00:00Z, a day, or latest");
  }
  if (found == nullptr)
    return fail(ErrorKind::not_found,
                copies->empty() ? fmt::format("there is no copy of {}", to_string(key_))
                                : fmt::format("{} has no verified copy for '{}'", to_string(key_), which),
                copies->empty() ? "" : fmt::format("the newest is {} ({})", copies->front().id,
                                                   to_string(copies->front().state)));
  const bool quarantined = found->state == CopyState::quarantined;
  OpenCopy copy{*found, quarantined ? directory_ / quarantine_name / found->id : directory_ / found->id, {}};
  copy.reader.reset(::open((copy.path / manifest_name).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!copy.reader || ::flock(copy.reader.get(), LOCK_SH | LOCK_NB) != 0)
    return fail(ErrorKind::busy, found->id + " is being removed just now");
  return copy;
}

Result<VerifyReport> TaskCopies::verify(const OpenCopy& copy, unsigned part, unsigned parts,
                                        const Interrupt& interrupt) {
  if (part < 1 || parts < part) return fail(ErrorKind::configuration, "a part is 1/1, or n/m with n not above m");
  constexpr std::size_t most_wrong = 100;
  VerifyReport report;
  const auto wrong = [&](const std::string& file, const std::string& problem) {
    if (report.wrong.size() < most_wrong) report.wrong.push_back({shorten(printable(file), 300), problem});
  };
  auto root = open_directory(copy.path);
  if (!root) return fail(root.error());
  std::uint64_t number = 0;
  const auto checksums = read_checksums(copy.path / checksums_name, [&](const ChecksumLine& line) -> Result<void> {
    if (number++ % parts != part - 1) return {};
    const auto fd = open_below(root->get(), line.name);
    if (!fd) {
      wrong(line.name, fd.error().message);
      return {};
    }
    struct stat info{};
    if (::fstat(fd->get(), &info) != 0) return fail_errno("cannot look at " + printable(line.name), errno);
    if (!S_ISREG(info.st_mode)) {
      wrong(line.name, "is no file");
      return {};
    }
    const auto size = static_cast<std::uint64_t>(info.st_size);
    auto hash = hash_file(fd->get(), size, interrupt);
    if (!hash && hash.error().kind == ErrorKind::system) wrong(line.name, hash.error().message);
    else if (!hash) return fail(hash.error());
    else if (*hash != line.sha256) wrong(line.name, "its content has changed since it was copied");
    ++report.files;
    report.bytes += size;
    return {};
  });
  if (!checksums && checksums.error().kind != ErrorKind::system) return fail(checksums.error());
  if (!checksums) wrong(checksums_name, checksums.error().message);
  else if (*checksums != copy.manifest.checksums) wrong(checksums_name, "is not the list that manifest.json names");
  else if (number != copy.manifest.files)
    wrong(checksums_name, fmt::format("lists {} files, manifest.json {}", number, copy.manifest.files));
  return report;
}

Result<bool> TaskCopies::remove(const fs::path& copy, const Interrupt& interrupt) const {
  const UniqueFd manifest(::open((copy / manifest_name).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (manifest && ::flock(manifest.get(), LOCK_EX | LOCK_NB) != 0) return false;
  const std::string name = removing_prefix + copy.filename().string();
  auto directory = open_directory(directory_);
  if (!directory) return fail(directory.error());
  if (auto removed = remove_copy(directory->get(), name, interrupt); !removed) return fail(removed.error());
  if (::rename(copy.c_str(), (directory_ / name).c_str()) != 0)
    return fail_errno("cannot remove " + copy.string(), errno);
  if (auto synced = sync_directory(directory_); !synced) return fail(synced.error());
  if (auto removed = remove_copy(directory->get(), name, interrupt); !removed) return fail(removed.error());
  return true;
}

Result<PruneReport> TaskCopies::prune(const RetentionPolicy& policy, int min_verified, const WallClock& wall_clock,
                                      bool dry_run, const Interrupt& interrupt) {
  if (policy.keeps_nothing()) return fail(ErrorKind::configuration, "this policy would keep nothing at all");
  PruneReport report;
  std::error_code ignored;
  if (!fs::is_directory(directory_, ignored)) return report;
  UniqueFd held;
  if (!dry_run) {
    auto locked = lock();
    if (!locked) return fail(locked.error());
    held = std::move(*locked);
  }
  const auto copies = list();
  if (!copies) return fail(copies.error());
  const auto waiting = std::find_if(copies->begin(), copies->end(),
                                    [](const auto& copy) { return copy.state == CopyState::quarantined; });
  if (waiting != copies->end()) report.stopped = fmt::format("{} is quarantined ({})", waiting->id, waiting->reason);
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

// The links that a hostile server may have had made here would lead to the copies of another one.
Result<fs::path> TaskCopies::waiting_copy(const std::string& id) const {
  const fs::path quarantine = directory_ / quarantine_name;
  if (time_of_copy(id) && is_directory_itself(quarantine) && is_directory_itself(quarantine / id))
    return quarantine / id;
  return fail(ErrorKind::not_found, fmt::format("{} has no quarantined copy {}", to_string(key_), printable(id)));
}

Result<void> TaskCopies::accept(const std::string& id, Time now) {
  const auto found = waiting_copy(id);
  if (!found) return fail(found.error());
  const fs::path& waiting = *found;
  auto held = lock();
  if (!held) return fail(held.error());
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
  if (newest == nullptr || fs::read_symlink(latest, ignored) == newest->id) return {};
  return point_link(latest, newest->id);
}

Result<void> TaskCopies::discard(const std::string& id, const Interrupt& interrupt) {
  const auto found = waiting_copy(id);
  if (!found) return fail(found.error());
  const fs::path& waiting = *found;
  auto held = lock();
  if (!held) return fail(held.error());
  auto removed = remove(waiting, interrupt);
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
