"""Drives tests/fleet, the tool that makes real servers."""

import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[3]
FLEET = ROOT / "tests/fleet/fleet"
BUILD = pathlib.Path(os.environ.get("MAINTAIN_BUILD", ROOT / "build/dev"))


class Fleet:
    def __init__(self, name):
        self.name = name
        facts = json.loads(self.call("up", "--owner", str(os.getpid())))
        self.key = pathlib.Path(facts["key"])
        self.address = facts["address"]  # of the hub
        self.hub = facts["hub"]  # its network namespace

    def call(self, *words, check=True, timeout=300, input=None):
        done = subprocess.run([FLEET, "--fleet", self.name, *map(str, words)], input=input, text=True, errors="replace",
                              stdin=subprocess.DEVNULL if input is None else None,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout)
        if check and done.returncode != 0:
            raise RuntimeError(f"fleet {' '.join(map(str, words))}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def server(self, name, *options):
        """An image of its own (--include) is built first where it is not in the cache, which takes minutes."""
        return json.loads(self.call("server", name, *options, timeout=900))

    def inside(self, name, *argv, check=True, input=None):
        """Runs a program on the server as root, not through ssh."""
        return self.call("exec", name, "--", *argv, check=check, input=input)

    def shell(self, name, script, check=True):
        return self.inside(name, "sh", "-c", script, check=check)

    def write(self, name, path, text):
        """A file on the server."""
        self.inside(name, "sh", "-c", 'mkdir -p "$(dirname "$1")" && cat > "$1"', "write", path, input=text)

    def boot_id(self, name):
        return self.inside(name, "cat", "/proc/sys/kernel/random/boot_id").strip()

    def version(self, name, package):
        return self.inside(name, "dpkg-query", "-W", "-f", "${Version}", package).strip()

    def hub_command(self, argv):
        return [str(FLEET), "--fleet", self.name, "hub", "--", *argv]

    def down(self):
        self.call("down", check=False)
