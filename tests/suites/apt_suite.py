#!/usr/bin/python3
"""Upgrades of real servers: every kind of package, and every kind of trouble on the way."""

import os
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from support.suite import ServerCase, run_suite

UPGRADE = {"use": "apt.upgrade", "when": "* * * * *", "settle": "5s", "lock_wait": "2s", "min_free": "10M"}


class AptCase(ServerCase):
    def upgradable(self, packages, upgrade=UPGRADE, publish=True):
        """A server with these packages in version 1, version 2 on offer, and the upgrade due."""
        name = self.server("--packages", packages)
        self.configure(name, {"os-upgrade": upgrade})
        if publish:
            self.fleet.call("publish", name)
        return name

    def outcome(self):
        results = self.central.maintain("history", "--task", "os-upgrade", "--json").json()["results"]
        return results[0]["outcome"]

    def interrupted_upgrade(self, interrupt):
        """Interrupts while a package's postinst works, then lets the next run carry on."""
        name = self.upgradable("demo-slow,demo-plain")
        self.fleet.write(name, "/etc/demo-slow/seconds", "15\n")
        process = self.central.start("run", "--debug")
        self.fleet.shell(name, "for i in $(seq 600); do [ -e /var/lib/demo-slow/started ] && exit 0; sleep 0.1; done; exit 1")
        interrupt(name, process)
        again = self.run_maintain("--debug")
        self.assertEqual(self.fleet.version(name, "demo-slow"), "2.0", str(again))
        # A broken connection is made anew within the same run; then the next one finds nothing left to do.
        results = self.central.maintain("history", "--task", "os-upgrade", "--json").json()["results"]
        self.assertEqual([result["outcome"] for result in results].count("changed"), 1, str(again))
        self.assertEqual(self.fleet.shell(name, "ls /var/lib/maintain-jobs | wc -l").strip(), "0")
        self.assertEqual(again.status, 0, str(again))


class Upgrades(AptCase):
    def test_upgrade_then_quiet(self):
        name = self.upgradable("demo-plain,demo-newdep,demo-security")
        first = self.run_maintain(status=0)
        self.assertEqual(first.out, "")
        self.assertEqual(self.outcome(), "changed")
        for package in ("demo-plain", "demo-newdep", "demo-security"):
            self.assertEqual(self.fleet.version(name, package), "2.0", package)
        output = self.central.maintain("show", "last", f"{name}/shop/os-upgrade").out
        self.assertIn("demo-plain", output)
        self.assertEqual(self.run_maintain("--now", "os-upgrade", status=0).out, "")
        self.assertEqual(self.outcome(), "ok")

    def test_dry_run_changes_nothing(self):
        name = self.upgradable("demo-plain")
        self.fleet.inside(name, "apt-get", "update")
        done = self.run_maintain("--dry-run", status=0)
        self.assertIn("would change 1 package", done.out)
        self.assertIn("demo-plain", self.central.maintain("show", "last", f"{name}/shop/os-upgrade").out)
        self.assertEqual(self.fleet.version(name, "demo-plain"), "1.0")

    def test_held_and_phased_stay_and_are_no_noise(self):
        name = self.upgradable("demo-plain,demo-held,demo-phased")
        self.fleet.inside(name, "apt-mark", "hold", "demo-held")
        done = self.run_maintain(status=0)
        self.assertEqual(done.out, "")
        self.assertEqual(self.fleet.version(name, "demo-held"), "1.0")
        self.assertEqual(self.fleet.version(name, "demo-phased"), "1.0")
        self.assertEqual(self.fleet.version(name, "demo-plain"), "2.0")

    def test_conffile_changed_on_both_sides_is_kept(self):
        name = self.upgradable("demo-conffile", publish=False)
        conffile = self.fleet.shell(name, "dpkg-query -W -f '${Conffiles}' demo-conffile | awk '{print $1; exit}'").strip()
        self.fleet.write(name, conffile, "ours\n")
        self.fleet.call("publish", name)
        self.run_maintain(status=0)
        self.assertEqual(self.fleet.version(name, "demo-conffile"), "2.0")
        self.assertEqual(self.fleet.inside(name, "cat", conffile), "ours\n")

    def test_package_that_asks_does_not_hang(self):
        name = self.upgradable("demo-asking")
        self.run_maintain()
        self.assertEqual(self.fleet.version(name, "demo-asking"), "2.0")

    def test_the_update_broke_what_ran(self):
        self.upgradable("demo-service")
        done, codes = self.findings()
        self.assertIn("apt.service_broken", codes, str(done))
        self.assertIn("demo-service", str(done))


class Trouble(AptCase):
    def test_failing_postinst_is_named_and_not_a_success(self):
        name = self.upgradable("demo-failing-postinst,demo-plain")
        done, codes = self.findings()
        self.assertIn("apt.postinst_failed", codes, str(done))
        self.assertEqual(self.outcome(), "failed")
        self.assertEqual(self.fleet.version(name, "demo-plain"), "2.0", "the others are upgraded")

    def test_lock_held_defers_and_names_the_holder(self):
        name = self.upgradable("demo-plain")
        self.fleet.call("break", name, "dpkg-lock")
        self.run_maintain(status=0)
        self.assertEqual(self.outcome(), "skipped")
        output = self.central.maintain("show", "last").out
        self.assertIn("unattended-upgr", output)
        self.assertEqual(self.fleet.version(name, "demo-plain"), "1.0")
        self.fleet.call("mend", name, "dpkg-lock")
        self.run_maintain(status=0)
        self.assertEqual(self.fleet.version(name, "demo-plain"), "2.0")

    def test_lists_lock_held_defers(self):
        name = self.upgradable("demo-plain")
        self.fleet.call("break", name, "lists-lock")
        self.run_maintain(status=0)
        self.assertEqual(self.outcome(), "skipped")

    def test_interrupted_dpkg_is_repaired(self):
        name = self.upgradable("demo-plain,demo-interrupted")
        self.fleet.call("break", name, "dpkg-interrupted")
        self.assertNotEqual(self.fleet.shell(name, "dpkg --audit"), "")
        self.run_maintain()
        self.assertEqual(self.fleet.shell(name, "dpkg --audit"), "")
        self.assertEqual(self.fleet.version(name, "demo-plain"), "2.0")

    def test_connection_cut_then_reattached(self):
        def cut(name, process):
            self.fleet.call("cut", name, "--reset")
            process.communicate(timeout=180)
        self.interrupted_upgrade(cut)

    def test_sigkill_of_everything_then_reattached(self):
        def kill(_, process):
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        self.interrupted_upgrade(kill)

    def test_disk_full_is_told_before_anything_is_done(self):
        name = self.upgradable("demo-plain", {**UPGRADE, "min_free": "300M"})
        self.fleet.call("break", name, "disk-full")
        done = self.run_maintain()
        self.assertEqual(done.status, 1, str(done))
        self.assertEqual(self.fleet.version(name, "demo-plain"), "1.0")


class Checks(ServerCase):
    def test_pending_security_update(self):
        name = self.server("--packages", "demo-plain,demo-security")
        self.configure(name, {"check": {"use": "apt.check", "when": "* * * * *", "threshold": 0}})
        self.assertEqual(self.run_maintain(status=0).out, "")
        self.fleet.call("publish", name)
        done, codes = self.findings("--now", "check")
        self.assertTrue(codes, str(done))
        self.assertEqual(self.fleet.version(name, "demo-security"), "1.0")


if __name__ == "__main__":
    sys.exit(run_suite(__name__))
