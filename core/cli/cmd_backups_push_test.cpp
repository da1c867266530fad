#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "backup/second_place.hpp"
#include "base/fd.hpp"
#include "base/process.hpp"
#include "cli/backups.hpp"
#include "cli/collect_backups.hpp"
#include "cli/commands.hpp"

using namespace maintain;
using Json = nlohmann::json;

namespace {

const TaskKey orders{"web1", "shop", "orders"};
const TaskKey media{"web1", "", "media"};

// What the command prints comes to a file, and back from there.
std::string printed_by(const std::filesystem::path& file, const std::function<void()>& work) {
  std::fflush(stdout);
  const int before = ::dup(STDOUT_FILENO);
  REQUIRE(std::freopen(file.c_str(), "w", stdout) != nullptr);
  const auto restore = [&] {
    std::fflush(stdout);
    ::dup2(before, STDOUT_FILENO);
    ::close(before);
  };
  try {
    work();
  } catch (...) {
    restore();
    throw;
  }
  restore();
  return *read_file(file, 1024 * 1024);
}

struct Store {
  std::filesystem::path path;
  Time now = *parse_time("2026-11-20T00:00:00Z");
  ExitStatus exit_status = ExitStatus::well;

  explicit Store(const std::string& second) {
    char name[] = "/tmp/maintain-push-XXXXXX";
    path = ::mkdtemp(name);
    REQUIRE(write_file_atomically(path / "servers.yml", "servers: [web1]\n"));
    REQUIRE(write_file_atomically(path / "maintain.yml", "paths: {state: .}\nbackups: {" + second + "}\n"));
    REQUIRE(write_file_atomically(path / "password", "correct horse\n", 0600));
    REQUIRE(write_file_atomically(path / "env", "RESTIC_CACHE_DIR=" + (path / "cache").string() + "\n", 0600));
  }
  ~Store() { std::filesystem::remove_all(path); }
  Store(const Store&) = delete;

  std::string add(const TaskKey& key, const std::string& content) {
    now += std::chrono::hours(24);
    auto draft = TaskCopies(path / "backups", key).begin({"orders", "postgresql"}, now, never_interrupted);
    REQUIRE(draft);
    REQUIRE(draft->create("orders.dump"));
    REQUIRE(draft->write(content));
    REQUIRE(draft->close());
    CopyFacts facts;
    facts.verified = {{"pg_restore --list", "", {}}};
    return draft->commit(facts, now, never_interrupted)->manifest.id;
  }
  std::string push(const std::string& arguments, bool json = false) {
    Program program;
    program.config_directory = path.string();
    program.json = json;
    CLI::App app;
    add_backups_command(app, program);
    const std::string text = printed_by(path / "said", [&] { app.parse("backups push " + arguments); });
    exit_status = program.exit_status;
    return text;
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
