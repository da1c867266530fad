"""Rebooting and not rebooting, power cuts, pulled cables."""

import ipaddress
import os
import signal
import time
from pathlib import Path

from . import inside, network, supervisor
from .errors import FleetError
from .processes import Process, wait_until

# What `ignore-reboot` puts in the place of systemd's own: asked to reboot, the server
# says yes and goes on, as one does whose shutdown somebody cancelled.
IGNORED_TARGET = "/etc/systemd/system/reboot.target"
IGNORED_TARGET_TEXT = "[Unit]\nDescription=Reboot (ignored by the fleet)\nDefaultDependencies=no\n"


def wait_for_boot(server, other_than=None, timeout=60):
    """Waits until the server is up, with another boot id than `other_than`, and answers to SSH."""
    def up():
        power = server.power
        return power["state"] == supervisor.UP and power["boot_id"] != other_than
    wait_until(up, timeout, f"the boot of '{server.name}'", f"see {server.directory / 'console.log'}")
    if network.link_is_up(server.fleet.hub, ipaddress.IPv4Address(server.address)):
        wait_for_ssh(server)


def wait_for_ssh(server, timeout=20):
    wait_until(lambda: network.ssh_answers(server.fleet.hub, server.address, server.port), timeout,
               f"an answer of the SSH server of '{server.name}'")


def wait_for_off(server, timeout=60):
    wait_until(lambda: server.power["state"] == supervisor.OFF, timeout, f"the end of '{server.name}'")


def reboot(server, timeout=60):
    """Asks the server to reboot and waits until it is back; returns what changed."""
    before, started = server.power["boot_id"], time.monotonic()
    # Without systemd nothing in a server orders a reboot but the system call itself.
    inside.run(server, "reboot", *([] if server.systemd else ["--force"]), check=False)
    wait_for_boot(server, other_than=before, timeout=timeout)
    return {"boot_id_before": before, "boot_id": server.power["boot_id"],
            "seconds": round(time.monotonic() - started, 2)}


def cut_power(server):
    """Every process dies at once, nothing is written any more; what was written stays."""
    server.leader.kill()
    wait_for_off(server)


def set_never_return(server, on):
    """The next reboot becomes a power off."""
    flag = server.directory / "never-return"
    flag.touch() if on else flag.unlink(missing_ok=True)


def set_ignore_reboot(server, on):
    if not server.systemd:
        raise FleetError(f"'{server.name}' runs no systemd that could ignore a reboot")
    target = Path(f"{server.rootfs}{IGNORED_TARGET}")
    if on:
        target.write_text(IGNORED_TARGET_TEXT)
    else:
        target.unlink(missing_ok=True)
    if server.power["state"] != supervisor.OFF:
        inside.run(server, "systemctl", "daemon-reload")
        # Once "reached" it would stay so, and hide that the next request does nothing.
        inside.run(server, "systemctl", "stop", "reboot.target")


def cut_link(server):
    network.set_link(server.fleet.hub, ipaddress.IPv4Address(server.address), up=False)


def join_link(server):
    network.set_link(server.fleet.hub, ipaddress.IPv4Address(server.address), up=True)


def reset_sessions(server):
    """Ends the connections that sshd has now, so that their clients read an end of file.

    What runs for them on the server is not signalled: as with a connection that breaks.
    """
    listener = _ssh_listener(server)
    sessions = [pid for pid in _descendants(listener) if _is_sshd(pid)]
    if not sessions:
        raise FleetError(f"nobody is logged in to '{server.name}'")
    for pid in sessions:
        Process.of(pid).send(signal.SIGKILL)


def _ssh_listener(server):
    """sshd's first process: the one whose parent is the server's process 1 (or the script that process 1 runs)."""
    for pid in _descendants(server.leader.pid):
        if _is_sshd(pid) and not _is_sshd(_parent(pid)):
            return pid
    raise FleetError(f"no sshd runs on '{server.name}'")


def _is_sshd(pid):
    """By its program, as sshd writes what it likes over its name. Newer versions have one for sessions."""
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe")) in ("sshd", "sshd-session", "sshd-auth")
    except OSError:
        return False


def _descendants(pid):
    """All processes below `pid`, parents first."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield int(child)
        yield from _descendants(int(child))


def _parent(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
