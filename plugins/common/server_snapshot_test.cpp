#include "common/server_snapshot.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>

#include <nlohmann/json.hpp>

using namespace maintain::plugins;

namespace {

// Recorded on a Debian 12 server before and after an upgrade whose new service does not start.
ServerSnapshot recorded(const std::string& name) {
  std::ifstream file(std::string(MAINTAIN_TESTDATA) + "/" + name);
  REQUIRE(file);
  return parse_snapshot(std::string{std::istreambuf_iterator<char>(file), {}});
}

std::string section(const std::string& name, const std::string& body, int status = 0) {
  return "@@maintain begin " + name + "\n" + body + "\n@@maintain end " + std::to_string(status) + "\n";
}

// A server without systemd or containers whose only lists are the given ones.
std::string server(const std::string& listeners, const std::string& mounts = "") {
  return section("units", "absent\n") + section("docker", "absent\n") + section("podman", "absent\n") +
         section("listeners", listeners) + section("mounts", mounts);
}

std::string unit_text(const std::string& name, const std::string& more) {
  return "Id=" + name + "\n" + more + "\n\n";
}

ServerSnapshot with_units(const std::string& text) {
  return parse_snapshot(section("units", text) + section("docker", "absent\n") + section("podman", "absent\n") +
                        section("listeners", "") + section("mounts", ""));
}

ServerSnapshot with_docker(const std::string& text, int status = 0) {
  return parse_snapshot(section("units", "absent\n") + section("docker", text, status) +
                        section("podman", "absent\n") + section("listeners", "") + section("mounts", ""));
}

std::vector<std::string> told(const std::vector<Change>& changes) {
  std::vector<std::string> lines;
  for (const Change& change : changes) {
    lines.push_back(std::string(to_string(change.kind)) + " " + change.name + ": " + change.what);
  }
  return lines;
}

const Unit* unit_named(const ServerSnapshot& snapshot, const std::string& name) {
  const auto& units = snapshot.units.items;
  const auto found = std::find_if(units.begin(), units.end(), [&](const Unit& unit) { return unit.name == name; });
  return found == units.end() ? nullptr : &*found;
}

const std::string running = "ActiveState=active\nSubState=running\nWantedBy=multi-user.target";

}  // namespace

TEST_CASE("a real server's snapshot") {
  const auto snapshot = recorded("snapshot_before.txt");
  CHECK(snapshot.units.problem.empty());
  const Unit* service = unit_named(snapshot, "demo-service.service");
  REQUIRE(service != nullptr);
  CHECK(service->active == "active");
  CHECK_FALSE(service->on_demand);
  CHECK(unit_named(snapshot, "systemd-journald.service") != nullptr);
  CHECK(snapshot.containers.absent);
  REQUIRE(snapshot.listeners.items.size() == 3);
  CHECK(snapshot.listeners.items[0].port == 4711);
  CHECK(snapshot.listeners.items[0].process == "listen");
  CHECK(snapshot.listeners.items[2].address == "[::]");
  CHECK(snapshot.mounts.problem.empty());
}

TEST_CASE("an upgrade that broke a service, as recorded") {
  const auto before = recorded("snapshot_before.txt");
  const auto after = recorded("snapshot_after.txt");
  const std::vector<std::string> expected{
      "service_broken demo-service.service: was active (running), is failed (exit-code)",
      "port_closed tcp 0.0.0.0:4711: was open by listen, nothing listens there any more"};
  CHECK(told(compare(before, after)) == expected);
  CHECK(compare(before, before).empty());
  CHECK(compare(after, after).empty());

  SECTION("also when the snapshot before comes out of the state of an earlier run") {
    const auto kept = snapshot_from_json(nlohmann::json::parse(snapshot_to_json(before).dump()));
    CHECK(told(compare(kept, after)) == expected);
    CHECK(compare(kept, before).empty());
  }
}

