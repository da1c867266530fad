#!/usr/bin/python3
"""Backups of real databases and directories: made, changed, made again, and an earlier one restored and compared."""

import gzip
import json
import os
import pathlib
import shutil
import stat
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from support import sqlite, trees
from support.backups import KEEP, BackupCase
from support.mariadb import MariaDB
from support.postgresql import PostgreSQL
from support.suite import run_suite

POSTGRESQL = {"use": "backup.database", "engine": "postgresql", "database": "orders", "keep": KEEP}
MARIADB = {"use": "backup.database", "engine": "mariadb", "database": "orders", "keep": KEEP}
DIRECTORY = {"use": "backup.directory", "paths": ["/srv/shop"], "keep": KEEP}


class Databases(BackupCase):
    def earlier_and_newest(self, kind, task):
        """Backs up, changes, backs up, and has both again beside the one that lives on."""
        name = self.services()
        self.configure(name, {"orders": task})
        database = kind(self.fleet, name, "orders")
        database.create()
        first = database.content()
        copy = self.back_up(name, "orders")
        database.change()
        second = database.content()
        self.assertNotEqual(first, second)
        self.back_up(name, "orders")
        self.restore(name, "orders", "database:then", "--at", copy.id)
        self.assertEqual(database.content("then"), first)
        self.restore(name, "orders", "database:now")
        self.assertEqual(database.content("now"), second)
        self.assertEqual(database.content(), second, "the one in use was touched")
        return name, database, copy, first

    def test_postgresql(self):
        name, database, copy, first = self.earlier_and_newest(PostgreSQL, POSTGRESQL)
        self.assertEqual(copy.manifest["engine"], "postgresql")
        self.assertTrue((copy.data / "orders.dump").read_bytes().startswith(b"PGDMP"))
        # What is there is not overwritten unless that is said.
        refused = self.restore(name, "orders", "database:now", "--at", copy.id, status=None)
        self.assertNotEqual(refused.status, 0)
        self.assertIn("--replace", str(refused))
        self.restore(name, "orders", "database:now", "--at", copy.id, "--replace")
        self.assertEqual(database.content("now"), first)

    def test_postgresql_plain(self):
        _, _, copy, _ = self.earlier_and_newest(PostgreSQL, {**POSTGRESQL, "format": "plain"})
        dumped = b"".join(path.read_bytes() if path.suffix != ".gz" else gzip.decompress(path.read_bytes())
                          for path in copy.data.iterdir())
        self.assertIn(b"PostgreSQL database dump complete", dumped)

    def test_postgresql_all_with_roles(self):
        name = self.services()
        self.configure(name, {"orders": {**POSTGRESQL, "database": "all"}})
        for database in ("orders", "Odd \"name"):
            self.fleet.inside(name, "runuser", "-u", "postgres", "--", "createdb", database)
        self.fleet.inside(name, "runuser", "-u", "postgres", "--", "createuser", "shopkeeper")
        copy = self.back_up(name, "orders")
        dumps = [path for path in copy.data.iterdir() if path.read_bytes().startswith(b"PGDMP")]
        self.assertEqual(len(dumps), 3, list(copy.data.iterdir()))
        others = [path for path in copy.data.iterdir() if path not in dumps]
        self.assertTrue(any(b"shopkeeper" in path.read_bytes() for path in others), "the roles are not in the copy")

    def test_mariadb(self):
        self.earlier_and_newest(MariaDB, MARIADB)

    def test_sqlite_while_it_is_written(self):
        name = self.services()
        database = sqlite.SQLite(self.machines[name], "/srv/shop/db.sqlite3")
        database.create()
        self.configure(name, {"orders": {"use": "backup.database", "engine": "sqlite",
                                         "database": database.path, "user": "root", "keep": KEEP}})
        first = database.content()
        with database.open() as writer:
            # Not committed: must be neither in the copy nor in its way.
            writer.execute("insert into orders (text) values ('never')")
            copy = self.back_up(name, "orders")
            writer.rollback()
        database.change()
        self.back_up(name, "orders")
        directory = self.restored(name, "orders", "--at", copy.id)
        files = [path for path in directory.rglob("*") if path.is_file()]
        self.assertEqual(len(files), 1, files)
        self.assertEqual(self.sqlite_content(files[0]), first)

    def sqlite_content(self, dump):
        """Of a database file, or of SQL, whichever the copy holds."""
        if dump.read_bytes().startswith(b"SQLite format 3\0"):
            return sqlite.content(dump)
        made = dump.with_suffix(".made")
        sqlite.load(made, dump.read_text())
        return sqlite.content(made)

    def test_command(self):
        name = self.services()
        task = {"use": "backup.database", "engine": "command", "command": "cat /srv/dump; cat /srv/status >&2; "
                "exit $(cat /srv/status)", "trailer": "-- done", "keep": KEEP}
        self.configure(name, {"orders": task})
        self.fleet.write(name, "/srv/dump", "rows\x01 of the shop\n-- done\n")
        self.fleet.write(name, "/srv/status", "0")
        copy = self.back_up(name, "orders")
        self.assertEqual([path.read_text() for path in copy.data.iterdir()], ["rows\x01 of the shop\n-- done\n"])
        self.fleet.write(name, "/srv/status", "3")
        self.fail_to_back_up(name, "orders")
        self.fleet.write(name, "/srv/status", "0")
        self.fleet.write(name, "/srv/dump", "rows of the sh")
        self.fail_to_back_up(name, "orders")

    def test_leaves_nothing_on_the_server(self):
        name = self.services()
        self.configure(name, {"orders": POSTGRESQL, "visitors": {**MARIADB, "database": "visitors"}})
        PostgreSQL(self.fleet, name, "orders").create()
        MariaDB(self.fleet, name, "visitors").create()
        look = ("find / -xdev -type f -not -path '/var/lib/postgresql/15/*' -not -path '/var/lib/mysql/*' "
                "-not -path '/var/log/*'; find /tmp /dev/shm /run -type f -not -path '/run/systemd/*' "
                "-not -path '/run/log/*' -not -path '/run/user/*' -not -path /run/motd.dynamic")
        before = self.fleet.shell(name, look).splitlines()
        self.back_up(name, "orders")
        self.back_up(name, "visitors")
        self.assertEqual([path for path in self.fleet.shell(name, look).splitlines() if path not in before], [])


