#!/usr/bin/python3
"""Backups of the volumes of running containers: what is copied, who is stopped for it, and that they all come back."""

import os
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from support import trees
from support.backups import KEEP, BackupCase
from support.containers import WRITER, Containers
from support.suite import run_suite

# Rewrites a file all the time, so that also the second pass of a copy, while the container is still, takes its time.
GRINDER = "(while :; do dd if=/dev/urandom of=/data/big bs=1M count=10 conv=notrunc 2>/dev/null; done) & " + WRITER

VOLUMES = {"use": "backup.docker_volume", "volumes": ["shop-data"], "keep": KEEP, "drop": 1}


class VolumeCase(BackupCase):
    def setUp(self):
        super().setUp()
        self.name = self.services("--docker", "--disk", "2G")

    def containers(self, program="docker", script=WRITER):
        """The program, with a volume that a running container writes into."""
        found = Containers(self.fleet, self.name, program)
        self.volume = self.outside_volume(found.volume("shop-data", "com.example.backup=yes"))
        found.start("writer", "shop-data", script=script)
        return found

    def outside_volume(self, mountpoint):
        """A volume as this machine sees it; Docker's own directory is not part of the server's root."""
        if mountpoint.startswith("/var/lib/docker/"):
            disk = pathlib.Path(self.machines[self.name]["rootfs"]).parent / "disk/docker"
            return disk / mountpoint.removeprefix("/var/lib/docker/")
        return self.outside(self.name, mountpoint)

    def events(self, containers):
        """What was done to the writer so far."""
        return containers("events", "--since", str(int(time.time()) - 3600), "--until", str(int(time.time()) + 1), "--filter",
                          "container=writer", "--format", "{{.Status}}").split()

    def await_state(self, containers, wanted, seconds=120):
        deadline = time.monotonic() + seconds
        while (state := containers.state("writer")) != wanted:
            if time.monotonic() > deadline:
                self.fail(f"the container is {state}, not {wanted}\n{self.said()}")
            time.sleep(0.05)

    def said(self):
        """What the run under way has told, ended for it."""
        if (process := getattr(self, "process", None)) is None:
            return ""
        process.terminate()
        return "".join(process.communicate(timeout=60))

    def lives(self, containers):
        """It runs and works."""
        self.assertEqual(containers.state("writer"), "running")
        before = (self.volume / "one").read_text()
        deadline = time.monotonic() + 10
        while (self.volume / "one").read_text() in ("", before):
            self.assertLess(time.monotonic(), deadline, "the container does not write any more")
            time.sleep(0.02)


