// A process that calls zfs for another one, which is confined: whoever may open /dev/zfs may ask for the end of every
// dataset, and a worker that a server took over must not.
#pragma once

#include <string>

#include "backup/zfs.hpp"

namespace maintain {

// Forks, so this process must have one thread still. What is asked is carried out for tasks of `server` alone, and only
// with names of copies. The helper ends with the last who holds the result.
Result<ZfsCall> start_zfs_helper(const std::string& server, const ZfsCall& call);

}  // namespace maintain
