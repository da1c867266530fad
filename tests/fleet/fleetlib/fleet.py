"""A fleet as a whole: its hub, its addresses, coming up, going down, and what was left behind."""

import ipaddress
import shutil
from pathlib import Path

from . import cgroups, network, paths, repository, ssh
from .errors import FleetError
from .processes import Process, run, start_detached, wait_until
from .server import Server

# 10.77.0.0/16 to 10.176.0.0/16: one for each fleet, so that addresses in a log tell whose they are.
FIRST_NETWORK, NETWORKS = 77, 100


class Fleet:
    def __init__(self, name):
        self.name = paths.checked_name(name, "fleet")
        self.directory = paths.RUN / name
        self.record = paths.read_json(self.directory / "fleet.json")

    # -- what it consists of

    @property
    def hub(self):
        """The namespace where the program under test runs."""
        return f"fleet-{self.name}"

    @property
    def network(self):
        return ipaddress.IPv4Network(self.record["network"])

    @property
    def hub_address(self):
        return self.network[network.HUB_HOST]

    @property
    def key(self):
        """The private key that every server accepts."""
        return self.directory / "id_ed25519"

    @property
    def cgroup(self):
        return self.directory / "cgroup" / f"maintain-fleet-{self.name}"

    @property
    def lock(self):
        return self.directory / ".lock"

    def servers(self):
        """All, also those that are being made or whose making was interrupted."""
        found = sorted(self.directory.glob("servers/*/server.json"))
        return [Server.load(self, path.parent.name) for path in found]

    def complete_servers(self):
        return [server for server in self.servers() if server.complete]

    def server(self, name):
        """An existing server."""
        self.must_be_up()
        if not (self.directory / "servers" / name / "server.json").exists():
            known = ", ".join(server.name for server in self.servers()) or "none"
            raise FleetError(f"fleet '{self.name}' has no server '{name}'", f"it has: {known}")
        return Server.load(self, name)

    def must_be_up(self):
        if not self.record:
            raise FleetError(f"there is no fleet '{self.name}'", f"make it with `fleet --fleet {self.name} up`")

    def free_address(self):
        used = {server.address for server in self.servers()}
        hosts = range(network.FIRST_SERVER_HOST, network.LAST_SERVER_HOST)
        return next(self.network[host] for host in hosts if str(self.network[host]) not in used)

    @property
    def owner(self):
        """The process that `up` was told about: without one nobody but its user knows whether a fleet is needed."""
        return Process.from_json(self.record["owner"]) if self.record else None

    @property
    def abandoned(self):
        return bool(self.owner) and not self.owner.alive()

    # -- up and down

    def up(self, owner_pid=None):
        """Makes an empty fleet; what is left of an earlier one with its name is removed first."""
        if self.owner and self.owner.alive():
            raise FleetError(f"fleet '{self.name}' is up and its owner, process {self.owner.pid}, still runs",
                             f"end it with `fleet --fleet {self.name} down`, or choose another name with --fleet")
        self.down()
        try:
            self._make(owner_pid)
        except BaseException:
            # Also when interrupted from the keyboard: half a fleet is of no use.
            self.down()
            raise

    def _make(self, owner_pid):
        self.directory.mkdir(parents=True)
        with paths.locked(paths.RUN / ".lock"):
            self.record = {"name": self.name, "network": str(_free_network()), "hub": self.hub,
                           "owner": Process.of(owner_pid).to_json() if owner_pid else None}
            paths.write_json(self.directory / "fleet.json", self.record)
        cgroups.mount(self.directory / "cgroup")
        self.cgroup.mkdir()
        network.make_hub(self.hub, self.network)
        ssh.make_key(self.key)
        self._start_repository()

    def down(self):
        """Removes every trace, of a whole fleet as well as of one that came up half way."""
        if not self.directory.exists():
            return
        for server in self.servers():
            server.switch_off()
        web = Process.from_json(paths.read_json(self.directory / "repository.pid"))
        if web:
            web.end()
        # Whoever is left, for example of a server that was being made when its maker was killed.
        cgroups.remove(self.cgroup)
        for mount in _mounts_below(self.directory):
            run("umount", "--recursive", mount)
        for path in sorted(Path(network.NAMESPACES).glob(f"{self.hub}.*")):
            network.remove(path.name)
        network.remove(self.hub)
        # Also unlinks the mount points that namespaces of other fleets may have copied: the kernel detaches those.
        shutil.rmtree(self.directory)
        self.record = None

    def _start_repository(self):
        repository.lay_out(self)
        web = start_detached(["nsenter", f"--net={network.namespace_path(self.hub)}", "/usr/bin/python3",
                              repository.WEB_SERVER, self.hub_address, repository.PORT, self.directory / "repository"],
                             self.directory / "repository.log", self.cgroup)
        paths.write_json(self.directory / "repository.pid", web.to_json())
        wait_until(lambda: repository.answers(self.hub, self.hub_address) or not web.alive(), 10,
                   "the start of the package repository", f"see {self.directory / 'repository.log'}")
        if not web.alive():
            raise FleetError("the package repository's web server ended at once",
                             f"see {self.directory / 'repository.log'}")


def all_fleets():
    return [Fleet(path.parent.name) for path in sorted(paths.RUN.glob("*/fleet.json"))]


def _free_network():
    used = {fleet.record["network"] for fleet in all_fleets()}
    for index in range(NETWORKS):
        candidate = ipaddress.IPv4Network(f"10.{FIRST_NETWORK + index}.0.0/16")
        if str(candidate) not in used:
            return candidate
    raise FleetError(f"{NETWORKS} fleets are up already", "end those that nobody needs: see /run/maintain-fleet")


def _mounts_below(directory):
    """Mount points to undo, the latest first."""
    with open("/proc/self/mountinfo") as file:
        points = [line.split()[4] for line in file]
    return [point for point in reversed(points) if point.startswith(f"{directory}/")]
