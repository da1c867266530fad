// Finds one note in an ELF file that nobody vouches for: every number in it is checked before it is used.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/error.hpp"

namespace maintain {

// Where the bytes come from: a file, or a test's string. read returns exactly `size` bytes at `offset`, or an error.
struct ByteSource {
  std::uint64_t size = 0;
  std::function<Result<std::string>(std::uint64_t offset, std::uint64_t size)> read;
};

ByteSource bytes_of(std::string text);

// The description of the note in a loadable segment (so what the linker and strip keep), for a shared library of
// this machine. not_found: no such note. refused: not such a library, damaged, or more than one such note.
Result<std::string> find_elf_note(const ByteSource& source, const std::string& name, std::uint32_t type);

}  // namespace maintain
