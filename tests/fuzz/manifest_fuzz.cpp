// A plugin's file, which nobody vouches for: the ELF reader and the manifest parser behind it. An input that starts
// with '{' is taken for the manifest itself, so that the parser is reached without building an ELF file by luck.
#include <cstddef>
#include <cstdint>
#include <string>

#include "plugin/elf_note.hpp"
#include "plugin/manifest.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  if (size > 0 && input[0] == '{') {
    static_cast<void>(maintain::parse_manifest(input));
    return 0;
  }
  const auto note = maintain::find_elf_note(maintain::bytes_of(input), "maintain", 1);
  if (note) static_cast<void>(maintain::parse_manifest(*note));
  return 0;
}
