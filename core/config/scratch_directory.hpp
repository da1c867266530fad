// A directory of one test, gone when the test ends.
#pragma once

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/fd.hpp"

namespace maintain::testing {

struct ScratchDirectory {
  std::filesystem::path path;

  ScratchDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "maintain-config-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }

  void write(const std::string& file, const std::string& content, mode_t mode = 0644) const {
    std::filesystem::create_directories((path / file).parent_path());
    REQUIRE(write_file_atomically(path / file, content, mode));
  }
};

}  // namespace maintain::testing
