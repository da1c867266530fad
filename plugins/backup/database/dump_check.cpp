#include "backup/database/dump_check.hpp"

#include <algorithm>

#include "backup/database/gunzip.hpp"

namespace maintain::plugins::backup {
namespace {

// What programs print after the line that says "complete": a closing comment, the password of psql's restricted mode.
constexpr std::size_t after_end = 1024;

std::size_t tail_size(const DumpRule& rule) {
  std::size_t size = after_end + rule.end_text.size();
  for (const std::string& line : rule.end) size += line.size();
  return size;
}

// Where a line of the text begins like this, at or after `from`.
std::size_t find_line(std::string_view text, std::string_view line, std::size_t from) {
  for (std::size_t at = text.find(line, from); at != std::string_view::npos; at = text.find(line, at + 1))
    if (at == 0 || text[at - 1] == '\n') return at;
  return std::string_view::npos;
}

}  // namespace

DumpCheck::DumpCheck(DumpRule rule)
    : rule_(std::move(rule)),
      gunzip_(rule_.gzip ? std::make_unique<Gunzip>() : nullptr),
      tail_size_(tail_size(rule_)) {}
DumpCheck::~DumpCheck() = default;
DumpCheck::DumpCheck(DumpCheck&&) noexcept = default;
DumpCheck& DumpCheck::operator=(DumpCheck&&) noexcept = default;

void DumpCheck::add(std::string_view bytes) {
  bytes_ += bytes.size();
  if (gunzip_) gunzip_->add(bytes, [this](std::string_view plain) { note(plain); });
  else note(bytes);
}

void DumpCheck::note(std::string_view plain) {
  if (head_.size() < rule_.start.size()) head_ += plain.substr(0, rule_.start.size() - head_.size());
  // One byte more than is looked at: the one before a line, which tells that it is one.
  const std::size_t wanted = tail_size_ + 1;
  tail_ += plain.substr(plain.size() - std::min(plain.size(), wanted));
  if (tail_.size() > 16 * wanted) tail_.erase(0, tail_.size() - wanted);
}

std::optional<std::string> DumpCheck::problem() const {
  if (bytes_ == 0) return rule_.may_be_empty ? std::nullopt : std::optional<std::string>("it is empty");
  if (gunzip_ && gunzip_->problem()) return gunzip_->problem();
  if (head_ != rule_.start) return "it does not begin with \"" + rule_.start + "\"";
  if (gunzip_ && !gunzip_->ended()) return "it ends early: its compressed data stop in the middle";
  const std::string_view tail = std::string_view(tail_).substr(tail_.size() - std::min(tail_.size(), tail_size_ + 1));
  std::size_t at = 0;
  for (const std::string& line : rule_.end) {
    at = find_line(tail, line, at);
    if (at == std::string_view::npos)
      return "it ends early: the line \"" + line.substr(0, line.find('\n')) + "\" is missing at its end";
    at += line.size();
  }
  if (tail.find(rule_.end_text) == std::string_view::npos)
    return "it ends early: \"" + rule_.end_text + "\" is missing at its end";
  return std::nullopt;
}

}  // namespace maintain::plugins::backup
