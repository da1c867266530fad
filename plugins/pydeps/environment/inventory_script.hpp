// Which Python packages a server's virtual environments hold, in one round trip: a script that reads files and runs
// nothing of the environments, neither their pip nor their interpreter. inventory.hpp takes its output apart.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace maintain::pydeps {

// Bounds of the script. What is beyond is left out, and the output says so.
constexpr int most_environments = 200;
constexpr int most_inventory_bytes = 8 << 20;

// POSIX sh for sh, find, head, sed, tr and any awk (mawk, gawk, busybox, the original one). Its positional parameters
// are inventory_arguments(). Read-only; run it as a user who may read the environments, rather theirs than root.
//
// An environment belongs to whoever installs packages into it, hence:
// - only regular files are read, never symbolic links, and of directories only those inside the environment (its lib64
//   is often a link to its lib); paths that lead to the environment may be links;
// - whoever swaps a file for a link between look and read gains nothing: of each file only what it should hold is
//   printed (three headers, one JSON object, one word, known keys);
// - every line that comes from a file or a file's name begins with a word of ours and has no control characters, so
//   that it cannot end a section or pass for another record;
// - files above 4 MiB, and more bytes in all than most_inventory_bytes, are not read.
//
// The output is one section, "inventory", of records: lines with tabs between the fields.
//   env REAL GIVEN         an environment begins; what follows belongs to it. GIVEN: the path with links
//   cfg LINE               a line of its pyvenv.cfg
//   lib PYTHON             a site-packages directory begins, of "python3.11"
//   dist ENTRY             a *.dist-info, *.egg-info or *.egg in it
//   meta ENTRY LINE        a header of its METADATA or PKG-INFO: Name, Version, Requires-Python, or more of the last
//   unread ENTRY FILE      it cannot be read: no permission
//   odd ENTRY FILE         it is not read: a link, no regular file, or too large
//   url ENTRY JSON         its direct_url.json, on one line
//   installer ENTRY WORD
//   requested ENTRY
//   link ENTRY PATH        an *.egg-link and the directory it names
//   outside PYTHON         a site-packages that is a link to elsewhere is not read
//   shut PYTHON            one that may not be read
//   done REAL              the environment's end
//   none WHY PATH          nothing was read at a given path or pattern. WHY: missing, denied, partly (a pattern: it has
//                          matches, but some places could not be looked at), unmatched (a pattern without matches
//                          that are environments), other (no environment), relative, odd (its name)
//   found REAL BY          by what it was discovered: "service shop.service", "process"
//   hidden PATH BY         a discovered path that cannot be looked at, for want of permission
//   more NUMBER            so many environments were left out
//   whole                  nothing is cut off
std::string inventory_script();

// Paths and shell patterns (*, ? and [...]; no ~, no variables) of environments. discover: also those that systemd's
// services and running processes use; of another user's processes only root sees all.
std::vector<std::string> inventory_arguments(const std::vector<std::string>& patterns, bool discover);

}  // namespace maintain::pydeps