class Directories(BackupCase):
    def awkward(self, **options):
        name = self.services()
        self.configure(name, {"files": {**DIRECTORY, **options}})
        root = self.outside(name, "/srv/shop")
        trees.make_awkward(root)
        return name, root

    def test_everything_comes_back(self):
        name, root = self.awkward()
        first = trees.describe(root)
        copy = self.back_up(name, "files")
        trees.change(root)
        second = trees.describe(root)
        again = self.back_up(name, "files")
        self.came_back(first, self.restored(name, "files", "--at", copy.id) / "srv/shop")
        self.came_back(second, self.restored(name, "files") / "srv/shop")
        # Two generations, the bytes of what did not change once.
        same = "data/srv/shop/names/quote'\"`$(touch owned)"
        self.assertEqual(os.stat(copy.path / same).st_ino, os.stat(again.path / same).st_ino)
        self.assertLess(again.manifest["new_bytes"], copy.manifest["new_bytes"])

    def test_back_to_the_server(self):
        name, root = self.awkward()
        first = trees.describe(root)
        copy = self.back_up(name, "files")
        trees.change(root)
        self.restore(name, "files", f"{name}:/srv/back", "--at", copy.id)
        self.same_tree(first, self.outside(name, "/srv/back/srv/shop"))

    def test_back_in_place(self):
        name, root = self.awkward()
        self.fleet.inside(name, "chmod", "1751", "/srv")
        first = trees.describe(root)
        self.back_up(name, "files")
        trees.change(root)
        trees.write(root / "newer", b"stays")
        refused = self.restore(name, "files", f"{name}:/", status=1)
        self.assertIn("--replace", str(refused))
        told = self.restore(name, "files", f"{name}:/", "--replace", "--dry-run")
        self.assertIn("the rest would stay", told.out)
        self.assertNotEqual(trees.differences(first, trees.describe(root)), [])
        self.restore(name, "files", f"{name}:/", "--replace")
        self.assertEqual((root / "newer").read_bytes(), b"stays")
        back = {entry: facts for entry, facts in trees.describe(root).items() if entry in first}
        self.assertEqual(trees.differences(first, back), [])
        self.assertEqual(stat.S_IMODE(os.stat(root.parent).st_mode), 0o1751)

    def test_nothing_in_the_store_is_dangerous(self):
        name, _ = self.awkward()
        copy = self.back_up(name, "files")
        for directory, names, files in os.walk(os.fsencode(copy.data)):
            for entry in names + files:
                found = os.lstat(os.path.join(directory, entry))
                self.assertTrue(stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode), entry)
                self.assertEqual(found.st_mode & 0o7000, 0, entry)
        self.assertEqual(stat.S_IMODE(os.stat(self.central.backups).st_mode) & 0o077, 0)

    def test_excludes(self):
        name, root = self.awkward(exclude=["*.tmp", "/srv/shop/names"])
        trees.write(root / "kept", b"x")
        trees.write(root / "scratch.tmp", b"x")
        copy = self.back_up(name, "files")
        self.assertTrue((copy.data / "srv/shop/kept").exists())
        self.assertFalse((copy.data / "srv/shop/scratch.tmp").exists())
        self.assertFalse((copy.data / "srv/shop/names").exists())

    def test_unreadable_is_named(self):
        name, root = self.awkward(sudo=False)
        done = self.run_maintain("--now", "files")
        self.assertIn("mode-0000", done.out)
        self.assertEqual(self.store(name, "files").problems(), [])

    def test_vanished_is_fine(self):
        name, root = self.awkward()
        trees.write(root / "stays", b"x")
        self.fleet.inside(name, "systemd-run", "--unit=churn", "--quiet", "sh", "-c",
                          "mkdir -p /srv/shop/churn; while :; do for n in $(seq 200); do echo x >/srv/shop/churn/$n; "
                          "done; rm -f /srv/shop/churn/*; done")
        for _ in range(3):
            self.assertTrue((self.back_up(name, "files").data / "srv/shop/stays").exists())

    def test_deleted_leaves_the_next_copy_only(self):
        name, root = self.awkward()
        trees.write(root / "gone", b"x")
        first = self.back_up(name, "files")
        (root / "gone").unlink()
        second = self.back_up(name, "files")
        self.assertTrue((first.data / "srv/shop/gone").exists())
        self.assertFalse((second.data / "srv/shop/gone").exists())


