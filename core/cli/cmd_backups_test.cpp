#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/testing.hpp"

using namespace maintain;
using namespace maintain::testing;
using Catch::Contains;

namespace {

struct Store : Scratch {
  Store() : Scratch("paths: {state: .}\nbackups: {keep: {last: 1}}\n") {}
  std::string run(const std::string& arguments) { return Scratch::run(add_backups_command, "backups " + arguments); }
  nlohmann::json run_json(const std::string& arguments) {
    return nlohmann::json::parse(Scratch::run(add_backups_command, "backups " + arguments, true));
  }
  std::filesystem::path dump(const std::string& id) const {
    return backups() / "web1/shop/orders" / id / "data/orders.dump";
  }
};

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
  std::ofstream(store.dump(id)) << "rats";
  CHECK_THAT(store.run("verify web1 orders --at " + id), Contains("data/orders.dump: its content has changed"));
  CHECK(store.exit_status == ExitStatus::findings);
  CHECK_THROWS_WITH(store.run("verify --read-data-subset 3/2"), Contains("no n/m"));
}

TEST_CASE("backups: a damaged copy counts no more, until it is whole again or discarded") {
  Store store;
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(store.add(orders, "rows"));
  std::ofstream(store.dump(ids[4])) << "rats";
  CHECK_THAT(store.run("verify"), Contains("marked as damaged: " + ids[4]));
  CHECK(store.exit_status == ExitStatus::findings);
  CHECK_THAT(store.run("list"), Contains("damaged") && Contains("data/orders.dump: its content has changed"));
  const auto listed = store.run_json("list")["copies"][0];
  CHECK(listed["state"] == "damaged");
  CHECK_THAT(listed["damage"].get<std::string>(), Contains("its content has changed"));
  CHECK_THAT(store.run("verify"), Contains(ids[3]));  // the newest that counts

  const std::string discard = "maintain backups accept web1 shop/orders " + ids[4] + " --discard";
  CHECK_THAT(store.run("prune --dry-run"), Contains("nothing is removed: " + ids[4] + " is damaged") &&
                                               Contains(discard) && Contains("damaged: waits for a person"));
  CHECK_THAT(store.run("prune"), Contains(ids[0] + "  stays, removal is stopped"));
  CHECK_THROWS_WITH(store.run("accept web1 orders " + ids[4]), Contains("is damaged") && Contains("--discard"));
  SECTION("whole again") {
    std::ofstream(store.dump(ids[4])) << "rows";
    CHECK_THAT(store.run("verify --at " + ids[4]), Contains("as they were written"));
    CHECK_THAT(store.run("list"), !Contains("damaged"));
  }
  SECTION("discarded") { CHECK_THAT(store.run("accept web1 orders --discard"), Contains("Removed " + ids[4])); }
  CHECK_THAT(store.run("prune"), Contains(ids[0] + "  removed"));
}

TEST_CASE("backups: a copy without a readable manifest is told, not passed over") {
  Store store;
  const std::string id = store.add(orders, "rows");
  store.add(orders, "rows");
  std::ofstream(store.backups() / "web1/shop/orders" / id / "manifest.json") << "{";
  CHECK_THAT(store.run("list"), Contains("damaged") && Contains("not the manifest of a copy"));
  CHECK_THAT(store.run("verify --at all"), Contains("NOT as they were written") && Contains("manifest.json: "));
  CHECK(store.exit_status == ExitStatus::findings);
  CHECK_THROWS_WITH(store.run("restore web1 orders --to /tmp/nowhere --at " + id),
                    Contains(id + " is damaged") && Contains("what is left of its files is in"));
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
