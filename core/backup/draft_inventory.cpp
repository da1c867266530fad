#include "backup/draft_inventory.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <unordered_map>
#include <variant>

#include <fmt/format.h>

#include "backup/checksum_list.hpp"
#include "backup/checksum_reader.hpp"
#include "backup/hash_crew.hpp"
#include "backup/sha256.hpp"
#include "backup/task_copies.hpp"
#include "base/fd.hpp"
#include "base/text.hpp"

namespace maintain {
namespace {

constexpr std::size_t most_problems = 100;
constexpr std::size_t piece = 256 * 1024;
constexpr std::size_t most_listing = 4096;  // files, which the crew may be behind the walk

// SHA256SUMS while it is written.
class ChecksumWriter {
 public:
  Result<void> open(const std::filesystem::path& path) {
    ::unlink(path.c_str());
    fd_.reset(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    return fd_ ? Result<void>{} : fail_errno("cannot create " + path.string(), errno);
  }
  Result<void> add(const std::string& sha256, const std::string& path) {
    buffer_ += checksum_line(sha256, std::string(data_name) + "/" + path);
    return buffer_.size() < piece ? Result<void>{} : flush();
  }
  Result<std::string> finish() {
    if (auto done = flush(); !done) return fail(done.error());
    return hash_.hexadecimal();
  }

 private:
  Result<void> flush() {
    hash_.add(buffer_);
    std::string_view left = buffer_;
    while (!left.empty()) {
      const ssize_t written = ::write(fd_.get(), left.data(), left.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return fail_errno("cannot write SHA256SUMS", errno);
      left.remove_prefix(static_cast<std::size_t>(written));
    }
    buffer_.clear();
    return {};
  }

  UniqueFd fd_;
  std::string buffer_;
  Sha256 hash_;
};

bool same_time(const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

bool is_untouched(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && same_time(a.st_mtim, b.st_mtim) && same_time(a.st_ctim, b.st_ctim);
}

class Inventory {
 public:
  Inventory(const InventoryBase& base, const std::map<std::string, StoredFile>& known,
            const Interrupt& interrupt)
      : base_path_(base.path), seeded_(base.seeded), known_(known), interrupt_(interrupt), crew_(interrupt) {}

  Result<DraftInventory> take(const std::filesystem::path& draft) {
    if (auto opened = list_.open(draft / checksums_name); !opened) return fail(opened.error());
    auto root = open_directory(draft / data_name);
    if (!root) return fail(root.error());
    if (!base_path_.empty())
      if (auto base = open_directory(base_path_)) base_ = std::move(*base);
    TreeVisitor visitor;
    visitor.entry = [this](const TreeEntry& entry) { return look_at(entry); };
    if (auto walked = walk_tree(root->get(), visitor, interrupt_); !walked) return fail(walked.error());
    while (!listing_.empty())
      if (auto listed = list_first(); !listed) return fail(listed.error());
    auto checksums = list_.finish();
    if (!checksums) return fail(checksums.error());
    result_.checksums = *checksums;
    return std::move(result_);
  }

 private:
  Result<void> look_at(const TreeEntry& entry) {
    const bool kept = S_ISDIR(entry.info.st_mode) || S_ISREG(entry.info.st_mode);
    if (kept) ++result_.entries;
    if (S_ISREG(entry.info.st_mode)) return add_file(entry);
    if (kept) return {};
    problem(entry.path, "is neither a file nor a directory and was left out");
    if (::unlinkat(entry.directory, entry.name.c_str(), 0) != 0)
      return fail_errno("cannot remove " + printable(entry.path), errno);
    return {};
  }

  Result<void> add_file(const TreeEntry& entry) {
    const auto size = static_cast<std::uint64_t>(entry.info.st_size);
    ++result_.size.files;
    const bool linked = entry.info.st_nlink > 1;
    const auto seen = linked ? by_inode_.find(entry.info.st_ino) : by_inode_.end();
    if (seen != by_inode_.end()) {
      listing_.push_back({entry.path, size, seen->second});
    } else {
      result_.size.bytes += size;
      auto hash = hash_of(entry, size, linked);
      if (!hash) return fail(hash.error());
      if (linked) by_inode_.emplace(entry.info.st_ino, *hash);
      listing_.push_back({entry.path, size, std::move(*hash)});
    }
    return listing_.size() < most_listing ? Result<void>{} : list_first();
  }

  // Known already, or still with the crew.
  using Hash = std::variant<std::string, HashCrew::Ticket>;
  Result<Hash> hash_of(const TreeEntry& entry, std::uint64_t size, bool linked) {
    if (const std::string* shared = linked || seeded_ ? hash_in_base(entry) : nullptr) return Hash(*shared);
    result_.new_bytes += size;
    const auto known = known_.find(entry.path);
    if (known != known_.end() && known->second.bytes == size) return Hash(known->second.sha256);
    auto ticket = crew_.add(entry);
    if (!ticket) return fail(ticket.error());
    return Hash(std::move(*ticket));
  }

  // In the order of the walk, however the hashes come.
  Result<void> list_first() {
    const Listed listed = std::move(listing_.front());
    listing_.pop_front();
    const auto* ticket = std::get_if<HashCrew::Ticket>(&listed.hash);
    auto hash = ticket == nullptr ? Result<std::string>(std::get<std::string>(listed.hash)) : crew_.wait(*ticket);
    if (!hash) return fail(hash.error());
    if (result_.first.size() < listed_files) result_.first.push_back({listed.path, listed.size, *hash});
    return list_.add(*hash, listed.path);
  }

  // Of a file that is the same inode in the copy before. In a snapshot that is not enough: there it is a second one with
  // the same number, which may have been written since. That shows in its ctime, which nobody can set.
  const std::string* hash_in_base(const TreeEntry& entry) {
    struct stat info{};
    if (!base_ || ::fstatat(base_.get(), entry.path.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 ||
        info.st_ino != entry.info.st_ino ||
        !(seeded_ ? is_untouched(entry.info, info) : entry.info.st_dev == info.st_dev))
      return nullptr;
    if (!base_read_) read_base();
    const auto found = in_base_.find(entry.path);
    return found == in_base_.end() ? nullptr : &found->second;
  }

  // Once, when the first shared file is met. A list that cannot be read only costs the hashing of all files.
  void read_base() {
    base_read_ = true;
    const std::string below = std::string(data_name) + "/";
    (void)read_checksums(base_path_.parent_path() / checksums_name, [&](const ChecksumLine& line) -> Result<void> {
      if (line.name.starts_with(below)) in_base_.emplace(line.name.substr(below.size()), line.sha256);
      return {};
    });
  }

  void problem(const std::string& path, const char* what) {
    if (result_.problems.size() < most_problems)
      result_.problems.push_back(shorten(printable(path), 300) + " " + what);
  }

  const std::filesystem::path base_path_;
  const bool seeded_;
  const std::map<std::string, StoredFile>& known_;
  const Interrupt& interrupt_;
  UniqueFd base_;
  bool base_read_ = false;
  std::unordered_map<std::string, std::string> in_base_;
  std::unordered_map<ino_t, Hash> by_inode_;
  struct Listed {
    std::string path;
    std::uint64_t size;
    Hash hash;
  };
  std::deque<Listed> listing_;  // what is still to be listed
  ChecksumWriter list_;
  DraftInventory result_;
  HashCrew crew_;
};

}  // namespace

Result<DraftInventory> take_inventory(const std::filesystem::path& draft, const InventoryBase& base,
                                      const std::map<std::string, StoredFile>& known, const Interrupt& interrupt) {
  return Inventory(base, known, interrupt).take(draft);
}

}  // namespace maintain
