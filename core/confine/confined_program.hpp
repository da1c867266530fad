// A program that runs what may be hostile: it sees the files that it is given and no others, no network and no process
// but its own, and cannot come by more.
//
// Landlock and not mounts (bubblewrap): whoever is under Landlock, as a worker is, cannot mount any more, also in a
// namespace of its own. What Landlock does not handle (modes, sockets in the file system) is taken by a seccomp filter.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"

namespace maintain {

struct ConfinedProgram {
  std::vector<std::string> readable;  // and what is beneath; what does not exist is passed over
  std::vector<std::string> writable;  // likewise, for reading and writing
  std::vector<std::string> argv;
};

// Confines this process and runs the program; does not return when that could be done, but exits like the program. All
// that the program started ends with it, and it ends with this process.
Error run_confined(const ConfinedProgram& program);

// Confines this process, which should end then. refused: why it cannot be done here, and the remedy.
Result<void> try_confinement();

}  // namespace maintain
