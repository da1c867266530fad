"""The package archives that a fleet's servers know: none but these.

Every server has archives of its own below one web server, so that tests which
share a fleet can publish updates without meeting each other's. They look like
Debian's: a main archive and, for what counts as a security update, one whose
Release file says Debian-Security.
"""

import hashlib
import os
import shutil
import socket
import time
from pathlib import Path

from . import inside, network, packages, paths
from .errors import FleetError
from .processes import run

PORT = 80
WEB_SERVER = Path(__file__).with_name("web.py")

# How the Release files of Debian read; `unattended-upgrades` and others decide by these fields.
VERSIONS = {"bookworm": "12", "trixie": "13"}
LABELS = {packages.MAIN: "Debian", packages.SECURITY: "Debian-Security"}


def lay_out(fleet):
    """The part that all servers share."""
    _root(fleet).mkdir()
    _pool(fleet).symlink_to(packages.build_all())


def answers(hub, address):
    try:
        with network.entered(hub):
            connection = socket.create_connection((str(address), PORT), timeout=1)
        connection.close()
        return True
    except OSError:
        return False


def subscribe(server):
    """Gives a new server its archives, with version 1 of everything, and tells its apt about them."""
    _archives(server).mkdir(parents=True)
    (_archives(server) / "pool").symlink_to(_pool(server.fleet))
    _write_indexes(server, set())
    base = f"[trusted=yes] http://{server.fleet.hub_address}/{server.name}"
    suite = server.options.suite
    (server.rootfs / "etc/apt/sources.list.d/fleet.list").write_text(
        f"deb {base} {suite} main\ndeb {base} {suite}-security main\n")


def unsubscribe(server):
    shutil.rmtree(_archives(server), ignore_errors=True)


def install(server, names):
    """Installs version 1 of the given packages in a running server."""
    for name in names:
        if 1 not in _package(name).versions:
            raise FleetError(f"'{name}' has no version 1 to install")
    inside.run(server, "apt-get", "--quiet", "update")
    inside.run(server, "apt-get", "--quiet", "--yes", "install", *names)
    for mark in ("hold", "auto"):
        if marked := [name for name in names if packages.PACKAGES[name].mark == mark]:
            inside.run(server, "apt-mark", mark, *marked)


def publish(server, names, withdraw=False):
    """Offers version 2 of the given packages (of all, if none is given) to a server, or takes it back."""
    names = set(names) or {name for name, package in packages.PACKAGES.items() if 2 in package.versions}
    for name in names:
        if 2 not in _package(name).versions:
            raise FleetError(f"'{name}' has no version 2 to publish")
    with paths.locked(server.fleet.lock):
        now = published(server) - names if withdraw else published(server) | names
        _write_indexes(server, now)


def published(server):
    return set(paths.read_json(_archives(server) / "published.json"))


def _package(name):
    if name not in packages.PACKAGES:
        raise FleetError(f"there is no package '{name}'", "`fleet repo` shows all")
    return packages.PACKAGES[name]


def _root(fleet):
    """What the web server serves."""
    return fleet.directory / "repository"


def _pool(fleet):
    """Every .deb, beside what is served so that no server's name can be in its way."""
    return fleet.directory / "pool"


def _archives(server):
    return _root(server.fleet) / server.name


def _write_indexes(server, names):
    """One index for each archive; a published version 2 takes the place of a version 1 in the same archive."""
    entries = {packages.MAIN: {}, packages.SECURITY: {}}
    for name, package in packages.PACKAGES.items():
        for number, version in package.versions.items():
            # What only version 2 of another package needs is of no use without that, and harmless.
            if number == 1 or name in names or 1 not in package.versions:
                entries[version.archive][name] = (_pool(server.fleet) / f"{name}_{number}.fields").read_text()
    for archive, stanzas in entries.items():
        _write_archive(server, archive, "\n".join(stanzas.values()))
    paths.write_json(_archives(server) / "published.json", sorted(names))


def _write_archive(server, archive, text):
    suite = server.options.suite
    codename = suite if archive == packages.MAIN else f"{suite}-security"
    architecture = run("dpkg", "--print-architecture").strip()
    index = f"main/binary-{architecture}/Packages"
    root = _archives(server) / "dists" / codename
    (root / index).parent.mkdir(parents=True, exist_ok=True)
    paths.write_atomically(root / index, text)
    data = text.encode()
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
    release = {"Origin": "Debian", "Label": LABELS[archive],
               "Suite": "stable" if archive == packages.MAIN else "stable-security",
               "Version": VERSIONS[suite], "Codename": codename, "Date": date,
               "Architectures": f"all {architecture}", "No-Support-for-Architecture-all": "Packages",
               "Components": "main",
               "SHA256": f"\n {hashlib.sha256(data).hexdigest()} {len(data)} {index}"}
    before = (root / "Release").stat().st_mtime if (root / "Release").exists() else 0
    paths.write_atomically(root / "Release", "".join(f"{field}: {value}\n" for field, value in release.items()))
    # "If-Modified-Since" counts in seconds, a test publishes more than once in one: never give a time twice.
    moment = max(int(time.time()), int(before) + 1)
    os.utime(root / "Release", (moment, moment))
