"""A maintenance server in a temporary directory: its configuration, its state, and `maintain` run on it."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading

from .fleet import BUILD

PATIENCE = 180  # seconds for one maintain command before it counts as hung


class Finished:
    """How a maintain command ended, and all it printed."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return f"exit status {self.status}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class Central:
    def __init__(self, fleet):
        self.fleet = fleet
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="maintain-suite-"))
        self.config = self.directory / "config"
        self.state = self.directory / "state"
        self.backups = self.directory / "backups"
        self.config.mkdir()
        self.servers = {}
        self.more_known_hosts = []  # lines besides the fleet's own
        self.plugins = [str(BUILD / "plugins")]
        # every run looks at the server anew, unless a test wants the cache
        self.settings = {"run": {"config_cache": "0s"}}
        self.write()

    def write(self):
        """maintain.yml, servers.yml and known_hosts as the tests have them now. JSON is YAML."""
        (self.config / "servers.yml").write_text(json.dumps({"servers": list(self.servers.values())}, indent=1))
        (self.config / "known_hosts").write_text(
            self.fleet.call("known-hosts") + "".join(line + "\n" for line in self.more_known_hosts))
        paths = {"state": str(self.state), "backups": str(self.backups),
                 "run": str(self.directory / "run"), "plugins": self.plugins}
        (self.config / "maintain.yml").write_text(json.dumps(
            {"paths": paths, "ssh": {"identity_files": [str(self.fleet.key)]}, **self.settings}, indent=1))

    def add(self, server, **more):
        """Puts a server of the fleet into servers.yml."""
        become = {} if server["user"] == "root" else {"become": {"enabled": True}}
        self.servers[server["name"]] = {"name": server["name"], "address": server["address"], "port": server["port"],
                                        "user": server["user"], **become, **more}
        self.write()

    def command(self, *words):
        return [str(BUILD / "bin/maintain"), "--config", str(self.config), *map(str, words)]

    def start(self, *words, environment=None):
        """Starts maintain in the fleet's hub; its process group is its own, so that all of it can be ended."""
        return subprocess.Popen(self.fleet.hub_command(self.command(*words)), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
                                start_new_session=True,
                                env={**os.environ, "SSH_AUTH_SOCK": "", **(environment or {})})

    def maintain(self, *words, timeout=PATIENCE, environment=None):
        process = self.start(*words, environment=environment)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            raise AssertionError(f"maintain {' '.join(map(str, words))} did not end within {timeout} s\n{out}\n{err}")
        return Finished(process.returncode, out, err)

    def remove(self):
        shutil.rmtree(self.directory, ignore_errors=True)


def follow(process, wanted, timeout=60):
    """Reads the process's stderr until a line holds `wanted`; the event that tests await instead of sleeping."""
    found = threading.Event()
    lines = []

    def read():
        for line in process.stderr:
            lines.append(line)
            if wanted in line:
                found.set()
        # The stream ended; whoever waits must not wait for the whole timeout.
        found.set()

    threading.Thread(target=read, daemon=True).start()
    if not found.wait(timeout) or not any(wanted in line for line in lines):
        raise AssertionError(f"'{wanted}' was not printed within {timeout} s; there was:\n{''.join(lines)}")
    return lines
