#include <unistd.h>

#include <filesystem>

#include <nlohmann/json.hpp>

#include "backup/second_place.hpp"
#include "base/process.hpp"
#include "cli/collect_backups.hpp"
#include "cli/commands.hpp"
#include "cli/testing.hpp"

using namespace maintain;
using namespace maintain::testing;
using Json = nlohmann::json;

namespace {

const TaskKey media{"web1", "", "media"};

struct Store : Scratch {
  explicit Store(const std::string& second) : Scratch("paths: {state: .}\nbackups: {" + second + "}\n") {
    write("password", "correct horse\n");
    write("env", "RESTIC_CACHE_DIR=" + (path / "cache").string() + "\n");
  }
  std::string push(const std::string& arguments, bool json = false) {
    return run(add_backups_command, "backups push " + arguments, json);
  }
  Json push_json(const std::string& arguments = "") { return Json::parse(push(arguments, true)); }
};

const std::string second =
    "second: {repository: repo, password_file: password, environment_file: env, keep: {last: 1}}";
using Catch::Contains;

}  // namespace

TEST_CASE("backups push: without a second place it says what to write") {
  Store store("min_free: '0'");
  CHECK_THROWS_WITH(store.push(""), Contains("names no second place"));
}

TEST_CASE("backups push: the newest copy goes there once, is remembered, and older ones go") {
  if (!run_local({.argv = {"restic", "version"}})) {
    WARN("skipped: restic is not installed");
    return;
  }
  Store store(second);
  CHECK_THROWS_WITH(store.push(""), Contains("maintain backups push --init"));
  CHECK_THAT(store.push("--init"), Contains("is made"));
  store.add(orders, "rows");
  const std::string newest = store.add(orders, "more rows");
  store.add(media, "");  // quarantined: nothing of it is sent
  CHECK_THAT(store.push("--dry-run"),
             Contains(newest + " would be sent") && Contains("web1/media  has no verified copy"));
  const auto directory = copies_directory(store.path / "backups", orders);
  CHECK_FALSE(read_sent_copy(directory));

  CHECK(store.push("") == "");  // all is well
  CHECK(store.exit_status == ExitStatus::well);
  const auto sent = read_sent_copy(directory);
  REQUIRE(sent);
  CHECK(sent->copy == newest);
  CHECK_FALSE(read_sent_copy(copies_directory(store.path / "backups", media)));

  // Not again, also when nobody remembers.
  std::filesystem::remove(directory / "_second.json");
  Json again = store.push_json()["tasks"];
  CHECK(again[1]["id"] == newest);
  CHECK(again[1]["sent"] == false);
  CHECK(again[1]["snapshot"].get<std::string>().starts_with(sent->snapshot));
  CHECK(read_sent_copy(directory)->copy == newest);

  const std::string next = store.add(orders, "still more rows");
  const Json third = store.push_json("web1 orders")["tasks"];
  REQUIRE(third.size() == 1);
  CHECK(third[0]["id"] == next);
  CHECK(third[0]["sent"] == true);
  CHECK(third[0]["removed"] == 1);

  // What one task cannot do does not keep another from it.
  store.add(media, "pictures");
  const auto data = store.path / "backups/web1/_/media" / store.add(media, "pictures!") / "data";
  std::filesystem::remove_all(data);
  store.add(orders, "rows again");
  const std::string told = store.push("");
  CHECK_THAT(told, Contains("web1/media") && Contains("could not send") && !Contains("web1/shop/orders"));
  CHECK(store.exit_status == ExitStatus::findings);
  CHECK_FALSE(read_sent_copy(copies_directory(store.path / "backups", media)));
}

TEST_CASE("backups push: two at once are one") {
  Store store(second);
  store.add(orders, "rows");
  const auto lock = lock_file(store.path / "backups/_push.lock");
  REQUIRE(lock);
  if (::isatty(STDERR_FILENO) != 0) {
    CHECK_THROWS_WITH(store.push(""), Contains("another push is active"));
  } else {
    CHECK(store.push("") == "");
    CHECK(store.exit_status == ExitStatus::busy);
  }
}

TEST_CASE("collect_second_statuses: tasks with copies, and how far behind the second place is") {
  Store store(second);
  store.add(orders, "rows");
  store.add(media, "pictures");
  const auto backups = store.path / "backups";
  const Time sent = store.now + std::chrono::hours(3), now = sent + std::chrono::hours(1);
  REQUIRE(keep_sent_copy(copies_directory(backups, orders), {"20261121T000000Z", "16cb937b", sent}));
  TaskStatus known;
  known.key = orders;
  const auto statuses = collect_second_statuses(backups, {known}, std::chrono::hours(48), now);
  REQUIRE(statuses);
  REQUIRE(statuses->size() == 2);
  CHECK(statuses->at(0).key == media);
  CHECK(statuses->at(0).task == BackupStatus::Task::unknown);
  CHECK(statuses->at(0).second->waiting_since == store.now);
  CHECK(statuses->at(1).task == BackupStatus::Task::active);
  CHECK(statuses->at(1).second->in_step == sent);
}
