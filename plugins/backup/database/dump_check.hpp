// Whether a dump is whole, told from its bytes alone while they pass: a program that ends early may well say that it
// succeeded, so its exit status is not enough. Nothing here reads or writes anything.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace maintain::plugins::backup {

struct DumpRule {
  std::string start = {};              // how it begins; empty: anyhow
  std::vector<std::string> end = {};   // lines that begin like this stand at its end, in this order
  std::string end_text = {};           // a text that stands at its end, anywhere in a line
  bool gzip = false;                   // it is compressed; start and end are those of what is inside
  bool may_be_empty = false;
};

class Gunzip;

class DumpCheck {
 public:
  explicit DumpCheck(DumpRule rule);
  ~DumpCheck();
  DumpCheck(DumpCheck&&) noexcept;
  DumpCheck& operator=(DumpCheck&&) noexcept;

  // The next bytes; pieces of any size.
  void add(std::string_view bytes);

  // After the last byte: why this is no whole dump, or nothing.
  std::optional<std::string> problem() const;

  std::uint64_t bytes() const { return bytes_; }  // as they came

 private:
  void note(std::string_view plain);

  DumpRule rule_;
  std::unique_ptr<Gunzip> gunzip_;  // null: not compressed
  std::uint64_t bytes_ = 0;
  std::size_t tail_size_;
  std::string head_;   // as much as rule_.start is long
  std::string tail_;   // the last bytes: at least tail_size_, as far as there were so many
};

}  // namespace maintain::plugins::backup
