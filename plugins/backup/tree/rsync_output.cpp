#include "backup/tree/rsync_output.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "common/sections.hpp"

namespace maintain::plugins::backup {
namespace {

// "52,428,836 bytes" -> 52428836
std::optional<std::uint64_t> grouped_number(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c == ',') continue;
    if (c < '0' || c > '9') break;
    digits += c;
  }
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> number_after(std::string_view line, std::string_view label) {
  const std::size_t at = line.find(label);
  if (at == std::string_view::npos) return std::nullopt;
  return grouped_number(line.substr(at + label.size()));
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// What stands between the first and the last quotation mark.
std::string quoted_name(std::string_view line) {
  const std::size_t start = line.find('"');
  const std::size_t end = line.rfind('"');
  return start == end ? std::string() : printable(line.substr(start + 1, end - start - 1));
}

// "… failed: Permission denied (13)" -> "Permission denied"
std::string reason_of(std::string_view line) {
  const std::size_t in_parentheses = line.find(", ACL_TYPE_");
  const std::size_t name_end = in_parentheses != std::string_view::npos ? in_parentheses : line.rfind('"');
  std::string_view rest = line.substr(name_end == std::string_view::npos ? 0 : name_end + 1);
  const std::size_t colon = rest.find(": ");
  if (colon != std::string_view::npos) rest = rest.substr(colon + 2);
  return printable(rest.substr(0, rest.rfind(" (")));
}

// What a complaint is about: get_acl has it in parentheses, before a comma, all others in quotation marks.
std::string name_in(std::string_view line) {
  const std::size_t call = line.find("get_acl: sys_acl_get_file(");
  if (call == std::string_view::npos) return quoted_name(line);
  const std::size_t start = line.find('(', call) + 1;
  return printable(line.substr(start, line.rfind(", ACL_TYPE_") - start));
}

// Gone between the list and the look at its ACL or attributes, which rsync does not count as vanished.
bool is_vanished_meanwhile(std::string_view line) {
  return contains(line, "[sender]") && contains(line, "No such file or directory") &&
         (contains(line, "get_acl: sys_acl_get_file(") || contains(line, "listxattr(\"") ||
          contains(line, "getxattr(\""));
}

// The sender could not read something that its list has; that it is at the receiver's end has other words.
bool is_unreadable(std::string_view line) {
  if (!contains(line, "[sender]")) return false;
  static constexpr std::array words{"send_files failed to open", "opendir \"", "read errors mapping \"",
                                    "readlink_stat(\"", "readdir(\"", "link_stat \"", "get_xattr_names: llistxattr(\"",
                                    "rsync_xal_get: lgetxattr(\"", "get_acl: sys_acl_get_file("};
  for (const std::string_view word : words)
    if (contains(line, word)) return true;
  return false;
}

// Follow from what was said before, or say what is counted elsewhere.
bool is_consequence(std::string_view line) {
  return line.starts_with("rsync error: ") || line.starts_with("rsync warning: ") ||
         line.starts_with("IO error encountered -- skipping file deletion") ||
         line.ends_with("write error: Broken pipe (32)");
}

constexpr std::size_t longest_shown = 500;  // of a line; a name in it may have 4 KiB

void note(std::vector<std::string>& list, std::string text) {
  if (list.size() < most_names) list.push_back(std::move(text));
}

void take_line(std::string_view line, RsyncTrouble& trouble) {
  trouble.no_space |= contains(line, "No space left on device (28)") || contains(line, "Disk quota exceeded");
  trouble.unknown_option |= contains(line, ": unknown option");
  const bool no_program = contains(line, "command not found") || contains(line, "not found (code 127)") ||
                          (contains(line, "rsync") && contains(line, ": No such file or directory") &&
                           !line.starts_with("rsync"));
  trouble.no_rsync |= no_program;
  trouble.sudo_refused |= line.starts_with("sudo: ") && !contains(line, "unable to resolve host") && !no_program;
  trouble.lost |= contains(line, "connection unexpectedly closed") || contains(line, "io timeout after") ||
                  contains(line, "Connection reset by peer") || contains(line, "timeout in data send/receive");

  if (line.starts_with("file has vanished: ") || line.starts_with("directory has vanished: ")) {
    ++trouble.vanished_count;
    note(trouble.vanished, quoted_name(line));
  } else if (is_vanished_meanwhile(line)) {
    ++trouble.vanished_count;
    note(trouble.vanished, name_in(line));
  } else if (contains(line, "failed to write xattr user.rsync.") && contains(line, "Operation not supported")) {
    trouble.no_attributes = true;
    note(trouble.other, printable(line.substr(0, longest_shown)));
  } else if (contains(line, "[sender] link_stat \"") && contains(line, "No such file or directory (2)")) {
    note(trouble.missing, quoted_name(line));
  } else if (is_unreadable(line)) {
    ++trouble.unreadable_count;
    if (contains(line, "opendir \"") || contains(line, "readdir(\"")) ++trouble.unlisted_directories;
    if (trouble.unreadable.size() < most_names) trouble.unreadable.push_back({name_in(line), reason_of(line)});
  } else if (!is_consequence(line)) {
    note(trouble.other, printable(line.substr(0, longest_shown)));
  }
}

constexpr std::size_t longest_line = 16 * 1024;  // of a hostile server; a path has 4 KiB

struct StatusText {
  int status;
  std::string_view text;
};
constexpr std::array<StatusText, 21> texts{{{1, "wrong command line"},
                                            {2, "the two rsyncs do not understand each other"},
                                            {3, "a path cannot be used"},
                                            {4, "the other rsync cannot do this"},
                                            {5, "it could not be started"},
                                            {6, "it could not write its log"},
                                            {10, "error of the connection"},
                                            {11, "error reading or writing files"},
                                            {12, "the data stream broke off"},
                                            {13, "error of its own messages"},
                                            {14, "error between its processes"},
                                            {19, "ended by its other half"},
                                            {20, "ended by a signal"},
                                            {21, "one of its processes failed"},
                                            {22, "out of memory"},
                                            {23, "some files were not transferred"},
                                            {24, "some files vanished"},
                                            {30, "the other side was silent for too long"},
                                            {35, "the other side did not answer"},
                                            {127, "no such program on the server"},
                                            {255, "the remote shell failed"}}};

}  // namespace

std::optional<RsyncNumbers> parse_rsync_numbers(std::string_view output) {
  RsyncNumbers numbers;
  bool counted = false;
  bool sized = false;
  for (const std::string_view line : split_lines(output)) {
    if (const auto entries = number_after(line, "Number of files: ")) {
      numbers.entries = *entries;
      numbers.directories = number_after(line, "dir: ").value_or(0);
      counted = numbers.directories <= numbers.entries;
    } else if (const auto size = number_after(line, "Total file size: ")) {
      numbers.bytes = *size;
      sized = true;
    } else if (const auto transferred = number_after(line, "Number of regular files transferred: ")) {
      numbers.transferred = *transferred;
    } else if (const auto moved = number_after(line, "Total transferred file size: ")) {
      numbers.transferred_bytes = *moved;
    } else if (const auto received = number_after(line, "Total bytes received: ")) {
      numbers.received = *received;
    }
  }
  if (!counted || !sized) return std::nullopt;
  return numbers;
}

std::optional<RsyncProgress> parse_rsync_progress(std::string_view line) {
  const auto words = split_words(line);
  if (words.size() < 4 || !words[1].ends_with('%') || !words[2].ends_with("/s")) return std::nullopt;
  const auto bytes = grouped_number(words[0]);
  const auto percent = parse_number(words[1].substr(0, words[1].size() - 1));
  if (!bytes || !percent) return std::nullopt;
  RsyncProgress progress{.bytes = *bytes, .total = 0};
  // ir-chk: the list still grows, and with it what 100% is.
  if (*percent > 0 && *percent <= 100 && contains(line, "to-chk="))
    progress.total = static_cast<std::uint64_t>(static_cast<double>(*bytes) * 100.0 / static_cast<double>(*percent));
  return progress;
}

RsyncTrouble parse_rsync_errors(std::string_view errors) {
  RsyncErrors parser;
  parser.add(errors);
  return parser.take();
}

void RsyncErrors::add(std::string_view piece) {
  while (!piece.empty()) {
    const std::size_t end = piece.find('\n');
    const std::string_view part = piece.substr(0, end);
    line_ += part.substr(0, longest_line - std::min(longest_line, line_.size()));
    if (end == std::string_view::npos) return;
    if (!trim(line_).empty()) take_line(line_, trouble_);
    line_.clear();
    piece.remove_prefix(end + 1);
  }
}

RsyncTrouble RsyncErrors::take() {
  add("\n");
  return std::exchange(trouble_, {});
}

void RsyncReport::add(std::string_view piece) {
  for (const char c : piece) {
    if (c == '\n' || c == '\r') end_line();
    else if (line_.size() < longest_line) line_ += c;
  }
}

void RsyncReport::end_line() {
  if (const auto progress = parse_rsync_progress(line_)) on_progress_(*progress);
  else text_ += line_ + "\n";
  line_.clear();
  if (text_.size() > 2 * longest_line) text_.erase(0, text_.size() - longest_line);
}

void add_trouble(RsyncTrouble& all, const RsyncTrouble& more) {
  for (const Unreadable& one : more.unreadable)
    if (all.unreadable.size() < most_names) all.unreadable.push_back(one);
  for (const std::string& name : more.vanished) note(all.vanished, name);
  for (const std::string& name : more.missing) note(all.missing, name);
  for (const std::string& line : more.other) note(all.other, line);
  all.unreadable_count += more.unreadable_count;
  all.unlisted_directories += more.unlisted_directories;
  all.vanished_count += more.vanished_count;
  all.no_space |= more.no_space;
  all.no_attributes |= more.no_attributes;
  all.no_rsync |= more.no_rsync;
  all.sudo_refused |= more.sudo_refused;
  all.unknown_option |= more.unknown_option;
  all.lost |= more.lost;
}

RsyncEnd judge_rsync(int status, const RsyncTrouble& trouble) {
  if (status == 0 || status == 24) return RsyncEnd::whole;
  if (trouble.no_space || trouble.no_attributes || trouble.no_rsync || trouble.sudo_refused ||
      trouble.unknown_option || !trouble.missing.empty())
    return RsyncEnd::failed;
  if (status == 23)
    return trouble.other.empty() && trouble.unreadable_count + trouble.vanished_count > 0 ? RsyncEnd::whole
                                                                                         : RsyncEnd::incomplete;
  if (status == 10 || status == 30 || status == 35 || status == 255 || (status == 12 && trouble.lost))
    return RsyncEnd::lost;
  return RsyncEnd::failed;
}

std::string rsync_status_text(int status) {
  for (const StatusText& known : texts)
    if (known.status == status) return std::string(known.text);
  return "status " + std::to_string(status);
}

}  // namespace maintain::plugins::backup
