// For the tests of reboot.if_needed: a server that can reboot, take its time, stay away or refuse, on a virtual clock.
#pragma once

#include <maintain/testkit.hpp>

#include "common/sections.hpp"
#include "reboot/reboot_tasks.hpp"

namespace maintain::plugins::reboot::test {

using namespace sdk::testkit;
using namespace std::chrono_literals;
using sdk::Context;
using sdk::Json;
using sdk::Milliseconds;
using sdk::Moment;
using sdk::Outcome;
using sdk::State;

inline const std::string old_boot = "11111111-1111-4111-8111-111111111111";
inline const std::string new_boot = "22222222-2222-4222-8222-222222222222";

inline std::string section(const std::string& name, const std::string& body, int status = 0) {
  return "@@maintain begin " + name + "\n" + body + "\n@@maintain end " + std::to_string(status) + "\n";
}

inline std::string unit(const std::string& name, const std::string& active = "active",
                        const std::string& sub = "running") {
  return "Id=" + name + "\nActiveState=" + active + "\nSubState=" + sub + "\nResult=" +
         (active == "failed" ? "exit-code" : "success") +
         "\nUnitFileState=enabled\nWantedBy=multi-user.target\nNRestarts=0\n\n";
}

struct World {
  FakeServer server;
  // ---- as it is
  std::string boot = old_boot;
  std::string first_process = "102";
  std::string kernel = "6.1.0-28-amd64", kernel_after = "6.1.0-28-amd64";
  std::string flag = "yes 1795300000 1795303600";  // an hour old
  std::string packages = "libc6\ndbus";
  std::string who, inhibitors = "a(ssssuu) 0", processes = "/proc/1/comm:systemd\n/proc/1/cmdline:/sbin/init\t";
  std::string units = unit("nginx.service");
  std::string last_order = "none";
  bool check_fails = false;
  // ---- how it reboots, counted from the order
  Milliseconds goes_down = 3s, comes_back = 34s;
  bool never_reboots = false;
  std::function<void(World&)> after_boot = {};
  bool booted = false;
  std::optional<Moment> ordered;

  World() {
    server.stub(script("reboot-required"), answer([this] { return needs(); }));
    server.stub(script("ListInhibitors"), answer([this] { return inhibitors_answer(); }));
    server.stub(script("section units"), answer([this] { return sample(); }));
    server.stub(where("the boot's script", [](const SeenCommand& c) {
                  return c.script.find("section boot_id") != std::string::npos &&
                         c.script.find("section units") == std::string::npos &&
                         c.script.find("reboot-required") == std::string::npos;
                }), answer([this] { return boot_answer(); }));
    server.stub(argv({"systemctl", "is-system-running"}), answer([] { return std::string("running\n"); }));
    server.stub(argv({"journalctl"}), answer([] { return std::string("nginx: bind() failed\n"); }));
  }

  void expect_order() { server.expect_job("order", {.takes = 1s, .gets_lost = true}); }

  sdk::testkit::TaskRun run(RunOptions options = {}) {
    RebootIfNeeded task;
    if (!options.options.contains("stable_for")) options.options["stable_for"] = "10s";
    if (!options.options.contains("settle")) options.options["settle"] = "1m";
    return run_task(task, server, options);
  }
  // A later run: another worker, what was told before is history.
  void later(Milliseconds span) {
    server.advance(span);
    server.findings.clear();
    server.summary.clear();
    server.commands.clear();
  }
  std::size_t orders() const {
    return static_cast<std::size_t>(std::count_if(server.commands.begin(), server.commands.end(),
                                                  [](const SeenCommand& c) { return c.job == "order"; }));
  }

 private:
  std::function<Reply(const SeenCommand&)> answer(std::function<std::string()> text) {
    return [this, text](const SeenCommand&) -> Reply {
      if (!is_up()) return Reply::fails(MAINTAIN_CONNECTION_LOST, "connection refused");
      return {.output = text()};
    };
  }
  bool is_up() {
    if (const auto job = server.jobs.find("order"); job != server.jobs.end() && job->second.started != Moment{})
      ordered = job->second.started;
    if (!ordered || never_reboots || booted) return true;
    const auto since = server.now() - *ordered;
    if (since < goes_down) return true;
    if (since < comes_back) return false;
    booted = true;
    boot = new_boot;
    kernel = kernel_after;
    flag = "no";
    server.facts.boot_id = boot;
    if (after_boot) after_boot(*this);
    return true;
  }
  std::string boot_answer() const {
    return section("boot_id", boot) + section("first_process", first_process) + section("kernel", kernel) +
           section("kernel_version", "#1 SMP");
  }
  std::string needs() const {
    const std::string start = boot_answer() + section("required", flag, check_fails ? 1 : 0);
    return start + section("packages", packages) + section("last_order", last_order) +
           section("images", "") +
           section("kernel_packages", "dpkg-query: no packages found matching linux-image-[0-9]*", 1);
  }
  std::string inhibitors_answer() const {
    return section("users", who) + section("processes", processes) + section("inhibitors", inhibitors) +
           section("scheduled", "none") + section("locks", "");
  }
  std::string sample() const {
    return section("units", units) + section("docker", "absent") + section("podman", "absent") +
           section("listeners", "tcp LISTEN 0 511 0.0.0.0:80 0.0.0.0:* users:((\"nginx\",pid=7,fd=6))") +
           section("mounts", "/dev/vda1 / ext4 rw 0 0") + boot_answer();
  }
};

}  // namespace maintain::plugins::reboot::test
