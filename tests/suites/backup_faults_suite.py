#!/usr/bin/python3
"""Backups on bad days: lines cut, processes killed, dumps that lie, sources that are gone, full disks, hostile trees.

Whatever happens: no earlier copy is lost or changed, nothing half is called a copy, and the next run finishes.
"""

import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from support import kills, trees
from support.backups import KEEP, BackupCase
from support.mariadb import MariaDB
from support.postgresql import PostgreSQL
from support.small_disk import SmallDisk
from support.suite import run_suite

POSTGRESQL = {"use": "backup.database", "engine": "postgresql", "database": "orders", "keep": KEEP}
MARIADB = {"use": "backup.database", "engine": "mariadb", "database": "orders", "keep": KEEP}
DIRECTORY = {"use": "backup.directory", "paths": ["/srv/shop"], "keep": KEEP, "drop": 1}
KILLS = int(os.environ.get("MAINTAIN_BACKUP_KILLS", "25"))  # in each of four tests
SEED = int(os.environ.get("MAINTAIN_BACKUP_SEED", "20261129"))


class FaultCase(BackupCase):
    def database(self, task=POSTGRESQL, kind=PostgreSQL, **size):
        name = self.services()
        self.configure(name, {"orders": task})
        kind(self.fleet, name, "orders").create(**size)
        return name

    def directory(self, files=20, size=10_000, **options):
        """A directory of bytes that no line can compress; the server and where it is seen from here."""
        name = self.services()
        self.configure(name, {"orders": {**DIRECTORY, **options}})
        root = self.outside(name, "/srv/shop")
        root.mkdir()
        self.fill(root, files, size)
        return name, root

    @staticmethod
    def fill(root, files, size, prefix="file"):
        for number in range(files):
            trees.write(root / f"{prefix}-{number}", os.urandom(size))


