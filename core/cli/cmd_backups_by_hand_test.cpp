// restore and drill with a real worker, and a plugin that copies a text (tests/plugins/copier.cpp).
#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>

#include "base/fd.hpp"
#include "cli/backups.hpp"
#include "cli/by_hand.hpp"
#include "cli/commands.hpp"
#include "cli/testing.hpp"
#include "run/run_lock.hpp"
#include "store/sqlite_store.hpp"

using namespace maintain;
using namespace maintain::testing;
using Catch::Contains;
using Json = nlohmann::json;

namespace {

struct Scene : Scratch {
  std::string id = add("copier.copy", "rows");

  // Nobody listens there: whoever asked the server would be told so.
  Scene()
      : Scratch("paths: {state: state, backups: backups, plugins: [" MAINTAIN_TEST_PLUGINS "/copier]}\n"
                "run: {worker: [" MAINTAIN_TEST_WORKER "]}\n",
                "servers: [{name: web1, address: 127.0.0.1, port: 1}]\n") {}

  std::string add(const std::string& type, const std::string& content) {
    return Scratch::add(orders, {content, "text", type});
  }

  // What the store remembers of the server: its project, as a run fetched it.
  void remember(const std::string& config) {
    std::filesystem::create_directories(path / "state");
    ServerMemory memory;
    memory.configs = {{"/etc/maintain.d/shop.yml", config, config}};
    REQUIRE(open_state()->save_server_memory("web1", memory));
  }
  std::unique_ptr<StateStore> open_state() {
    Program program;
    program.config_directory = path.string();
    return program.writable_store();
  }

  std::string run(std::vector<std::string> words, bool json = false) {
    words.insert(words.begin(), "backups");
    return Scratch::run(add_backups_command, words, json);
  }
  Json run_json(const std::vector<std::string>& words) { return Json::parse(run(words, true)).at("result"); }
  // The plugin tells them as its output.
  Json options_of(const std::vector<std::string>& words) {
    return Json::parse(run_json(words).at("output").get<std::string>());
  }
};

std::string shop(const std::string& drill) {
  return "version: 2\ntasks:\n  orders: {use: copier.copy, when: \"* * * * *\", text: rows" + drill + "}\n";
}

}  // namespace

TEST_CASE("backups: a copy is restored into a directory, without its server") {
  Scene scene;
  const std::string to = (scene.path / "new/place").string();
  CHECK_THAT(scene.run({"restore", "web1", "orders", "--to", to}),
             Contains("web1/shop/orders.restore  changed") && Contains("restored " + scene.id));
  CHECK(read_file(to + "/text", 100).value() == "rows");
  CHECK_FALSE(std::filesystem::exists(scene.path / "state/state.db"));  // nothing of it is kept
}

TEST_CASE("backups: what is kept nowhere has no name to look it up by") {
  Scene scene;
  const std::string to = (scene.path / "place").string();
  const std::string said = scene.run({"restore", "web1", "orders", "--to", to});
  CHECK_THAT(said, Contains("  started 20") && !Contains("in run") && !Contains("wrote no output"));
  CHECK(scene.run_json({"restore", "web1", "orders", "--to", to})["run"].is_null());
  const std::string run = scene.run_json({"drill", "web1", "orders"})["run"];
  CHECK(scene.open_state()->run(run));
}

TEST_CASE("backups: a server that does not answer has an exit status of its own") {
  Scene scene;
  const Json told = scene.run_json({"restore", "web1", "orders", "--to", "web1:/srv"});
  CHECK(told["task"] == "orders.restore");
  CHECK(told["outcome"] == "unreachable");
  CHECK(scene.exit_status == ExitStatus::unreachable);
}

