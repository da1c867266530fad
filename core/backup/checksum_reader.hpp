// SHA256SUMS of a copy, line by line: there may be millions.
#pragma once

#include <filesystem>
#include <functional>

#include "backup/checksum_list.hpp"
#include "base/error.hpp"

namespace maintain {

// Returns the SHA-256 of the list itself. Errors: system (not readable, a line that is none), and those of `take`.
Result<std::string> read_checksums(const std::filesystem::path& path,
                                   const std::function<Result<void>(const ChecksumLine&)>& take);

}  // namespace maintain
