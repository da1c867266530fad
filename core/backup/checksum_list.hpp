// SHA256SUMS: one line per file, as sha256sum(1) writes and `sha256sum -c` reads them. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace maintain {

struct ChecksumLine {
  std::string sha256;  // 64 hexadecimal digits
  std::string name;    // bytes, as on the disk

  bool operator==(const ChecksumLine&) const = default;
};

// With its line end. A name with a backslash, a newline or a carriage return is escaped as coreutils do it.
std::string checksum_line(const std::string& sha256, std::string_view name);

// A line without its end; nothing when it is not one.
std::optional<ChecksumLine> parse_checksum_line(std::string_view line);

// Whether a path stands before another one in a list: in the order of the names of each directory, so that what is in a
// directory stands where its name does.
bool stands_before(std::string_view path, std::string_view other);

}  // namespace maintain
