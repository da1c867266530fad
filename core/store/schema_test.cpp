#include "store/schema.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include <catch2/catch.hpp>

#include "base/fd.hpp"
#include "store/testing.hpp"

using namespace maintain;
using maintain::sqlite::Database;
using maintain::testing::must;
using maintain::testing::StoreFixture;
using maintain::testing::TemporaryDirectory;

namespace {

constexpr std::array<std::string_view, 3> steps{"create table a (x); insert into a values (1)",
                                                "alter table a add y default 7", "create table b (z)"};

struct EmptyFile {
  TemporaryDirectory directory;
  std::filesystem::path file = directory.path() / "x.db";
  EmptyFile() { must(write_file_atomically(file, "", 0600)); }
  std::unique_ptr<Database> open() { return must(Database::open(file, Database::Mode::read_write)); }
};

mode_t mode_of(const std::filesystem::path& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777;
}

}  // namespace

TEST_CASE("a store of each earlier version is brought up to date and keeps its content") {
  for (std::size_t from = 0; from <= steps.size(); ++from) {
    EmptyFile empty;
    const auto database = empty.open();
    must(migrate(*database, std::span(steps).first(from)));
    must(migrate(*database, steps));
    CHECK(must(database->number("select y from a")) == 7);
    CHECK(must(database->number("select count(*) from b")) == 0);
    must(check_version(*database, steps));
  }
}

TEST_CASE("a migration that fails leaves the store as it was") {
  EmptyFile empty;
  const auto database = empty.open();
  must(migrate(*database, std::span(steps).first(1)));
  const std::array<std::string_view, 2> broken{steps[0], "create table c (x); select * from nowhere"};
  CHECK_FALSE(migrate(*database, broken).has_value());
  CHECK(must(database->number("select count(*) from sqlite_schema where name = 'c'")) == 0);
  must(migrate(*database, steps));
}

TEST_CASE("a newer store is refused, by writers and by readers, and told how to go on") {
  EmptyFile empty;
  const auto database = empty.open();
  must(migrate(*database, steps));
  const auto older = std::span(steps).first(2);
  for (const auto& refused : {migrate(*database, older), check_version(*database, older)}) {
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().kind == ErrorKind::refused);
    CHECK(refused.error().describe().find("version 3") != std::string::npos);
    CHECK_FALSE(refused.error().hint.empty());
  }
  CHECK(must(database->number("select y from a")) == 7);
}

TEST_CASE("an older store is refused to readers, who cannot migrate it") {
  EmptyFile empty;
  const auto database = empty.open();
  must(migrate(*database, std::span(steps).first(2)));
  CHECK_FALSE(check_version(*database, steps).has_value());
}

TEST_CASE("another program's database is not touched") {
  EmptyFile empty;
  const auto database = empty.open();
  must(database->execute("create table theirs (x)"));
  const auto refused = migrate(*database, steps);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == ErrorKind::refused);
  CHECK(must(database->number("select count(*) from sqlite_schema")) == 1);
}

TEST_CASE_METHOD(StoreFixture, "files and directory are private, whatever the umask") {
  CHECK(mode_of(file.parent_path()) == 0700);
  begin("r1", Time{});
  for (const char* suffix : {"", "-wal", "-shm"}) {
    INFO(suffix);
    CHECK(mode_of(file.string() + suffix) == 0600);
  }
}

TEST_CASE("a directory that everybody may write to is refused") {
  TemporaryDirectory directory;
  std::filesystem::permissions(directory.path(), std::filesystem::perms::all);
  const auto refused = open_sqlite_store(directory.path() / "state.db", Access::read_write);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == ErrorKind::refused);
}

TEST_CASE_METHOD(StoreFixture, "a file that is no database is an error that says so") {
  store.reset();
  must(write_file_atomically(file, std::string(4096, 'x'), 0600));
  const auto refused = open_sqlite_store(file, Access::read_write);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().describe().find(file.string()) != std::string::npos);
  CHECK_FALSE(refused.error().hint.empty());
}

TEST_CASE_METHOD(StoreFixture, "a reader works beside the writer and after it, and cannot write") {
  CHECK(open_sqlite_store(directory.path() / "none.db", Access::read_only).error().kind == ErrorKind::not_found);
  const auto reader = must(open_sqlite_store(file, Access::read_only));
  CHECK(must(reader->runs(10)).empty());
  begin("r1", Time{});
  CHECK(must(reader->runs(10)).size() == 1);
  CHECK_FALSE(reader->finish_run("r1", Time{}).has_value());
  store.reset();
  const auto later = must(open_sqlite_store(file, Access::read_only));
  CHECK(must(later->runs(10)).size() == 1);
}

TEST_CASE("a directory of another user is refused: what we wrote there, that user could not read") {
  if (::geteuid() != 0) {
    WARN("only root can give a directory away: not tested");
    return;
  }
  const TemporaryDirectory directory;
  REQUIRE(::chown(directory.path().c_str(), 1, 1) == 0);
  const auto refused = open_sqlite_store(directory.path() / "state.db", Access::read_write);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::refused);
  CHECK(refused.error().hint.find("sudo -u daemon maintain") != std::string::npos);
  CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("a store in memory knows nothing and takes everything") {
  const auto store = must(open_memory_store());
  CHECK(must(store->open_findings()).empty());
  CHECK_FALSE(must(store->server_memory("web1")).configs_fetched.has_value());
  Run run;
  run.id = "20261122T130341Z-4f2a";
  must(store->begin_run(run));
  CHECK(must(store->runs(10)).size() == 1);
}
