#!/usr/bin/python3
"""maintain run against real servers: what is told, what is not, and what one failure may cost."""

import json
import os
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from support.central import follow
from support.fleet import BUILD
from support.suite import ServerCase, run_suite

QUICK = {"use": "command.run", "when": "* * * * *", "command": ["true"]}
YEARLY = {"use": "command.run", "when": "0 0 1 1 *", "command": ["true"]}


class Reaching(ServerCase):
    def test_quiet_day(self):
        name = self.server()
        self.configure(name, {"hello": YEARLY})
        first = self.run_maintain(status=0)
        self.assertEqual(first.out + first.err, "")
        second = self.run_maintain(status=0)
        self.assertEqual(second.out + second.err, "")
        history = self.central.maintain("history", "--json").json()
        self.assertEqual(len(history["runs"]), 2)

    def test_unreachable_is_told_once_and_its_return_too(self):
        name = self.server()
        self.configure(name, {"hello": YEARLY})
        self.fleet.call("power-cut", name)
        done = self.run_maintain(status=4)
        self.assertIn(name, done.out)
        self.assertEqual(self.run_maintain(status=4).out, "", "told twice")
        self.fleet.call("start", name)
        recovered = self.run_maintain(status=0)
        self.assertIn(name, recovered.out)
        self.assertEqual(self.run_maintain(status=0).out, "")

    def test_transient_may_be_away(self):
        name = self.server(transient=True)
        self.configure(name, {"hello": YEARLY})
        self.fleet.call("power-cut", name)
        done = self.run_maintain(status=0)
        self.assertEqual(done.out + done.err, "")

    def test_wrong_host_key(self):
        name = self.server()
        self.configure(name, {"hello": QUICK})
        other = self.central.config / "known_hosts"
        lines = other.read_text().split()
        key = lines[2]
        self.assertTrue(key.startswith("AAAA"))
        ending = "AAAAAAAA" if not key.endswith("AAAAAAAA") else "BBBBBBBB"
        other.write_text(other.read_text().replace(key, key[:-8] + ending))
        done = self.run_maintain(status=1)
        self.assertIn("SHA256:", done.out)
        self.assertIn("maintain trust", done.out)
        self.assertEqual(self.central.maintain("history", "--task", "hello", "--json").json()["results"], [])

    def test_unknown_host_key_then_trust(self):
        name = self.server()
        self.configure(name, {"hello": QUICK})
        (self.central.config / "known_hosts").write_text("")
        self.assertEqual(self.run_maintain().status, 1)
        refused = self.central.maintain("trust", name)
        self.assertEqual(refused.status, 2, str(refused))
        trusted = self.central.maintain("trust", name, "--yes")
        self.assertEqual(trusted.status, 0, str(trusted))
        self.assertIn("SHA256:", trusted.out)
        self.run_maintain(status=0)

    def test_openssh_transport(self):
        name = self.server(transport="openssh")
        self.configure(name, {"hello": QUICK})
        self.run_maintain(status=0)
        self.assertIn("openssh", self.central.maintain("ping").out)

    def test_rsa_only_server_falls_back(self):
        name = self.server("--host-keys", "rsa")
        self.configure(name, {"hello": QUICK})
        self.run_maintain(status=0)
        self.assertIn("openssh", self.central.maintain("ping").out)


