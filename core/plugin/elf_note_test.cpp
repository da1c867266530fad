// A real library, and what becomes of it when its bytes are not to be trusted.
#include "plugin/elf_note.hpp"

#include <elf.h>

#include <cstring>

#include <catch2/catch.hpp>

#include "base/fd.hpp"
#include "plugin/manifest.hpp"
#include "plugin/test_support.hpp"

using namespace maintain;

namespace {

std::string library() {
  return read_file(MAINTAIN_TEST_PLUGINS "/marker/marker.so", 64 * 1024 * 1024).value();
}

Result<std::string> note_of(std::string bytes) { return find_elf_note(bytes_of(std::move(bytes)), "maintain", 1); }

template <class Struct>
Struct* at(std::string& bytes, std::size_t offset) {
  return reinterpret_cast<Struct*>(bytes.data() + offset);
}

Elf64_Phdr* first_note_segment(std::string& bytes) {
  auto* header = at<Elf64_Ehdr>(bytes, 0);
  for (unsigned i = 0; i < header->e_phnum; ++i) {
    auto* segment = at<Elf64_Phdr>(bytes, header->e_phoff + i * sizeof(Elf64_Phdr));
    if (segment->p_type == PT_NOTE) return segment;
  }
  throw std::runtime_error("no note segment");
}

}  // namespace

TEST_CASE("the manifest is found in a real library") {
  const auto note = note_of(library());
  REQUIRE(note);
  CHECK(parse_manifest(*note)->id == "marker");
  CHECK(find_elf_note(bytes_of(library()), "maintain", 2).error().kind == ErrorKind::not_found);
  CHECK(find_elf_note(bytes_of(library()), "maintai", 1).error().kind == ErrorKind::not_found);
}

TEST_CASE("strip leaves the manifest alone") {
  test::TemporaryDirectory directory;
  const std::string stripped = (directory.path() / "stripped.so").string();
  LocalCommand strip{.argv = {"strip", "--strip-all", "-o", stripped, MAINTAIN_TEST_PLUGINS "/marker/marker.so"}};
  const auto ended = run_local(strip);
  if (!ended) {
    WARN("not tried: " << ended.error().message);
    return;
  }
  REQUIRE(ended->ok());
  CHECK(read_manifest_note(stripped));
}

TEST_CASE("other files are no plugins") {
  CHECK(note_of("").error().message == "not an ELF file");
  CHECK(note_of(std::string(1000, 'x')).error().message == "not an ELF file");
  std::string bytes = library();
  SECTION("an executable") { at<Elf64_Ehdr>(bytes, 0)->e_type = ET_EXEC; }
  SECTION("another machine") { at<Elf64_Ehdr>(bytes, 0)->e_machine = EM_SPARCV9; }
  SECTION("32 bits") { at<Elf64_Ehdr>(bytes, 0)->e_ident[EI_CLASS] = ELFCLASS32; }
  CHECK(note_of(bytes).error().kind == ErrorKind::refused);
}

TEST_CASE("no number of the file is believed") {
  std::string bytes = library();
  auto* header = at<Elf64_Ehdr>(bytes, 0);
  auto* segment = first_note_segment(bytes);
  SECTION("program headers beyond the end") { header->e_phoff = bytes.size() - 10; }
  SECTION("program headers at an offset that wraps around") { header->e_phoff = UINT64_MAX - 8; }
  SECTION("no program headers") { header->e_phnum = 0; }
  SECTION("program headers of another size") { header->e_phentsize = 8; }
  SECTION("a segment beyond the end") { segment->p_offset = bytes.size(); }
  SECTION("a segment that wraps around") { segment->p_offset = UINT64_MAX - 100; }
  SECTION("a huge segment") { segment->p_filesz = UINT64_MAX; }
  SECTION("a note longer than its segment") { at<Elf64_Nhdr>(bytes, segment->p_offset)->n_descsz = 0xfffffff0; }
  SECTION("a name longer than its segment") { at<Elf64_Nhdr>(bytes, segment->p_offset)->n_namesz = 0xfffffff0; }
  const auto note = note_of(bytes);
  REQUIRE_FALSE(note);
  CHECK(note.error().kind == ErrorKind::refused);
}

TEST_CASE("a library cut short anywhere is refused, not read beyond its end") {
  const std::string whole = library();
  for (std::size_t size = 0; size < whole.size(); size += size < 4096 ? 1 : 997) {
    const auto note = note_of(whole.substr(0, size));
    if (note) CHECK(parse_manifest(*note));  // the note lies near the start: what follows it may be missing
  }
}

TEST_CASE("two manifests are one too many") {
  std::string bytes = library();
  auto* header = at<Elf64_Ehdr>(bytes, 0);
  // Make another header point at the same notes.
  for (unsigned i = 0; i < header->e_phnum; ++i) {
    auto* segment = at<Elf64_Phdr>(bytes, header->e_phoff + i * sizeof(Elf64_Phdr));
    if (segment->p_type == PT_NOTE) continue;
    for (unsigned j = 0; j < header->e_phnum; ++j) {
      const auto* other = at<Elf64_Phdr>(bytes, header->e_phoff + j * sizeof(Elf64_Phdr));
      const std::string notes = bytes.substr(other->p_offset, other->p_filesz);
      if (other->p_type == PT_NOTE && notes.find("maintain") != std::string::npos) *segment = *other;
    }
    break;
  }
  CHECK(note_of(bytes).error().message == "more than one note 'maintain'");
}

TEST_CASE("what is no regular file is not read") {
  CHECK(read_manifest_note("/dev/zero").error().kind == ErrorKind::refused);
  CHECK_FALSE(read_manifest_note("/nowhere/plugin.so"));
}
