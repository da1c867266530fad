// What an rsync that failed means for a person, and what to do. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backup/tree/rsync_output.hpp"

namespace maintain::plugins::backup {

struct RsyncSides {
  std::string server = {};     // its name
  bool is_here = false;   // the server is the maintenance server itself
  std::string writes_to = {};  // where what arrives is kept, for people: "the backups' file system"
};

// One or a few sentences. signal: which ended it, or 0.
std::string rsync_failure_text(int status, int signal, const RsyncTrouble& trouble, const RsyncSides& sides);

// At most `most` of them, and how many more there are.
std::string joined(const std::vector<std::string>& texts, std::uint64_t count, std::size_t most,
                   const std::string& separator = ", ");

}  // namespace maintain::plugins::backup
