"""The Debian installation that servers are overlays of: built once, kept, shared by all fleets."""

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

from . import mirror, paths
from .errors import FleetError
from .processes import run

SUITES = ("bookworm", "trixie")
DEFAULT_SUITE = "bookworm"

PACKAGES = ("systemd", "systemd-sysv", "libpam-systemd", "dbus", "openssh-server", "sudo", "cron", "rsync",
            "ca-certificates", "iproute2", "procps", "kmod", "apt-utils")

# What servers of other suites run besides; installed as an administrator would, started by their own units at boot.
VARIANTS = {
    "plain": (),
    "services": ("postgresql", "mariadb-server", "sqlite3", "docker.io", "iptables", "podman", "runc", "busybox-static",
                 "acl", "attr"),
    "certificates": ("certbot", "python3-certbot-nginx", "lego", "dehydrated", "nginx-light", "openssl", "curl",
                     "postfix", "dovecot-imapd", "dovecot-pop3d"),
}

OPTIONS = ("--variant=minbase", "--mode=root", "--format=directory",
           '--aptopt=APT::Install-Recommends "false"',
           '--dpkgopt=force-unsafe-io',
           '--dpkgopt=path-exclude=/usr/share/man/*',
           '--dpkgopt=path-exclude=/usr/share/doc/*',
           '--dpkgopt=path-include=/usr/share/doc/*/copyright',
           '--dpkgopt=path-exclude=/usr/share/locale/*')

CUSTOMISE = Path(__file__).with_name("customise.sh")


def _hooks(variant):
    """The scripts that make a server of the bare installation, in order."""
    own = CUSTOMISE.with_name(f"customise-{variant}.sh")
    return [CUSTOMISE, own] if own.exists() else [CUSTOMISE]


class Image:
    """One recipe: a release, what runs on it and, for suites of tests that need more, further packages."""

    def __init__(self, suite=DEFAULT_SUITE, include=(), variant="plain"):
        if suite not in SUITES:
            raise FleetError(f"there is no recipe for '{suite}'", f"use one of {', '.join(SUITES)}")
        self.suite = suite
        self.packages = sorted(set(PACKAGES) | set(VARIANTS[variant]) | set(include))
        self.hooks = _hooks(variant)

    @property
    def key(self):
        """The mirror is no part of it: the same recipe from another mirror is the same image."""
        recipe = json.dumps([self.suite, self.packages, OPTIONS, *(hook.read_text() for hook in self.hooks)])
        return f"{self.suite}-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}"

    @property
    def tree(self):
        """The unpacked image, the read-only lower layer of every server."""
        return paths.cache() / self.key

    @property
    def archive(self):
        """The packed image: the one file that is worth keeping between machines (CI caches it)."""
        return paths.cache() / f"{self.key}.tar.zst"

    def ensure(self, rebuild=False):
        """Returns `tree`, after unpacking or building what is missing; says so on stderr when that takes long."""
        if self.tree.is_dir() and self.archive.exists() and not rebuild:
            return self.tree
        with paths.locked(paths.cache() / f".{self.key}.lock"):
            if rebuild:
                self.archive.unlink(missing_ok=True)
                _remove(self.tree)
            if not self.tree.is_dir():
                started = time.monotonic()
                verb = "unpacked" if self.archive.exists() else "built"
                self._unpack() if self.archive.exists() else self._build()
                print(f"fleet: image {self.key} {verb} in {time.monotonic() - started:.0f} s", file=sys.stderr)
            if not self.archive.exists():
                self._pack()
        return self.tree

    def _build(self):
        beside = self._beside()
        options = [f"--aptopt={line}" for line in mirror.acquire_options()]
        argv = ["mmdebstrap", *OPTIONS, *options, f"--include={','.join(self.packages)}",
                *(f"--customize-hook={shlex.quote(str(hook))} \"$1\"" for hook in self.hooks), self.suite, str(beside),
                *mirror.debian_sources(self.suite)]
        log = paths.cache() / f"{self.key}.log"
        with open(log, "w") as output:
            done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False)
        if done.returncode != 0:
            _remove(beside)
            last = log.read_text().strip().splitlines()[-3:]
            raise FleetError(f"mmdebstrap could not build {self.key}: {' / '.join(last)}",
                             f"the whole story is in {log}")
        beside.rename(self.tree)

    def _unpack(self):
        beside = self._beside()
        beside.mkdir()
        run("tar", "-C", beside, "--zstd", "-xpf", self.archive, "--xattrs", "--xattrs-include=*",
            "--numeric-owner", timeout=300)
        beside.rename(self.tree)

    def _pack(self):
        beside = self.archive.with_name(f".{self.archive.name}.{os.getpid()}")
        run("tar", "-C", self.tree, "-I", "zstd -T0 -3", "-cf", beside, "--xattrs", "--xattrs-include=*",
            "--numeric-owner", ".", timeout=300)
        beside.rename(self.archive)

    def _beside(self):
        """Where a tree is made before it gets its name; we hold the lock, so leftovers are nobody's."""
        beside = paths.cache() / f".{self.key}.new"
        _remove(beside)
        return beside


def _remove(tree):
    if tree.exists():
        shutil.rmtree(tree)
