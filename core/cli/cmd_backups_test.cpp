#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "base/fd.hpp"
#include "cli/backups.hpp"
#include "cli/commands.hpp"

using namespace maintain;

namespace {

// What the commands print comes to a file, and back from there.
class Captured {
 public:
  explicit Captured(const std::filesystem::path& file) : file_(file), before_(::dup(STDOUT_FILENO)) {
    std::fflush(stdout);
    REQUIRE(std::freopen(file_.c_str(), "w", stdout) != nullptr);
  }
  std::string end() {
    if (before_ < 0) return {};
    std::fflush(stdout);
    ::dup2(before_, STDOUT_FILENO);
    ::close(before_);
    before_ = -1;
    return *read_file(file_, 1024 * 1024);
  }
  ~Captured() { end(); }

 private:
  std::filesystem::path file_;
  int before_;
};

struct Store {
  std::filesystem::path path;
  Time now = *parse_time("2026-11-29T00:00:00Z");

  Store() {
    char name[] = "/tmp/maintain-cli-XXXXXX";
    path = ::mkdtemp(name);
    REQUIRE(write_file_atomically(path / "servers.yml", "servers: [web1]\n"));
    REQUIRE(write_file_atomically(path / "maintain.yml", "paths: {state: .}\nbackups: {keep: {last: 1}}\n"));
  }
  ~Store() { std::filesystem::remove_all(path); }
  Store(const Store&) = delete;

  std::string add(const TaskKey& key, const std::string& content) {
    now += std::chrono::hours(24);
    TaskCopies copies(path / "backups", key);
    auto draft = copies.begin({"orders", "postgresql"}, now, never_interrupted);
    REQUIRE(draft);
    REQUIRE(draft->create("orders.dump"));
    REQUIRE(draft->write(content));
    REQUIRE(draft->close());
    CopyFacts facts;
    facts.verified = {{"pg_restore --list", "", {}}};
    return draft->commit(facts, now, never_interrupted)->manifest.id;
  }
  std::string run(const std::string& arguments) {
    Program program;
    program.config_directory = path.string();
    CLI::App app;
    add_backups_command(app, program);
    Captured captured(path / "said");
    app.parse("backups " + arguments);
    exit_status = program.exit_status;
    return captured.end();
  }
  ExitStatus exit_status = ExitStatus::well;
};

const TaskKey orders{"web1", "shop", "orders"};
using Catch::Contains;

}  // namespace

TEST_CASE("backups: what there is, is listed; what is not, is told as a slip") {
  Store store;
  CHECK_THAT(store.run("list"), Contains("There are no copies"));
  const std::string id = store.add(orders, "rows");
  CHECK_THAT(store.run("list web1 orders"), Contains(id) && Contains("verified") && Contains("pg_restore --list"));
  CHECK_THROWS_WITH(store.run("list wbe1"), Contains("did you mean 'web1'?"));
  CHECK_THROWS_WITH(store.run("list web1 oders"), Contains("did you mean 'orders'?"));
}

TEST_CASE("backups: a file that was changed is found") {
  Store store;
  const std::string id = store.add(orders, "rows");
  CHECK_THAT(store.run("verify"), Contains(id) && Contains("as they were written"));
  CHECK(store.exit_status == ExitStatus::well);
  std::ofstream(store.path / "backups/web1/shop/orders" / id / "data/orders.dump") << "rats";
  CHECK_THAT(store.run("verify web1 orders --at " + id), Contains("data/orders.dump: its content has changed"));
  CHECK(store.exit_status == ExitStatus::findings);
  CHECK_THROWS_WITH(store.run("verify --read-data-subset 3/2"), Contains("no n/m"));
}

TEST_CASE("backups: a prune is explained before it is done") {
  Store store;
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(store.add(orders, "rows"));
  const std::string dry = store.run("prune --dry-run");
  CHECK_THAT(dry, Contains(ids[4] + "  stays     last 1 of 1") && Contains(ids[0] + "  would go"));
  CHECK_THAT(store.run("list"), Contains(ids[0]));
  CHECK_THAT(store.run("prune"), Contains(ids[0] + "  removed"));
  const std::string left = store.run("list");
  CHECK_THAT(left, !Contains(ids[0]) && !Contains(ids[1]) && Contains(ids[2]));  // three stay whatever the policy says
}

TEST_CASE("backups: a quarantined copy waits for a person") {
  Store store;
  CHECK_THROWS_WITH([&] { store.add(orders, "rows"); store.run("accept web1 orders"); }(), Contains("no copy of"));
  const std::string empty = store.add(orders, "");
  CHECK_THAT(store.run("prune --dry-run"), Contains("nothing is removed: " + empty));
  CHECK_THAT(store.run("accept web1 shop/orders"), Contains("Accepted " + empty));
  CHECK_THAT(store.run("list"), Contains("accepted 20"));
  const std::string again = store.add(orders, ""), third = store.add(orders, "");
  CHECK_THROWS_WITH(store.run("accept web1 orders"), Contains("2 copies of web1/shop/orders are quarantined"));
  CHECK_THAT(store.run("accept web1 orders " + again + " --discard"), Contains("Removed " + again));
}

TEST_CASE("backups: two projects' tasks of one name are told apart") {
  Store store;
  store.add(orders, "");
  store.add({"web1", "books", "orders"}, "");
  CHECK_THROWS_WITH(store.run("accept web1 orders"), Contains("one of books/orders, shop/orders"));
  CHECK_THAT(store.run("accept web1 books/orders"), Contains("Accepted"));
}
