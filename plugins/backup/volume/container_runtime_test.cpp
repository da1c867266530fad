#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>

#include "backup/volume/container_runtime.hpp"

using namespace maintain::plugins::backup;

namespace {

const std::string id_a(64, 'a');

// What docker 20.10.24 and podman 4.3.1 printed; of the containers without what is nobody's concern here.
std::string recorded(const std::string& name) {
  std::ifstream file(std::string(MAINTAIN_TESTDATA) + "/" + name);
  INFO(name);
  REQUIRE(file);
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("plugin_backup: docker's volumes") {
  const auto volumes = parse_volumes(recorded("docker_volumes.json"));
  REQUIRE(volumes);
  REQUIRE(volumes->size() == 2);
  CHECK(volumes->at(0).name == "data");
  CHECK(volumes->at(0).mountpoint == "/var/lib/docker/volumes/data/_data");
  CHECK_FALSE(volumes->at(0).mounted_by_use);
  CHECK_FALSE(volume_problem(volumes->at(0)));
  CHECK(volumes->at(1).mounted_by_use);  // a tmpfs
}

TEST_CASE("plugin_backup: podman's volumes") {
  const auto volumes = parse_volumes(recorded("podman_volumes.json"));
  REQUIRE(volumes);
  REQUIRE(volumes->size() == 2);
  CHECK(volumes->at(0).driver == "local");
  CHECK(volumes->at(0).mountpoint == "/var/lib/containers/storage/volumes/data/_data");
  CHECK_FALSE(volumes->at(0).mounted_by_use);
  CHECK(volumes->at(1).mounted_by_use);
}

TEST_CASE("plugin_backup: docker's containers") {
  const auto containers = parse_containers(recorded("docker_containers.json"));
  REQUIRE(containers);
  REQUIRE(containers->size() == 4);
  const Container& web = containers->at(0);
  CHECK(web.name == "web");
  CHECK(web.state == ContainerState::running);
  CHECK(web.started_at == "2026-11-29T06:47:33.812059344Z");
  CHECK_FALSE(web.removed_when_stopped);
  CHECK(uses_volume(web, {.name = "data", .driver = "local", .mountpoint = "/elsewhere"}));
  CHECK_FALSE(uses_volume(web, {.name = "dat", .driver = "local", .mountpoint = "/elsewhere"}));
  CHECK(uses_volume(web, {.name = "x", .driver = "local", .mountpoint = "/var/lib/docker/volumes/data"}));
  CHECK_FALSE(uses_volume(web, {.name = "x", .driver = "local", .mountpoint = "/var/lib/docker/volumes/dat"}));
  CHECK(containers->at(1).state == ContainerState::paused);
  CHECK(containers->at(2).state == ContainerState::restarting);
  CHECK(end_text(containers->at(2)) == "restarting with status 1");
  CHECK(containers->at(3).removed_when_stopped);
}

TEST_CASE("plugin_backup: podman's paused container does not count as running there") {
  const auto containers = parse_containers(recorded("podman_containers.json"));
  REQUIRE(containers);
  REQUIRE(containers->size() == 2);
  CHECK(containers->at(0).state == ContainerState::running);
  CHECK(containers->at(0).name == "web");
  CHECK(uses_volume(containers->at(0), {.name = "data", .driver = "local", .mountpoint = "/elsewhere"}));
  CHECK(containers->at(1).state == ContainerState::paused);
}

TEST_CASE("plugin_backup: what a hostile server says of volumes and containers") {
  for (const char* text : {"", "{}", "null", "[1]", "[{\"Name\": 3}]", "[{\"Name\": \"../x\"}]", "[{\"Name\": \"a\"}",
                           "[{\"Name\": \"-rf\"}]"})
    CHECK_FALSE(parse_volumes(text));
  for (const char* text : {"", "{}", "[[]]", "[{}]", "[{\"Id\": \"--help\", \"State\": {\"Status\": \"running\"}}]"})
    CHECK_FALSE(parse_containers(text));
  CHECK_FALSE(parse_containers("[{\"Id\": \"" + id_a + "\", \"State\": []}]"));
  const auto odd = parse_containers("[{\"Id\": \"" + id_a +
                                    "\", \"Name\": \"/a b\\n\", \"State\": {\"Status\": \"exited\", \"Running\": 1, "
                                    "\"ExitCode\": 99999999999}, \"Mounts\": [7, {\"Type\": 1}], \"HostConfig\": 5}]");
  REQUIRE(odd);
  CHECK(odd->at(0).name == std::string(12, 'a'));
  CHECK(odd->at(0).state == ContainerState::down);
  CHECK(odd->at(0).exit_code == 0);

  CHECK_FALSE(parse_container_ids("abc\n"));
  CHECK_FALSE(parse_container_ids("--privileged\n"));
  CHECK(parse_container_ids(id_a + "\n") == std::vector<std::string>{id_a});
  CHECK(parse_container_ids("")->empty());
  CHECK_FALSE(parse_volume_names("good\nbad name\n"));
}

TEST_CASE("plugin_backup: volumes that are no directories of the server") {
  const auto problem = [](const Volume& volume) { return volume_problem(volume).value_or(""); };
  CHECK(problem({.name = "a", .driver = "local", .mountpoint = "/v/a"}).empty());
  CHECK_THAT(problem({.name = "a", .driver = "rclone", .mountpoint = "/v/a"}), Catch::Contains("driver rclone"));
  for (const char* path : {"", "/", "v/a", "/v/../../etc", "/v/..", "/v/a\nb"})
    CHECK_THAT(problem({.name = "a", .driver = "local", .mountpoint = path}), Catch::Contains("no usable directory"));
}

TEST_CASE("plugin_backup: only what is not there may be missing in an answer") {
  CHECK(says_not_there("Error: No such container: abc\n"));
  CHECK(says_not_there("Error response from daemon: No such container: abc\n"));
  CHECK(says_not_there("Error: inspecting object: no such volume nope\n"));
  CHECK(says_not_there("Error: no such container abc\n"));
  CHECK_FALSE(says_not_there("Cannot connect to the Docker daemon at unix:///var/run/docker.sock.\n"));
  CHECK_FALSE(says_not_there("Error: No such container: abc\nError: something else\n"));
  CHECK_FALSE(says_not_there(""));
}

TEST_CASE("plugin_backup: versions of docker and podman") {
  CHECK(parse_version("20.10.24+dfsg1\n") == "20.10.24+dfsg1");
  CHECK(parse_version("podman version 4.3.1\n") == "4.3.1");
  CHECK(parse_version("<no value>\n").empty());
  CHECK(parse_version("").empty());
}
