#!/usr/bin/python3
"""Reboots of real servers: ordered once, verified, and what comes of it when they go wrong."""

import datetime
import os
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from support.suite import ServerCase, run_suite

REBOOT = {"use": "reboot.if_needed", "when": "0 0 * * *", "window": "24h", "needs_time": "0s", "return_within": "40s", "settle": "10s",
          "stable_for": "1s"}


def cron_line_hours_ago(hours):
    """Daily, at the hour that lies so far back (UTC)."""
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=hours)
    return f"0 {then.hour} * * *"


class RebootCase(ServerCase):
    def needing(self, task=REBOOT, packages="demo-plain", **entry):
        name = self.server("--packages", packages, **entry)
        self.configure(name, {"reboot": task})
        self.fleet.shell(name, "touch /run/reboot-required; echo libc6 >/run/reboot-required.pkgs")
        return name

    def result(self):
        return self.central.maintain("history", "--task", "reboot", "--json").json()["results"][0]


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

    def test_dry_run(self):
        name = self.needing()
        before = self.fleet.boot_id(name)
        done = self.run_maintain("--dry-run", status=0)
        self.assertIn("libc6", done.out)
        self.assertEqual(self.fleet.boot_id(name), before)


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
