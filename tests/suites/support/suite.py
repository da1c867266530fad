"""A suite is a file of unittest cases that share one fleet; run_suite() runs it and prints the count as its last
line."""

import json
import os
import pathlib
import subprocess
import sys
import unittest

from .central import Central
from .fleet import FLEET, Fleet


class ServerCase(unittest.TestCase):
    """Each test gets a maintenance server of its own; the fleet is the suite's."""

    fleet = None
    maxDiff = None

    def setUp(self):
        self.central = Central(self.fleet)
        self.machines = {}
        self.addCleanup(self.central.remove)

    def server(self, *options, name=None, **entry):
        """A new server named after the test, in servers.yml; removed when the test is over."""
        name = name or self._testMethodName.removeprefix("test_").replace("_", "-")[:24].strip("-")
        server = self.fleet.server(name, *options)
        self.addCleanup(self.fleet.call, "remove", name, check=False)
        self.machines[name] = server
        self.central.add(server, **entry)
        return name

    def configure(self, server, tasks, project="shop", **more):
        """Stores a project's configuration on the server."""
        self.fleet.write(server, f"/etc/maintain.d/{project}.yml",
                         json.dumps({"version": 2, "project": project, "tasks": tasks, **more}, indent=1))

    def run_maintain(self, *words, status=None, **more):
        done = self.central.maintain("run", *words, **more)
        if status is not None:
            self.assertEqual(done.status, status, str(done))
        return done

    def findings(self, *words, **more):
        """Runs, and gives the codes of what the digest tells."""
        done = self.run_maintain("--json", *words, **more)
        return done, [notice["code"] for notice in done.json()["notices"]]


def run_suite(module_name):
    """Runs the cases of the calling file with a fleet named after it."""
    name = pathlib.Path(sys.modules[module_name].__file__).stem.removesuffix("_suite").replace("_", "-")
    obstacle = subprocess.run([FLEET, "check"], stdout=subprocess.PIPE, text=True)
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[module_name])
    if len(sys.argv) > 1:
        suite = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:], sys.modules[module_name])
    if obstacle.returncode != 0:
        print(f"skipped all of {name}: {obstacle.stdout.strip()}")
        print(f"0 passed, 0 failed, {suite.countTestCases()} skipped")
        return 0
    ServerCase.fleet = Fleet(os.environ.get("MAINTAIN_FLEET", name[:8]))
    try:
        result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    finally:
        ServerCase.fleet.down()
    for case, reason in result.skipped:
        print(f"skipped {case.id()}: {reason}")
    failed = len(result.failures) + len(result.errors)
    for case, _ in result.failures + result.errors:
        print(f"FAILED {case.id()}")
    passed = result.testsRun - failed - len(result.skipped)
    print(f"{passed} passed, {failed} failed, {len(result.skipped)} skipped", flush=True)
    return 1 if failed else 0
