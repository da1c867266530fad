"""The store of copies as a person without maintain would look at it: an independent judge of what is in there.

It shares no code with maintain: names, states and checksums are read from the files themselves.
"""

import fcntl
import hashlib
import json
import os
import pathlib
import re

from .trees import sha256

COPY = re.compile(r"\d{8}T\d{6}Z(-\d+)?")
ESCAPES = {b"\\\\": b"\\", b"\\n": b"\n", b"\\r": b"\r"}


def read_sums(path):
    """A list as sha256sum writes it: name -> digest, both as they are."""
    sums = {}
    for line in path.read_bytes().split(b"\n")[:-1]:
        escaped = line.startswith(b"\\")
        digest, name = line.removeprefix(b"\\")[:64], line.removeprefix(b"\\")[66:]
        if escaped:
            name = re.sub(rb"\\[\\nr]", lambda found: ESCAPES[found[0]], name)
        sums[name] = digest.decode()
    return sums


def files_of(root):
    """The regular files below a directory, as names relative to it; without recursion, as a tree can be very deep."""
    pending = [(os.open(root, os.O_RDONLY | os.O_DIRECTORY), b"")]
    while pending:
        directory, prefix = pending.pop()
        try:
            for name in os.listdir(f"/proc/self/fd/{directory}"):
                name = os.fsencode(name)
                flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
                try:
                    pending.append((os.open(name, flags | os.O_DIRECTORY, dir_fd=directory), prefix + name + b"/"))
                except NotADirectoryError:
                    yield prefix + name
                except OSError:  # a symlink
                    yield prefix + name
        finally:
            os.close(directory)


def _age(name):
    moment, _, number = name.partition("-")
    return moment, int(number or 1)


class Copy:
    def __init__(self, path):
        self.path = path
        self.id = path.name
        self.manifest = json.loads((path / "manifest.json").read_text())
        self.data = path / "data"

    @property
    def state(self):
        return self.manifest["state"]

    def problems(self):
        """What speaks against this being a whole copy."""
        found = []
        listed = self.path / "SHA256SUMS"
        if hashlib.sha256(listed.read_bytes()).hexdigest() != self.manifest["sha256sums"]:
            found.append(f"{self.path}: the manifest speaks of another SHA256SUMS")
        sums = read_sums(listed)
        present = {b"data/" + name for name in files_of(self.data)}
        links = {name for name in present if os.path.islink(os.path.join(os.fsencode(self.path), name))}
        found += [f"{self.path}: {name!r} is missing" for name in sorted(sums.keys() - present)]
        found += [f"{self.path}: {name!r} is not in SHA256SUMS" for name in sorted(present - sums.keys() - links)]
        for name in sorted(sums.keys() & present):
            if sha256(os.path.join(os.fsencode(self.path), name)) != sums[name]:
                found.append(f"{self.path}: {name!r} has changed")
        if self.manifest["state"] == "verified" and not self.manifest["verified"]:
            found.append(f"{self.path}: called verified, without how")
        return found


class Copies:
    """The copies of one task."""

    def __init__(self, backups, server, project, task):
        self.directory = pathlib.Path(backups) / server / project / task

    def all(self):
        """Oldest first."""
        names = os.listdir(self.directory) if self.directory.is_dir() else []
        return [Copy(self.directory / name) for name in sorted(filter(COPY.fullmatch, names), key=_age)]

    def quarantined(self):
        waiting = self.directory / "_quarantine"
        return [Copy(waiting / name) for name in sorted(os.listdir(waiting))] if waiting.is_dir() else []

    def ids(self):
        return [copy.id for copy in self.all()]

    def latest(self):
        """The copy that `latest` names; None when there is no such link."""
        link = self.directory / "latest"
        return Copy(self.directory / os.readlink(link)) if link.is_symlink() else None

    def problems(self):
        """What is half, lost or false; nothing of that may ever be found, whenever one looks."""
        found = []
        copies = self.all()
        for copy in copies:
            found += copy.problems()
        verified = [copy.id for copy in copies if copy.state == "verified"]
        latest = self.latest()
        if latest is None:
            found += [f"{self.directory}: no latest"] if len(verified) > 1 else []
        elif latest.state != "verified":
            found.append(f"{self.directory}: latest is {latest.state}")
        return found

    def leftovers(self):
        """What an interrupted run left; the next one must have removed it."""
        if not self.directory.is_dir():
            return []
        return [name for name in os.listdir(self.directory) if name.startswith(("_draft", "_removing"))]

    def busy(self):
        """Whether some process holds the lock of writers."""
        try:
            with open(self.directory / "_lock", "rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False
