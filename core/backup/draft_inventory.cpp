#include "backup/draft_inventory.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <optional>
#include <unordered_map>
#include <variant>

#include <fmt/format.h>

#include "backup/checksum_list.hpp"
#include "backup/checksum_reader.hpp"
#include "backup/hash_crew.hpp"
#include "backup/task_copies.hpp"
#include "base/fd.hpp"
#include "base/sha256.hpp"
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

// The list of the copy before, read beside the walk of the draft: it has the same order. A list that cannot be read, or
// has another order, only costs the hashing of more files.
class BaseList {
 public:
  explicit BaseList(std::filesystem::path path) : path_(std::move(path)) {}

  // Paths come in the order of a walk. Nothing: it is not in the list.
  const std::string* hash_of(const std::string& path) {
    if (!opened_) open();
    while (reader_ && line_ && stands_before(line_->name, path)) read_next();
    return reader_ && line_ && line_->name == path ? &line_->sha256 : nullptr;
  }

 private:
  void open() {
    opened_ = true;
    auto reader = ChecksumReader::open(path_);
    if (!reader) return;
    reader_ = std::move(*reader);
    read_next();
  }
  void read_next() {
    constexpr std::string_view below = "data/";
    for (;;) {
      auto line = reader_->next();
      if (!line || !*line) return reader_.reset();
      line_ = std::move(**line);
      if (!line_->name.starts_with(below)) continue;
      line_->name.erase(0, below.size());
      return;
    }
  }

  std::filesystem::path path_;
  bool opened_ = false;
  std::optional<ChecksumReader> reader_ = {};
  std::optional<ChecksumLine> line_ = {};
};

// A SHA-256 in half the room of its digits: every unchanged file of a tree may be remembered.
class Digest {
 public:
  explicit Digest(const std::string& hexadecimal) {
    for (std::size_t i = 0; i < bytes_.size() && 2 * i + 1 < hexadecimal.size(); ++i)
      bytes_[i] = static_cast<unsigned char>(16 * value(hexadecimal[2 * i]) + value(hexadecimal[2 * i + 1]));
  }
  std::string hexadecimal() const {
    std::string text;
    for (const unsigned char byte : bytes_) {
      text += digits[byte / 16];
      text += digits[byte % 16];
    }
    return text;
  }

 private:
  static constexpr std::string_view digits = "0123456789abcdef";
  static int value(char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; }
  std::array<unsigned char, 32> bytes_{};
};

class Inventory {
 public:
  Inventory(const InventoryBase& base, const std::map<std::string, StoredFile>& known,
            const Interrupt& interrupt)
      : base_path_(base.path), seeded_(base.seeded), known_(known), interrupt_(interrupt),
        base_list_(base.path.parent_path() / checksums_name), crew_(interrupt) {}

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
      listing_.push_back({entry.path, size, seen->second, 0});
    } else {
      result_.size.bytes += size;
      auto hash = hash_of(entry, size, linked);
      if (!hash) return fail(hash.error());
      if (linked) by_inode_.emplace(entry.info.st_ino, *hash);
      listing_.push_back({entry.path, size, std::move(*hash), linked ? entry.info.st_ino : 0});
    }
    return listing_.size() < most_listing ? Result<void>{} : list_first();
  }

  // Known already, or still with the crew.
  using Hash = std::variant<Digest, HashCrew::Ticket>;
  Result<Hash> hash_of(const TreeEntry& entry, std::uint64_t size, bool linked) {
    if (const std::string* shared = linked || seeded_ ? hash_in_base(entry) : nullptr) return Hash(Digest(*shared));
    result_.new_bytes += size;
    const auto known = known_.find(entry.path);
    if (known != known_.end() && known->second.bytes == size) return Hash(Digest(known->second.sha256));
    auto ticket = crew_.add(entry);
    if (!ticket) return fail(ticket.error());
    return Hash(std::move(*ticket));
  }

  // In the order of the walk, however the hashes come.
  Result<void> list_first() {
    const Listed listed = std::move(listing_.front());
    listing_.pop_front();
    const auto* ticket = std::get_if<HashCrew::Ticket>(&listed.hash);
    auto hash = ticket == nullptr ? Result<std::string>(std::get<Digest>(listed.hash).hexadecimal())
                                  : crew_.wait(*ticket);
    if (!hash) return fail(hash.error());
    if (ticket != nullptr && listed.first_name_of != 0) by_inode_.at(listed.first_name_of) = Digest(*hash);
    if (result_.first.size() < listed_files) result_.first.push_back({listed.path, listed.size, *hash});
    return list_.add(*hash, listed.path);
  }

  // Of a file that is the same inode in the copy before. In a snapshot that is not enough: there it is a second one
  // with the same number, which may have been written since. That shows in its ctime, which nobody can set.
  const std::string* hash_in_base(const TreeEntry& entry) {
    struct stat info{};
    if (!base_ || ::fstatat(base_.get(), entry.path.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 ||
        info.st_ino != entry.info.st_ino ||
        !(seeded_ ? is_untouched(entry.info, info) : entry.info.st_dev == info.st_dev))
      return nullptr;
    return base_list_.hash_of(entry.path);
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
  BaseList base_list_;
  std::unordered_map<ino_t, Hash> by_inode_;
  struct Listed {
    std::string path;
    std::uint64_t size;
    Hash hash;
    ino_t first_name_of;  // a file with several names; 0: there is nothing to remember
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
