"""One server: what it consists of, making it, removing it."""

import dataclasses
import hashlib
import ipaddress
import os
import shutil
from pathlib import Path

from . import authority, cgroups, network, paths, repository, ssh, supervisor
from .errors import FleetError
from .image import DEFAULT_SUITE, Image
from .processes import Process, run

# The account `maint` has this password in the image; it opens sudo only, sshd takes keys.
SUDO_PASSWORD = "maintain-fleet"

SUDOERS = {
    "nopasswd": "maint ALL=(ALL:ALL) NOPASSWD: ALL\n",
    "password": "maint ALL=(ALL:ALL) ALL\n",
    "limited": "maint ALL=(root) NOPASSWD: /usr/bin/apt-get, /usr/bin/apt-mark, /usr/bin/dpkg, "
               "/usr/bin/systemctl, /usr/bin/systemd-run, /usr/sbin/shutdown\n",
    "none": "",
}

BOOT_TIMEOUT = 60


@dataclasses.dataclass
class Options:
    """How a server differs from the others; kept in its `server.json`."""
    address: str = ""
    port: int = 22
    user: str = "maint"
    suite: str = DEFAULT_SUITE
    include: tuple = ()
    variant: str = "plain"
    systemd: bool = True
    sudo: str = "nopasswd"
    sudoers: str = ""
    host_keys: tuple = ("ed25519",)
    disk: str = "1G"
    packages: tuple = ()
    config: tuple = ()
    sshd_options: tuple = ()
    docker: bool = False
    nspawn_options: tuple = ()


