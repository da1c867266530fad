// What the tests of this folder share.
#pragma once

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <string>

namespace maintain::plugins::apt {

// Recorded on real servers (Debian 12, apt 2.6), some by the scripts of this plugin.
inline std::string recorded(const std::string& name) {
  std::ifstream file(std::string(MAINTAIN_TESTDATA) + "/" + name);
  INFO(name);
  REQUIRE(file);
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

}  // namespace maintain::plugins::apt
