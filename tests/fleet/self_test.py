#!/usr/bin/python3
"""Proves that a fleet's servers are real: boots, reboots, cuts, upgrades, breaks and mends one, and cleans up.

Run it as root: `tests/fleet/self_test.py`. Where no fleet is possible it is skipped, with the reason.
"""

import json
import os
import subprocess
import time
import unittest
from pathlib import Path

FLEET = Path(__file__).resolve().parent / "fleet"
NAME = f"selftest-{os.getpid()}"


def fleet(*words, check=True, fleet_name=NAME):
    """Runs a command of the tool and returns what it printed."""
    done = subprocess.run([FLEET, "--fleet", fleet_name, *words], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=180)
    if check and done.returncode != 0:
        raise AssertionError(f"fleet {' '.join(words)}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def status(*words):
    return subprocess.run([FLEET, "--fleet", NAME, *words], capture_output=True, stdin=subprocess.DEVNULL,
                          timeout=180).returncode


def ssh(*words):
    return fleet("ssh", "web1", "--", *words)


def inside(*words, **more):
    return fleet("exec", "web1", "--", *words, **more)


def boot_id():
    return inside("cat", "/proc/sys/kernel/random/boot_id")


def version(package):
    return inside("dpkg-query", "--show", "--showformat", "${Version} ${db:Status-Abbrev}", package).strip()


def runs(pid):
    """Not merely a zombie that nobody has buried yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def setUpModule():
    check = subprocess.run([FLEET, "check"], capture_output=True, text=True)
    if check.returncode == 77:
        raise unittest.SkipTest(check.stdout.strip())
    unittest.addModuleCleanup(fleet, "down")
    fleet("up", "--owner", str(os.getpid()))
    global WEB1
    WEB1 = json.loads(fleet("server", "web1", "--packages",
                            "demo-plain,demo-slow,demo-conffile,demo-held,demo-phased,demo-security,demo-service,"
                            "linux-image-demo,linux-image-6.1.0-90-demo,linux-image-6.1.0-91-demo"))


class Reachable(unittest.TestCase):
    def test_logs_in_with_strict_host_keys_and_becomes_root(self):
        self.assertEqual(ssh("id -un; sudo id -un"), "maint\nroot")

    def test_runs_a_systemd_that_is_content(self):
        self.assertEqual(inside("systemctl", "is-system-running"), "running")

    def test_says_what_a_client_needs(self):
        listed = json.loads(fleet("list", "--json"))[0]
        for field in ("name", "address", "port", "user", "key", "known_hosts_line", "rootfs"):
            self.assertEqual(listed[field], WEB1[field])
        self.assertIn(WEB1["known_hosts_line"], fleet("known-hosts"))
        self.assertTrue((Path(WEB1["rootfs"]) / "etc/debian_version").exists())

    def test_a_cut_link_is_silent_until_it_is_joined(self):
        fleet("cut", "web1")
        self.assertFalse(self.port_answers())
        fleet("join", "web1")
        self.assertEqual(ssh("echo back"), "back")

    def test_a_reset_ends_sessions_and_leaves_their_programs(self):
        client = subprocess.Popen([FLEET, "--fleet", NAME, "ssh", "web1", "--", "echo on; exec sleep 321"],
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        with client:
            self.assertEqual(client.stdout.readline(), "on\n")
            fleet("cut", "web1", "--reset")
            self.assertEqual(client.wait(timeout=10), 255)
        inside("pkill", "-f", "sleep 321")

    def test_the_hub_has_an_ordinary_environment(self):
        self.assertEqual(fleet("hub", "--", "sh", "-c", "ls /sys/fs/cgroup"),
                         "\n".join(sorted(os.listdir("/sys/fs/cgroup"))))

    def port_answers(self):
        script = ("import socket,sys; s = socket.socket(); s.settimeout(1); "
                  f"sys.exit(s.connect_ex(('{WEB1['address']}', 22)) == 0)")
        return status("hub", "--", "/usr/bin/python3", "-c", script) == 1


class Powered(unittest.TestCase):
    def test_reboots_with_a_new_boot_id_and_a_new_uptime(self):
        before = boot_id()
        ssh("nohup sudo systemctl reboot >/dev/null 2>&1 &")
        fleet("wait", "web1", "--not-boot", before)
        self.assertNotEqual(boot_id(), before)
        self.assertLess(float(inside("cat", "/proc/uptime").split()[0]), 10)
        self.assertEqual(ssh("echo back"), "back")

    def test_ignores_a_reboot_when_told_to(self):
        before = boot_id()
        fleet("ignore-reboot", "web1", "on")
        ssh("sudo systemctl reboot && sudo shutdown -r now")
        self.assertEqual(inside("systemctl", "is-active", "reboot.target"), "active")
        self.assertEqual(boot_id(), before)
        fleet("ignore-reboot", "web1", "off")
        self.assertEqual(json.loads(fleet("reboot", "web1"))["boot_id_before"], before)

    def test_stays_away_when_told_to(self):
        fleet("never-return", "web1", "on")
        inside("systemctl", "reboot", check=False)
        fleet("wait", "web1", "--until", "off")
        fleet("never-return", "web1", "off")
        fleet("start", "web1")
        self.assertEqual(ssh("echo back"), "back")

    def test_survives_a_power_cut_with_what_was_written(self):
        inside("sh", "-c", "echo kept >/root/kept")
        fleet("power-cut", "web1")
        self.assertNotEqual(status("exec", "web1", "--", "true"), 0)
        fleet("start", "web1")
        self.assertEqual(inside("cat", "/root/kept"), "kept")


class Upgraded(unittest.TestCase):
    def setUp(self):
        fleet("withdraw", "web1")

    def test_apt_upgrades_what_is_published_and_keeps_back_what_is_held_or_phased(self):
        fleet("publish", "web1", "demo-plain", "demo-held", "demo-phased", "demo-security")
        inside("apt-get", "update")
        self.assertIn("Debian-Security", inside("apt-get", "--simulate", "upgrade"))
        inside("apt-get", "--yes", "upgrade")
        self.assertEqual([version(f"demo-{name}") for name in ("plain", "security", "held", "phased")],
                         ["2.0 ii", "2.0 ii", "1.0 hi", "1.0 ii"])

    def test_a_changed_conffile_is_noticed(self):
        (Path(WEB1["rootfs"]) / "etc/demo-conffile.conf").write_text("greeting = mine\n")
        fleet("publish", "web1", "demo-conffile")
        inside("sh", "-c", "apt-get update && apt-get --yes -o DPkg::Options::=--force-confold install demo-conffile")
        inside("test", "-e", "/etc/demo-conffile.conf.dpkg-dist")

    def test_an_update_can_break_a_service(self):
        self.assertEqual(inside("systemctl", "is-active", "demo-service"), "active")
        fleet("publish", "web1", "demo-service")
        inside("sh", "-c", "apt-get update && apt-get --yes install demo-service")
        self.assertEqual(inside("systemctl", "is-active", "demo-service", check=False), "failed")

    def test_an_old_kernel_can_be_removed_and_a_previous_one_not(self):
        fleet("publish", "web1", "linux-image-demo")
        inside("sh", "-c", "apt-get update && apt-get --yes install linux-image-demo && apt-get --yes autoremove")
        self.assertEqual(inside("sh", "-c", "ls /boot/vmlinuz*"),
                         "/boot/vmlinuz-6.1.0-91-demo\n/boot/vmlinuz-6.1.0-92-demo")


class Troubled(unittest.TestCase):
    def test_a_held_lock_stops_apt_and_names_its_holder(self):
        fleet("break", "web1", "dpkg-lock")
        said = inside("sh", "-c", "apt-get --yes install demo-slow 2>&1 || true")
        self.assertRegex(said, r"held by process \d+ \(unattended-upgr\)")
        fleet("mend", "web1", "dpkg-lock")
        inside("apt-get", "--yes", "install", "demo-slow")

    def test_a_held_lists_lock_stops_an_update(self):
        fleet("break", "web1", "lists-lock")
        self.assertEqual(status("exec", "web1", "--", "apt-get", "update"), 100)
        fleet("mend", "web1", "lists-lock")
        inside("apt-get", "update")

    def test_an_interrupted_dpkg_is_repaired_by_its_own_means(self):
        fleet("break", "web1", "dpkg-interrupted")
        self.assertEqual(status("exec", "web1", "--", "apt-get", "--yes", "install", "demo-slow"), 100)
        fleet("mend", "web1", "dpkg-interrupted")
        self.assertEqual(inside("dpkg", "--audit"), "")

    def test_a_full_disk_is_full(self):
        fleet("break", "web1", "disk-full")
        self.assertNotEqual(status("exec", "web1", "--", "dd", "if=/dev/zero", "of=/root/big", "bs=1M", "count=1"), 0)
        inside("rm", "/root/big")
        fleet("mend", "web1", "disk-full")
        inside("dd", "if=/dev/zero", "of=/root/big", "bs=1M", "count=1")


class Apart(unittest.TestCase):
    def test_another_fleet_lives_beside_and_leaves_nothing(self):
        other = f"{NAME}b"
        self.addCleanup(fleet, "down", fleet_name=other)
        fleet("up", fleet_name=other)
        server = json.loads(fleet("server", "web1", "--no-systemd", "--port", "2222", fleet_name=other))
        self.assertNotEqual(server["address"], WEB1["address"])
        self.assertTrue(server["known_hosts_line"].startswith(f"[{server['address']}]:2222 "))
        self.assertEqual(fleet("ssh", "web1", "--", "sudo id -un", fleet_name=other), "root")
        # As after a crash: nobody is left to look after it.
        os.kill(json.loads((Path(server["rootfs"]).parent / "power.json").read_text())["supervisor"]["pid"], 9)
        fleet("down", fleet_name=other)
        self.assertFalse(runs(server["pid"]))
        self.assertNotIn(other, Path("/proc/self/mountinfo").read_text())
        self.assertFalse([name for name in os.listdir("/run/netns") if other in name])

    def test_one_sshd_answers_on_many_addresses(self):
        farm = json.loads(fleet("farm", "--count", "50"))
        self.addCleanup(fleet, "remove", "farm")
        self.assertEqual(len(set(farm["addresses"])), 50)
        known_hosts = Path(farm["rootfs"]).parent / "known_hosts"
        for address in (farm["addresses"][0], farm["addresses"][-1]):
            self.assertEqual(fleet("hub", "--", "ssh", "-F", "none", "-i", farm["key"], "-o", "BatchMode=yes",
                                   "-o", f"UserKnownHostsFile={known_hosts}", f"maint@{address}", "hostname"), "farm")


class Services(unittest.TestCase):
    def test_databases_and_containers_run_after_every_boot(self):
        fleet("server", "db1", "--variant", "services", "--docker", "--disk", "2G")
        self.addCleanup(fleet, "remove", "db1")
        for booted in ("first", "again"):
            with self.subTest(booted):
                self.assertEqual(self.on("systemctl", "is-system-running", "--wait"), "running")
                self.assertEqual(self.on("runuser", "-u", "postgres", "--", "psql", "--tuples-only", "--no-align",
                                         "--command", "show server_encoding"), "UTF8")
                self.assertTrue(self.on("mariadb", "--batch", "--skip-column-names", "--execute", "select version()"))
                for program in ("docker", "podman"):
                    self.on(program, "import", "/usr/local/share/fleet-busybox.tar", "fleet/busybox")
                    self.assertEqual(self.on(program, "run", "--rm", "--network", "none", "fleet/busybox",
                                             "echo", "on"), "on")
            fleet("reboot", "db1")

    def test_without_the_right_to_it_no_docker_is_tried(self):
        fleet("server", "db2", "--variant", "services")
        self.addCleanup(fleet, "remove", "db2")
        self.assertEqual(fleet("exec", "db2", "--", "systemctl", "is-system-running", "--wait"), "running")

    def on(self, *words):
        return fleet("exec", "db1", "--", *words)


class Certified(unittest.TestCase):
    def test_an_authority_certifies_names_that_point_to_the_server(self):
        authority = json.loads(fleet("authority", "up", "--lifetime", "1728000"))
        self.addCleanup(fleet, "authority", "down")
        server = json.loads(fleet("server", "tls1", "--variant", "certificates"))
        self.addCleanup(fleet, "remove", "tls1")
        fleet("authority", "name", "www.example.test", "tls1")
        for known in (fleet("hub", "--", "getent", "ahosts", "www.example.test"),
                      self.on("getent", "ahosts", "www.example.test")):
            self.assertIn(server["address"], known)
            self.assertIn(server["address6"], known)
        self.assertEqual(self.certbot(authority, "www.example.test"), 0)
        live = Path(server["rootfs"]) / "etc/letsencrypt/live/www.example.test"
        chain, leaf = (live / name for name in ("chain.pem", "cert.pem"))
        subprocess.run(["openssl", "verify", "-CAfile", fleet("authority", "root"), "-untrusted", chain, leaf],
                       check=True, capture_output=True)
        for days, ends in ((19, 0), (21, 1)):
            self.assertEqual(subprocess.run(["openssl", "x509", "-noout", "-checkend", str(days * 86400), "-in",
                                             leaf], capture_output=True).returncode, ends)
        # Trusted everywhere as one on the Internet is, but not outside of the fleet.
        for where in (("exec", "tls1"), ("hub",)):
            self.assertEqual(status(*where, "--", "openssl", "s_client", "-verify_return_error", "-CAfile",
                                    "/etc/ssl/certs/ca-certificates.crt", "-connect", "authority.test:14000"), 0)
        self.assertNotIn(Path(fleet("authority", "root")).read_text(),
                         Path("/etc/ssl/certs/ca-certificates.crt").read_text())

    def test_a_name_that_points_elsewhere_is_not_certified(self):
        authority = json.loads(fleet("authority", "up"))
        self.addCleanup(fleet, "authority", "down")
        fleet("server", "tls1", "--variant", "certificates")
        self.addCleanup(fleet, "remove", "tls1")
        fleet("authority", "name", "www.example.test", "web1")
        self.assertEqual(self.certbot(authority, "www.example.test"), 1)
        fleet("authority", "name", "www.example.test")
        self.assertNotEqual(status("hub", "--", "getent", "ahosts", "www.example.test"), 0)
        fleet("authority", "name", "www.example.test", "tls1")
        fleet("authority", "cut")
        self.assertEqual(self.certbot(authority, "www.example.test"), 1)
        fleet("authority", "join")
        self.assertEqual(self.certbot(authority, "www.example.test"), 0)

    def certbot(self, authority, name):
        return status("exec", "tls1", "--", "certbot", "certonly", "--webroot", "-w", "/var/www/html", "-n",
                      "--agree-tos", "-m", "admin@example.test", "--no-eff-email", "--server", authority["url"],
                      "-d", name)

    def on(self, *words):
        return fleet("exec", "tls1", "--", *words)


class Refused(unittest.TestCase):
    def test_errors_say_what_to_do(self):
        for words, hint in ((["exec", "nobody", "--", "true"], "it has: web1"),
                            (["server", "web1"], "remove it with"),
                            (["server", "Web_2"], "use 1 to 24 of"),
                            (["publish", "web1", "no-such"], "`fleet repo` shows all"),
                            (["up"], "choose another name")):
            done = subprocess.run([FLEET, "--fleet", NAME, *words], capture_output=True, text=True)
            self.assertEqual(done.returncode, 1, words)
            self.assertIn(hint, done.stderr)


if __name__ == "__main__":
    started = time.monotonic()
    try:
        unittest.main(verbosity=2)
    finally:
        print(f"{time.monotonic() - started:.1f} s")