class Cuts(FaultCase):
    def cut_everywhere(self, name, refresh):
        """`refresh` sees to it that every copy has as much to fetch as the first."""
        relay = self.through_relay(name)
        relay.never_cut()
        self.back_up(name, "orders")
        total, _ = relay.bytes_since()
        self.assertGreater(total, 1 << 20, "too little for a cut in the middle")
        for percent in (1, 50, 99):
            with self.subTest(percent=percent):
                refresh()
                before = self.store(name, "orders").ids()
                relay.cut_after(total * percent // 100)
                done = self.run_maintain("--now", "orders")
                self.assertTrue(relay.bytes_since()[1], "the line was not cut")
                relay.never_cut()
                store = self.store(name, "orders")
                self.assertEqual(store.problems(), [])
                self.assertEqual(store.ids()[:len(before)], before)
                if len(store.ids()) == len(before):
                    # It was not tried again within the run, so somebody must hear of it.
                    self.assertNotEqual(done.status, 0, str(done))
                self.back_up(name, "orders")

    def test_database(self):
        name = self.database(customers=20_000, orders=100_000)
        self.cut_everywhere(name, lambda: None)

    def test_directory(self):
        name, root = self.directory(files=40, size=100_000)
        self.cut_everywhere(name, lambda: self.fill(root, 40, 100_000))


class Killed(FaultCase):
    def killed_often(self, name, victims, renew):
        """Every moment of a run gets its turn; after each the store is looked at and the next run must succeed."""
        self.back_up(name, "orders")
        killer = kills.Killer(SEED)
        struck, tries = 0, 0
        while struck < KILLS:
            # A run may be over, or not have begun, when its moment comes.
            self.assertLess(tries, 4 * KILLS + 20, f"only {struck} met anybody: the moments are chosen badly")
            tries += 1
            renew(tries)
            before = self.store(name, "orders").ids()
            process = self.central.start("run", "--now", "orders")
            met, story = killer.kill(process, self.seconds, victims)
            struck += met
            story = f"seed {SEED}, try {tries}: {story}"
            kills.await_end(process)
            self.await_idle(name, story)
            store = self.store(name, "orders")
            self.assertEqual(store.problems(), [], story)
            # The policy keeps four: with the new one, the last three of before, whatever was being removed.
            self.assertLessEqual(set(before[-3:]), set(store.ids()), story)
            if not met:
                continue
            try:
                self.back_up(name, "orders")
            except AssertionError as failure:
                raise AssertionError(f"{story}; then the next run: {failure}") from failure

    def await_idle(self, name, story):
        """A worker may outlive its supervisor for a moment."""
        deadline = time.monotonic() + 60
        while self.store(name, "orders").busy():
            self.assertLess(time.monotonic(), deadline, f"{story}: something still writes into the store")
            time.sleep(0.05)

    def directory_killed(self, victims):
        name, root = self.directory(files=100, keep={"last": 4}, min_verified=1)
        self.killed_often(name, victims, lambda tries: self.fill(root, 5, 10_000, f"new-{tries % 7}"))

    def database_killed(self, victims):
        name = self.database({**POSTGRESQL, "keep": {"last": 4}, "min_verified": 1})
        self.killed_often(name, victims, lambda tries: None)

    def test_workers_of_a_directory(self):
        self.directory_killed(kills.workers)

    def test_supervisors_of_a_directory(self):
        self.directory_killed(kills.supervisors)

    def test_workers_of_a_database(self):
        self.database_killed(kills.workers)

    def test_supervisors_of_a_database(self):
        self.database_killed(kills.supervisors)


class Liars(FaultCase):
    def lying(self, name, program, real, keep_bytes):
        """From now on the program ends half-way and says that all is well."""
        self.fleet.shell(name, f"test -e {real} && rm {program}")
        self.fleet.write(name, program, f'#!/bin/sh\ncase " $* " in *" --version "*) exec {real} "$@";; esac\n'
                         f'{real} "$@" | head --bytes={keep_bytes}\nexit 0\n')
        self.fleet.inside(name, "chmod", "755", program)

    def lying_pg_dump(self, task):
        name = self.database(task)
        self.back_up(name, "orders")
        self.lying(name, "/usr/bin/pg_dump", "/usr/lib/postgresql/15/bin/pg_dump", 20_000)
        self.fail_to_back_up(name, "orders", "orders")

    def test_pg_dump(self):
        self.lying_pg_dump(POSTGRESQL)

    def test_pg_dump_plain(self):
        self.lying_pg_dump({**POSTGRESQL, "format": "plain"})

    def test_mariadb_dump(self):
        name = self.database(MARIADB, MariaDB)
        self.back_up(name, "orders")
        # It has another name, too, and only its last lines are missing.
        self.fleet.shell(name, "cp /usr/bin/mariadb-dump /usr/local/lib/real-dump; rm -f /usr/bin/mysqldump")
        for program in ("/usr/bin/mariadb-dump", "/usr/bin/mysqldump"):
            self.fleet.write(name, program, '#!/bin/sh\n/usr/local/lib/real-dump "$@" | head --lines=-5\nexit 0\n')
            self.fleet.inside(name, "chmod", "755", program)
        self.fail_to_back_up(name, "orders", "orders")

    def test_pg_dump_that_says_nothing(self):
        name = self.database()
        self.back_up(name, "orders")
        self.lying(name, "/usr/bin/pg_dump", "/usr/lib/postgresql/15/bin/pg_dump", 0)
        self.fail_to_back_up(name, "orders")

    def test_database_that_is_gone(self):
        name = self.database()
        self.back_up(name, "orders")
        PostgreSQL(self.fleet, name, "orders").drop()
        self.fail_to_back_up(name, "orders", "orders")


class Sources(FaultCase):
    def test_emptied(self):
        name, root = self.directory(drop=0.5)
        first = self.back_up(name, "orders")
        for path in root.iterdir():
            path.unlink()
        done, codes = self.findings("--now", "orders")
        self.assertIn("backup.quarantined", codes, str(done))
        store = self.store(name, "orders")
        self.assertEqual((store.latest().id, store.ids()), (first.id, [first.id]))

    def test_empty_from_the_first_day(self):
        name, _ = self.directory(files=0, drop=0.5)
        _, codes = self.findings("--now", "orders")
        self.assertIn("backup.quarantined", codes)
        self.assertIsNone(self.store(name, "orders").latest())

    def test_empty_and_allowed_to_be(self):
        name, _ = self.directory(files=0, drop=0.5, allow_empty=True)
        self.back_up(name, "orders")

    def test_gone(self):
        name, root = self.directory()
        self.back_up(name, "orders")
        root.rename(root.with_name("elsewhere"))
        self.fail_to_back_up(name, "orders", "/srv/shop")

    def test_not_mounted(self):
        name, _ = self.directory(mountpoint=True)
        self.fail_to_back_up(name, "orders", "/srv/shop")
        self.fleet.shell(name, "mount -t tmpfs shop /srv/shop && echo rows >/srv/shop/rows")
        self.back_up(name, "orders")
        self.fleet.inside(name, "umount", "/srv/shop")
        self.fail_to_back_up(name, "orders", "/srv/shop")


class Disks(FaultCase):
    def disk(self, size, min_free="0", **more):
        self.central.settings["backups"] = {"min_free": min_free}
        self.central.write()
        disk = SmallDisk(self.central.backups, size, **more)
        self.addCleanup(disk.close)
        return disk

    def test_full(self):
        disk = self.disk(16 << 20)
        name, root = self.directory(files=4, size=1 << 20)
        self.back_up(name, "orders")
        free = disk.free()[0]
        self.fill(root, 30, 1 << 20, "more")
        self.fail_to_back_up(name, "orders")
        self.assertGreater(disk.free()[0], free - (1 << 20), "what did not fit still takes room")
        for path in root.glob("more-*"):
            path.unlink()
        self.back_up(name, "orders")

    def test_full_of_a_dump(self):
        disk = self.disk(16 << 20)
        name = self.database({"use": "backup.database", "engine": "command", "command": "cat /srv/dump", "keep": KEEP,
                              "drop": 1})
        dump = self.outside(name, "/srv/dump")
        trees.write(dump, os.urandom(1 << 20))
        self.back_up(name, "orders")
        free = disk.free()[0]
        trees.write(dump, os.urandom(30 << 20))
        self.fail_to_back_up(name, "orders")
        self.assertGreater(disk.free()[0], free - (1 << 20), "what did not fit still takes room")
        trees.write(dump, os.urandom(1 << 20))
        self.back_up(name, "orders")

    def test_no_inodes(self):
        self.disk(64 << 20, inodes=400)
        name, root = self.directory(files=50, size=100)
        self.back_up(name, "orders")
        self.fill(root, 1000, 10, "more")
        self.fail_to_back_up(name, "orders")
        for path in root.glob("more-*"):
            path.unlink()
        self.back_up(name, "orders")

    def test_reserve(self):
        disk = self.disk(256 << 20, min_free="128MiB")
        name, root = self.directory(files=4, size=1 << 20)
        self.back_up(name, "orders")
        self.fill(root, 50, 4 << 20, "more")
        self.fail_to_back_up(name, "orders")
        self.assertGreater(disk.free()[0], 120 << 20)

    def test_limits_of_a_task(self):
        name, root = self.directory(max_bytes="4MiB", max_files=100)
        self.back_up(name, "orders")
        trees.write(root / "big", os.urandom(20 << 20))
        self.fail_to_back_up(name, "orders")
        (root / "big").unlink()
        self.fill(root, 3000, 10, "more")
        self.fail_to_back_up(name, "orders")

    def test_btrfs_snapshots(self):
        self.disk(256 << 20, kind="btrfs")
        name = self.services()
        self.configure(name, {"orders": {**DIRECTORY, "keep": {"last": 2}, "min_verified": 1}})
        root = self.outside(name, "/srv/shop")
        trees.make_awkward(root)
        self.back_up(name, "orders")
        trees.change(root)
        second, described = self.back_up(name, "orders"), trees.describe(root)
        trees.write(root / "third", b"x")
        third = self.back_up(name, "orders")
        # 256 is the inode of what is a subvolume of its own.
        self.assertTrue(any(os.stat(path).st_ino == 256 for path in (third.path, third.data)), "no snapshot was made")
        self.assertEqual(self.sound(name, "orders").ids(), [second.id, third.id])
        self.came_back(described, self.restored(name, "orders", "--at", second.id) / "srv/shop")


class Hostile(FaultCase):
    def canary(self):
        """A directory of the maintenance server that no server may reach; checked when the test ends."""
        directory = self.central.directory / "canary"
        directory.mkdir()
        (directory / "kept").write_text("kept")
        described = trees.describe(directory)
        self.addCleanup(lambda: self.same_tree(described, directory))
        return directory

    def test_symlink_becomes_a_directory(self):
        canary = self.canary()
        name, root = self.directory()
        (root / "uploads").symlink_to(canary)
        (root / "kept").symlink_to(canary / "kept")
        self.back_up(name, "orders")
        (root / "uploads").unlink()
        (root / "uploads").mkdir()
        (root / "kept").unlink()
        for path in (root / "uploads/kept", root / "uploads/owned", root / "kept"):
            trees.write(path, b"owned")
        self.back_up(name, "orders")
        (root / "uploads/owned").unlink()
        (root / "uploads/kept").unlink()
        (root / "uploads").rmdir()
        (root / "uploads").symlink_to("../../../../../../../.." + str(canary))
        self.back_up(name, "orders")

    def test_symlinks_swapped_all_the_time(self):
        canary = self.canary()
        name, root = self.directory()
        self.fleet.inside(name, "systemd-run", "--unit=swap", "--quiet", "sh", "-c",
                          f"cd /srv/shop; mkdir a; touch a/kept a/owned; ln -s {canary} b; "
                          "while :; do mv a c; mv b a; mv c b; done")
        for _ in range(5):
            self.run_maintain("--now", "orders")
            self.assertEqual(self.store(name, "orders").problems(), [])

    def test_ten_thousand_deep(self):
        name, root = self.directory()
        here = os.open(root, os.O_RDONLY)
        for _ in range(10_000):
            os.mkdir("d", dir_fd=here)
            deeper = os.open("d", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = deeper
        os.close(here)
        self.run_maintain("--now", "orders")
        self.assertEqual(self.store(name, "orders").problems(), [])
        self.fleet.inside(name, "rm", "-rf", "/srv/shop/d")
        copy = self.back_up(name, "orders")
        self.assertTrue((copy.data / "srv/shop/file-0").exists())

    def test_file_that_grows_for_ever(self):
        name, root = self.directory(max_bytes="16MiB")
        self.back_up(name, "orders")
        disk = self.disk_of_growth(name)
        done = self.run_maintain("--now", "orders")
        self.fleet.inside(name, "systemctl", "stop", disk)
        self.assertEqual(self.store(name, "orders").problems(), [], str(done))
        size = sum(path.stat().st_size for path in self.central.backups.rglob("*") if path.is_file())
        self.assertLess(size, 100 << 20)
        (root / "growing").unlink()
        self.back_up(name, "orders")

    def disk_of_growth(self, name):
        self.fleet.inside(name, "systemd-run", "--unit=grow", "--quiet", "sh", "-c",
                          "for n in $(seq 5000); do head -c 100000 /dev/urandom >>/srv/shop/growing; sleep 0.01; done")
        self.fleet.shell(name, "until [ $(stat -c %s /srv/shop/growing) -gt 20000000 ]; do sleep 0.1; done")
        return "grow"

    def test_output_without_end(self):
        name = self.services()
        self.configure(name, {"orders": {"use": "backup.database", "engine": "command", "command": "cat /dev/zero",
                                         "max_bytes": "16MiB", "keep": KEEP}})
        self.fail_to_back_up(name, "orders")


if __name__ == "__main__":
    sys.exit(run_suite(__name__))