TEST_CASE("backups: root leaves nothing of its own where another user works") {
  if (::geteuid() != 0) return;
  Scene scene;
  const auto state = scene.path / "state", to = scene.path / "place", backups = scene.path / "backups";
  std::filesystem::create_directory(state);
  const auto give = [](const std::filesystem::path& path, uid_t user) { REQUIRE(::chown(path.c_str(), user, 0) == 0); };
  give(state, 65534);
  for (const auto& words : {std::vector<std::string>{"drill", "web1", "orders"},
                            std::vector<std::string>{"restore", "web1", "orders", "--to", to.string()}})
    CHECK_THROWS_WITH(scene.run(words), Contains("belongs to ") && Contains("sudo -u ") && Contains(" maintain …"));
  CHECK(std::filesystem::is_empty(state));
  CHECK_FALSE(std::filesystem::exists(to));
  give(state, 0);
  give(backups, 65534);
  CHECK_THROWS_WITH(scene.run({"drill", "web1", "orders"}), Contains("belong to "));
  scene.run({"restore", "web1", "orders", "--to", to.string()});  // only reads them
  CHECK(scene.exit_status == ExitStatus::well);
}

TEST_CASE("by hand: only what nothing but a silent server is to blame for has the exit status of that") {
  const auto result = [](Outcome outcome, std::optional<ErrorKind> of_server, bool finding = false) {
    RunResult made;
    made.run.results.resize(2);  // the server's comes first or last
    made.run.results[0].outcome = Outcome::unreachable;
    made.run.results[1].task = "orders.restore";
    made.run.results[1].outcome = outcome;
    if (finding) made.run.results[1].findings.resize(1);
    made.servers.resize(1);
    if (of_server) made.servers[0].error = Error{*of_server, "no route", {}, {}};
    return exit_status_by_hand(made);
  };
  CHECK(result(Outcome::changed, {}) == ExitStatus::well);
  CHECK(result(Outcome::changed, {}, true) == ExitStatus::findings);
  CHECK(result(Outcome::failed, {}) == ExitStatus::findings);
  CHECK(result(Outcome::unreachable, ErrorKind::unreachable) == ExitStatus::unreachable);
  CHECK(result(Outcome::unreachable, ErrorKind::unreachable, true) == ExitStatus::findings);
  CHECK(result(Outcome::unreachable, ErrorKind::host_key) == ExitStatus::findings);
  CHECK(result(Outcome::unreachable, {}) == ExitStatus::findings);  // it answers again
  CHECK(exit_status_by_hand({}) == ExitStatus::findings);           // nothing was done
}

TEST_CASE("backups: the copy that is wanted is restored") {
  Scene scene;
  scene.add("copier.copy", "newer rows");
  const auto to = scene.path / "there";
  scene.run({"restore", "web1", "shop/orders", "--at", scene.id, "--to", to.string()});
  CHECK(read_file(to / "text", 100).value() == "rows");
  scene.run({"restore", "web1", "shop/orders", "--to", to.string() + "/"});
  CHECK(read_file(to / "text", 100).value() == "newer rows");
  CHECK_THROWS_WITH(scene.run({"restore", "web1", "orders", "--at", "2020-01-01T00:00:00Z", "--to", to.string()}),
                    Contains("2020"));
}

TEST_CASE("backups: a damaged copy is restored only when it is named") {
  Scene scene;
  const std::string damaged = scene.add("copier.copy", "newer rows");
  std::ofstream(scene.backups() / "web1/shop/orders" / damaged / "data/text") << "newer rats";
  scene.run({"verify", "web1", "orders"});
  const auto to = scene.path / "there";
  scene.run({"restore", "web1", "orders", "--to", to.string()});
  CHECK(read_file(to / "text", 100).value() == "rows");
  CHECK_THAT(scene.run({"restore", "web1", "orders", "--to", to.string(), "--replace", "--at", damaged}),
             Contains("restored " + damaged));
}

