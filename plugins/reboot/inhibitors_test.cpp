#include "reboot/inhibitors.hpp"

#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

#include "reboot/processes.hpp"

using namespace maintain::plugins::reboot;
using Words = std::vector<std::string>;

namespace {

std::string testdata(const char* name) {
  std::ifstream file(std::string(MAINTAIN_TESTDATA) + "/" + name);
  REQUIRE(file);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

Words busy(const std::string& name, const std::string& command_line) {
  return busy_processes(parse_processes("/proc/7/comm:" + name + "\n/proc/7/cmdline:" + command_line + "\n"),
                        {"pg_dump", "borg", "rsync", "a-program-with-a-long-name"});
}

}  // namespace

TEST_CASE("a real busy server: everything that speaks against a reboot is named") {
  const Inhibitors found = parse_inhibitors(testdata("inhibitors_busy.txt"), false, {"pg_dump"});
  CHECK(found.problem.empty());
  CHECK(found.reasons == Words{"maint is logged in (pts/0)", "unattended-upgr is running (process 241)",
                               "pg_dump is running (process 248)",
                               "the maintenance job shop:os-upgrade:upgrade is running (process 251)",
                               "unattended-upgr holds the lock of the package database",
                               "'Order import' inhibits it: 17 left, say \"wait\"",
                               "a reboot is scheduled in 29 minutes"});
  CHECK(parse_inhibitors(testdata("inhibitors_busy.txt"), true, {}).reasons.front() ==
        "unattended-upgr is running (process 241)");
}

TEST_CASE("our own login is nobody, also where `who` lists it (Debian 13)") {
  const std::string answer = testdata("inhibitors_trixie.txt");
  REQUIRE(answer.find("maint    sshd ") != std::string::npos);
  const Inhibitors found = parse_inhibitors(answer, false, {"pg_dump"});
  CHECK(found.problem.empty());
  CHECK(found.reasons.empty());
  CHECK(logged_in_users("maint    sshd pts/1   2026-11-22 14:09 (192.0.2.7)\nbob tty1 2026-11-22 14:09") ==
        Words{"maint is logged in (pts/1)", "bob is logged in (tty1)"});
}

TEST_CASE("an answer that is cut off is a problem, not a free way") {
  const std::string whole = testdata("inhibitors_trixie.txt");
  const std::size_t end = whole.rfind("@@maintain end");
  for (std::size_t length = 0; length <= end; length += 97) {
    CAPTURE(length);
    CHECK_FALSE(parse_inhibitors(whole.substr(0, length), false, {}).problem.empty());
  }
}

TEST_CASE("programs are known by name, script or kernel name") {
  CHECK(busy("pg_dump", "/usr/lib/postgresql/15/bin/pg_dump\t-Fc\torders\t").size() == 1);
  CHECK(busy("borg", "/usr/bin/python3\t-I\t/usr/bin/borg\tcreate\t") == Words{"borg is running (process 7)"});
  CHECK(busy("a-program-with-", "x\t").size() == 1);
  CHECK(busy("apt.systemd.dai", "/bin/sh\t/usr/lib/apt/apt.systemd.daily\tinstall\t").size() == 1);
  CHECK(busy("dpkg", "/usr/bin/dpkg\t--configure\t-a\t").size() == 1);
  CHECK(busy("vim", "vim\tpg_dump\t").empty());
}

TEST_CASE("what is always there is not busy") {
  CHECK(busy("unattended-upgr",
             "/usr/bin/python3\t/usr/share/unattended-upgrades/unattended-upgrade-shutdown\t--wait-for-signal\t")
            .empty());
  CHECK(busy("rsync", "/usr/bin/rsync\t--daemon\t--no-detach\t").empty());
  CHECK(busy("rsync", "rsync\t--server\t--sender\t-a\t.\t/srv\t").size() == 1);
  CHECK(busy("kworker/0:1", "").empty());
}

TEST_CASE("the lines of a script are not programs") {
  const auto processes = parse_processes("/proc/7/comm:sh\n/proc/7/cmdline:sh\t-c\techo\n/proc/7/cmdline:pg_dump\n");
  REQUIRE(processes.size() == 1);
  CHECK(busy_processes(processes, {"pg_dump"}).empty());
}

TEST_CASE("of logind's inhibitors only those count that block a shutdown") {
  CHECK(logind_inhibitors("a(ssssuu) 2 \"sleep\" \"UPower\" \"Pause\" \"delay\" 0 8 \"shutdown\" \"x\" \"y\" "
                          "\"delay\" 0 9").empty());
  CHECK(logind_inhibitors("a(ssssuu) 1 \"idle:shutdown\" \"a\" \"b\" \"block-weak\" 0 9") ==
        Words{"'a' inhibits it: b"});
  CHECK(logind_inhibitors("a(ssssuu) 9 \"shutdown").empty());
}

TEST_CASE("a scheduled shutdown") {
  CHECK_FALSE(scheduled_shutdown("none"));
  CHECK(scheduled_shutdown("USEC=1795359284750674\nMODE=poweroff\nNOW=1795359224\n") ==
        "a poweroff is scheduled in 1 minute");
  CHECK(scheduled_shutdown("USEC=junk\n") == "a shutdown is scheduled");
}
