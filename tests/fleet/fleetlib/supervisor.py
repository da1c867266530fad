"""The process beside every server that is switched on: boots it, boots it again when it reboots.

It is its own process, in its own mount namespace, because what nspawn needs
to find around it must not be forced upon this machine: a cgroup version 2
hierarchy at /sys/fs/cgroup (like that of a real Debian server, whatever this
machine uses) and a /run/systemd where it can make its sockets.

It ends when the server is off. What it knows is in the server's `power.json`.
"""

import contextlib
import os
import select
import socket
import subprocess
import sys
import time
from pathlib import Path

from . import cgroups, paths
from .errors import FleetError
from .network import namespace_path
from .processes import Process, run, start_detached

# nspawn's exit status when the server asked to be booted again.
REBOOT = 133

# Off, then started by somebody; waiting for the operating system; all of it started.
OFF, BOOTING, UP = "off", "booting", "up"


def start(server, timeout):
    """Switches `server` on; True once it has booted, False when it ended or took too long."""
    reader, writer = os.pipe()
    start_detached(["unshare", "--mount", "--propagation", "slave", "/usr/bin/python3", paths.TOOL, "--fleet",
                    server.fleet.name, "supervise", server.name, str(writer)],
                   server.directory / "supervisor.log", server.fleet.cgroup, pass_fds=[writer])
    os.close(writer)
    with open(reader, "rb") as news:
        # The other end is closed unwritten when the supervisor ends without a boot.
        ready, _, _ = select.select([news], [], [], timeout)
        return bool(ready) and news.read(1) == b"+"


def supervise(server, ready_fd):
    """The supervisor's whole life."""
    os.set_inheritable(ready_fd, False)
    _furnish_namespace(server)
    # Of an earlier supervisor that was killed, if anything.
    cgroups.remove(server.cgroup)
    power = Power(server)
    # Whoever comes up first is reported to the one who waits; later boots are nobody's news.
    announce = Announcement(ready_fd)
    while True:
        status = _boot_once(server, power, announce)
        if status != REBOOT or server.never_returns:
            break
    power.write(state=OFF, status=status, leader=None)


class Power:
    """`power.json`: how often the server was booted and what runs it now."""

    def __init__(self, server):
        self.path = server.directory / "power.json"
        self.value = paths.read_json(self.path, {"boots": 0})
        self.write(state=BOOTING, supervisor=Process.of(os.getpid()).to_json(), leader=None)

    def write(self, **changes):
        self.value.update(changes)
        paths.write_json(self.path, self.value)


class Announcement:
    def __init__(self, fd):
        self.fd = fd

    def make(self):
        if self.fd is not None:
            # The one who waits may have given up.
            with contextlib.suppress(BrokenPipeError):
                os.write(self.fd, b"+")
            os.close(self.fd)
            self.fd = None


def _furnish_namespace(server):
    os.makedirs("/run/systemd", exist_ok=True)
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run/systemd")
    # Not another mount of the same kind: the kernel refuses that where the place holds one already.
    run("mount", "--bind", server.fleet.directory / "cgroup", "/sys/fs/cgroup")


def _boot_once(server, power, announce):
    """From power on to power off or reboot; returns nspawn's exit status."""
    address = server.directory / "notify"
    address.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify, \
            open(server.directory / "console.log", "ab") as console:
        notify.bind(str(address))
        server.cgroup.mkdir()
        power.write(state=BOOTING, leader=None, boot_id=None, boots=power.value["boots"] + 1)
        environment = {"PATH": os.environ["PATH"], "NOTIFY_SOCKET": str(address)}
        if server.options.docker:
            # dockerd sets what is under /proc/sys/net.
            environment["SYSTEMD_NSPAWN_API_VFS_WRITABLE"] = "network"
        child = subprocess.Popen(_command(server), stdin=subprocess.DEVNULL, stdout=console, stderr=console,
                                 env=environment,
                                 preexec_fn=lambda: cgroups.join(server.cgroup))
        power.write(nspawn=Process.of(child.pid).to_json())
        ended = os.pidfd_open(child.pid)
        try:
            _follow(server, power, announce, notify, ended)
        finally:
            os.close(ended)
            # nspawn does not take the server along when it is killed, and neither may outlive this round.
            cgroups.remove(server.cgroup)
        return child.wait()


def _follow(server, power, announce, notify, ended):
    """Writes down what nspawn tells, until it ends."""
    while True:
        readable, _, _ = select.select([notify, ended], [], [])
        if notify not in readable:
            return
        news = dict(line.split("=", 1) for line in notify.recv(4096).decode().splitlines() if "=" in line)
        if "X_NSPAWN_LEADER_PID" in news:
            leader = int(news["X_NSPAWN_LEADER_PID"])
            # It may have ended already; that is told next.
            with contextlib.suppress(OSError):
                boot_id = Path(f"/proc/{leader}/root/proc/sys/kernel/random/boot_id").read_text().strip()
                power.write(leader=Process.of(leader).to_json(), boot_id=boot_id)
        if news.get("READY") == "1":
            power.write(state=UP)
            announce.make()


def _command(server):
    """nspawn, in a time namespace where the clocks that count from boot begin again."""
    argv = []
    if os.path.exists("/proc/self/timens_offsets"):
        offsets = [f"--{clock}={offset}" for clock, offset in _clock_offsets().items()]
        argv += ["unshare", "--time", *offsets, "--fork", "--kill-child=SIGKILL"]
    argv += ["systemd-nspawn", "--quiet", f"--directory={server.rootfs}", f"--machine={server.machine}",
             f"--hostname={server.name}", f"--network-namespace-path={namespace_path(server.namespace)}",
             "--register=no", "--keep-unit", "--link-journal=no", "--resolv-conf=off", "--timezone=off",
             "--console=pipe", *(_docker_options(server) if server.options.docker else ()),
             *server.options.nspawn_options]
    if server.systemd:
        return argv + ["--boot", "--notify-ready=yes"]
    return argv + ["--as-pid2", "/usr/local/sbin/fleet-without-systemd"]


def _clock_offsets():
    """What sets the clocks back to zero. Counted from this machine's boot, even if our own clocks are set back too."""
    offsets = {}
    for line in Path("/proc/self/timens_offsets").read_text().splitlines():
        clock, seconds, _ = line.split()
        offsets[clock] = int(seconds) - int(time.clock_gettime(getattr(time, f"CLOCK_{clock.upper()}")))
    return offsets


def _docker_options(server):
    """A container that may make containers. What Docker stores cannot lie on an overlay, as it makes some itself."""
    return ("--capability=all", "--system-call-filter=@keyring", "--system-call-filter=bpf",
            f"--bind={server.disk / 'docker'}:/var/lib/docker")


def main(server, ready_fd):
    try:
        supervise(server, ready_fd)
    except (FleetError, OSError) as problem:
        # The log is all that is left of a detached process; what went wrong stands in its last line.
        print(" ".join(str(problem).split()), file=sys.stderr, flush=True)
        sys.exit(1)
