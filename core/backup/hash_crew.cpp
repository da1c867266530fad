#include "backup/hash_crew.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/sha256.hpp"
#include "base/text.hpp"

namespace maintain {
namespace {

constexpr std::size_t piece = 256 * 1024;
constexpr std::size_t batch_files = 64;
constexpr std::uint64_t batch_bytes = 1024 * 1024;
constexpr std::size_t most_waiting = 32;  // batches: each holds a descriptor
constexpr unsigned most_threads = 4;      // the disk is the bound of more
constexpr std::chrono::milliseconds between_interrupts{200};

}  // namespace

HashCrew::HashCrew(const Interrupt& interrupt) : interrupt_(interrupt) {}

HashCrew::~HashCrew() {
  over_ = true;
  {
    const std::lock_guard lock(mutex_);
    waiting_.clear();
  }
  more_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

Result<HashCrew::Ticket> HashCrew::add(const TreeEntry& entry) {
  const std::string_view above = std::string_view(entry.path).substr(0, entry.path.size() - entry.name.size());
  if (open_ && (open_for_ != above || open_->files.size() >= batch_files || open_->bytes >= batch_bytes))
    if (auto given = give(); !given) return fail(given.error());
  if (!open_) {
    open_ = std::make_shared<Batch>();
    open_->directory.reset(::fcntl(entry.directory, F_DUPFD_CLOEXEC, 0));
    if (!open_->directory) return fail_errno("cannot hold a directory of the copy open", errno);
    open_for_ = above;
  }
  const auto size = static_cast<std::uint64_t>(entry.info.st_size);
  open_->files.push_back({entry.name, entry.path, entry.info.st_ino, size});
  open_->bytes += size;
  Ticket ticket;
  ticket.batch = open_;
  ticket.index = open_->files.size() - 1;
  return ticket;
}

Result<std::string> HashCrew::wait(const Ticket& ticket) {
  if (!ticket.batch->given)
    if (auto given = give(); !given) return fail(given.error());
  if (auto done = until([&] { return ticket.batch->done; }); !done) return fail(done.error());
  return ticket.batch->files[ticket.index].hash;
}

Result<void> HashCrew::give() {
  const unsigned threads = std::clamp(std::thread::hardware_concurrency(), 1u, most_threads);
  while (threads_.size() < threads) threads_.emplace_back([this] { work(); });
  open_->given = true;
  if (auto room = until([this] { return waiting_.size() < most_waiting; }); !room) return room;
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::exchange(open_, nullptr));
  }
  more_.notify_one();
  return {};
}

Result<void> HashCrew::until(const std::function<bool()>& reached) {
  for (;;) {
    if (auto go_on = interrupt_(); !go_on) return go_on;
    std::unique_lock lock(mutex_);
    if (done_.wait_for(lock, between_interrupts, reached)) return {};
  }
}

void HashCrew::work() {
  for (;;) {
    std::unique_lock lock(mutex_);
    more_.wait(lock, [this] { return over_ || !waiting_.empty(); });
    if (over_) return;
    const std::shared_ptr<Batch> batch = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    done_.notify_one();  // there is room
    for (File& file : batch->files) file.hash = hash(*batch, file);
    batch->directory.reset();
    lock.lock();
    batch->done = true;
    lock.unlock();
    done_.notify_one();
  }
}

Result<std::string> HashCrew::hash(const Batch& batch, const File& file) const {
  const UniqueFd fd(::openat(batch.directory.get(), file.name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat info{};
  if (!fd || ::fstat(fd.get(), &info) != 0) return fail_errno("cannot read " + printable(file.path), errno);
  if (!S_ISREG(info.st_mode) || info.st_ino != file.inode)
    return fail(ErrorKind::refused, printable(file.path) + " was replaced while the copy was committed");
  return hash_file(fd.get(), file.size, [this]() -> Result<void> {
    if (over_) return fail(ErrorKind::cancelled, "the hashing was ended");
    return {};
  });
}

Result<std::string> hash_file(int fd, std::uint64_t size, const Interrupt& interrupt) {
  Sha256 hash;
  // As large as the file, and not filled first: most files are small, and there are many.
  const auto buffer = std::make_unique_for_overwrite<char[]>(std::min<std::uint64_t>(size, piece));
  std::uint64_t left = size;
  while (left > 0) {
    if (auto go_on = interrupt(); !go_on) return fail(go_on.error());
    const ssize_t got = ::read(fd, buffer.get(), static_cast<std::size_t>(std::min<std::uint64_t>(left, piece)));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("cannot read a file of a copy", errno);
    if (got == 0) return fail(ErrorKind::system, "a file of a copy became shorter while it was read");
    hash.add({buffer.get(), static_cast<std::size_t>(got)});
    left -= static_cast<std::uint64_t>(got);
  }
  return hash.hexadecimal();
}

}  // namespace maintain
