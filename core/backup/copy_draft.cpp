#include "backup/copy_draft.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "backup/draft_inventory.hpp"
#include "backup/task_copies.hpp"
#include "backup/zfs_data.hpp"
#include "base/text.hpp"

namespace maintain {
namespace {

constexpr std::uint64_t check_each = 8 * 1024 * 1024;
constexpr std::uint64_t least_inodes = 1000;
constexpr std::size_t most_problems = 100;
constexpr int most_copies_a_second = 1000;
constexpr std::size_t longest_name = 1000;
constexpr Milliseconds measured_at_once{50};

bool is_part(std::string_view part) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._@%+=-").find(c) != std::string_view::npos;
  };
  return !part.empty() && part[0] != '.' && part.size() <= 255 && std::all_of(part.begin(), part.end(), fits);
}

bool is_file_name(const std::string& name) {
  const auto parts = split(name, '/');
  return name.size() <= longest_name &&
         std::all_of(parts.begin(), parts.end(), [](const std::string& part) { return is_part(part); });
}

Result<void> write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno("cannot write a copy", errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace

CopyDraft::CopyDraft(Place place, DraftRequest request, Time started, UniqueFd lock, DraftData data)
    : place_(std::move(place)), request_(std::move(request)), started_(started), lock_(std::move(lock)),
      data_(std::move(data)), meter_(request_.max_bytes) {}

std::filesystem::path CopyDraft::path() const {
  return place_.directory / (data_.sharing == Sharing::zfs ? dataset_name : draft_name) / data_name;
}

std::filesystem::path CopyDraft::base() const {
  if (!place_.base) return {};
  const auto content = content_of(place_.directory / place_.base->id);
  return content ? *content / data_name : std::filesystem::path();
}

Result<void> CopyDraft::create(const std::string& name) {
  if (file_) return fail(ErrorKind::internal, "a file of the draft is open already");
  if (!is_file_name(name))
    return fail(ErrorKind::configuration,
                "'" + shorten(printable(name), 200) + "' cannot be the name of a file in a copy",
                "letters, digits, . _ @ % + = - and single slashes; no part begins with a dot");
  const std::filesystem::path file = path() / name;
  if (auto made = make_directories(file.parent_path(), 0700); !made) return made;
  // A link to an older copy's file must not be written through.
  if (::unlink(file.c_str()) != 0 && errno != ENOENT) return fail_errno("cannot replace " + file.string(), errno);
  UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return fail_errno("cannot create " + file.string(), errno);
  if (const auto before = written_.find(name); before != written_.end()) {
    written_bytes_ -= before->second.bytes;
    written_.erase(before);
  }
  if (auto fits = check_size(written_bytes_, written_.size() + 1); !fits) return fits;
  file_.emplace(OpenFile{{name, 0, {}}, std::move(fd), {}, 0});
  return check_space();
}

Result<void> CopyDraft::write(std::string_view bytes) {
  if (!file_) return fail(ErrorKind::internal, "no file of the draft is open");
  if (auto fits = check_size(written_bytes_ + bytes.size(), written_.size() + 1); !fits) return fits;
  file_->since_check += bytes.size();
  if (file_->since_check >= check_each) {
    file_->since_check = 0;
    if (auto space = check_space(); !space) return space;
  }
  if (auto done = write_all(file_->fd.get(), bytes); !done) return done;
  file_->hash.add(bytes);
  file_->file.bytes += bytes.size();
  written_bytes_ += bytes.size();
  return {};
}

Result<StoredFile> CopyDraft::close() {
  if (!file_) return fail(ErrorKind::internal, "no file of the draft is open");
  OpenFile open = std::move(*file_);
  file_.reset();
  open.file.sha256 = open.hash.hexadecimal();
  if (::close(open.fd.release()) != 0) return fail_errno("cannot write " + open.file.name, errno);
  written_[open.file.name] = open.file;
  return open.file;
}

Result<void> CopyDraft::check_size(std::uint64_t bytes, std::uint64_t files) const {
  if (request_.max_bytes != 0 && bytes > request_.max_bytes)
    return fail(ErrorKind::refused, fmt::format("the copy would be larger than max_bytes allows ({} bytes)",
                                                request_.max_bytes), "raise max_bytes, or leave something out");
  if (request_.max_files != 0 && files > request_.max_files)
    return fail(ErrorKind::refused,
                fmt::format("the copy would have more files and directories than max_files allows ({})",
                            request_.max_files),
                "raise max_files, or leave something out");
  return {};
}

Result<void> CopyDraft::check_space() const {
  if (request_.min_free == 0) return {};
  struct statvfs space{};
  // A dataset may have a quota of its own.
  const auto place = data_.sharing == Sharing::zfs ? place_.directory / dataset_name : place_.directory;
  if (::statvfs(place.c_str(), &space) != 0)
    return fail_errno("cannot ask for the space left in " + place_.directory.string(), errno);
  const std::uint64_t left = static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
  if (left < request_.min_free)
    return fail(ErrorKind::refused,
                fmt::format("only {} MiB are left where the copies are, and {} MiB are to stay free", left >> 20,
                            request_.min_free >> 20),
                "make room, keep fewer copies, or lower backups.min_free in maintain.yml");
  if (space.f_files != 0 && space.f_favail < least_inodes)
    return fail(ErrorKind::refused, fmt::format("only {} inodes are left where the copies are", space.f_favail),
                "keep fewer copies, or make a file system with more inodes");
  return {};
}

Result<void> CopyDraft::check_bounds() {
  if (auto space = check_space(); !space) return space;
  if (request_.max_bytes == 0 && request_.max_files == 0) return {};
  const auto found = meter_.go_on(path(), measured_at_once);
  if (!found) return {};  // the draft changes under the walk: only a bound that was passed counts
  return check_size(found->size.bytes, found->size.entries);
}

Result<void> CopyDraft::check_all_bounds(const Interrupt& interrupt) {
  if (auto space = check_space(); !space) return space;
  if (request_.max_bytes == 0 && request_.max_files == 0) return {};
  DraftMeter meter(request_.max_bytes);
  for (DraftMeter::Found found; !found.whole;) {
    if (auto go_on = interrupt(); !go_on) return go_on;
    auto more = meter.go_on(path(), measured_at_once);
    if (!more) return fail(more.error());
    found = *more;
    if (auto fits = check_size(found.size.bytes, found.size.entries); !fits) return fits;
  }
  return {};
}

Result<CommittedCopy> CopyDraft::commit(const CopyFacts& facts, Time now, const Interrupt& interrupt) {
  if (file_) return fail(ErrorKind::internal, "a file of the draft is still open");
  auto inventory = take_inventory(path().parent_path(), {base(), data_.seeded}, written_, interrupt);
  if (!inventory) return fail(inventory.error());
  if (auto fits = check_size(inventory->size.bytes, inventory->entries); !fits) {
    (void)discard(interrupt);  // what is not gone now will not be resumed
    return fail(fits.error());
  }

  CommittedCopy result;
  CopyManifest& manifest = result.manifest;
  manifest.server = place_.key.server;
  manifest.project = place_.key.project;
  manifest.task = place_.key.task;
  manifest.type = request_.type;
  manifest.source = request_.source;
  manifest.engine = request_.engine;
  manifest.format = facts.format;
  manifest.started = started_;
  manifest.finished = now;
  manifest.bytes = inventory->size.bytes;
  manifest.files = inventory->size.files;
  manifest.new_bytes = inventory->new_bytes;
  manifest.sharing = data_.sharing;
  // Hard links do not reach from one subvolume into another.
  manifest.base = place_.base && (data_.seeded || data_.sharing == Sharing::links) ? place_.base->id : "";
  manifest.checksums = inventory->checksums;
  manifest.file_list = std::move(inventory->first);
  manifest.verified = facts.verified;
  for (Verification& one : manifest.verified) one.when = now;
  manifest.tools = facts.tools;
  manifest.details = facts.details;
  manifest.reason = anomaly_of(inventory->size, place_.earlier, facts.anomaly);
  manifest.state = !manifest.reason.empty() ? CopyState::quarantined
                   : facts.verified.empty() ? CopyState::unverified
                                            : CopyState::verified;
  result.problems = std::move(inventory->problems);

  auto name = move_into_place(manifest);
  if (!name) return fail(name.error());
  result.path = place_.directory / *name;
  if (manifest.state != CopyState::verified) return result;
  const auto complain = [&](const Result<void>& done) {
    if (!done && result.problems.size() < most_problems) result.problems.push_back(done.error().describe());
  };
  complain(point_link(place_.directory / latest_name, manifest.id));
  const std::filesystem::path to_latest = place_.directory.lexically_relative(place_.links) / latest_name / data_name;
  for (const auto& [link, target] : facts.links) {
    if (!is_part(link) || target.empty() || target.front() == '/') {
      complain(fail(ErrorKind::configuration, "'" + printable(link) + "' cannot be the name of a link"));
      continue;
    }
    complain(point_link(place_.links / link, (to_latest / target).string()));
  }
  return result;
}

// All of it is on the disk before the name is: what has the name of a copy is one.
Result<std::string> CopyDraft::move_into_place(CopyManifest& manifest) const {
  const std::filesystem::path draft = place_.directory / draft_name;
  const bool quarantined = manifest.state == CopyState::quarantined;
  if (quarantined)
    if (auto made = make_directories(place_.directory / quarantine_name, 0700); !made) return fail(made.error());
  const auto taken = [&](const std::string& id) {
    return ::access((place_.directory / id).c_str(), F_OK) == 0 ||
           ::access((place_.directory / quarantine_name / id).c_str(), F_OK) == 0;
  };
  int number = 1;
  while (taken(copy_id(started_, number)))
    if (++number > most_copies_a_second) return fail(ErrorKind::internal, "there is no name left for the copy");
  manifest.id = copy_id(started_, number);
  const std::string text = encode_manifest(manifest);
  if (auto kept = write_file_atomically(draft / manifest_name, text, 0600); !kept) return fail(kept.error());
  if (data_.sharing == Sharing::zfs) {
    auto frozen = freeze_dataset(place_.directory, zfs(), manifest.id, text, manifest.checksums);
    if (!frozen) return fail(frozen.error());
    // The links in the copies lead one step up, which there is this one.
    const std::string up = std::string("../") + dataset_name;
    if (quarantined)
      if (auto led = point_link(place_.directory / quarantine_name / dataset_name, up); !led) return fail(led.error());
  }
  ::unlink((draft / draft_file_name).c_str());
  auto directory = open_directory(draft);
  if (!directory) return fail(directory.error());
  if (::syncfs(directory->get()) != 0) return fail_errno("cannot bring the copy to the disk", errno);
  const std::string name = quarantined ? std::string(quarantine_name) + "/" + manifest.id : manifest.id;
  if (::rename(draft.c_str(), (place_.directory / name).c_str()) != 0)
    return fail_errno("cannot put the copy into its place", errno);
  if (auto synced = sync_directory((place_.directory / name).parent_path()); !synced) return fail(synced.error());
  if (auto synced = sync_directory(place_.directory); !synced) return fail(synced.error());
  return name;
}

Result<void> CopyDraft::discard(const Interrupt& interrupt) {
  file_.reset();
  auto directory = open_directory(place_.directory);
  if (!directory) return fail(directory.error());
  if (data_.sharing == Sharing::zfs)
    if (auto emptied = empty_dataset(place_.directory, interrupt); !emptied) return emptied;
  return remove_copy(directory->get(), draft_name, zfs(), interrupt);
}

}  // namespace maintain
