#!/usr/bin/python3
"""Reboots of real servers: ordered once, verified, and what comes of it when they go wrong."""

import datetime
import os
import pathlib
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from support.suite import ServerCase, run_suite

REBOOT = {"use": "reboot.if_needed", "when": "0 0 * * *", "window": "24h", "needs_time": "0s",
          "return_within": "40s", "settle": "10s",
          "stable_for": "1s"}


def cron_line_hours_ago(hours):
    """Daily, at the hour that lies so far back (UTC)."""
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=hours)
    return f"0 {then.hour} * * *"


class RebootCase(ServerCase):
    def needing(self, task=REBOOT, packages="demo-plain", **entry):
        name = self.server("--packages", packages, **entry)
        self.configure(name, {"reboot": task})
        self.need(name)
        return name

    def need(self, name):
        self.fleet.shell(name, "touch /run/reboot-required; echo libc6 >/run/reboot-required.pkgs")

    def result(self, *filters, task="reboot"):
        return self.central.maintain("history", "--task", task, *filters, "--json").json()["results"][0]

    def wait_for(self, name, condition):
        """Until a shell's condition is true on the server, which has no event for it; a minute at most."""
        self.fleet.shell(name, f"for i in $(seq 600); do if {condition}; then exit 0; fi; sleep 0.1; done; exit 1")


class Reboots(RebootCase):
    def test_rebooted_and_verified(self):
        name = self.needing()
        before = self.fleet.boot_id(name)
        done = self.run_maintain(status=0)
        self.assertEqual(done.out, "")
        self.assertNotEqual(self.fleet.boot_id(name), before)
        self.assertEqual(self.result()["outcome"], "changed")
        self.assertIn("libc6", self.result()["summary"])
        after = self.fleet.boot_id(name)
        self.run_maintain("--now", "reboot", status=0)
        self.assertEqual(self.fleet.boot_id(name), after, "it is not needed any more")

    def test_not_needed(self):
        name = self.server()
        self.configure(name, {"reboot": REBOOT})
        before = self.fleet.boot_id(name)
        self.run_maintain(status=0)
        self.assertEqual(self.fleet.boot_id(name), before)
        self.assertEqual(self.result()["outcome"], "ok")

    def test_outside_the_window(self):
        name = self.needing({**REBOOT, "when": cron_line_hours_ago(3), "window": "30m"})
        before = self.fleet.boot_id(name)
        self.run_maintain(status=0)
        self.assertEqual(self.fleet.boot_id(name), before)
        plan = self.central.maintain("plan", "--json").json()["tasks"][0]
        self.assertEqual(plan["decision"], "outside_window")

    def test_two_projects_must_agree(self):
        name = self.needing()
        self.configure(name, {"reboot": {**REBOOT, "when": cron_line_hours_ago(5), "window": "10m"}}, project="blog")
        before = self.fleet.boot_id(name)
        self.run_maintain(status=0)
        self.assertEqual(self.fleet.boot_id(name), before)
        reasons = [task["reason"] for task in self.central.maintain("plan", "--json").json()["tasks"]]
        self.assertTrue(any("blog" in reason for reason in reasons), reasons)

    def test_two_projects_reboot_once_in_a_window(self):
        name = self.needing()
        self.configure(name, {"reboot": {**REBOOT, "settle": "11s"}}, project="blog")
        before = self.fleet.boot_id(name)
        self.run_maintain(status=0)
        after = self.fleet.boot_id(name)
        self.assertNotEqual(after, before)
        self.need(name)
        self.run_maintain(status=0)
        self.assertEqual(self.fleet.boot_id(name), after,
                         "the other project's task has no memory of it, but the server has")
        self.assertEqual(self.result()["outcome"], "skipped")
        self.assertIn("rebooted in this window already", self.result()["summary"])

    def test_one_of_a_group_at_a_time(self):
        first, second = (self.server("--packages", "demo-plain", name=name) for name in ("group-one", "group-two"))
        for name in (first, second):
            self.configure(name, {"reboot": {**REBOOT, "return_within": "10s", "group": "db"}})
            self.need(name)
        before = self.fleet.boot_id(second)
        self.fleet.call("never-return", first, "on")
        self.run_maintain("--server", first)
        self.run_maintain("--server", second, status=1)  # of its peer, which has been told of
        self.assertEqual(self.fleet.boot_id(second), before, "its peer is away")
        self.assertIn("waits for its group", self.result("--server", second)["summary"])
        self.fleet.call("never-return", first, "off")
        self.fleet.call("start", first)
        self.run_maintain("--server", first)
        self.assertEqual(self.result("--server", first)["outcome"], "changed")
        self.run_maintain("--server", second, status=0)
        self.assertEqual(self.result("--server", second)["outcome"], "changed")
        self.assertNotEqual(self.fleet.boot_id(second), before)

    def test_somebody_is_logged_in(self):
        name = self.needing()
        before = self.fleet.boot_id(name)
        login = self.login(name)
        self.wait_for(name, "who | grep -q pts/")
        self.run_maintain(status=0)
        self.assertEqual(self.fleet.boot_id(name), before)
        self.assertIn("is logged in (pts/", self.result()["summary"])
        os.killpg(login.pid, signal.SIGKILL)
        self.wait_for(name, "! who | grep -q pts/")
        self.run_maintain(status=0)
        self.assertNotEqual(self.fleet.boot_id(name), before)

    def login(self, name):
        """An interactive session of the user that maintain logs in as; kill its process group."""
        server = self.central.servers[name]
        words = ["ssh", "-tt", "-o", "BatchMode=yes", "-i", str(self.fleet.key), "-o",
                 f"UserKnownHostsFile={self.central.config / 'known_hosts'}", "-p", str(server["port"]),
                 f"{server['user']}@{server['address']}"]
        process = subprocess.Popen(self.fleet.hub_command(words), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, start_new_session=True)
        self.addCleanup(process.communicate)
        self.addCleanup(lambda: process.poll() is None and os.killpg(process.pid, signal.SIGKILL))
        return process

    def test_dry_run(self):
        name = self.needing()
        before = self.fleet.boot_id(name)
        done = self.run_maintain("--dry-run", status=0)
        self.assertIn("libc6", done.out)
        self.assertEqual(self.fleet.boot_id(name), before)