class Configurations(ServerCase):
    def test_no_configuration(self):
        self.server()
        done, codes = self.findings()
        self.assertEqual(codes, ["config.missing"], str(done))

    def test_broken_keeps_the_last_good(self):
        name = self.server()
        self.configure(name, {"hello": QUICK})
        self.run_maintain(status=0)
        self.fleet.write(name, "/etc/maintain.d/shop.yml", "version: 2\ntasks:\n  hello: {use: command.run\n")
        done = self.run_maintain("--now", "hello", status=1)
        self.assertIn("/etc/maintain.d/shop.yml:", done.out)
        shown = self.central.maintain("history", "--task", "hello", "--json").json()
        self.assertEqual(len(shown["results"]), 2, "the last good copy keeps working")
        self.configure(name, {"hello": YEARLY})
        self.assertEqual(self.run_maintain().status, 0)

    def test_one_bad_task_does_not_stop_its_neighbour(self):
        name = self.server()
        self.configure(name, {"hello": QUICK, "bad": {"use": "command.run", "when": "61 * * * *", "command": ["true"]}})
        done, codes = self.findings()
        self.assertEqual(codes, ["config.error"], str(done))
        results = self.central.maintain("history", "--task", "hello", "--json").json()["results"]
        self.assertEqual([result["outcome"] for result in results], ["changed"])

    def test_two_projects(self):
        name = self.server()
        self.configure(name, {"hello": QUICK}, project="shop")
        self.configure(name, {"hello": {**QUICK, "command": ["echo", "blog"]}}, project="blog")
        self.run_maintain(status=0)
        results = self.central.maintain("history", "--server", name, "--json").json()["results"]
        self.assertEqual({result["project"] for result in results if result["task"]}, {"shop", "blog"})

    def test_hostile_configuration_and_output(self):
        name = self.server()
        self.configure(name, {"evil": {"use": "command.run", "when": "* * * * *", "result": "nagios",
                                       "command": "printf 'bad \\033]0;owned\\007\\033[31m\\342\\200\\256 news'; "
                                                  "exit 2"}})
        self.fleet.shell(name, "head -c 1000000 /dev/zero | tr '\\0' '[' >/etc/maintain.d/huge.yml; "
                               "ln -s /dev/zero /etc/maintain.d/zero.yml")
        done = self.run_maintain(status=1)
        self.assertIn("bad", done.out)
        for character in "\x1b\x07\u202e":
            self.assertNotIn(character, done.out)

    def test_config_check(self):
        name = self.server()
        self.configure(name, {"hello": QUICK})
        good = self.central.maintain("config", "check", name)
        self.assertEqual(good.status, 0, str(good))
        file = self.central.directory / "broken.yml"
        file.write_text("version: 2\ntasks:\n  hello: {use: command.runn, when: '* * * * *'}\n")
        bad = self.central.maintain("config", "check", file)
        self.assertEqual(bad.status, 2, str(bad))
        self.assertIn(f"{file}:3:", bad.out)
        self.assertIn("command.run", bad.out)


class Isolation(ServerCase):
    def setUp(self):
        super().setUp()
        # The misbehaving plugins beside the real ones.
        self.central.plugins = [str(BUILD / "plugins"), str(BUILD / "test-plugins/misbehave")]
        self.central.write()

    def test_crash_hang_and_exit_cost_their_own_task(self):
        name = self.server()
        tasks = {kind: {"use": f"misbehave.{kind}", "when": "* * * * *", "timeout": "3s"}
                 for kind in ("crash", "hang", "exit")}
        self.configure(name, {**tasks, "hello": QUICK})
        done = self.run_maintain(status=1)
        for kind in tasks:
            self.assertIn(f"task {kind}", done.out)
        outcomes = {result["task"]: result["outcome"]
                    for result in self.central.maintain("history", "--server", name, "--json").json()["results"]
                    if result["task"]}
        self.assertEqual(outcomes, {"crash": "crashed", "hang": "timed_out", "exit": "crashed", "hello": "changed"})

    def test_listing_plugins_loads_none(self):
        marker = self.central.directory / "loaded"
        self.central.plugins = [str(BUILD / "test-plugins/marker")]
        self.central.write()
        listed = self.central.maintain("plugins", "list", environment={"MAINTAIN_TEST_MARKER": str(marker)})
        self.assertIn("marker", listed.out)
        self.assertFalse(marker.exists())


class Stopping(ServerCase):
    SLOW = {"use": "command.run", "when": "* * * * *", "detached": True,
            "command": "echo started | tee -a /tmp/starts; while [ ! -e /tmp/go ]; do sleep 0.2; done; echo finished"}

    def test_overlapping_runs(self):
        name = self.server()
        self.configure(name, {"slow": self.SLOW})
        first = self.central.start("run", "--debug")
        follow(first, "slow: started")
        second = self.run_maintain("--debug", status=3)
        self.assertIn("another run is active", second.err)
        from_cron = self.run_maintain(status=3)
        self.assertEqual(from_cron.out + from_cron.err, "", "cron would mail it every 15 minutes")
        self.fleet.shell(name, "touch /tmp/go")
        first.stdout.read()
        self.assertEqual(first.wait(60), 0)

    def interrupted(self, with_signal):
        name = self.server()
        self.configure(name, {"slow": self.SLOW})
        first = self.central.start("run", "--debug")
        follow(first, "slow: started")
        # The job is on the server before anybody is ended.
        self.fleet.shell(name, "for i in $(seq 100); do ls /var/lib/maintain-jobs/*/ >/dev/null 2>&1 && exit 0; "
                               "sleep 0.1; done; exit 1")
        os.killpg(first.pid, with_signal)
        first.stdout.read()
        first.wait(60)
        self.fleet.shell(name, "touch /tmp/go")
        again = self.run_maintain("--debug", status=0)
        self.assertIn("earlier run", again.err)
        results = self.central.maintain("history", "--task", "slow", "--json").json()["results"]
        self.assertEqual(results[0]["outcome"], "changed")
        self.assertEqual(self.fleet.shell(name, "cat /tmp/starts").splitlines(), ["started"],
                         "it was not started twice")
        self.assertEqual(self.fleet.shell(name, "ls /var/lib/maintain-jobs | wc -l").strip(), "0")

    def test_sigkill_then_collected(self):
        self.interrupted(signal.SIGKILL)

    def test_sigterm_then_collected(self):
        self.interrupted(signal.SIGTERM)


