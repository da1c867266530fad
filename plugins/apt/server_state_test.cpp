#include "apt/server_state.hpp"

#include "apt/findings.hpp"
#include "apt/task_memory.hpp"
#include "apt/test_support.hpp"
#include "common/sections.hpp"

using namespace maintain::plugins;
using namespace maintain::plugins::apt;
using maintain::sdk::Json;
using maintain::sdk::State;
using std::chrono::hours;

namespace {

std::string section(const std::string& file, const std::string& name) {
  const auto sections = parse_sections(recorded(file));
  const Section* found = find_section(sections, name);
  REQUIRE(found != nullptr);
  return found->body;
}

std::vector<InstalledPackage> images(std::initializer_list<const char*> releases) {
  std::vector<InstalledPackage> packages;
  for (const char* release : releases) {
    packages.push_back({.name = std::string("linux-image-") + release, .version = "1", .complete = true});
  }
  return packages;
}

using Time = maintain::plugins::apt::Moment;
constexpr long long mib = 1 << 20;

}  // namespace

TEST_CASE("who holds the locks") {
  const auto holders = parse_lock_holders(section("state_locked.txt", "locks"));
  REQUIRE(holders.size() == 2);
  CHECK(holders[0].lock == "/var/lib/dpkg/lock-frontend");
  CHECK(holders[0].pid == "944");
  CHECK(holders[0].command == "unattended-upgr");
  CHECK(holders[1].lock == "/var/lib/apt/lists/lock");
  CHECK(parse_lock_holders(section("state_fine.txt", "locks")).empty());

  const Time now{hours(1000)};
  const Options options;
  const auto soon = lock_findings(holders, now - hours(1), now, options);
  REQUIRE(soon.size() == 1);
  CHECK(soon[0].state == State::ok);
  CHECK(soon[0].title == "unattended-upgr holds a lock of apt or dpkg, now for 1 hour");
  CHECK(lock_findings(holders, now - hours(3), now, options)[0].state == State::warning);
}

TEST_CASE("packages in a broken state") {
  CHECK(parse_broken(section("state_fine.txt", "broken")).empty());
  const auto broken = parse_broken(section("state_broken.txt", "broken"));
  REQUIRE(broken.size() == 1);
  CHECK(broken[0].name == "demo-failing-postinst");
  CHECK(broken[0].status == "half-configured");
  CHECK(parse_broken(section("state_interrupted.txt", "broken")).size() == 1);
  const auto others = parse_broken("iUR\ta\t1\nrH \tb\t2\nit \tc\t3\niU\nx\t$(y)\t1\n");
  REQUIRE(others.size() == 3);
  CHECK(others[0].status == "must be reinstalled");
  CHECK(others[1].status == "half-installed");
}

TEST_CASE("disks with too little room") {
  const auto disks = parse_disks("/ 1035116 3085343 /\n/var 204800 0 /var\n/var/cache/apt/archives 204800 0 /var\n"
                                 "/boot 61440 100000 /boot\nnonsense\n/x y z w\n");
  REQUIRE(disks.size() == 4);
  CHECK(disks[1].free_bytes == 200 * mib);
  Options options;
  CHECK(disk_findings(disks, {}, false, options).size() == 1);  // /var; no new kernel, so /boot does not matter
  options.min_free_bytes = 150 * mib;
  CHECK(disk_findings(disks, {.download = 40 * mib, .growth = 0}, false, options).empty());
  const auto full = disk_findings(disks, {.download = 60 * mib, .growth = 0}, true, options);
  REQUIRE(full.size() == 2);
  CHECK(full[0].subject == "/boot");
  CHECK(full[1].subject == "/var");
  CHECK(full[1].title == "no upgrade: /var has 200 MiB free, needed are 210 MiB");
  CHECK(disk_findings(parse_disks("/ 9999999 12 /\n"), {}, false, options)[0].title.find("12 inodes") !=
        std::string::npos);
  CHECK(disk_findings(parse_disks("/usr 204800 90000 /\n"), {.download = 0, .growth = 100 * mib}, false,
                      options).size() == 1);
}

