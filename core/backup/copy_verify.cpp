// A copy read again and compared with what was written, and what follows from that.
#include <sys/stat.h>

#include <cerrno>

#include <fmt/format.h>

#include "backup/checksum_reader.hpp"
#include "backup/copy_damage.hpp"
#include "backup/copy_list.hpp"
#include "backup/copy_lock.hpp"
#include "backup/hash_crew.hpp"
#include "backup/task_copies.hpp"
#include "base/text.hpp"

namespace maintain {
namespace {

constexpr std::size_t most_wrong = 100;

bool same_time(const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

// Whether two copies have the very same file there: one inode, or in a snapshot a second one that nobody has written.
bool is_shared(int copy, int other, const std::string& name) {
  const auto a = open_below(copy, name), b = open_below(other, name);
  struct stat one{}, two{};
  if (!a || !b || ::fstat(a->get(), &one) != 0 || ::fstat(b->get(), &two) != 0) return false;
  return one.st_ino == two.st_ino && one.st_size == two.st_size && same_time(one.st_mtim, two.st_mtim) &&
         same_time(one.st_ctim, two.st_ctim);
}

CopyDamage damage_from(const VerifyReport& report, Time now) {
  CopyDamage damage{now};
  for (const auto& wrong : report.wrong) damage.wrong.push_back({wrong.file, wrong.problem});
  return damage;
}

// What is wrong with a copy because it is with `copy`.
CopyDamage damage_through(const OpenCopy& copy, const std::filesystem::path& other, const VerifyReport& report,
                          Time now) {
  CopyDamage damage{now};
  const auto from = open_directory(copy.path), to = open_directory(other);
  if (!from || !to) return damage;
  for (const auto& wrong : report.wrong)
    if (!wrong.name.empty() && is_shared(from->get(), to->get(), wrong.name))
      damage.wrong.push_back({wrong.file, fmt::format("{} (shared with {})", wrong.problem, copy.manifest.id)});
  return damage;
}

}  // namespace

Result<VerifyReport> TaskCopies::verify(const OpenCopy& copy, unsigned part, unsigned parts,
                                        const Interrupt& interrupt) {
  if (part < 1 || parts < part) return fail(ErrorKind::configuration, "a part is 1/1, or n/m with n not above m");
  VerifyReport report;
  report.all = parts == 1;
  const auto wrong = [&](const std::string& file, const std::string& problem, const std::string& name = {}) {
    if (report.wrong.size() < most_wrong) report.wrong.push_back({shorten(printable(file), 300), problem, name});
  };
  auto root = open_directory(copy.content);
  if (!root) return fail(root.error());
  std::uint64_t number = 0;
  const auto checksums = read_checksums(copy.path / checksums_name, [&](const ChecksumLine& line) -> Result<void> {
    if (number++ % parts != part - 1) return {};
    const auto fd = open_below(root->get(), line.name);
    if (!fd) {
      // Where nothing can be opened any more, that says nothing of the copy.
      if (!open_directory(copy.content)) return fail(ErrorKind::refused, fd.error().message);
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
    if (!hash && hash.error().kind == ErrorKind::system) wrong(line.name, hash.error().message, line.name);
    else if (!hash) return fail(hash.error());
    else if (*hash != line.sha256) wrong(line.name, "its content has changed since it was copied", line.name);
    ++report.files;
    report.bytes += size;
    return {};
  });
  if (!checksums && checksums.error().kind != ErrorKind::system) return fail(checksums.error());
  if (const auto manifest = read_manifest(copy.path); !manifest)
    wrong(manifest_name, manifest.error().message);
  else if (manifest->id != copy.manifest.id) wrong(manifest_name, "is that of " + manifest->id);
  else if (!checksums) wrong(checksums_name, checksums.error().message);
  else if (*checksums != manifest->checksums) wrong(checksums_name, "is not the list that manifest.json names");
  else if (number != manifest->files)
    wrong(checksums_name, fmt::format("lists {} files, manifest.json {}", number, manifest->files));
  return report;
}

Result<std::vector<std::string>> TaskCopies::remember(const OpenCopy& copy, const VerifyReport& report,
                                                      Time now) const {
  std::vector<std::string> marked;
  if (!report.wrong.empty()) {
    if (auto done = mark_damaged(copy.path, damage_from(report, now)); !done) return fail(done.error());
    marked.push_back(copy.manifest.id);
    const auto others = list();
    if (!others) return fail(others.error());
    for (const CopyManifest& other : *others) {
      const std::filesystem::path path = path_of(other);
      if (path == copy.path || !other.damage.empty()) continue;
      const UniqueFd reader = open_copy_lock(path);
      if (hold_copy(reader, path, CopyUse::read) != CopyHold::held) continue;  // it goes
      const CopyDamage damage = damage_through(copy, path, report, now);
      if (damage.wrong.empty()) continue;
      if (auto done = mark_damaged(path, damage); !done) return fail(done.error());
      marked.push_back(other.id);
    }
  } else if (report.all) {
    if (auto cleared = clear_damage(copy.path); !cleared) return fail(cleared.error());
  } else {
    return marked;
  }
  // Who writes copies just now has the lock for as long as that takes; the next one puts it right.
  const auto held = lock(Milliseconds::zero());
  if (!held && held.error().kind == ErrorKind::busy) return marked;
  if (!held) return fail(held.error());
  const auto copies = list();
  if (!copies) return fail(copies.error());
  if (auto pointed = point_latest(*copies); !pointed) return fail(pointed.error());
  return marked;
}

}  // namespace maintain