class Commands(RebootCase):
    HOOKS = "/root/hooks"

    def hooks(self, name):
        return self.fleet.shell(name, f"cat {self.HOOKS}").split()

    def test_before_and_after(self):
        note = f"cat /proc/sys/kernel/random/boot_id >>{self.HOOKS}"
        name = self.needing({**REBOOT, "run_before": note, "run_after": note})
        before = self.fleet.boot_id(name)
        self.run_maintain(status=0)
        self.assertEqual(self.hooks(name), [before, self.fleet.boot_id(name)])

    def test_before_fails(self):
        name = self.needing({**REBOOT, "run_before": f"echo drained >>{self.HOOKS}; exit 3",
                             "run_after": f"echo undrained >>{self.HOOKS}"})
        before = self.fleet.boot_id(name)
        done, codes = self.findings()
        self.assertIn("reboot.before_failed", codes, str(done))
        self.assertEqual(self.hooks(name), ["drained", "undrained"])
        self.assertEqual(self.fleet.boot_id(name), before)

    def test_sigkill_while_preparing_is_undone_at_once(self):
        task = {**REBOOT, "run_before": f"echo drained >>{self.HOOKS}; sleep 600",
                "run_after": f"echo undrained >>{self.HOOKS}"}
        name = self.needing(task)
        before = self.fleet.boot_id(name)
        process = self.central.start("run", "--debug")
        self.wait_for(name, f"[ -s {self.HOOKS} ]")
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        # Outside the window now; it runs all the same, but does not reboot.
        self.configure(name, {"reboot": {**task, "when": cron_line_hours_ago(3), "window": "30m"}})
        self.run_maintain(status=0)
        self.assertEqual(self.hooks(name), ["drained", "undrained"])
        self.assertEqual(self.result()["outcome"], "skipped")
        self.assertEqual(self.fleet.boot_id(name), before)
        plan = self.central.maintain("plan", "--json").json()["tasks"][0]
        self.assertEqual(plan["decision"], "outside_window", "its job is collected")

    def test_detached_command_runs_as_the_login_user_or_as_told(self):
        name = self.server()
        detached = {"use": "command.run", "when": "* * * * *", "command": ["id", "-un"], "detached": True}
        self.configure(name, {"login": detached, "root": {**detached, "user": "root"}})
        self.run_maintain(status=0)
        self.assertEqual(self.result(task="login")["summary"], self.central.servers[name]["user"])
        self.assertEqual(self.result(task="root")["summary"], "root")


class GoingWrong(RebootCase):
    def test_never_returns_then_does(self):
        name = self.needing({**REBOOT, "return_within": "10s"})
        before = self.fleet.boot_id(name)
        self.fleet.call("never-return", name, "on")
        done, codes = self.findings()
        self.assertIn("reboot.server_gone", codes, str(done))
        self.fleet.call("never-return", name, "off")
        self.fleet.call("start", name)
        after = self.fleet.boot_id(name)
        self.assertNotEqual(after, before)
        self.run_maintain()
        self.assertEqual(self.result()["outcome"], "changed")
        self.assertEqual(self.fleet.boot_id(name), after, "it is verified, not rebooted again")

    def test_does_not_happen(self):
        name = self.needing({**REBOOT, "return_within": "10s"})
        before = self.fleet.boot_id(name)
        self.fleet.call("ignore-reboot", name, "on")
        done, codes = self.findings()
        self.assertIn("reboot.did_not_happen", codes, str(done))
        self.fleet.call("ignore-reboot", name, "off")
        self.run_maintain("--now", "reboot")
        self.assertEqual(self.fleet.boot_id(name), before, "at most one order in a window")

    def test_service_that_does_not_come_back(self):
        name = self.needing(packages="demo-service")
        self.fleet.inside(name, "systemctl", "disable", "demo-service")
        done, codes = self.findings()
        self.assertIn("reboot.service_broken", codes, str(done))
        self.assertIn("demo-service", done.out)

    def test_sigkill_after_the_order_then_verified(self):
        name = self.needing()
        before = self.fleet.boot_id(name)
        self.fleet.call("never-return", name, "on")
        process = self.central.start("run", "--debug")
        self.fleet.call("wait", name, "--until", "off")
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        self.fleet.call("never-return", name, "off")
        self.fleet.call("start", name)
        after = self.fleet.boot_id(name)
        self.assertNotEqual(after, before)
        self.run_maintain(status=0)
        self.assertEqual(self.result()["outcome"], "changed")
        self.assertEqual(self.fleet.boot_id(name), after, "it is verified, not rebooted again")

    def test_scheduled_shutdown_postpones(self):
        name = self.needing()
        before = self.fleet.boot_id(name)
        self.fleet.inside(name, "shutdown", "-r", "+60")
        self.run_maintain(status=0)
        self.assertEqual(self.result()["outcome"], "skipped")
        self.assertEqual(self.fleet.boot_id(name), before)


if __name__ == "__main__":
    sys.exit(run_suite(__name__))