TEST_CASE("which kernels may go") {
  const std::vector<std::string> all{"linux-image-6.1.0-26-amd64", "linux-headers-6.1.0-26-common",
                                     "linux-image-6.1.0-27-amd64", "linux-image-6.1.0-28-amd64", "libfoo1"};
  SECTION("running the newest: it and the one before stay") {
    CHECK(removable_kernel_packages(all, images({"6.1.0-26-amd64", "6.1.0-27-amd64", "6.1.0-28-amd64"}),
                                    "6.1.0-28-amd64") ==
          std::vector<std::string>{"linux-image-6.1.0-26-amd64", "linux-headers-6.1.0-26-common"});
  }
  SECTION("running an old one, before a reboot: it and the newest stay") {
    CHECK(removable_kernel_packages(all, images({"6.1.0-26-amd64", "6.1.0-27-amd64", "6.1.0-28-amd64"}),
                                    "6.1.0-26-amd64") ==
          std::vector<std::string>{"linux-image-6.1.0-27-amd64"});
  }
  SECTION("running one that no package brought: two stay") {
    CHECK(removable_kernel_packages(all, images({"6.1.0-26-amd64", "6.1.0-27-amd64", "6.1.0-28-amd64"}), "6.18.44") ==
          std::vector<std::string>{"linux-image-6.1.0-26-amd64", "linux-headers-6.1.0-26-common"});
  }
  SECTION("numbers are numbers") {
    CHECK(removable_kernel_packages({"linux-image-6.1.0-9-amd64", "linux-image-6.1.0-10-amd64"},
                                    images({"6.1.0-9-amd64", "6.1.0-10-amd64", "6.1.0-11-amd64"}), "6.1.0-11-amd64") ==
          std::vector<std::string>{"linux-image-6.1.0-9-amd64"});
  }
  SECTION("one kernel, or none that apt would give up") {
    CHECK(removable_kernel_packages({"linux-image-6.1.0-26-amd64"}, images({"6.1.0-26-amd64"}),
                                    "6.1.0-26-amd64").empty());
    CHECK(removable_kernel_packages({}, images({"1-a", "2-a", "3-a"}), "3-a").empty());
  }
  SECTION("Ubuntu's names") {
    CHECK(removable_kernel_packages({"linux-modules-extra-5.15.0-89-generic", "linux-headers-5.15.0-89",
                                     "linux-headers-5.15.0-91", "linux-image-unsigned-5.15.0-89-generic"},
                                    images({"5.15.0-89-generic", "5.15.0-91-generic", "5.15.0-92-generic"}),
                                    "5.15.0-92-generic") ==
          std::vector<std::string>{"linux-modules-extra-5.15.0-89-generic", "linux-headers-5.15.0-89",
                                   "linux-image-unsigned-5.15.0-89-generic"});
  }
}

