#include "pydeps/advisory/osv_archive.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include <zip.h>

using namespace maintain::pydeps;

namespace {

// A directory that goes away with it.
struct Scratch {
  std::filesystem::path path;
  Scratch() {
    std::string pattern = std::filesystem::temp_directory_path() / "osv-archive-XXXXXX";
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~Scratch() { std::filesystem::remove_all(path); }
};

void write_zip(const std::string& path, const std::vector<std::pair<std::string, std::string>>& entries) {
  int error = 0;
  zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_EXCL, &error);
  REQUIRE(archive != nullptr);
  for (const auto& [name, text] : entries) {
    zip_source_t* source = zip_source_buffer(archive, text.data(), text.size(), 0);
    REQUIRE(zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_GUESS) >= 0);
  }
  REQUIRE(zip_close(archive) == 0);
}

std::string record(const std::string& id, const std::string& package) {
  return R"({"id": ")" + id + R"(", "affected": [{"package": {"ecosystem": "PyPI", "name": ")" + package +
         R"("}, "versions": ["1.0"]}]})";
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace

TEST_CASE("the records that name a package are taken from an archive") {
  const Scratch scratch;
  const std::string path = scratch.path / "all.zip";
  write_zip(path, {{"GHSA-1.json", record("GHSA-1", "Zope.Interface")},
                   {"GHSA-2.json", record("GHSA-2", "other")},
                   {"PYSEC-1.json", record("PYSEC-1", "jinja2")},
                   {"README", "no record"}});
  const auto archive = read_archive(path, {"zope-interface", "jinja2"});
  CHECK(archive.problem == "");
  CHECK(archive.records == 3);
  CHECK(archive.broken == 0);
  REQUIRE(archive.advisories.size() == 2);
  CHECK(archive.advisories[0].id == "GHSA-1");
  CHECK(archive.advisories[1].id == "PYSEC-1");
  CHECK(read_archive(path, {}).advisories.empty());
}

TEST_CASE("a record that is none costs only itself") {
  const Scratch scratch;
  const std::string path = scratch.path / "all.zip";
  write_zip(path, {{"a.json", "{"},
                   {"b\x1b.json", std::string(most_advisory_bytes + 1, ' ')},
                   {"c.json", record("C-1", "a")},
                   {"d.json", std::string(100'000, '[')}});
  const auto archive = read_archive(path, {"a"});
  CHECK(archive.advisories.size() == 1);
  CHECK(archive.records == 4);
  CHECK(archive.broken == 3);
  CHECK(archive.problems == std::vector<std::string>{"a.json: it is no JSON", "b?.json: it has more than 4 MiB",
                                                     "d.json: its arrays and objects are nested too deeply"});
}

TEST_CASE("of many broken records the first are told, and all are counted") {
  const Scratch scratch;
  const std::string path = scratch.path / "all.zip";
  std::vector<std::pair<std::string, std::string>> entries;
  for (int i = 0; i < 100; ++i) entries.emplace_back(std::to_string(i) + ".json", "x");
  write_zip(path, entries);
  const auto archive = read_archive(path, {"a"});
  CHECK(archive.broken == 100);
  CHECK(archive.problems.size() == 20);
}

TEST_CASE("bytes that changed on the disk do not pass for a record") {
  const Scratch scratch;
  const std::string path = scratch.path / "all.zip";
  write_zip(path, {{"a.json", record("A-1", "a")}, {"b.json", record("B-1", "a")}});
  std::string bytes = bytes_of(path);
  // Inside the first entry: behind its local header of 30 bytes, and its name.
  bytes.at(30 + 6 + 20) = static_cast<char>(bytes[30 + 6 + 20] ^ 0x55);
  write_file(path, bytes);
  const auto archive = read_archive(path, {"a"});
  CHECK(archive.broken == 1);
  REQUIRE(archive.advisories.size() == 1);
  CHECK(archive.advisories[0].id == "B-1");
}

TEST_CASE("what is no archive is a problem") {
  const Scratch scratch;
  CHECK(read_archive(scratch.path / "none", {"a"}).problem == "it cannot be read: No such file or directory");
  const std::string path = scratch.path / "all.zip";
  for (const std::string& bytes : {std::string("{}"), std::string(), std::string(1000, '\0')}) {
    write_file(path, bytes);
    CAPTURE(bytes);
    const auto archive = read_archive(path, {"a"});
    CHECK(archive.problem.starts_with("it is no zip archive that can be read: "));
    CHECK(archive.records == 0);
  }
  CHECK_FALSE(read_archive(scratch.path, {"a"}).problem.empty());
}

TEST_CASE("an archive that was cut off is a problem wherever it ends") {
  const Scratch scratch;
  const std::string whole = scratch.path / "all.zip";
  write_zip(whole, {{"a.json", record("A-1", "a")}, {"b.json", record("B-1", "a")}});
  const std::string bytes = bytes_of(whole);
  const std::string path = scratch.path / "cut.zip";
  for (std::size_t length = 0; length < bytes.size(); length += 7) {
    write_file(path, bytes.substr(0, length));
    CAPTURE(length);
    CHECK_FALSE(read_archive(path, {"a"}).problem.empty());
  }
}
