#include <stdlib.h>

#include <filesystem>

#include <catch2/catch.hpp>

#include "base/fd.hpp"
#include "cli/commands.hpp"
#include "store/sqlite_store.hpp"

using namespace maintain;

namespace {

// A fleet of web1, on which shop/orders is known and has never run.
struct Fleet {
  std::filesystem::path path;
  Fleet() {
    char name[] = "/tmp/maintain-cli-XXXXXX";
    path = ::mkdtemp(name);
    REQUIRE(write_file_atomically(path / "servers.yml", "servers: [web1, db1]\n"));
    REQUIRE(write_file_atomically(path / "maintain.yml", "paths: {state: .}\n"));
    const auto store = open_sqlite_store(path / "state.sqlite", Access::read_write);
    REQUIRE(store);
    TaskStatus orders;
    orders.key = {"web1", "shop", "orders"};
    REQUIRE((*store)->save_task_statuses("web1", {orders}, Time{}));
  }
  ~Fleet() { std::filesystem::remove_all(path); }
  Fleet(const Fleet&) = delete;

  void history(const std::string& arguments) const {
    Program program;
    program.config_directory = path.string();
    CLI::App app;
    add_history_command(app, program);
    app.parse("history " + arguments);
  }
};

}  // namespace

TEST_CASE("history refuses names that nobody knows, and only those") {
  const Fleet fleet;
  CHECK_NOTHROW(fleet.history("--server web1"));
  CHECK_NOTHROW(fleet.history("--server db1"));  // in the inventory only
  CHECK_NOTHROW(fleet.history("--project shop --task orders"));
  CHECK_THROWS_WITH(fleet.history("--server wbe1"), Catch::Contains("did you mean 'web1'?"));
  CHECK_THROWS_WITH(fleet.history("--project shpo"), Catch::Contains("did you mean 'shop'?"));
  CHECK_THROWS_WITH(fleet.history("--server web1 --task oders"), Catch::Contains("did you mean 'orders'?"));
}
