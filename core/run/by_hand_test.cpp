#include "run/by_hand.hpp"

#include <fstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "backup/task_copies.hpp"
#include "base/fd.hpp"
#include "run/test_fleet.hpp"

using namespace maintain;
using namespace maintain::testing;
using Catch::Contains;
using Json = nlohmann::json;

namespace {

TaskType drill_type() {
  TaskType type;
  type.name = "copier.drill";
  type.standalone = false;
  type.schema = R"({"type": "object", "properties": {"at": {"type": "string", "default": "latest"},
                    "assert": {"type": "array", "items": {"type": "string"}, "default": []}}})";
  return type;
}

PlannedTask by_hand(const std::string& name, const std::string& type, const std::string& options = "{}") {
  PlannedTask task;
  task.key = {"web1", "p", name};
  task.spec.name = name;
  task.spec.use = type;
  task.spec.options = options;
  task.spec.companion_of = "orders";
  task.decision = Decision::due;
  return task;
}

Project declared(bool with_drill) {
  TaskSpec orders;
  orders.name = "orders";
  orders.use = "copier.copy";
  orders.options = R"({"text":"rows"})";
  TaskSpec drill;
  drill.name = "orders.drill";
  drill.use = "copier.drill";
  drill.companion_of = "orders";
  drill.options = R"({"assert":["a"],"at":"latest","parent":{"options":{},"type":"of long ago"}})";
  Project project;
  project.name = "p";
  project.tasks = {orders};
  if (with_drill) project.tasks.push_back(drill);
  return project;
}

Json options(const PlannedTask& task, const std::vector<Project>& projects) {
  const auto text = options_by_hand(task, projects, drill_type());
  REQUIRE(text);
  return Json::parse(*text);
}

// A fleet whose web1 has a project that copies, and one copy of it.
struct Copied : Fleet {
  std::vector<CachedConfig> configs;

  explicit Copied(const std::string& drill = "") {
    catalog = read_catalog({std::filesystem::path(MAINTAIN_TEST_PLUGINS) / "copier"});
    REQUIRE(catalog.plugins.size() == 1);
    // The worker may write into the directory of its server, and not here.
    servers.push_back(Server{.name = "web1"});
    write_config("web1", "version: 2\ntasks:\n  orders: {use: copier.copy, when: \"* * * * *\", text: rows" + drill +
                             "}\n");
    const RunResult result = run();
    REQUIRE(result_of(result, "web1/p/orders").outcome == Outcome::changed);
    configs = store->server_memory("web1").value().configs;
  }

  RunResult do_by_hand(HandTask task, const std::string& address = "") {
    RunRequest request{.settings = settings, .catalog = catalog, .servers = {servers.front()}};
    request.servers.front().address = address;
    request.mode = mode;
    request.by_hand = std::move(task);
    request.stop_times = times;
    auto result = supervise(request, *store, clock, observer);
    REQUIRE(result);
    return std::move(*result);
  }
  Json told(const RunResult& result, const std::string& task) {
    return Json::parse(store->task_output(result.run.id, {"web1", "p", task}).value());
  }
};

}  // namespace

TEST_CASE("by hand: what the person said goes before what the project wrote, and that before the defaults") {
  const PlannedTask task = by_hand("orders.drill", "copier.drill", R"({"at": "20261122T130341Z"})");
  const Json parent = {{"type", "copier.copy"}, {"options", {{"text", "rows"}}}};
  CHECK(options(task, {declared(true)}) ==
        Json{{"at", "20261122T130341Z"}, {"assert", {"a"}}, {"parent", parent}});
  CHECK(options(task, {declared(false)}) ==
        Json{{"at", "20261122T130341Z"}, {"assert", Json::array()}, {"parent", parent}});
}

TEST_CASE("by hand: of a task that nobody declares any more there is no parent") {
  const Json expected = {{"at", "latest"}, {"assert", Json::array()}};
  CHECK(options(by_hand("orders.drill", "copier.drill"), {}) == expected);
  Project other = declared(true);
  other.name = "q";
  CHECK(options(by_hand("orders.drill", "copier.drill"), {other}) == expected);
}

TEST_CASE("by hand: a task that only has the name of a drill lends it no options") {
  Project project = declared(true);
  project.tasks[1].companion_of.clear();
  CHECK(options(by_hand("orders.drill", "copier.drill"), {project})["assert"].empty());
  project = declared(true);
  project.tasks[1].use = "apt.check";
  CHECK(options(by_hand("orders.drill", "copier.drill"), {project})["assert"].empty());
}

TEST_CASE("by hand: options that the type does not have are refused with its name") {
  const auto refused = options_by_hand(by_hand("orders.drill", "copier.drill", R"({"to": "/"})"), {}, drill_type());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::configuration);
  CHECK_THAT(refused.error().message, Contains("copier.drill cannot be used like this") && Contains("'to'"));
}