class Stores(BackupCase):
    def simple(self, size=100_000, **options):
        name = self.services()
        self.configure(name, {"files": {**DIRECTORY, **options}})
        root = self.outside(name, "/srv/shop")
        root.mkdir()
        trees.write(root / "media", os.urandom(size))
        return name, root

    def test_retention(self):
        name, _ = self.simple(keep={"last": 3}, min_verified=2)
        made = [self.back_up(name, "files").id for _ in range(5)]
        self.assertEqual(self.store(name, "files").ids(), made[2:])
        explained = self.backups("prune", "--dry-run").out
        for copy in made[2:]:
            self.assertIn(copy, explained)
        self.assertEqual(self.store(name, "files").ids(), made[2:])

    def test_never_below_the_least(self):
        name, _ = self.simple(keep={"last": 1}, min_verified=3)
        made = [self.back_up(name, "files").id for _ in range(5)]
        self.assertEqual(self.store(name, "files").ids(), made[2:])

    def test_quarantine_until_accepted(self):
        name, root = self.simple(keep={"last": 3}, min_verified=1)
        made = [self.back_up(name, "files").id for _ in range(3)]
        trees.write(root / "media", b"little")
        done, codes = self.findings("--now", "files")
        self.assertIn("backup.quarantined", codes, str(done))
        store = self.store(name, "files")
        self.assertEqual(store.ids(), made)
        self.assertEqual(store.latest().id, made[-1])
        self.assertEqual(len(store.quarantined()), 1)
        quarantined = store.quarantined()[0].id
        trees.write(root / "media", os.urandom(100_000))
        # Further copies are made; what is old stays while nobody has decided.
        self.run_maintain("--now", "files")
        self.assertEqual(store.ids()[:3], made)
        self.assertEqual(len(store.ids()), 4)
        self.backups("accept", name, "files")
        self.assertEqual(store.quarantined(), [])
        accepted = [copy for copy in store.all() if copy.id == quarantined]
        self.assertEqual([copy.state for copy in accepted], ["verified"])
        self.back_up(name, "files")
        self.assertEqual(len(store.ids()), 3)
        self.sound(name, "files")

    def test_rot_is_found(self):
        name, _ = self.simple()
        copy = self.back_up(name, "files")
        self.backups("verify", name)
        with open(copy.data / "srv/shop/media", "r+b") as file:
            file.seek(5000)
            file.write(b"rot")
        done = self.backups("verify", name, status=None)
        self.assertNotEqual(done.status, 0)
        self.assertIn("media", str(done))

    def test_list(self):
        name, _ = self.simple()
        copy = self.back_up(name, "files")
        self.assertIn(copy.id, self.backups("list").out)
        self.assertIn(copy.id, json.dumps(self.backups("list", name, "--json").json()))


