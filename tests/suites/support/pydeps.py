"""What the suite of Python dependencies uses: servers that tests share, an index of their own, and looks at results."""

import json
import os
import shutil

from .python_index import PythonIndex
from .suite import ServerCase
from .virtualenvs import Virtualenv

TASK = "python"
ENVIRONMENT = "/srv/shop/env"
# What is looked at is logged by the server: how often it was asked something.
SHARED = ("--sshd-option", "LogLevel VERBOSE")
HOUR = 60 * 60


class PydepsCase(ServerCase):
    """Tests put files on servers and change nothing else there, so they share these; what maintain remembers, and the
    index, is each test's own."""

    standing = {}

    def setUp(self):
        super().setUp()
        self.index = PythonIndex(self.fleet.hub)
        self.addCleanup(self.index.close)
        self.ask_instead({"https://pypi.org/": self.index.url, "https://api.osv.dev/": self.index.url})

    def ask_instead(self, instead, allow=()):
        self.central.settings["http"] = {"instead": instead, "allow": list(allow)}
        self.central.write()

    def shared(self, name="python", *options):
        if name not in self.standing:
            self.standing[name] = self.fleet.server(name, *SHARED, *options)
        self.machines[name] = self.standing[name]
        self.central.add(self.machines[name])
        self.addCleanup(self.fleet.shell, name,
                        "rm -rf /srv/* /etc/maintain.d/* /etc/emptyhammock-maintenance.yml")
        return name

    def environment(self, server, packages, path=ENVIRONMENT, **more):
        return Virtualenv(self.machines[server], path, packages, **more)

    def declare(self, server, task=TASK, **options):
        self.configure(server, {task: {"use": "pydeps.check", "when": "* * * * *", **options}})

    def checked(self, server, task=TASK, status=None, **options):
        """One run with these options; the result. Another task remembers nothing of what this one saw before."""
        self.declare(server, task, **(options or {"virtualenvs": [ENVIRONMENT]}))
        return self.look(server, task, status)

    def look(self, server, task=TASK, status=None):
        """One run by hand; the result of the task. `notices` is what the digest tells: (notice, code and subject)."""
        done = self.run_maintain("--json", "--now", task, status=status)
        self.notices = sorted((notice["notice"], words_of(notice)) for notice in done.json()["notices"])
        return self.result(server, task)

    def result(self, server, task=TASK):
        done = self.central.maintain("history", "--server", server, "--task", task, "--json")
        return done.json()["results"][0]

    def told(self, result):
        """What somebody has to see to, as "code subject"."""
        return sorted(words_of(finding) for finding in trouble(result))

    def assertTold(self, result, *expected):
        self.assertEqual(self.told(result), sorted(expected), json.dumps(result, indent=1))

    def assertQuiet(self):
        self.assertEqual(self.notices, [])

    def finding(self, result, words):
        found = [finding for finding in result["findings"] if words_of(finding) == words]
        self.assertEqual(len(found), 1, f"{words}: {json.dumps(result, indent=1)}")
        return found[0]

    def measured(self, result, name, path=ENVIRONMENT):
        return {(metric["name"], metric["subject"]): metric["value"] for metric in result["metrics"]}.get((name, path))

    # -- what is remembered of the index and the advisories

    def remembered(self):
        # beside the answers there are locks, which are empty, and a mark of when it was tidied up
        return [file for file in (self.central.state / "http").rglob("*")
                if file.is_file() and file.stat().st_size > 0]

    def age_answers(self, hours):
        for file in self.remembered():
            then = file.stat().st_mtime - hours * HOUR
            os.utime(file, (then, then))

    def forget_answers(self):
        shutil.rmtree(self.central.state / "http")

    # -- what the server was asked

    def questions(self, server):
        """How many commands it was given over SSH since it was made."""
        return int(self.fleet.shell(server, "journalctl --sync; journalctl -q --no-pager -o cat | "
                                            "grep -c '^Starting session: ' || true"))


def words_of(finding):
    return f"{finding['code'].removeprefix('pydeps.')} {finding['subject']}".strip()


def trouble(result):
    return [finding for finding in result["findings"] if finding["state"] != "ok"]