TEST_CASE("backups: a directory is named as seen from where the person is") {
  Scene scene;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(scene.path);
  const Json told = scene.run_json({"restore", "web1", "orders", "--to", "a/../b"});
  std::filesystem::current_path(before);
  CHECK(told["outcome"] == "changed");
  CHECK(std::filesystem::exists(scene.path / "b/text"));
  CHECK_FALSE(std::filesystem::exists(scene.path / "a"));
}

TEST_CASE("backups: everything is no directory to restore to") {
  Scene scene;
  for (const char* to : {"/", "//", "/tmp/..", ""})
    CHECK_THROWS_WITH(scene.run({"restore", "web1", "orders", "--to", to}), Contains("is no directory to restore to"));
}

TEST_CASE("backups: a dry run of a restore makes nothing") {
  Scene scene;
  const auto to = scene.path / "place";
  CHECK_THAT(scene.run({"restore", "web1", "orders", "--to", to.string(), "--dry-run"}),
             Contains("would restore " + scene.id));
  CHECK_FALSE(std::filesystem::exists(to));
}

TEST_CASE("backups: what the project wrote of a task is known where it was fetched") {
  Scene scene;
  const std::string to = (scene.path / "place").string();
  CHECK_FALSE(scene.options_of({"restore", "web1", "orders", "--to", to}).contains("parent"));
  scene.remember(shop(", drill: {assert: [a]}"));
  CHECK(scene.options_of({"restore", "web1", "orders", "--to", to})["parent"] ==
        Json{{"type", "copier.copy"}, {"options", {{"text", "rows"}}}});
  const Json drilled = scene.options_of({"drill", "web1", "orders"});
  CHECK(drilled["assert"] == Json{"a"});
  CHECK(drilled["at"] == scene.id);
}

TEST_CASE("backups: a drill by hand is kept as a scheduled one is") {
  Scene scene;
  CHECK_THAT(scene.run({"drill", "web1", "orders"}), Contains("web1/shop/orders.drill  ok") && Contains("rows"));
  const auto records = scene.open_state()->server_records("web1").value();
  REQUIRE(records.size() == 1);
  CHECK(records[0].first == TaskKey{"web1", "shop", "orders.drill"});
  CHECK(records[0].second.last_success);
  CHECK(records[0].second.state == R"({"drills":1})");
  scene.add("copier.copy", "newer rows");
  CHECK_THAT(scene.run({"drill", "web1", "orders", "--at", scene.id}), !Contains("newer"));
}

TEST_CASE("backups: by hand there is one task at a time, and a restore does not wait for a run") {
  Scene scene;
  const Time now = *parse_time("2026-11-29T00:00:00Z");
  const std::string to = (scene.path / "place").string();
  {
    const auto by_hand = take_run_lock(scene.path / "state/by-hand", now);
    CHECK_THROWS_WITH(scene.run({"restore", "web1", "orders", "--to", to}), Contains("is active"));
    CHECK_THROWS_WITH(scene.run({"drill", "web1", "orders"}), Contains("is active"));
  }
  const auto run = take_run_lock(scene.path / "state", now);
  CHECK_THROWS_WITH(scene.run({"drill", "web1", "orders"}), Contains("is active"));
  scene.run({"restore", "web1", "orders", "--to", to});  // the worst day does not wait for a run
  CHECK(scene.exit_status == ExitStatus::well);
}

TEST_CASE("backups: copies whose plugin is gone, and those that nothing restores, are told apart") {
  Scene scene;
  const std::string to = (scene.path / "place").string();
  scene.add("other.copy", "rows");
  CHECK_THROWS_WITH(scene.run({"restore", "web1", "orders", "--to", to}),
                    Contains("made by a task of type other.copy, which no installed plugin offers"));
  scene.add("copier.drill", "rows");
  CHECK_THROWS_WITH(scene.run({"restore", "web1", "orders", "--to", to}), Contains("are not restored by a program"));
  CHECK_THROWS_WITH(scene.run({"drill", "web1", "orders"}), Contains("there are no drills"));
  CHECK_FALSE(std::filesystem::exists(to));
}
