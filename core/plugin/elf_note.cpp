#include "plugin/elf_note.hpp"

#include <elf.h>

#include <cstring>
#include <optional>

#include <fmt/format.h>

namespace maintain {
namespace {

constexpr std::uint64_t most_segments = 256;
constexpr std::uint64_t most_note_bytes = 1024 * 1024;  // of one PT_NOTE segment

#if defined(__x86_64__)
constexpr unsigned this_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned this_machine = EM_AARCH64;
#elif defined(__riscv) && __riscv_xlen == 64
constexpr unsigned this_machine = EM_RISCV;
#elif defined(__powerpc64__)
constexpr unsigned this_machine = EM_PPC64;
#elif defined(__s390x__)
constexpr unsigned this_machine = EM_S390;
#else
#error "plugins are read on 64-bit machines only: add this machine's EM_ number"
#endif

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
constexpr unsigned char this_byte_order = ELFDATA2LSB;
#else
constexpr unsigned char this_byte_order = ELFDATA2MSB;
#endif

tl::unexpected<Error> damaged(const std::string& what) {
  return fail(ErrorKind::refused, "the ELF file is damaged: " + what);
}

template <class Struct>
Struct overlay(const std::string& bytes, std::size_t offset) {
  Struct value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

Result<Elf64_Ehdr> read_header(const ByteSource& source) {
  if (source.size < sizeof(Elf64_Ehdr)) return fail(ErrorKind::refused, "not an ELF file");
  auto bytes = source.read(0, sizeof(Elf64_Ehdr));
  if (!bytes) return fail(bytes.error());
  const auto header = overlay<Elf64_Ehdr>(*bytes, 0);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return fail(ErrorKind::refused, "not an ELF file");
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != this_byte_order ||
      header.e_machine != this_machine)
    return fail(ErrorKind::refused, "built for another machine");
  if (header.e_type != ET_DYN) return fail(ErrorKind::refused, "not a shared library");
  if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum == 0 || header.e_phnum > most_segments)
    return damaged(fmt::format("{} program headers of {} bytes", header.e_phnum, header.e_phentsize));
  return header;
}

constexpr std::uint64_t padded(std::uint64_t size, std::uint64_t alignment) {
  return (size + alignment - 1) / alignment * alignment;
}

// Walks the notes of one segment. Sizes are 32 bits wide and sums 64, so nothing here can overflow.
Result<void> scan_notes(const std::string& notes, std::uint64_t alignment, const std::string& name,
                        std::uint32_t type, std::optional<std::string>& found) {
  std::uint64_t at = 0;
  while (notes.size() - at >= sizeof(Elf64_Nhdr)) {
    const auto note = overlay<Elf64_Nhdr>(notes, at);
    const std::uint64_t name_at = at + sizeof note;
    const std::uint64_t description_at = name_at + padded(note.n_namesz, 4);
    const std::uint64_t end = description_at + note.n_descsz;
    if (end > notes.size()) return damaged("a note reaches beyond its segment");
    // The name's size counts its NUL.
    if (note.n_type == type && note.n_namesz == name.size() + 1 &&
        notes.compare(name_at, name.size(), name) == 0 && notes[name_at + name.size()] == '\0') {
      if (found) return fail(ErrorKind::refused, fmt::format("more than one note '{}'", name));
      found = notes.substr(description_at, note.n_descsz);
    }
    at = std::min<std::uint64_t>(padded(end, alignment), notes.size());
  }
  return {};
}

}  // namespace

ByteSource bytes_of(std::string text) {
  ByteSource source;
  source.size = text.size();
  source.read = [text = std::move(text)](std::uint64_t offset, std::uint64_t size) -> Result<std::string> {
    return text.substr(offset, size);
  };
  return source;
}

Result<std::string> find_elf_note(const ByteSource& source, const std::string& name, std::uint32_t type) {
  const auto header = read_header(source);
  if (!header) return fail(header.error());
  const std::uint64_t table_size = std::uint64_t{header->e_phnum} * sizeof(Elf64_Phdr);
  if (header->e_phoff > source.size || table_size > source.size - header->e_phoff)
    return damaged("the program headers lie outside the file");
  const auto table = source.read(header->e_phoff, table_size);
  if (!table) return fail(table.error());

  std::optional<std::string> found;
  for (std::size_t i = 0; i < header->e_phnum; ++i) {
    const auto segment = overlay<Elf64_Phdr>(*table, i * sizeof(Elf64_Phdr));
    if (segment.p_type != PT_NOTE) continue;
    if (segment.p_offset > source.size || segment.p_filesz > source.size - segment.p_offset)
      return damaged("a note segment lies outside the file");
    if (segment.p_filesz > most_note_bytes) return damaged("a note segment larger than 1 MiB");
    const auto notes = source.read(segment.p_offset, segment.p_filesz);
    if (!notes) return fail(notes.error());
    // Segments of 8-byte alignment (.note.gnu.property) pad the description to 8, all others to 4.
    const auto scanned = scan_notes(*notes, segment.p_align == 8 ? 8 : 4, name, type, found);
    if (!scanned) return fail(scanned.error());
  }
  if (!found) return fail(ErrorKind::not_found, fmt::format("no note '{}'", name));
  return *found;
}

}  // namespace maintain
