// Lines of pip freeze, and of what else writes pinned requirements (pip-compile, uv): for projects that say with a
// command of their own what they have installed. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "pydeps/reading/package.hpp"

namespace maintain::pydeps {

struct FreezeEntry {
  std::size_t line = 0;  // where it begins, from 1
  Package package;
  // 'python_version < "3.8"': it may not be installed at all; pip freeze writes none. What is beyond longest_marker
  // (marker.hpp) is "...".
  std::string marker = {};
};

// What a line is about, printable and without what may be a password: of an option's value nothing, or what a URL is
// without its credentials.
struct FreezeNote {
  std::size_t line = 0;
  std::string text;
};

struct Freeze {
  std::vector<FreezeEntry> entries;  // in the order of the lines, repeated names included
  std::vector<FreezeNote> skipped;   // options for pip (-i, -c): not about a package
  // Packages that cannot be looked up, what is no requirement, and other lists (-r), whose packages are missing here.
  std::vector<FreezeNote> problems;
};

// Reads
//   name==version, name===version, name[extra]==version ; marker
//                                                   --hash and other options behind it are dropped
//   name @ url, and the bare URL with #egg=name     origin by the URL; a version only where a wheel's or archive's file
//                                                   name has one
//   -e url#egg=name, -e path                        editable; pip's comment before it, "# Editable ... (name==1.0)",
//                                                   gives name and version
// with comments, joined lines ("\" at the end), a BOM and CRLF. At most 4 MiB, 20,000 entries and 200 notes of each
// kind; what is beyond is told by one more problem.
Freeze parse_freeze(std::string_view text);
inline constexpr std::size_t most_freeze_bytes = 4UL << 20U;

}  // namespace maintain::pydeps
