#!/usr/bin/python3
"""Upgrades of real servers: every kind of package, and every kind of trouble on the way."""

import os
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from support.suite import ServerCase, run_suite

UPGRADE = {"use": "apt.upgrade", "when": "* * * * *", "settle": "2s", "lock_wait": "2s", "min_free": "10M"}
CONFFILE = "/etc/demo-conffile.conf"


class AptCase(ServerCase):
    def upgradable(self, packages, upgrade=UPGRADE, publish=True):
        """A server with these packages in version 1, version 2 on offer, and the upgrade due."""
        name = self.server("--packages", packages)
        self.configure(name, {"os-upgrade": upgrade})
        if publish:
            self.fleet.call("publish", name)
        return name

    def result(self):
        return self.central.maintain("history", "--task", "os-upgrade", "--json").json()["results"][0]

    def outcome(self):
        return self.result()["outcome"]

    def changed_conffile(self, upgrade, packages="demo-conffile"):
        """A server on which both sides changed the package's configuration file."""
        name = self.upgradable(packages, upgrade, publish=False)
        self.fleet.write(name, CONFFILE, "ours\n")
        self.fleet.call("publish", name)
        return name

    def wait_for_postinst(self, name):
        self.fleet.shell(name, "for i in $(seq 600); do [ -e /var/lib/demo-slow/started ] && exit 0; sleep 0.1; done; "
                               "exit 1")

    def interrupted_upgrade(self, interrupt, upgrade=UPGRADE):
        """Interrupts while a package's postinst works, then lets the next run carry on."""
        name = self.upgradable("demo-slow,demo-plain", upgrade)
        self.fleet.write(name, "/etc/demo-slow/seconds", "15\n")
        process = self.central.start("run", "--debug")
        self.wait_for_postinst(name)
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
        name = self.changed_conffile({**UPGRADE, "leftovers": "warning"})
        done, codes = self.findings()
        self.assertEqual(self.fleet.version(name, "demo-conffile"), "2.0")
        self.assertEqual(self.fleet.inside(name, "cat", CONFFILE), "ours\n")
        self.assertEqual(codes, ["apt.conffile_leftover"], str(done))
        self.assertIn(CONFFILE + ".dpkg-dist", str(done))

    def test_conffile_new_is_taken(self):
        name = self.changed_conffile({**UPGRADE, "conffile_rules": [{"package": "demo-conf*", "policy": "new"}]})
        self.run_maintain(status=0)
        self.assertEqual(self.fleet.version(name, "demo-conffile"), "2.0")
        self.assertEqual(self.fleet.inside(name, "cat", CONFFILE), "greeting = good day\nvolume = 11\n")

    def test_conffile_holds_back(self):
        name = self.changed_conffile({**UPGRADE, "conffiles": "hold-back"}, "demo-conffile,demo-plain")
        self.run_maintain(status=0)
        self.assertEqual(self.fleet.version(name, "demo-conffile"), "1.0")
        self.assertEqual(self.fleet.version(name, "demo-plain"), "2.0")
        self.assertIn("1 conffile blocked", self.result()["summary"])

    def test_security_mode_takes_fixes_only(self):
        name = self.upgradable("demo-plain,demo-security", {**UPGRADE, "upgrade": "security"})
        self.run_maintain(status=0)
        self.assertEqual(self.fleet.version(name, "demo-security"), "2.0")
        self.assertEqual(self.fleet.version(name, "demo-plain"), "1.0")

    def test_blocklist_against_pins_of_the_server(self):
        def pin(priority):
            # The last line has no end.
            self.fleet.write(name, "/etc/apt/preferences",
                             f"Package: demo-plain\nPin: version 2.0\nPin-Priority: {priority}")
        name = self.upgradable("demo-plain,demo-newdep",
                               {**UPGRADE, "blocklist": [{"package": "demo-plain", "reason": "the shop breaks"}]})
        pin(1000)
        self.run_maintain(status=0)
        self.assertEqual(self.fleet.version(name, "demo-plain"), "1.0")
        self.assertEqual(self.fleet.version(name, "demo-newdep"), "2.0")
        pin(32767)
        done, codes = self.findings("--now", "os-upgrade")
        self.assertIn("apt.block_ineffective", codes, str(done))
        self.assertEqual(self.fleet.version(name, "demo-plain"), "1.0")

    def test_package_that_asks_does_not_hang(self):
        name = self.upgradable("demo-asking")
        self.run_maintain()
        self.assertEqual(self.fleet.version(name, "demo-asking"), "2.0")

    def test_debconf_takes_the_default(self):
        name = self.upgradable("demo-debconf")
        self.run_maintain(status=0)
        self.assertEqual(self.fleet.version(name, "demo-debconf"), "2.0")
        self.assertEqual(self.fleet.inside(name, "cat", "/var/lib/demo-debconf/colour"), "green\n")

    def test_the_update_broke_what_ran(self):
        name = self.upgradable("demo-service", publish=False)
        self.fleet.shell(name, "cp -p /usr/lib/demo-service/listen /root/listen")
        self.fleet.call("publish", name)
        done, codes = self.findings()
        self.assertIn("apt.service_broken", codes, str(done))
        self.assertIn("demo-service", str(done))
        # Nothing is left to upgrade, and the service is as broken as before.
        again = self.run_maintain("--now", "os-upgrade", status=1)
        self.assertNotIn("RECOVERED", again.out)
        self.fleet.shell(name, "cp -p /root/listen /usr/lib/demo-service/listen; systemctl restart demo-service")
        mended = self.run_maintain("--now", "os-upgrade", status=0)
        self.assertIn("RECOVERED", mended.out)
        self.assertEqual(self.outcome(), "ok")


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

    def test_server_lost_in_mid_upgrade_then_reattached(self):
        def lose(name, process):
            self.fleet.call("cut", name)
            process.communicate(timeout=180)
            self.assertNotIn(self.outcome(), ("ok", "changed"))
            self.fleet.call("join", name)
        # The run must not wait for the server any longer than the task's own time.
        self.interrupted_upgrade(lose, {**UPGRADE, "timeout": "40s"})

    def test_power_cut_in_mid_upgrade_then_repaired(self):
        name = self.upgradable("demo-slow,demo-plain")
        self.fleet.write(name, "/etc/demo-slow/seconds", "15\n")
        process = self.central.start("run", "--json")
        self.wait_for_postinst(name)
        self.fleet.call("power-cut", name)
        self.fleet.call("start", name)
        out, err = process.communicate(timeout=180)
        self.assertIn("apt.interrupted", out, err)
        self.fleet.write(name, "/etc/demo-slow/seconds", "0\n")
        self.run_maintain("--now", "os-upgrade", status=0)
        self.assertEqual(self.fleet.version(name, "demo-slow"), "2.0")
        self.assertEqual(self.fleet.shell(name, "dpkg --audit"), "")
        self.assertEqual(self.fleet.shell(name, "ls /var/lib/maintain-jobs"), "")

    def test_sigkill_of_the_supervisor_then_reattached(self):
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

    def test_full_boot_is_told_before_a_kernel_comes(self):
        name = self.upgradable("linux-image-demo")
        self.fleet.call("break", name, "disk-full", "--path", "/boot")
        done, codes = self.findings()
        self.assertIn("apt.disk_full", codes, str(done))
        self.assertIn("/boot", str(done))
        self.assertEqual(self.fleet.version(name, "linux-image-demo"), "1.0")

    def test_no_package_source_is_no_success(self):
        name = self.upgradable("demo-plain", publish=False)
        self.fleet.shell(name, "rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*")
        done, codes = self.findings()
        self.assertIn("apt.no_sources", codes, str(done))
        self.assertEqual(self.outcome(), "failed")


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
