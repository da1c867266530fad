"""What the suites of backups share: a server with services, one run of one task, and a look at what came of it."""

import pathlib
import time

from . import trees
from .copies import Copies
from .relay import Relay
from .suite import ServerCase

KEEP = {"last": 100}


class BackupCase(ServerCase):
    def services(self, *options, **entry):
        """A server with databases; the name."""
        return self.server("--variant", "services", *options, **entry)

    def outside(self, server, path):
        """A directory of the server as this machine sees it."""
        return pathlib.Path(self.machines[server]["rootfs"]) / path.lstrip("/")

    def store(self, server, task, project="shop"):
        return Copies(self.central.backups, server, project, task)

    def sound(self, server, task, project="shop"):
        """Nothing is half, lost or false, and nothing lies about."""
        store = self.store(server, task, project)
        self.assertEqual(store.problems(), [])
        self.assertEqual(store.leftovers(), [])
        return store

    def results(self, task):
        return self.central.maintain("history", "--task", task, "--json").json()["results"]

    def back_up(self, server, task, project="shop"):
        """One run that must make a verified copy; that copy. How long it took is in `seconds`."""
        before = self.store(server, task, project).ids()
        started = time.monotonic()
        done = self.run_maintain("--now", task)
        self.seconds = time.monotonic() - started
        if done.status != 0:
            # What was told before is not told again; the history has it all the same.
            self.fail(f"{done}\n{self.results(task)[0]}")
        store = self.sound(server, task, project)
        new = [copy for copy in store.all() if copy.id not in before]
        self.assertEqual(len(new), 1, f"{before}\n{done}")
        self.assertEqual(new[0].state, "verified", new[0].manifest)
        self.assertEqual(store.latest().id, new[0].id)
        return new[0]

    def fail_to_back_up(self, server, task, *words):
        """One run that must not make a verified copy, must say so with these words, and must leave the others whole."""
        before = self.store(server, task).ids()
        done = self.run_maintain("--now", task)
        self.assertNotEqual(done.status, 0, str(done))
        for word in words:
            self.assertIn(word, done.out)
        store = self.sound(server, task)
        verified = [copy.id for copy in store.all() if copy.state == "verified"]
        self.assertLessEqual(set(verified), set(before), str(done))
        self.assertLessEqual(set(before), set(store.ids()), "an earlier copy is gone")
        return done

    def backups(self, command, *words, status=0):
        done = self.central.maintain("backups", command, *words)
        if status is not None:
            self.assertEqual(done.status, status, f"backups {command}: {done}")
        return done

    def restore(self, server, task, to, *more, status=0):
        return self.backups("restore", server, task, "--to", to, *more, status=status)

    def restored(self, server, task, *more):
        """A copy in a new directory of the maintenance server, which is the answer."""
        directory = self.central.directory / f"restored-{len(list(self.central.directory.glob('restored-*')))}"
        directory.mkdir()
        self.restore(server, task, directory, *more)
        return directory

    def came_back(self, expected, directory):
        """As same_tree(), in a directory of the maintenance server, where a server's devices are not made."""
        self.same_tree({name: facts for name, facts in expected.items() if not facts["kind"].endswith("device")},
                       directory)

    def same_tree(self, expected, directory, ignore=()):
        self.assertEqual(trees.differences(expected, trees.describe(directory), ignore), [])

    def through_relay(self, server):
        """From now on maintain reaches the server by a line that can be cut."""
        facts = self.machines[server]
        relay = Relay(self.fleet, facts, self.fleet.address)
        self.addCleanup(relay.close)
        self.central.more_known_hosts += [f"[{relay.address}]:{relay.port} {' '.join(line.split()[1:3])}"
                                          for line in facts["known_hosts"]]
        self.central.servers[server].update(address=relay.address, port=relay.port)
        self.central.write()
        return relay
