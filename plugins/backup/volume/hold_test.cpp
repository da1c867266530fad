#include <catch2/catch.hpp>

#include <unistd.h>

#include <fstream>

#include <nlohmann/json.hpp>

#include "backup/tree/tree_testing.hpp"
#include "backup/volume/hold.hpp"

using namespace maintain::plugins::backup;

namespace {

const std::string id_a(64, 'a');
const std::string id_b(64, 'b');

Hold a_hold(Quiesce quiesce) {
  return {.runtime = Runtime::docker,
          .quiesce = quiesce,
          .containers = {{id_a, "web", "T1"}, {id_b, "db", "T1"}},
          .since = std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(1234)),
          .limit = std::chrono::seconds(90)};
}

Container seen(ContainerState state, const std::string& started_at = "T1") {
  return {.id = id_a, .name = "web", .state = state, .status = "x", .started_at = started_at};
}

// A docker whose containers are files with their state in them; it notes what it was told.
std::string make_docker(const std::string& directory) {
  const std::string program = directory + "/docker";
  std::ofstream(program) << R"sh(#!/bin/sh
cd "$(dirname "$0")" || exit 1
if [ "$1" = container ]; then
  id=$5
  [ -f daemon_down ] && { rm daemon_down; echo 'Cannot connect to the Docker daemon' >&2; exit 1; }
  [ -f "$id" ] || { echo "Error: No such container: $id" >&2; exit 1; }
  cat "$id"
else
  echo "$1 $2" >>orders
  echo running >"$2"
fi
)sh";
  ::chmod(program.c_str(), 0755);
  std::ofstream(directory + "/sleep") << "#!/bin/sh\necho \"$1\" >>\"$(dirname \"$0\")/slept\"\n";
  ::chmod((directory + "/sleep").c_str(), 0755);
  return program;
}

maintain::sdk::testkit::Reply run_release(const Hold& hold, const std::string& directory) {
  std::vector<std::string> words = {"sh", "-c", release_script(), "sh"};
  for (const std::string& word : release_arguments(hold)) words.push_back(word);
  return run_really({.argv = words, .environment = {{"PATH", directory + ":/usr/bin:/bin"}}}, directory);
}

}  // namespace

TEST_CASE("plugin_backup: what is kept still is remembered as it is") {
  const Hold hold = a_hold(Quiesce::stop);
  const auto again = hold_from_json(hold_to_json(hold));
  REQUIRE(again);
  CHECK(hold_to_json(*again) == hold_to_json(hold));
  CHECK(again->quiesce == Quiesce::stop);
  CHECK(names_of(*again) == "web, db");
  for (const char* key : {"runtime", "how", "containers", "since", "limit_ms"}) {
    auto document = hold_to_json(hold);
    document[key] = "no";
    CHECK_FALSE(hold_from_json(document));
    document.erase(key);
    CHECK_FALSE(hold_from_json(document));
  }
  CHECK_FALSE(hold_from_json(nlohmann::json::array()));
}

TEST_CASE("plugin_backup: what has become of a container that was kept still") {
  const auto fate = [](Quiesce quiesce, std::vector<Container> now) {
    const Hold hold = a_hold(quiesce);
    return fate_of(hold, hold.containers[0], now);
  };
  CHECK(fate(Quiesce::pause, {seen(ContainerState::paused)}) == Fate::held);
  CHECK(fate(Quiesce::pause, {seen(ContainerState::running)}) == Fate::runs);
  CHECK(fate(Quiesce::pause, {seen(ContainerState::running, "T2")}) == Fate::restarted);
  CHECK(fate(Quiesce::pause, {seen(ContainerState::restarting, "T2")}) == Fate::restarted);
  CHECK(fate(Quiesce::pause, {seen(ContainerState::down)}) == Fate::ended);
  CHECK(fate(Quiesce::pause, {}) == Fate::gone);
  CHECK(fate(Quiesce::stop, {seen(ContainerState::down)}) == Fate::held);
  CHECK(fate(Quiesce::stop, {seen(ContainerState::running, "T2")}) == Fate::runs);
  CHECK(fate(Quiesce::stop, {}) == Fate::gone);
}

TEST_CASE("plugin_backup: the timer on the server lets run what does not") {
  TemporaryTree tree;
  make_docker(tree.path);
  std::ofstream(tree.path + "/" + id_a) << "paused\n";
  std::ofstream(tree.path + "/" + id_b) << "running\n";
  const auto done = run_release(a_hold(Quiesce::pause), tree.path);
  CHECK(done.status == 0);
  CHECK(content_of_file(tree.path + "/orders") == "unpause " + id_a + "\n");
  CHECK(done.output == "unpause: " + id_a + " " + std::string(runs_again) + "\n");
  CHECK(content_of_file(tree.path + "/slept") == "90\n");
}

TEST_CASE("plugin_backup: the timer on the server outlasts a daemon that restarts, and a container that is gone") {
  TemporaryTree tree;
  make_docker(tree.path);
  std::ofstream(tree.path + "/" + id_a) << "exited\n";
  std::ofstream(tree.path + "/daemon_down") << "";
  const auto done = run_release(a_hold(Quiesce::stop), tree.path);
  CHECK(done.status == 0);
  CHECK(content_of_file(tree.path + "/orders") == "start " + id_a + "\n");
  CHECK(content_of_file(tree.path + "/slept") == "90\n15\n15\n");  // once more after the daemon, and the second look
}

TEST_CASE("plugin_backup: the timer on the server starts nothing that ended while it was paused") {
  TemporaryTree tree;
  make_docker(tree.path);
  std::ofstream(tree.path + "/" + id_a) << "exited\n";
  CHECK(run_release(a_hold(Quiesce::pause), tree.path).status == 0);
  CHECK(content_of_file(tree.path + "/orders").empty());
}