class Server:
    def __init__(self, fleet, name, options):
        self.fleet = fleet
        self.name = paths.checked_name(name, "server")
        self.options = options

    @classmethod
    def load(cls, fleet, name):
        return cls(fleet, name, Options(**paths.read_json(fleet.directory / "servers" / name / "server.json")))

    # -- what it consists of

    @property
    def directory(self):
        return self.fleet.directory / "servers" / self.name

    @property
    def disk(self):
        """A filesystem of its own, with a size, so that it can be full. It is memory: fast, and gone with its mount."""
        return self.directory / "disk"

    @property
    def rootfs(self):
        """The server's / as this machine sees it; without what is mounted inside (/run, /tmp, /proc)."""
        return self.directory / "rootfs"

    @property
    def namespace(self):
        return f"{self.fleet.hub}.{self.name}"

    @property
    def machine(self):
        return f"fleet-{self.fleet.name}-{self.name}"

    @property
    def cgroup(self):
        return self.fleet.cgroup / self.name

    @property
    def address(self):
        return self.options.address

    @property
    def address6(self):
        """Beside the other; none where the kernel has no IPv6."""
        return str(network.ipv6(self._ip())) if network.have_ipv6() else ""

    @property
    def port(self):
        return self.options.port

    @property
    def user(self):
        return self.options.user

    @property
    def systemd(self):
        return self.options.systemd

    @property
    def never_returns(self):
        return (self.directory / "never-return").exists()

    @property
    def complete(self):
        """Was switched on at least once, so that everything about it can be told."""
        return (self.directory / "power.json").exists()

    @property
    def power(self):
        """What its supervisor wrote last, corrected when nobody is left to write it."""
        value = paths.read_json(self.directory / "power.json", {"state": supervisor.OFF})
        keeper = Process.from_json(value.get("supervisor"))
        if value["state"] != supervisor.OFF and not keeper.alive():
            value["state"] = supervisor.OFF
        return value

    @property
    def leader(self):
        """Its process 1, as numbered on this machine."""
        power = self.power
        if power["state"] == supervisor.OFF or not power["leader"]:
            raise FleetError(f"server '{self.name}' is off", f"switch it on with `fleet start {self.name}`")
        return Process.from_json(power["leader"])

    def describe(self):
        """What `fleet server` and `fleet list --json` print."""
        power = self.power
        known_hosts = (self.directory / "known_hosts").read_text().splitlines()
        return {
            "name": self.name, "address": self.address, "address6": self.address6, "port": self.port, "user": self.user,
            "key": str(self.fleet.key), "known_hosts_line": known_hosts[0], "known_hosts": known_hosts,
            "sudo": self.options.sudo, "sudo_password": SUDO_PASSWORD, "suite": self.options.suite,
            "systemd": self.systemd, "state": power["state"], "boots": power.get("boots", 0),
            "boot_id": power.get("boot_id"), "pid": (power.get("leader") or {}).get("pid"),
            "docker": self.options.docker, "link": "up" if network.link_is_up(self.fleet.hub, self._ip()) else "down",
            "rootfs": str(self.rootfs), "console": str(self.directory / "console.log"),
            "namespace": self.namespace, "hub": self.fleet.hub,
        }

    # -- making and removing

    def create(self):
        """Disk, network and personality; not yet switched on."""
        lower = Image(self.options.suite, self.options.include, self.options.variant).ensure()
        with paths.locked(self.fleet.lock):
            if self.directory.exists():
                raise FleetError(f"fleet '{self.fleet.name}' has a server '{self.name}' already",
                                 f"remove it with `fleet remove {self.name}`")
            self.options.address = str(self._chosen_address())
            self.directory.mkdir(parents=True)
            paths.write_json(self.directory / "server.json", dataclasses.asdict(self.options))
        self._mount(lower)
        network.plug_in(self.fleet.hub, self.namespace, self._ip(), self.fleet.network)
        self._personalise()
        repository.subscribe(self)
        if (certifies := authority.Authority(self.fleet)).up:
            certifies.introduce(self)

    def switch_on(self):
        if self.power["state"] != supervisor.OFF:
            raise FleetError(f"server '{self.name}' is on already")
        if supervisor.start(self, BOOT_TIMEOUT):
            return
        ended = self.power["state"] == supervisor.OFF
        why = f"ended while it booted{self._last_words()}" if ended else f"did not boot within {BOOT_TIMEOUT} s"
        raise FleetError(f"server '{self.name}' {why}")

    def _last_words(self):
        """What nspawn, or else the supervisor, complained about."""
        for log in ("supervisor.log", "console.log"):
            if (self.directory / log).exists() and (text := (self.directory / log).read_text(errors="replace").strip()):
                return f": {text.splitlines()[-1]}"
        return ""

    def switch_off(self):
        """As quickly as a power cut, whatever state it is in; does nothing to a server that is off."""
        keeper = Process.from_json(self.power.get("supervisor"))
        if keeper:
            # First, as it would boot again what ends.
            keeper.kill()
        cgroups.remove(self.cgroup)

    def remove(self):
        self.switch_off()
        for mount in (self.rootfs, self.disk):
            if os.path.ismount(mount):
                run("umount", "--recursive", mount)
        network.remove(self.namespace)
        repository.unsubscribe(self)
        shutil.rmtree(self.directory)

    def _ip(self):
        return ipaddress.IPv4Address(self.address)

    def _chosen_address(self):
        if not self.options.address:
            return self.fleet.free_address()
        address = network.parse_address(self.options.address, self.fleet.network)
        for other in self.fleet.servers():
            if other.address == str(address):
                raise FleetError(f"{address} is the address of '{other.name}' already")
        return address

    def _mount(self, lower):
        for directory in (self.disk, self.rootfs):
            directory.mkdir()
        run("mount", "-t", "tmpfs", "-o", f"mode=755,size={self.options.disk}", f"fleet-{self.name}", self.disk)
        upper, work = self.disk / "upper", self.disk / "work"
        for directory in (upper, work, self.disk / "docker"):
            directory.mkdir()
        run("mount", "-t", "overlay", "-o", f"lowerdir={lower},upperdir={upper},workdir={work}",
            f"fleet-{self.name}", self.rootfs)

    def _personalise(self):
        """Names, keys, accounts: all by which servers made of one image differ."""
        etc = self.rootfs / "etc"
        (etc / "hostname").write_text(f"{self.name}\n")
        # With its own name in here, sudo neither waits for a name server nor complains.
        (etc / "hosts").write_text(f"127.0.0.1 localhost\n{self.address} {self.name}\n")
        identity = hashlib.md5(f"{self.fleet.name}/{self.name}".encode()).hexdigest()
        (etc / "machine-id").write_text(f"{identity}\n")
        self._install_keys(etc / "ssh")
        self._install_sudoers(etc / "sudoers.d" / "maint")
        for file in self.options.config:
            shutil.copy(file, etc / "maintain.d")

    def _install_keys(self, directory):
        public = []
        for kind in self.options.host_keys:
            ssh.make_key(directory / f"ssh_host_{kind}_key", kind)
            public.append(ssh.public_key(directory / f"ssh_host_{kind}_key"))
        lines = ssh.known_hosts_lines(self.address, self.port, public)
        (self.directory / "known_hosts").write_text("\n".join(lines) + "\n")
        settings = [f"Port {self.port}", *(f"HostKey /etc/ssh/ssh_host_{kind}_key" for kind in self.options.host_keys),
                    *self.options.sshd_options]
        (directory / "sshd_config.d" / "fleet.conf").write_text("\n".join(settings) + "\n")
        for home in ("root", "home/maint"):
            keys = self.rootfs / home / ".ssh" / "authorized_keys"
            keys.write_text(ssh.public_key(self.fleet.key) + "\n")
            owner = keys.parent.stat()
            os.chown(keys, owner.st_uid, owner.st_gid)

    def _install_sudoers(self, path):
        text = Path(self.options.sudoers).read_text() if self.options.sudoers else SUDOERS[self.options.sudo]
        if text:
            path.write_text(text)
            path.chmod(0o440)
