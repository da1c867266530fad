// The frame of PostgreSQL's custom format, followed while its bytes pass: the list of contents, then a block for each
// table's data, in pieces that say how long they are. pg_restore --list reads only the first part; to let pg_restore
// read all of it means to unpack it, which costs many times what it costs to fetch it. What is in the pieces is not
// looked at: on the way from pg_dump nothing can change them that ssh would not notice.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace maintain::plugins::backup {

class PgArchive {
 public:
  void add(std::string_view bytes);  // the next ones; pieces of any size

  // After the last byte: every block that the list of contents promises came, once, and up to its end. False also for
  // what this does not know (a newer version of the format): somebody else has to read that.
  bool whole();
  std::size_t blocks() const { return blocks_; }

 private:
  enum class Step { contents, type, id, large_object, size, piece, unknown };

  void read_contents();
  std::string_view take_piece(std::string_view bytes);
  void number(std::int64_t value);

  Step step_ = Step::contents;
  std::string buffer_;               // the contents, later a number, as far as they came
  std::size_t next_try_ = 64 * 1024; // bytes of contents, before they are read (again)
  std::set<std::int64_t> missing_;   // blocks that were promised
  std::size_t blocks_ = 0;
  bool large_objects_ = false;       // the current block is made of them
  std::uint64_t left_ = 0;           // of the current piece
};

}  // namespace maintain::plugins::backup