TEST_CASE("what an upgrade leaves behind") {
  const auto leftovers = parse_leftovers(section("effects_failed.txt", "leftovers"));
  REQUIRE(leftovers.size() == 1);
  CHECK(leftovers[0].path == "/etc/demo-conffile.conf.dpkg-dist");
  CHECK(leftovers[0].different_lines == 3);
  Options options;
  const auto told = leftover_findings(leftovers, options);
  CHECK(told[0].state == State::ok);
  CHECK(told[0].action == "Merge what is of use into /etc/demo-conffile.conf, then delete it.");
  options.leftovers_warn = true;
  CHECK(leftover_findings(leftovers, options)[0].state == State::warning);

  const auto stale = parse_stale(section("effects_failed.txt", "stale"));
  REQUIRE(stale.size() == 2);
  CHECK(stale[0].unit.empty());
  CHECK(stale[1].unit == "old.service");
  CHECK(stale[1].file == "/usr/lib/x");
  const auto more = parse_stale(
      "/system.slice/system-postgresql.slice/postgresql@15-main.service\tpostgres\t/usr/lib/libssl.so.3\n"
      "/system.slice/system-postgresql.slice/postgresql@15-main.service\tpostgres\t/usr/lib/libz.so\n"
      "/system.slice/web.service/worker\tweb\t/usr/lib/libz.so\n"
      "/user.slice/user-0.slice/session-3.scope\tbash\t/usr/bin/bash\n"
      "/system.slice/docker-abc.scope\tnode\t/usr/lib/libz.so\n");
  REQUIRE(more.size() == 4);
  CHECK(more[0].unit == "postgresql@15-main.service");
  CHECK(more[1].unit == "web.service");
  CHECK(more[2].unit.empty());

  const auto reboot = reboot_findings(section("effects_failed.txt", "reboot"));
  REQUIRE(reboot.size() == 1);
  CHECK(reboot[0].state == State::ok);
  CHECK(reboot[0].title.find("demo-reboot") != std::string::npos);
  CHECK(reboot_findings(section("effects_fine.txt", "reboot")).empty());
}

TEST_CASE("the state between runs") {
  TaskMemory memory;
  memory.pending["openssl"] = Time{hours(10)};
  memory.lock = HeldLock{.since = Time{hours(20)}, .pid = "7", .started = 99};
  memory.watch = Watch{.since = Time{hours(2)}, .names = {"a.service"}};
  memory.failing_sources["http://mirror.example x"] = Time{hours(5)};
  memory.job = JobRecord{.kind = JobKind::kernels, .started = Time{hours(7)},
                         .plan = {{.name = "a", .from = "1", .to = "2"}}, .conflicts = {{"b", {"/etc/b"}}},
                         .before = {{"units", 1}}};
  const TaskMemory again = memory_from_json(Json::parse(memory_to_json(memory).dump()));
  CHECK(again.pending == memory.pending);
  REQUIRE(again.lock);
  CHECK(again.lock->since == memory.lock->since);
  CHECK(again.lock->pid == "7");
  CHECK(again.lock->started == 99);
  REQUIRE(again.watch);
  CHECK(again.watch->names == memory.watch->names);
  CHECK(again.failing_sources == memory.failing_sources);
  REQUIRE(again.job);
  CHECK(again.job->kind == JobKind::kernels);
  CHECK(again.job->started == memory.job->started);
  REQUIRE(again.job->plan.size() == 1);
  CHECK(again.job->plan[0].to == "2");
  CHECK(again.job->conflicts == memory.job->conflicts);
  CHECK(again.job->before == memory.job->before);

  for (const auto* text : {"[]", "5", R"({"job": 7, "pending": [], "lock": {}, "watch": 5})", R"({"job": {"kind": 5, "plan": {"a": 1}}})",
                           R"({"job": {"kind": "upgrade", "plan": [["a;b", 1, 2], 5, []]}, "pending": {"a": "b"}})"}) {
    const TaskMemory strange = memory_from_json(Json::parse(text));
    CHECK(strange.pending.empty());
    if (strange.job) CHECK(strange.job->plan.empty());
  }
}

TEST_CASE("a state that would be too large loses what can be done without") {
  TaskMemory memory;
  for (int i = 0; i < 2000; ++i) {
    const std::string name = "package-with-quite-a-long-name-" + std::to_string(i);
    memory.pending[name] = Time{hours(1)};
    if (!memory.job) memory.job = JobRecord{};
    memory.job->plan.push_back({.name = name, .from = "1:2.3.4-5ubuntu6.7", .to = "1:2.3.4-5ubuntu6.8"});
  }
  memory.job->before = {{"units", std::string(200000, 'x')}};
  const std::string text = memory_to_json(memory).dump();
  CHECK(text.size() <= 256 * 1024);
  CHECK(memory_from_json(Json::parse(text)).job->plan.size() == 1500);
}
