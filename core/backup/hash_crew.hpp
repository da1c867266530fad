// Files of a tree hashed by several threads, while one walks it. A part of draft_inventory.cpp.
#pragma once

#include <sys/stat.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "backup/tree.hpp"
#include "base/fd.hpp"

namespace maintain {

// Of an open regular file, from its beginning. A file that grows meanwhile is read no further than `size`.
Result<std::string> hash_file(int fd, std::uint64_t size, const Interrupt& interrupt);

// Everything but the threads' own work happens on the thread that made it, `interrupt` included. The files are opened
// through no link, and must be what the walk saw.
class HashCrew {
 public:
  explicit HashCrew(const Interrupt& interrupt);
  ~HashCrew();
  HashCrew(const HashCrew&) = delete;
  HashCrew& operator=(const HashCrew&) = delete;

 private:
  struct File {
    std::string name;
    std::string path;  // for people
    ino_t inode;
    std::uint64_t size;
    Result<std::string> hash = std::string();
  };
  struct Batch {
    UniqueFd directory;
    std::vector<File> files;
    std::uint64_t bytes = 0;
    bool given = false;  // to the threads
    bool done = false;
  };

 public:
  // Of one file; wait() tells its hash, as often as it is asked.
  class Ticket {
    friend class HashCrew;
    std::shared_ptr<Batch> batch;
    std::size_t index = 0;
  };
  // Waits while much is to be done already.
  Result<Ticket> add(const TreeEntry& entry);
  Result<std::string> wait(const Ticket& ticket);

 private:
  Result<void> give();
  Result<void> until(const std::function<bool()>& reached);
  void work();
  Result<std::string> hash(const Batch& batch, const File& file) const;

  const Interrupt& interrupt_;
  std::shared_ptr<Batch> open_;  // the files of one directory, until there are enough
  std::string open_for_;         // its path
  std::mutex mutex_;
  std::condition_variable more_, done_;
  std::deque<std::shared_ptr<Batch>> waiting_;
  std::atomic<bool> over_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace maintain
