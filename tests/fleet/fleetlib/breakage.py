"""Troubles that servers get into, and how they get out of them again."""

import os
import subprocess

from . import inside, paths
from .errors import FleetError
from .processes import Process, run

DPKG_LOCK = "/var/lib/dpkg/lock-frontend"
LISTS_LOCK = "/var/lib/apt/lists/lock"

# Takes a lock as dpkg does (fcntl, not flock) and keeps it; named like the usual culprit.
# Perl, as it is in every Debian server and Python is not.
HOLDER = """
my $path = shift;
# Numbers, as perl-base has no Fcntl: F_SETLK is 6, F_WRLCK is 1.
$0 = "unattended-upgr";
open(my $file, "+>>", $path) or die "open: $!";
my $whole = pack("s s l! l! i", 1, 0, 0, 0, 0);
fcntl($file, 6, $whole) or die "lock: $!";
syswrite(STDOUT, "held\\n");
sleep while 1;
"""


def hold_lock(server, path):
    record = _holder(server, path)
    if (holder := Process.from_json(paths.read_json(record))) and holder.alive():
        raise FleetError(f"{path} on '{server.name}' is held already")
    with open(server.directory / "holder.log", "ab") as log:
        child = subprocess.Popen(inside.command(server, ["perl", "-e", HOLDER, path]), stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=log, start_new_session=True,
                                 preexec_fn=lambda: inside.enter_cgroup(server))
    if child.stdout.readline() != b"held\n":
        raise FleetError(f"{path} on '{server.name}' could not be locked", f"see {server.directory / 'holder.log'}")
    child.returncode = 0
    # nsenter stays between us and the holder, which is its only child.
    with open(f"/proc/{child.pid}/task/{child.pid}/children", encoding="ascii") as file:
        paths.write_json(record, Process.of(int(file.read())).to_json())


def release_lock(server, path):
    record = _holder(server, path)
    holder = Process.from_json(paths.read_json(record))
    if not holder:
        raise FleetError(f"{path} on '{server.name}' is not held")
    holder.end()
    record.unlink()


def _holder(server, path):
    return server.directory / f"holder-{path.strip('/').replace('/', '-')}.json"


def interrupt_dpkg(server):
    """dpkg is killed while it configures a package; nothing of the package's own is wrong."""
    inside.run(server, "apt-get", "--quiet", "update")
    inside.run(server, "env", "FLEET_INTERRUPT=1", "apt-get", "--quiet", "--yes", "install", "--reinstall",
               "demo-interrupted", check=False)
    if not inside.run(server, "dpkg", "--audit"):
        raise FleetError(f"dpkg on '{server.name}' was not interrupted", "is its network cable cut?")


def configure_dpkg(server):
    inside.run(server, "dpkg", "--configure", "--pending")


# What a full disk still has room for: nothing of use.
ROOM = 64 << 10


def fill_disk(server, path):
    """The disk shrinks to what is on it: full without writing gigabytes. Another directory gets a full disk on top."""
    if path == "/":
        used = os.statvfs(server.disk)
        size = (used.f_blocks - used.f_bfree) * used.f_frsize + ROOM
        run("mount", "-o", f"remount,size={size}", server.disk)
        return
    inside.run(server, "mount", "-t", "tmpfs", "-o", "size=1M", "fleet-full", path)
    inside.run(server, "sh", "-c", 'cat /dev/zero >"$1/filler" 2>/dev/null', "sh", path, check=False)


def empty_disk(server):
    run("mount", "-o", f"remount,size={server.options.disk}", server.disk)
    full = [line.split()[1] for line in inside.run(server, "cat", "/proc/mounts").splitlines()
            if line.startswith("fleet-full ")]
    for path in full:
        inside.run(server, "umount", path)
