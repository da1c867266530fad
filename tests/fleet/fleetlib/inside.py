"""Programs inside a server without ssh: for tests that look at it or break it behind the back of the bot."""

import os
import subprocess
from pathlib import Path

from . import cgroups
from .errors import FleetError

ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root",
               "USER": "root", "LOGNAME": "root", "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}


def command(server, argv):
    """What to execute on this machine to have `argv` run as root in all namespaces of the server."""
    environment = dict(ENVIRONMENT)
    if "TERM" in os.environ:
        environment["TERM"] = os.environ["TERM"]
    settings = [f"{name}={value}" for name, value in environment.items()]
    # The root too: that of the mount namespace is another one where nspawn could not pivot, as in a chroot.
    return ["nsenter", f"--target={server.leader.pid}", "--all", "--root", "--wd", "env",
            "--ignore-environment", *settings, *argv]


def become(server, argv):
    """Replaces this process."""
    full = command(server, argv)
    enter_cgroup(server)
    os.execvp(full[0], full)


def run(server, *argv, stdin="", check=True, timeout=120):
    """Runs `argv` to its end; returns what it printed on stdout."""
    done = subprocess.run(command(server, argv), input=stdin, capture_output=True, text=True, timeout=timeout,
                          preexec_fn=lambda: enter_cgroup(server))
    if check and done.returncode != 0:
        said = (done.stderr or done.stdout).strip()
        raise FleetError(f"`{' '.join(argv)}` on '{server.name}' failed with status {done.returncode}: {said}")
    return done.stdout


def enter_cgroup(server):
    """Joins the server's process 1, so that its processes end with it and count as its own."""
    for line in Path(f"/proc/{server.leader.pid}/cgroup").read_text().splitlines():
        if line.startswith("0::"):
            path = server.fleet.directory / "cgroup" / line[3:].lstrip("/")
            cgroups.join(path)
