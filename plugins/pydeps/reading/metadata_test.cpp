#include "pydeps/reading/metadata.hpp"

#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>

using namespace maintain::pydeps;

namespace {

std::string testdata(const std::string& name) {
  std::ifstream file(std::string(MAINTAIN_TESTDATA) + "/" + name);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("METADATA of a real wheel and PKG-INFO of a real source package") {
  const auto wheel = parse_metadata(testdata("pip.METADATA"));
  REQUIRE(wheel);
  CHECK(wheel->name == "pip");
  CHECK(wheel->version == "23.2.1");
  CHECK(wheel->requires_python == ">=3.7");
  const auto old = parse_metadata(testdata("Jinja2.PKG-INFO"));
  REQUIRE(old);
  CHECK(old->name == "Jinja2");
  CHECK(old->version == "3.1.2");
  CHECK(old->requires_python == ">=3.7");
}

TEST_CASE("headers are named in any case, folded, and end at the empty line") {
  const auto metadata = parse_metadata(
      "\xEF\xBB\xBFMetadata-Version: 2.1\r\nNAME:  zope.interface \r\nversion:\r\n 5.4.0\r\nName: other\r\n"
      "Description: text\r\n        Requires-Python: <2\r\nrequires-python: >=2.7,\r\n\t!=3.0.*\r\n\r\nVersion: 6\r\n");
  REQUIRE(metadata);
  CHECK(metadata->name == "zope.interface");
  CHECK(metadata->version == "5.4.0");
  CHECK(metadata->requires_python == ">=2.7, !=3.0.*");
  CHECK_FALSE(metadata_header("A: b\n\nC: d\n", "C"));
  CHECK_FALSE(metadata_header("A: b\nno header\nC: d\n", "C"));
  CHECK(metadata_header("A: b\nC:\n", "c") == "");
}

TEST_CASE("metadata without a usable name or version is none") {
  CHECK_FALSE(parse_metadata(""));
  CHECK_FALSE(parse_metadata("Name: a\n"));
  CHECK_FALSE(parse_metadata("Version: 1\n"));
  CHECK_FALSE(parse_metadata("Name: a b\nVersion: 1\n"));
  CHECK_FALSE(parse_metadata("Name: ../../etc\nVersion: 1\n"));
  CHECK_FALSE(parse_metadata("Name: a\nVersion: 1\x1B[2J\n"));
  CHECK_FALSE(parse_metadata("Name: a\nVersion: 1\n 2\n"));
  CHECK_FALSE(parse_metadata("\nName: a\nVersion: 1\n"));
  CHECK_FALSE(parse_metadata(std::string(2'000'000, '\n')));
  CHECK_FALSE(parse_metadata("X: " + std::string(2'000'000, 'x') + "\nName: a\nVersion: 1\n"));
  const auto shown = parse_metadata("Name: a\nVersion: 1\nRequires-Python: >\x1B=3\n");
  REQUIRE(shown);
  CHECK(shown->requires_python == ">?=3");
}