TEST_CASE("units that stop") {
  const auto before = with_units(unit_text("web.service", running) +
                                 unit_text("helper.service",
                                           "ActiveState=active\nSubState=running\nBusName=org.helper\nWantedBy=") +
                                 unit_text("job.service", "ActiveState=active\nTriggeredBy=job.timer") +
                                 unit_text("socketed.service", running + "\nTriggeredBy=socketed.socket") +
                                 unit_text("by-hand.service", "ActiveState=active\nSubState=running") +
                                 unit_text("user@1000.service", running) +
                                 unit_text("run-u7.service", running + "\nUnitFileState=transient"));
  const auto nothing_left = with_units(unit_text("other.service", running));
  const auto changes = told(compare(before, nothing_left));
  // What the bus or a timer started may go; what is enabled or was started by hand may not.
  CHECK(changes == std::vector<std::string>{
                       "service_broken web.service: was active (running), is inactive or gone",
                       "service_broken socketed.service: was active (running), is inactive or gone",
                       "service_broken by-hand.service: was active (running), is inactive or gone"});

  SECTION("one that failed before is not news, one that fails now is, on demand or not") {
    const auto failed = with_units(unit_text("old.service", "ActiveState=failed\nResult=timeout") +
                                   unit_text("helper.service",
                                             "ActiveState=failed\nResult=signal\nBusName=org.helper"));
    const auto was = with_units(unit_text("old.service", "ActiveState=failed\nResult=timeout") +
                                unit_text("helper.service",
                                          "ActiveState=active\nSubState=running\nBusName=org.helper"));
    CHECK(told(compare(was, failed)) ==
          std::vector<std::string>{"service_broken helper.service: was active (running), is failed (signal)"});
  }
  SECTION("one on its way may settle") {
    const auto starting = with_units(unit_text("web.service", "ActiveState=activating\nSubState=start"));
    const auto one = with_units(unit_text("web.service", running));
    const auto found = compare(one, starting);
    REQUIRE(found.size() == 1);
    CHECK(found[0].settling);
    CHECK(compare(one, with_units(unit_text("web.service", "ActiveState=failed")))[0].settling == false);
  }
  SECTION("one in a restart loop") {
    const auto looping = with_units(
        unit_text("web.service", "ActiveState=activating\nSubState=auto-restart\nNRestarts=4"));
    const auto again = with_units(unit_text("web.service", running + "\nNRestarts=2"));
    const auto one = with_units(unit_text("web.service", running));
    CHECK(told(compare(one, looping)) == std::vector<std::string>{
              "service_restarting web.service: was active (running), is being restarted (4 times so far)"});
    const auto recovered = compare(one, again);
    REQUIRE(recovered.size() == 1);
    CHECK_FALSE(recovered[0].severe);
    CHECK(compare(again, one).empty());
  }
}

TEST_CASE("containers") {
  const auto before = with_docker("db\tpostgres:15\tUp 3 days (healthy)\nweb\tshop:7\tUp 2 hours\n"
                                  "old\tshop:6\tExited (0) 3 weeks ago\njob\tshop:7\tUp 5 minutes (Paused)\n");
  REQUIRE(before.containers.items.size() == 4);
  CHECK(before.containers.items[0].running);
  CHECK_FALSE(before.containers.items[2].running);
  CHECK_FALSE(before.containers.items[3].running);
  const auto after = with_docker("db\tpostgres:15\tUp 9 seconds (unhealthy)\n"
                                 "web\tshop:7\tRestarting (1) 2 seconds ago\n");
  CHECK(told(compare(before, after)) == std::vector<std::string>{
            "container_stopped docker web: was 'Up 2 hours', is 'Restarting (1) 2 seconds ago'",
            "container_unhealthy docker db: was 'Up 3 days (healthy)', is 'Up 9 seconds (unhealthy)'"});

  SECTION("a daemon that is gone is not a server without containers") {
    const auto dead = with_docker("Cannot connect to the Docker daemon. Is the docker daemon running?\n", 1);
    CHECK(told(compare(before, dead)) == std::vector<std::string>{
              "not_compared containers: could not be listed afterwards: docker: exit status 1: "
              "Cannot connect to the Docker daemon. Is the docker daemon running?"});
    CHECK(compare(before, dead)[0].severe);
    CHECK_FALSE(compare(dead, before)[0].severe);
  }
}

