"""Which Debian mirror this machine uses: asked of apt, never written down here."""

import re

from .errors import FleetError
from .processes import run

RELEASES = re.compile(r"(?:bookworm|trixie|stable|oldstable)(-security|-updates)?")
FORMAT = "$(ORIGIN)|$(LABEL)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)"


def debian_sources(suite):
    """Lines for a sources.list of `suite`, from the mirrors that this machine's apt is set up with."""
    uris = _by_label() or _by_release()
    archives = (("Debian", suite), ("Debian-Security", f"{suite}-security"))
    lines = [f"deb {uris[label]} {release} main" for label, release in archives if label in uris]
    if "Debian" not in uris:
        raise FleetError("apt on this machine knows no Debian mirror to build servers from",
                         "add one to /etc/apt/sources.list and run `apt-get update`")
    return lines


def acquire_options():
    """apt's settings about proxies and retries: where this machine needs them, so does the build."""
    wanted = re.compile(r"Acquire::(https?::Proxy|Retries|Check-Valid-Until|[a-z]+::Timeout)\b.*", re.I)
    return [line for line in run("apt-config", "dump").splitlines() if wanted.match(line)]


def _by_label():
    """{"Debian": address, "Debian-Security": address}, by what the archives say of themselves."""
    return {label: uri for origin, label, uri, _, _ in _targets() if origin == "Debian"}


def _by_release():
    """The same by their names, which other archives may have too: for the time before the first `apt-get update`."""
    uris = {}
    for _, _, uri, release, component in _targets("--no-release-info"):
        if component == "main" and (match := RELEASES.fullmatch(release)):
            uris.setdefault("Debian-Security" if match[1] == "-security" else "Debian", uri)
    return uris


def _targets(*options):
    lines = run("apt-get", "indextargets", *options, "--format", FORMAT, "Created-By: Packages").splitlines()
    return [line.split("|") for line in lines]