class Earlier(ServerCase):
    def test_files_of_the_earlier_bot(self):
        """servers.yml, inventory, maintenance-status.json and a legacy configuration, as they are."""
        server = self.fleet.server("legacy1")
        self.addCleanup(self.fleet.call, "remove", "legacy1", check=False)
        self.central.write()
        self.fleet.write("legacy1", "/etc/emptyhammock-maintenance.yml", LEGACY)
        (self.central.config / "servers.yml").write_text("---\nservers:\n  - name: shop-server\n    transient: no\n")
        (self.central.config / "inventory").write_text(
            f"[shop-server]\n{server['address']} ansible_user={server['user']} "
            f"ansible_ssh_private_key_file={self.fleet.key}\n")
        status = self.central.directory / "maintenance-status.json"
        status.write_text(json.dumps({"shop-server": {"run_custom_command_when": 4102444800 - 86400 * 365 * 200,
                                                      "maintenance_apply_when": 1, "db_backup_when": 0}}))
        imported = self.central.maintain("import", status)
        self.assertEqual(imported.status, 0, str(imported))
        plan = self.central.maintain("plan", "--json").json()
        tasks = {task["type"]: task for task in plan["tasks"]}
        for expected in ("apt.upgrade", "apt.check", "reboot.if_needed", "reboot.check", "command.run"):
            self.assertIn(expected, tasks)
        done = self.run_maintain("--json", status=1)
        told = json.dumps(done.json()["notices"])
        for key in ("db_backup", "directory_backup", "media_backup", "docker_volume_backup", "certbot",
                    "check_python_package_versions"):
            self.assertIn(key, told, "its plugin is missing: one clear finding")
        history = self.central.maintain("history", "--server", "shop-server", "--json").json()
        results = {result["type"]: result["outcome"] for result in history["results"] if result["task"]}
        self.assertIn(results["command.run"], ("ok", "changed"))
        self.assertIn(results["apt.upgrade"], ("ok", "changed"))

    def test_its_command_line(self):
        name = self.server()
        self.fleet.write(name, "/etc/emptyhammock-maintenance.yml",
                         "version: 1.0.0\nrun_custom_command: {when: '* * * * *', command: /bin/true}\n")
        directory = self.central.directory
        for part in ("b", "l", "c"):
            (directory / part).mkdir()
        done = self.central.maintain("legacy", directory / "b", directory / "l", directory / "c",
                                     "--task", "run_custom_command")
        self.assertEqual((done.status, done.out), (0, ""), str(done))


LEGACY = """---
version: 1.0.0
maintenance_apply_when: "* * * * *"
maintenance_reboot_when: "6 21 * * sun"
check_python_package_versions:
    when: "15 5 * * *"
    list_command: "/srv/shop/pip_freeze.sh"
    run_pipaudit: "False"
    ignored_packages: "['a', 'b']"
check_for_available_os_fixes:
    when: "0 12 * * sun"
    threshold: "5"
check_reboot: "0 12 * * *"
db_backup:
    when: "20 20 * * *"
    database: shop
directory_backup:
    when: "20 20 * * *"
    paths:
      - /srv/shop/media
media_backup: {when: "20 20 * * *", path: /srv/shop/media/}
docker_volume_backup: {when: "40 20 * * *", volume_names: [redis]}
certbot:
    when: "25 0 * * *"
    command: "/srv/shop/renew.sh"
    not_due_output: "Cert not yet due for renewal"
    renewed_output: "all renewals succeeded"
run_custom_command:
    when: "* * * * *"
    command: "/bin/echo custom"
"""

if __name__ == "__main__":
    sys.exit(run_suite(__name__))