class Earlier(BackupCase):
    def test_entries_and_names_of_the_earlier_bot(self):
        name = self.services()
        database = PostgreSQL(self.fleet, name, "shop")
        database.create()
        media, images = (self.outside(name, path) for path in ("/srv/shop/media", "/srv/shop/images"))
        for root in (media, images):
            trees.make_awkward(root)
        self.fleet.write(name, "/etc/emptyhammock-maintenance.yml", LEGACY)
        self.run_maintain("--now", "db_backup", "--now", "directory_backup", "--now", "media_backup", status=0)
        directory = self.central.backups / name
        self.assertIn("PostgreSQL database dump complete", gzip.open(directory / "shop.gz", "rt").read())
        for link in ("media", "images"):
            self.assertTrue((directory / link).is_symlink())
            self.assertTrue((directory / link / "rights").is_dir())
        first = os.readlink(directory / "shop.gz"), (directory / "shop.gz").resolve()
        database.change()
        self.run_maintain("--now", "db_backup", status=0)
        self.assertEqual(os.readlink(directory / "shop.gz"), first[0])
        self.assertNotEqual((directory / "shop.gz").resolve(), first[1])


LEGACY = """---
version: 1.0.0
db_backup: {when: "20 20 * * *", database: shop}
directory_backup: {when: "20 20 * * *", paths: [/srv/shop/media]}
media_backup: {when: "20 20 * * *", path: /srv/shop/images/}
"""


class Drills(BackupCase):
    def drilling(self, server, task, statement):
        self.configure(server, {"orders": {**task, "drill": {"when": "0 3 * * sun", "assert": [statement]}}})

    def drill_twice(self, server, task, true, false):
        """Once with what holds, by hand and by schedule, once with what does not."""
        self.drilling(server, task, true)
        copy = self.back_up(server, "orders")
        self.backups("drill", server, "orders")
        self.run_maintain("--now", "orders.drill", status=0)
        self.assertEqual(self.results("orders.drill")[0]["outcome"], "ok")
        self.drilling(server, task, false)
        done = self.run_maintain("--now", "orders.drill")
        self.assertNotEqual(done.status, 0, str(done))
        self.assertIn(false, done.out)
        self.assertEqual(self.sound(server, "orders").ids(), [copy.id])

    def drill_database(self, kind, task):
        name = self.services()
        kind(self.fleet, name, "orders").create()
        self.drill_twice(name, task, "select count(*) > 100 from orders", "select count(*) > 100000 from orders")

    @unittest.skipUnless(list(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")), "PostgreSQL is not installed")
    def test_postgresql(self):
        self.drill_database(PostgreSQL, POSTGRESQL)

    @unittest.skipUnless(shutil.which("mariadbd", path="/usr/sbin:/usr/bin"), "MariaDB is not installed")
    def test_mariadb(self):
        self.drill_database(MariaDB, MARIADB)

    def test_directory(self):
        name = self.services()
        trees.make_awkward(self.outside(name, "/srv/shop"))
        self.drill_twice(name, DIRECTORY, "/srv/shop/names", "/srv/none")

    def test_without_a_copy(self):
        name = self.services()
        self.drilling(name, POSTGRESQL, "select true")
        self.assertNotEqual(self.backups("drill", name, "orders", status=None).status, 0)


if __name__ == "__main__":
    sys.exit(run_suite(__name__))
