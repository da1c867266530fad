// SHA256SUMS of a copy, line by line: there may be millions.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "backup/checksum_list.hpp"
#include "base/error.hpp"
#include "base/fd.hpp"
#include "base/sha256.hpp"

namespace maintain {

class ChecksumReader {
 public:
  static Result<ChecksumReader> open(const std::filesystem::path& path);

  // Nothing at the end. Errors: system (not readable, a line that is none).
  Result<std::optional<ChecksumLine>> next();
  // Of the list itself, once its end was reached.
  std::string sha256() { return hash_.hexadecimal(); }

 private:
  ChecksumReader(std::filesystem::path path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  Result<bool> read_more();

  std::filesystem::path path_;
  UniqueFd fd_;
  Sha256 hash_;
  std::string buffer_ = {};  // what was read and not yet given away, from start_ on
  std::size_t start_ = 0;
  std::uint64_t number_ = 0;
};

// Returns the SHA-256 of the list itself. Errors: system (not readable, a line that is none), and those of `take`.
Result<std::string> read_checksums(const std::filesystem::path& path,
                                   const std::function<Result<void>(const ChecksumLine&)>& take);

}  // namespace maintain