TEST_CASE("listening ports") {
  const auto ports = [](const std::string& lines) { return parse_snapshot(server(lines)); };
  const auto before = ports(
      "tcp LISTEN 0 511 *:80 *:* users:((\"nginx\",pid=7,fd=6),(\"nginx\",pid=8,fd=6))\n"
      "tcp LISTEN 0 128 127.0.0.1:5432 0.0.0.0:* users:((\"postgres\",pid=9,fd=6))\n"
      "tcp LISTEN 0 64 0.0.0.0:40123 0.0.0.0:* users:((\"rpc.statd\",pid=5,fd=9))\n"
      "udp UNCONN 0 0 0.0.0.0:123 0.0.0.0:* users:((\"chronyd\",pid=4,fd=9))\n"
      "udp UNCONN 0 0 0.0.0.0:51234 0.0.0.0:* users:((\"dhclient\",pid=3,fd=9))\n");
  CHECK(before.listeners.items.size() == 4);
  SECTION("the same on other places") {
    CHECK(compare(before, ports("tcp LISTEN 0 511 *:80 *:*\ntcp LISTEN 0 128 0.0.0.0:5432 0.0.0.0:*\n"
                                "tcp LISTEN 0 64 0.0.0.0:38001 0.0.0.0:* users:((\"rpc.statd\",pid=15,fd=9))\n"
                                "udp UNCONN 0 0 0.0.0.0:123 0.0.0.0:*\n")).empty());
  }
  SECTION("fewer addresses, another program's port, none") {
    CHECK(told(compare(before, ports("tcp LISTEN 0 511 0.0.0.0:80 0.0.0.0:*\n"
                                     "tcp LISTEN 0 128 127.0.0.2:5432 0.0.0.0:*\n"
                                     "udp UNCONN 0 0 0.0.0.0:123 0.0.0.0:*\n"))) ==
          std::vector<std::string>{
              "port_closed tcp *:80: was open by nginx, nothing listens there any more",
              "port_closed tcp 127.0.0.1:5432: was open by postgres, nothing listens there any more",
              "port_closed tcp 0.0.0.0:40123: was open by rpc.statd, nothing listens there any more"});
  }
  SECTION("without ss, from the kernel's tables") {
    const std::string tables =
        "== tcp\n  sl  local_address rem_address   st tx_queue\n"
        "   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101 0 17 1\n"
        "   1: 0A00004D:0016 0100004D:D431 01 00000000:00000000 00:00000000 00000000   0 0 17 1\n"
        "== tcp6\n  sl  local_address rem_address   st tx_queue\n"
        "   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 0\n"
        "== udp\n  sl  local_address rem_address   st tx_queue\n"
        "   9: 00000000:007B 00000000:0000 07 00000000:00000000\n"
        "== udp6\n";
    const auto snapshot = parse_snapshot(section("proc_net", tables));
    REQUIRE(snapshot.listeners.items.size() == 3);
    CHECK(snapshot.listeners.items[0].address == "127.0.0.1");
    CHECK(snapshot.listeners.items[0].port == 5432);
    CHECK(snapshot.listeners.items[1].address == "[::]");
    CHECK(snapshot.listeners.items[1].port == 80);
    CHECK(snapshot.listeners.items[2].protocol == "udp");
    CHECK(snapshot.units.problem == "the server printed nothing about it");
  }
}

TEST_CASE("mounts that hold data") {
  const auto before = parse_snapshot(server("", "/dev/sda1 / ext4 rw 0 0\ntmpfs /run tmpfs rw 0 0\n"
                                                "10.0.0.9:/media /srv/media nfs4 rw 0 0\n"
                                                "overlay /var/lib/docker/overlay2/a/merged overlay rw 0 0\n"
                                                "systemd-1 /net autofs rw 0 0\n10.0.0.9:/x /net/x nfs4 rw 0 0\n"));
  REQUIRE(before.mounts.items.size() == 2);
  CHECK(told(compare(before, parse_snapshot(server("", "/dev/sda1 / ext4 rw 0 0\n")))) ==
        std::vector<std::string>{
            "mount_missing /srv/media: was mounted from 10.0.0.9:/media (nfs4), is not mounted"});
}

TEST_CASE("a snapshot that was cut off or never made is unknown, not empty") {
  const auto before = recorded("snapshot_before.txt");
  const auto cut = parse_snapshot("@@maintain begin units\nId=a.service\n");
  CHECK(cut.units.problem == "the list was cut off");
  CHECK(compare(before, cut).size() == 2);  // units and ports; there were no containers or mounts to lose
  const auto nothing = snapshot_from_json(nlohmann::json::parse(R"({"units": 5, "listeners": {"items": [7, [], [1]]}})"));
  CHECK(nothing.units.problem == "it was not recorded");
  CHECK(nothing.listeners.items.empty());
  for (const Change& change : compare(nothing, before)) CHECK(change.kind == ChangeKind::unreadable);
}