class Quiet(VolumeCase):
    def quiesced(self, how, expected, program="docker"):
        containers = self.containers(program)
        trees.make_awkward(self.volume / "awkward")
        described = trees.describe(self.volume / "awkward")
        self.configure(self.name, {"volumes": {**VOLUMES, "quiesce": how, "runtime": program}})
        before = len(self.events(containers))
        self.back_up(self.name, "volumes")
        events = [event for event in self.events(containers)[before:] if event in ("pause", "unpause", "stop", "start")]
        self.assertEqual(events, expected)
        self.lives(containers)
        (self.volume / "later").touch()
        self.came_back(described, next(self.restored(self.name, "volumes").glob("**/awkward")))
        return containers

    def test_none(self):
        self.quiesced("none", [])

    def test_pause(self):
        containers = self.quiesced("pause", ["pause", "unpause"])
        started = containers.started("writer")
        self.back_up(self.name, "volumes")
        self.assertEqual(containers.started("writer"), started)
        self.assertRegex(str(self.results("volumes")[0]), "(?i)outage|paused", "nobody says how long it was away")

    def test_stop(self):
        self.quiesced("stop", ["stop", "start"])

    def test_podman(self):
        self.quiesced("pause", ["pause", "unpause"], "podman")

    def test_back_into_the_volume(self):
        for program in ("docker", "podman"):
            with self.subTest(program):
                self.put_back(program)

    def put_back(self, program):
        containers = self.containers(program)
        trees.make_awkward(self.volume / "awkward")
        described = trees.describe(self.volume / "awkward")
        self.configure(self.name, {"volumes": {**VOLUMES, "runtime": program}})
        self.back_up(self.name, "volumes")
        trees.change(self.volume / "awkward")
        trees.write(self.volume / "newer", b"goes")
        target = f"{self.name}:volume:shop-data"
        refused = self.restore(self.name, "volumes", target, "--replace", status=1)
        self.assertIn("in use by writer", str(refused))
        self.assertEqual(containers.state("writer"), "running")
        self.assertTrue((self.volume / "newer").exists())

        containers("stop", "--time", "1", "writer")
        self.assertIn("--replace", str(self.restore(self.name, "volumes", target, status=1)))
        self.assertIn("would go", str(self.restore(self.name, "volumes", target, "--replace", "--dry-run")))
        self.assertTrue((self.volume / "newer").exists())
        self.restore(self.name, "volumes", target, "--replace")
        self.same_tree(described, self.volume / "awkward")
        self.assertFalse((self.volume / "newer").exists())
        containers("start", "writer")
        self.lives(containers)

        self.restore(self.name, "volumes", "volume:shop-again")
        again = containers("volume", "inspect", "--format", "{{.Mountpoint}}", "shop-again").strip()
        self.same_tree(described, self.outside_volume(again) / "awkward")
        containers("rm", "--force", "writer")

    def test_only_those_that_ran_come_back(self):
        containers = self.containers()
        containers.start("stopped", "shop-data")
        containers("stop", "stopped")
        containers.start("paused", "shop-data")
        containers("pause", "paused")
        containers.start("stranger")
        started = containers.started("stranger")
        for how in ("pause", "stop"):
            self.configure(self.name, {"volumes": {**VOLUMES, "quiesce": how}})
            self.back_up(self.name, "volumes")
            self.assertEqual([containers.state(name) for name in ("writer", "stopped", "paused", "stranger")],
                             ["running", "exited", "paused", "running"], how)
        self.assertEqual(containers.started("stranger"), started)

    def test_by_label(self):
        containers = self.containers()
        containers.volume("more-data", "com.example.backup=yes")
        containers.volume("scratch", "com.example.backup=no")
        task = {name: value for name, value in VOLUMES.items() if name != "volumes"}
        self.configure(self.name, {"volumes": {**task, "label": "com.example.backup=yes"}})
        copy = self.back_up(self.name, "volumes")
        self.assertEqual(sorted(path.name for path in copy.data.iterdir()), ["more-data", "shop-data"])

    def test_volume_that_is_not_there(self):
        self.containers()
        self.configure(self.name, {"volumes": {**VOLUMES, "volumes": ["shop-data", "lost-data"]}})
        self.fail_to_back_up(self.name, "volumes", "lost-data")

    def test_entry_of_the_earlier_bot(self):
        self.containers()
        trees.write(self.volume / "kept", b"kept")
        self.fleet.write(self.name, "/etc/emptyhammock-maintenance.yml", "version: 1.0.0\ndocker_volume_backup: "
                         "{when: '40 20 * * *', volume_names: [shop-data]}\n")
        self.run_maintain("--now", "docker_volume_backup", status=0)
        link = self.central.backups / self.name / "shop-data"
        self.assertTrue(link.is_symlink())
        self.assertEqual((link / "kept").read_text(), "kept")


class Interrupted(VolumeCase):
    def slow(self, how, limit="30s", rate="1MiB"):
        """A backup under way whose container is still, for as long as 10 MiB take."""
        containers = self.containers(script=GRINDER)
        self.configure(self.name, {"volumes": {**VOLUMES, "quiesce": how, "quiesce_limit": limit,
                                               "bandwidth_limit": rate}})
        self.process = process = self.central.start("run", "--now", "volumes")
        self.addCleanup(self.end, process)
        self.await_state(containers, {"pause": "paused", "stop": "exited"}[how])
        return containers, process

    @staticmethod
    def end(process):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

    def test_connection_dies_while_paused(self):
        containers, process = self.slow("pause")
        self.fleet.call("cut", self.name)
        self.await_state(containers, "running")
        self.lives(containers)
        self.fleet.call("join", self.name)
        self.end(process)
        self.assertEqual(self.store(self.name, "volumes").problems(), [])

    def test_maintenance_server_dies_while_paused(self):
        containers, process = self.slow("pause")
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        self.await_state(containers, "running")
        self.lives(containers)

    def test_maintenance_server_dies_while_stopped(self):
        containers, process = self.slow("stop")
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        self.await_state(containers, "running")
        self.lives(containers)

    def test_limit_ends_the_outage(self):
        """The copy is not waited for: the server lets the container go, and the run says so."""
        containers, process = self.slow("pause", "30s", "256KiB")
        self.await_state(containers, "running", 40)
        self.lives(containers)
        out, err = process.communicate(timeout=240)
        self.assertRegex(out + err + str(self.results("volumes")[0]), "(?i)30 ?s|limit")
        self.assertEqual(self.store(self.name, "volumes").problems(), [])

    def test_asked_to_stop_while_paused(self):
        containers, process = self.slow("pause", "10m")
        os.kill(process.pid, signal.SIGTERM)
        process.communicate(timeout=60)
        self.await_state(containers, "running", 30)
        self.lives(containers)

    def test_container_dies_while_paused(self):
        containers, process = self.slow("pause", "2m")
        containers("kill", "writer")
        out, err = process.communicate(timeout=120)
        self.assertEqual(self.store(self.name, "volumes").problems(), [], out + err)
        self.assertEqual(containers.state("writer"), "exited", "it was not ours to start again")
        self.assertIn("writer", out + str(self.results("volumes")[0]), "nobody says what became of it")


if __name__ == "__main__":
    sys.exit(run_suite(__name__))