TEST_CASE("companions: a drill that is due goes after its task, and sees what that copied") {
  Copied fleet(", drill: {when: \"* * * * *\"}");
  const Run run = fleet.store->run(fleet.store->runs(1).value().at(0).id).value();
  std::vector<std::string> names;
  for (const TaskResult& result : run.results)
    if (!result.task.empty()) names.push_back(result.task + ": " + result.summary);
  CHECK(names == std::vector<std::string>{"orders: ", "orders.drill: rows"});
}

TEST_CASE("by hand: one task runs on the copies of another, and nothing else does") {
  Copied fleet(", drill: {assert: [a]}");
  HandTask drill{by_hand("orders.drill", "copier.drill"), fleet.configs, {}};
  const RunResult result = fleet.do_by_hand(drill);
  CHECK(outcomes(result) == Outcomes{{"web1/p/orders.drill", Outcome::ok}});
  CHECK(result_of(result, "web1/p/orders.drill").summary == "rows");
  CHECK_FALSE(result.servers[0].contacted);
  const Json told = fleet.told(result, "orders.drill");
  CHECK(told["assert"] == Json{"a"});
  CHECK(told["parent"] == Json{{"type", "copier.copy"}, {"options", {{"text", "rows"}}}});

  fleet.do_by_hand(drill);
  CHECK(Json::parse(fleet.record("web1/p/orders.drill").state)["drills"] == 2);
  // What status tells of the server is as the last run left it.
  CHECK(fleet.store->task_statuses().value().size() == 2);
  CHECK(fleet.store->server_memory("web1").value().configs.size() == 1);
}

TEST_CASE("by hand: neither the server nor its configuration need be left") {
  Copied fleet;
  const RunResult result = fleet.do_by_hand({by_hand("orders.drill", "copier.drill"), {}, {}}, "down");
  CHECK(result_of(result, "web1/p/orders.drill").summary == "rows");
  CHECK_FALSE(fleet.told(result, "orders.drill").contains("parent"));
  CHECK_FALSE(result.servers[0].error);
}

TEST_CASE("by hand: what is restored lands in the directory that was named, and nowhere beside it") {
  Copied fleet;
  const auto to = fleet.directory.path() / "restored/here";
  std::filesystem::create_directories(to);
  const HandTask restore{by_hand("orders.restore", "copier.restore", Json{{"to", to.string()}}.dump()), {}, {to}};
  const RunResult result = fleet.do_by_hand(restore);
  const TaskResult restored = result_of(result, "web1/p/orders.restore");
  CHECK(restored.outcome == Outcome::changed);
  CHECK(read_file(to / "text", 100).value() == "rows");
  // Where the kernel has no Landlock the task can write everywhere, and says so.
  CHECK(std::filesystem::exists(to.parent_path() / "beside") == (codes(restored).size() == 1));

  std::filesystem::remove(to / "text");
  HandTask elsewhere = restore;
  elsewhere.writable.clear();
  const auto unconfined = codes(restored).size() == 1;
  fleet.do_by_hand(elsewhere);
  CHECK((read_file(to / "text", 100).value_or("") == "rows") == unconfined);
}

TEST_CASE("by hand: a dry run changes nothing") {
  Copied fleet;
  fleet.mode = Mode::check;
  const auto to = fleet.directory.path() / "restored";
  const RunResult result =
      fleet.do_by_hand({by_hand("orders.restore", "copier.restore", Json{{"to", to.string()}}.dump()), {}, {}});
  CHECK_THAT(result_of(result, "web1/p/orders.restore").summary, Contains("would restore 20261122T130341Z"));
  CHECK_FALSE(std::filesystem::exists(to));
  CHECK(fleet.record("web1/p/orders.restore").state.empty());
}

TEST_CASE("by hand: a task has a directory apart from those of runs") {
  Copied fleet;
  const auto in_flight = fleet.settings.state_directory / "servers/web1/_tmp/in_flight";
  std::filesystem::create_directories(in_flight);
  fleet.do_by_hand({by_hand("orders.drill", "copier.drill"), {}, {}});
  CHECK(std::filesystem::exists(in_flight));
  CHECK(std::filesystem::exists(fleet.settings.state_directory / "by-hand/servers/web1/p/orders.drill"));
}

TEST_CASE("by hand: options that do not fit end the task, not the worker") {
  Copied fleet;
  const RunResult result = fleet.do_by_hand({by_hand("orders.restore", "copier.restore"), {}, {}});
  const TaskResult refused = result_of(result, "web1/p/orders.restore");
  CHECK(refused.outcome == Outcome::failed);
  CHECK_THAT(refused.summary, Contains("copier.restore cannot be used like this") && Contains("'to'"));
}
