// What rsync says: its numbers, its progress, its complaints and its exit status. Pure; accepts any bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace maintain::plugins::backup {

// Of --stats. The sender's list, that is, what should have come.
struct RsyncNumbers {
  std::uint64_t entries = 0;
  std::uint64_t directories = 0;
  std::uint64_t bytes = 0;
  std::uint64_t transferred = 0;  // files
  std::uint64_t transferred_bytes = 0;  // of these files
  std::uint64_t received = 0;     // bytes
  std::uint64_t files() const { return entries - directories; }
};
std::optional<RsyncNumbers> parse_rsync_numbers(std::string_view output);

struct RsyncProgress {
  std::uint64_t bytes = 0;
  std::uint64_t total = 0;  // 0: not known yet
};
// A line of --info=progress2.
std::optional<RsyncProgress> parse_rsync_progress(std::string_view line);

struct Unreadable {
  std::string name;  // not printable bytes as rsync shows them: \#012
  std::string why;
};

struct RsyncTrouble {
  std::vector<Unreadable> unreadable = {};  // at most most_names; all are counted
  std::uint64_t unreadable_count = 0;
  std::uint64_t unlisted_directories = 0;  // of those, directories: nobody knows what is in them
  std::vector<std::string> vanished = {};       // likewise
  std::uint64_t vanished_count = 0;
  std::vector<std::string> missing = {};        // sources that are not there
  std::vector<std::string> other = {};          // lines, printable, at most most_names
  bool no_space = false;
  bool no_attributes = false;              // the store's file system takes no user xattrs
  bool no_rsync = false;                   // on the server
  bool sudo_refused = false;
  bool unknown_option = false;
  bool lost = false;                       // the connection ended under it
};
inline constexpr std::size_t most_names = 50;
RsyncTrouble parse_rsync_errors(std::string_view errors);

// The same piece by piece: what a server has to complain about may be without end.
class RsyncErrors {
 public:
  void add(std::string_view piece);
  RsyncTrouble take();  // all so far; begins anew

 private:
  std::string line_;
  RsyncTrouble trouble_;
};

// Standard output piece by piece: progress as it is made, and the last of the rest, which ends with the numbers.
class RsyncReport {
 public:
  explicit RsyncReport(std::function<void(const RsyncProgress&)> on_progress) : on_progress_(std::move(on_progress)) {}
  void add(std::string_view piece);
  std::string text() const { return text_ + line_; }

 private:
  void end_line();

  std::function<void(const RsyncProgress&)> on_progress_;
  std::string line_;
  std::string text_;
};

// Adds what one rsync complained of to what others did.
void add_trouble(RsyncTrouble& all, const RsyncTrouble& more);

enum class RsyncEnd {
  whole,       // all that was not unreadable or vanished is there
  incomplete,  // something else is not as at the source
  lost,        // the connection ended; what came can be gone on with
  failed,
};
RsyncEnd judge_rsync(int status, const RsyncTrouble& trouble);

// "error in file IO"; of an unknown status its number.
std::string rsync_status_text(int status);

}  // namespace maintain::plugins::backup
