#include "plugin/catalog.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include <catch2/catch.hpp>

#include "plugin/test_support.hpp"

using namespace maintain;
namespace fs = std::filesystem;

namespace {

// Copies: the build directory may be writable by a group, which the catalog refuses.
struct Fixture {
  test::TemporaryDirectory directory;

  fs::path add(const std::string& name, const fs::path& to = {}) {
    const fs::path target = directory.path() / (to.empty() ? fs::path(name + ".so") : to);
    fs::create_directories(target.parent_path());
    fs::copy_file(fs::path(MAINTAIN_TEST_PLUGINS) / name / (name + ".so"), target);
    fs::permissions(target, fs::perms(0755));
    return target;
  }
  Catalog read() const { return read_catalog({directory.path()}); }
  // The reason why the only library there is passed over.
  std::string reason() const {
    const Catalog catalog = read();
    CHECK(catalog.plugins.empty());
    REQUIRE(catalog.skipped.size() == 1);
    CHECK(catalog.skipped[0].reason.kind == ErrorKind::refused);
    return catalog.skipped[0].reason.describe();
  }
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE_METHOD(Fixture, "plugins are found and sorted") {
  add("misbehave", "a.so");
  add("marker", "z.so");
  fs::copy_file(directory.path() / "a.so", directory.path() / "notes.txt");
  const Catalog catalog = read();
  REQUIRE(catalog.plugins.size() == 2);
  CHECK(catalog.skipped.empty());
  CHECK(catalog.plugins[0].manifest.id == "marker");
  CHECK(catalog.plugins[1].manifest.id == "misbehave");
  CHECK(catalog.plugins[1].library == directory.path() / "a.so");
  CHECK(catalog.task_types().size() == 15);
  REQUIRE(catalog.offering("misbehave.crash") != nullptr);
  CHECK(catalog.offering("misbehave.crash")->manifest.id == "misbehave");
  CHECK(catalog.offering("nothing.such") == nullptr);
}

TEST_CASE_METHOD(Fixture, "reading the catalog loads nothing") {
  add("marker");
  const fs::path marker = directory.path() / "marker-file";
  ::setenv("MAINTAIN_TEST_MARKER", marker.c_str(), 1);
  CHECK(read().plugins.size() == 1);
  ::unsetenv("MAINTAIN_TEST_MARKER");
  CHECK_FALSE(fs::exists(marker));
}

TEST_CASE_METHOD(Fixture, "directories that do not exist or are named twice are no trouble") {
  add("marker");
  const Catalog catalog = read_catalog({"/nowhere/at/all", directory.path(), directory.path()});
  CHECK(catalog.plugins.size() == 1);
  CHECK(catalog.skipped.empty());
}

TEST_CASE_METHOD(Fixture, "a library that others may write is passed over") {
  fs::permissions(add("marker"), fs::perms(0775));
  CHECK(contains(reason(), "marker.so can be written by group or others (chmod go-w "));
}

TEST_CASE_METHOD(Fixture, "a library in a directory that others may write is passed over") {
  add("marker");
  SECTION("by all") { ::chmod(directory.path().c_str(), 0777); }
  SECTION("by all, but sticky: anybody could add a plugin") { ::chmod(directory.path().c_str(), 01777); }
  SECTION("by the group") { ::chmod(directory.path().c_str(), 0770); }
  CHECK(contains(reason(), "can be written by group or others"));
  ::chmod(directory.path().c_str(), 0700);
}

TEST_CASE_METHOD(Fixture, "a parent directory that others may write is no better") {
  add("marker", "below/marker.so");
  ::chmod(directory.path().c_str(), 0777);
  const Catalog catalog = read_catalog({directory.path() / "below"});
  CHECK(catalog.plugins.empty());
  REQUIRE(catalog.skipped.size() == 1);
  CHECK(contains(catalog.skipped[0].reason.message, directory.path().string() + " can be written"));
  ::chmod(directory.path().c_str(), 0700);
}

TEST_CASE_METHOD(Fixture, "somebody else's library is passed over") {
  const fs::path library = add("marker");
  if (::geteuid() != 0) {
    WARN("not root: giving a file away is not tried");
    return;
  }
  REQUIRE(::chown(library.c_str(), 65534, 65534) == 0);
  CHECK(contains(reason(), "belongs to user 65534"));
}

TEST_CASE_METHOD(Fixture, "a link must not lead out of the plugin directories") {
  const fs::path outside = add("marker", "outside/marker.so");
  fs::create_directory(directory.path() / "plugins");
  fs::create_symlink(outside, directory.path() / "plugins" / "marker.so");
  const Catalog catalog = read_catalog({directory.path() / "plugins"});
  CHECK(catalog.plugins.empty());
  REQUIRE(catalog.skipped.size() == 1);
  CHECK(contains(catalog.skipped[0].reason.message, "outside the plugin directories"));
}

TEST_CASE_METHOD(Fixture, "a link within the directories is the same plugin, once") {
  add("marker", "marker.so.1");
  fs::create_symlink("marker.so.1", directory.path() / "marker.so");
  CHECK(read().plugins.size() == 1);
  CHECK(read().skipped.empty());
}

TEST_CASE_METHOD(Fixture, "a dangling link says so") {
  fs::create_symlink("gone", directory.path() / "gone.so");
  const Catalog catalog = read();
  REQUIRE(catalog.skipped.size() == 1);
  CHECK(catalog.skipped[0].reason.kind == ErrorKind::not_found);
}

TEST_CASE_METHOD(Fixture, "of two plugins with one id the earlier directory's is taken") {
  add("marker", "first/marker.so");
  add("marker", "second/another.so");
  const Catalog catalog = read_catalog({directory.path() / "first", directory.path() / "second"});
  REQUIRE(catalog.plugins.size() == 1);
  CHECK(catalog.plugins[0].library == directory.path() / "first/marker.so");
  REQUIRE(catalog.skipped.size() == 1);
  CHECK(contains(catalog.skipped[0].reason.message, "'marker' was found before, in "));
}

TEST_CASE_METHOD(Fixture, "another ABI is refused by name, with the remedy") {
  SECTION("a later major") {
    add("abi_major");
    CHECK(contains(reason(), "'abi-major' 1.0.0 needs plugin ABI 2.0; this maintain has 1.0 (upgrade maintain"));
  }
  SECTION("a later minor, whatever new keys its manifest has") {
    add("abi_minor");
    CHECK(contains(reason(), "'abi-minor' 1.0.0 needs plugin ABI 1.999; this maintain has 1.0 (upgrade maintain"));
  }
}

TEST_CASE("an earlier major is to be built anew") {
  Manifest old;
  old.id = "old";
  old.version = "3";
  old.abi_major = 0;
  CHECK(check_compatibility(old).error().hint == "build the plugin anew with the current SDK");
}

TEST_CASE_METHOD(Fixture, "an extension that is needed and missing is named") {
  add("needs_unknown");
  CHECK(contains(reason(), "needs the extension com.example.telepathy/1"));
}

TEST_CASE_METHOD(Fixture, "a damaged note names its library") {
  add("garbage_note");
  CHECK(contains(reason(), "garbage_note.so: manifest: not valid JSON"));
}

TEST_CASE_METHOD(Fixture, "a library without a note is no plugin") {
  add("no_note");
  const Catalog catalog = read();
  REQUIRE(catalog.skipped.size() == 1);
  CHECK(catalog.skipped[0].reason.kind == ErrorKind::not_found);
  CHECK(contains(catalog.skipped[0].reason.hint, "not a maintain plugin"));
}

TEST_CASE_METHOD(Fixture, "a schema that is not supported names the task type") {
  add("marker");
  const Catalog catalog = read_catalog({directory.path()}, [](const std::string&) -> Result<void> {
    return fail(ErrorKind::refused, "'oneOf' is not supported");
  });
  REQUIRE(catalog.skipped.size() == 1);
  CHECK(contains(catalog.skipped[0].reason.message, "the schema of marker.task: 'oneOf' is not supported"));
}
