// Who reads a copy holds a lock on it, and who removes it, too. The lock is the copy's manifest.json; or its directory,
// where that is no file.
#pragma once

#include <filesystem>

#include "base/error.hpp"
#include "base/fd.hpp"

namespace maintain {

enum class CopyUse { read, remove };
enum class CopyHold {
  held,
  busy,  // it is being removed, or read
  gone,  // what was opened does not lie there any more
};

// What is locked of the copy in this directory; none when it is not there.
UniqueFd open_copy_lock(const std::filesystem::path& copy);
// Does not wait. Between the two calls the copy may have been removed or moved away: a lock on that is none.
CopyHold hold_copy(const UniqueFd& lock, const std::filesystem::path& copy, CopyUse use);

}  // namespace maintain
