#include "backup/database/pg_archive.hpp"

#include <algorithm>
#include <optional>

namespace maintain::plugins::backup {
namespace {

constexpr std::size_t largest_contents = 64 * 1024 * 1024;
constexpr std::size_t number_size = 5;  // a sign and four bytes, on every machine that PostgreSQL runs on
constexpr int oldest = 12;              // minor versions of the format: PostgreSQL 9.x
constexpr int newest = 16;              // PostgreSQL 18
constexpr char data_block = 1;
constexpr char large_object_block = 3;

std::int64_t number_at(std::string_view bytes) {
  std::int64_t value = 0;
  for (std::size_t i = number_size - 1; i > 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return bytes[0] == 0 ? value : -value;
}

// What is read beyond the end is nothing, and `ended` is set: the caller looks once, after all.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  std::string_view take(std::size_t size) {
    if (bytes_.size() - at_ < size) {
      ended_ = true;
      return {};
    }
    at_ += size;
    return bytes_.substr(at_ - size, size);
  }
  int byte() {
    const std::string_view one = take(1);
    return one.empty() ? 0 : static_cast<unsigned char>(one[0]);
  }
  std::int64_t number() {
    const std::string_view bytes = take(number_size);
    return bytes.empty() ? 0 : number_at(bytes);
  }
  bool text() {  // false: none, which is something else than an empty one
    const std::int64_t size = number();
    if (size > 0) take(static_cast<std::size_t>(size));
    return size >= 0 && !ended_;
  }
  void texts(int count) {
    for (int i = 0; i < count; ++i) text();
  }
  bool ended() const { return ended_; }
  std::size_t at() const { return at_; }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool ended_ = false;
};

struct Contents {
  bool known = true;
  std::set<std::int64_t> blocks = {};
  std::size_t size = 0;
};

// Of pg_backup_archiver.c, ReadHead: nothing if this is not of a kind that is known.
std::optional<int> read_head(Reader& reader) {
  const std::string_view magic = reader.take(5);
  const int major = reader.byte(), minor = reader.byte();
  reader.byte();  // revision
  const int number = reader.byte();
  const int offset = reader.byte();
  const int format = reader.byte();
  if (reader.ended()) return oldest;  // more is to come
  if (magic != "PGDMP" || major != 1 || minor < oldest || minor > newest || number != number_size - 1 || offset != 8 ||
      format != 1)
    return std::nullopt;
  if (minor >= 15) reader.byte();  // compression
  else reader.number();
  for (int i = 0; i < 7; ++i) reader.number();  // time
  reader.texts(3);                              // database, versions of server and program
  return minor;
}

// ReadToc: the number of a block, if this entry has one.
std::optional<std::int64_t> read_entry(Reader& reader, int minor) {
  const std::int64_t id = reader.number();
  const bool has_block = reader.number() != 0;
  reader.texts(4);   // table oid, oid, tag, what it is
  reader.number();   // section
  reader.texts(5);   // definition, drop, copy, schema, tablespace
  if (minor >= 14) reader.text();    // access method
  if (minor >= 16) reader.number();  // kind of relation
  reader.texts(2);   // owner, with oids
  while (reader.text()) {}           // what it depends on
  reader.take(1 + 8);                // where the block is: not known in a stream
  return has_block ? std::optional(id) : std::nullopt;
}

// Nothing: they are not all there yet.
std::optional<Contents> contents_of(std::string_view bytes) {
  Reader reader(bytes);
  Contents contents;
  const auto minor = read_head(reader);
  if (!minor) return Contents{.known = false};
  const std::int64_t entries = reader.number();
  for (std::int64_t i = 0; i < entries && !reader.ended(); ++i)
    if (const auto block = read_entry(reader, *minor)) contents.known &= contents.blocks.insert(*block).second;
  if (reader.ended()) return std::nullopt;
  contents.size = reader.at();
  return contents;
}

}  // namespace

void PgArchive::add(std::string_view bytes) {
  if (step_ == Step::contents) {
    buffer_ += bytes;
    if (buffer_.size() >= next_try_) read_contents();
    return;
  }
  while (!bytes.empty() && step_ != Step::unknown) bytes = take_piece(bytes);
}

void PgArchive::read_contents() {
  const auto contents = contents_of(buffer_);
  if (!contents && buffer_.size() < largest_contents) {
    next_try_ = 2 * buffer_.size();
    return;
  }
  if (!contents || !contents->known) {
    step_ = Step::unknown;
    buffer_ = {};
    return;
  }
  missing_ = contents->blocks;
  step_ = Step::type;
  const std::string rest = buffer_.substr(contents->size);
  buffer_ = {};
  add(rest);
}

// What is left of the bytes.
std::string_view PgArchive::take_piece(std::string_view bytes) {
  if (step_ == Step::piece) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
    left_ -= size;
    if (left_ == 0) step_ = Step::size;
    return bytes.substr(size);
  }
  if (step_ == Step::type) {
    large_objects_ = bytes[0] == large_object_block;
    step_ = large_objects_ || bytes[0] == data_block ? Step::id : Step::unknown;
    return bytes.substr(1);
  }
  const std::size_t size = std::min(number_size - buffer_.size(), bytes.size());
  buffer_ += bytes.substr(0, size);
  if (buffer_.size() == number_size) {
    number(number_at(buffer_));
    buffer_.clear();
  }
  return bytes.substr(size);
}

void PgArchive::number(std::int64_t value) {
  const auto end_block = [&] {
    ++blocks_;
    step_ = Step::type;
  };
  if (step_ == Step::id) {
    if (missing_.erase(value) == 0) step_ = Step::unknown;
    else step_ = large_objects_ ? Step::large_object : Step::size;
  } else if (step_ == Step::large_object) {
    if (value == 0) end_block();
    else step_ = Step::size;
  } else if (value < 0) {
    step_ = Step::unknown;
  } else if (value > 0) {
    left_ = static_cast<std::uint64_t>(value);
    step_ = Step::piece;
  } else if (large_objects_) {
    step_ = Step::large_object;
  } else {
    end_block();
  }
}

bool PgArchive::whole() {
  if (step_ == Step::contents) read_contents();
  return step_ == Step::type && missing_.empty();
}

}  // namespace maintain::plugins::backup
