// The files of a copy of dumps, put somewhere as they are.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <maintain/plugin.hpp>

#include "backup/copies/copy_content.hpp"

namespace maintain::plugins::backup {

struct RestoredFiles {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

// Names of what a copy of dumps holds, those of globals too.
std::vector<std::string> files_of(const CopyContent& content);

// Into a directory here, which is made; nobody else may read them. What is there is overwritten only with replace.
// Throws sdk::Failure.
RestoredFiles put_files_here(sdk::Context& context, const sdk::OpenCopy& copy, const std::vector<std::string>& files,
                             const std::string& directory, bool replace);

// The same on the server, where they belong to root.
RestoredFiles put_files_there(sdk::Context& context, const sdk::OpenCopy& copy, const std::vector<std::string>& files,
                              const std::string& directory, bool replace);

}  // namespace maintain::plugins::backup
