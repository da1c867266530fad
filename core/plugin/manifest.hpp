// What a plugin says of itself, read from the ELF note of its file; nothing of the plugin is executed for this.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "model/task_type.hpp"

namespace maintain {

struct Manifest {
  std::string id;
  std::string version;
  std::string summary;
  unsigned abi_major = 0;
  unsigned abi_minor = 0;           // lowest minor it needs
  std::vector<std::string> needs;   // extension ids
  std::vector<std::string> wants;
  std::vector<std::string> http;    // beginnings of the URLs that it may ask
  std::vector<TaskType> task_types;
};

// The JSON text of the note. The file is untrusted input: bounded, no offset believed. not_found: no such note.
Result<std::string> read_manifest_note(const std::filesystem::path& library);

// Pure. Errors name the key: "manifest: tasks[0].timeout: ...". Unknown keys are errors only while the manifest
// asks for an ABI that this program knows; a newer plugin is refused by the catalog for its ABI, not for a key.
Result<Manifest> parse_manifest(std::string_view json);

}  // namespace maintain
