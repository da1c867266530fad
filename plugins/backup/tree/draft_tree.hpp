// What a draft holds already, before rsync goes into it (again). Trees from a server may be deeper than a path is long,
// and deeper than a process may have files open.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace maintain::plugins::backup {

// Removes every file with more than one name. They may be those of the base: rsync would write a new owner or mode into
// the inode that both share, and so change an old copy. In a snapshot they are the draft's own, but there rsync writes
// in place: what has become two files on the server would be written into one. Unchanged files are linked, or copied,
// from the base again. False when it could not: then the draft must not be gone on with.
bool unshare_draft(const std::string& directory);

// Removes what is neither one of the paths (relative), above one, nor below one. False as before.
bool remove_outside(const std::string& directory, const std::vector<std::string>& paths);

// Makes rsync compare the content of every file that was changed at this moment (seconds since 1970) or later, whatever
// its time says: what is written through a mapping into memory changes a file without changing its time again. Needs a
// draft that shares no file. False as before.
bool distrust_since(const std::string& directory, std::int64_t moment);

// Everything but directories; nothing when it could not all be walked.
std::optional<std::uint64_t> count_files(const std::string& directory);

// Whether the file system keeps what rsync's --fake-super writes. False also when the directory cannot be written.
bool takes_attributes(const std::string& directory);

}  // namespace maintain::plugins::backup
