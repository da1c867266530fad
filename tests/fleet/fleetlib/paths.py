"""Where things live, and which names are allowed to become part of a path."""

import contextlib
import fcntl
import json
import os
import re
from pathlib import Path

from .errors import FleetError

TOOL = Path(__file__).resolve().parent.parent / "fleet"

# State of running fleets: gone after a reboot of this machine, like the fleets themselves.
RUN = Path("/run/maintain-fleet")


def cache():
    """Images and built packages; safe to delete while no fleet is up, safe to keep forever."""
    return Path(os.environ.get("MAINTAIN_FLEET_CACHE") or "/var/cache/maintain-fleet")


def checked_name(name, kind):
    """`name`, if it fits everywhere it will be used: paths, host names, namespaces.

    The length keeps "/run/maintain-fleet/FLEET/servers/SERVER/notify" below the 108
    bytes that the address of a Unix socket may have.
    """
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,22}[a-z0-9])?", name):
        raise FleetError(f"'{name}' cannot be the name of a {kind}",
                         "use 1 to 24 of a-z, 0-9 and '-', neither first nor last a '-'")
    return name


def write_atomically(path, text):
    """Readers see the old text or the new one, never half of it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(text)
    beside.rename(path)


def write_json(path, value):
    write_atomically(path, json.dumps(value, indent=2) + "\n")


def read_json(path, default=None):
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return default


@contextlib.contextmanager
def locked(path):
    """Exclusive among all processes that name the same file; the kernel lets go if we die."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
