"""A certificate authority in the hub, and the names of what it certifies.

pebble is the ACME server (RFC 8555) that Let's Encrypt's own client tests use: it really connects to port 80 of
the names that it is asked for. pebble-challtestsrv is its name server, and everybody else's in the fleet: a name
that points to the wrong place does so for all. Both are in Debian's package pebble.
"""

import ipaddress
import json
import socket
import ssl
import urllib.request
from pathlib import Path

from . import network, paths
from .errors import FleetError
from .processes import Process, run, start_detached, wait_until

HOST = "authority.test"
ACME_PORT, MANAGEMENT_PORT, NAMES_PORT, NAMES_MANAGEMENT_PORT = 14000, 15000, 53, 8055
DAY = 24 * 60 * 60
LIFETIME = 90 * DAY

# Answers at once and every time the same: no pauses before validation, no second order without one, no refused nonces.
SETTINGS = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_AUTHZREUSE": "0", "PEBBLE_WFE_NONCEREJECT": "0"}

BUNDLE_MARK = "# the fleet's authority"


RESOLV_CONF = "/etc/resolv.conf"
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
# Runs a program with others of both. What is mounted outside meanwhile is seen inside, but not the reverse.
WITH_NAMES = ("unshare", "--mount", "--propagation", "slave", "sh", "-c",
              f'mount --bind "$0/resolv.conf" "$(readlink -f {RESOLV_CONF})" && '
              f'mount --bind "$0/ca-certificates.crt" "$(readlink -f {BUNDLE})" && exec "$@"')


class Authority:
    def __init__(self, fleet):
        self.fleet = fleet
        self.directory = fleet.directory / "authority"

    # -- what it consists of

    @property
    def address(self):
        """Its own on the hub's bridge, so that it alone can be unreachable."""
        return self.fleet.network[network.AUTHORITY_HOST]

    @property
    def url(self):
        return f"https://{HOST}:{ACME_PORT}/dir"

    @property
    def root(self):
        """What ends the chain of the certificates that it issues; another one after every `up`."""
        return self.directory / "root.pem"

    @property
    def api_root(self):
        """Who vouches for its own web server."""
        return self.directory / "api-root.pem"

    @property
    def up(self):
        return self._process("pebble") is not None

    def describe(self):
        return {"url": self.url, "root": str(self.root), "api_root": str(self.api_root),
                "address": str(self.address), "name_server": str(self.fleet.hub_address),
                "log": str(self.directory / "pebble.log")}

    def must_be_up(self):
        if not self.up:
            raise FleetError(f"fleet '{self.fleet.name}' has no authority", "make it with `fleet authority up`")

    # -- up and down

    def start(self, lifetime=LIFETIME):
        """A new authority: it knows no account and no certificate. Names stay as they are."""
        self.directory.mkdir(exist_ok=True)
        self._end("pebble")
        network.add_hub_address(self.fleet.hub, self.address, self.fleet.network)
        if not self.api_root.exists():
            self._make_api_certificate()
        if not self._process("names"):
            self._start_names()
        self._start_pebble(lifetime)
        self.root.write_text(self._management("roots/0"))
        self.set_name(HOST, [self.address])
        # In place: whoever runs in the hub has this very file mounted.
        self.bundle.write_text(self._with_roots(Path(BUNDLE).read_text()))
        for server in self.fleet.complete_servers():
            self.introduce(server)

    def stop(self):
        """Names end with it."""
        self._end("pebble")
        self._end("names")
        network.remove_hub_address(self.fleet.hub, self.address, self.fleet.network)
        for file in (self.resolv_conf, self.bundle):
            file.unlink(missing_ok=True)
        for server in self.fleet.servers():
            (server.rootfs / "etc/resolv.conf").unlink(missing_ok=True)

    def cut(self):
        """Nobody reaches it, and it forgets nothing."""
        self.must_be_up()
        network.remove_hub_address(self.fleet.hub, self.address, self.fleet.network)

    def join(self):
        self.must_be_up()
        network.add_hub_address(self.fleet.hub, self.address, self.fleet.network)

    def _start_names(self):
        listen = f"{self.fleet.hub_address}:{NAMES_PORT}"
        # Without a default address, a name that nobody gave it has none. Empty words switch the rest of it off.
        self._start("names", ["/usr/bin/pebble-challtestsrv", "-dns01", listen, "-http01", "", "-https01", "",
                              "-tlsalpn01", "", "-defaultIPv4", "", "-defaultIPv6", "",
                              "-management", f"{self.fleet.hub_address}:{NAMES_MANAGEMENT_PORT}"],
                    NAMES_MANAGEMENT_PORT)
        self.bundle.touch()
        self.resolv_conf.write_text(f"nameserver {self.fleet.hub_address}\noptions timeout:1 attempts:2\n")

    def _start_pebble(self, lifetime):
        config = self.directory / "pebble.json"
        paths.write_json(config, {"pebble": {
            "listenAddress": f"{self.address}:{ACME_PORT}",
            "managementListenAddress": f"{self.fleet.hub_address}:{MANAGEMENT_PORT}",
            "certificate": str(self.directory / "api.pem"), "privateKey": str(self.directory / "api.key"),
            "httpPort": 80, "tlsPort": 443, "ocspResponderURL": "", "externalAccountBindingRequired": False,
            "certificateValidityPeriod": lifetime}})
        self._start("pebble", ["/usr/bin/pebble", "-config", config, "-strict", "false",
                               "-dnsserver", f"{self.fleet.hub_address}:{NAMES_PORT}"], MANAGEMENT_PORT, SETTINGS)

    def _start(self, name, argv, port, settings=None):
        log = self.directory / f"{name}.log"
        environment = [f"{key}={value}" for key, value in (settings or {}).items()]
        process = start_detached([*self.enter_hub(), "env", *environment, *argv], log, self.fleet.cgroup)
        paths.write_json(self.directory / f"{name}.pid", process.to_json())
        wait_until(lambda: self._listens(port) or not process.alive(), 60, f"the start of {argv[0]}", f"see {log}")
        if not process.alive():
            raise FleetError(f"{argv[0]} ended at once", f"see {log}")

    def _end(self, name):
        if process := self._process(name):
            process.end()
        (self.directory / f"{name}.pid").unlink(missing_ok=True)

    def _process(self, name):
        process = Process.from_json(paths.read_json(self.directory / f"{name}.pid"))
        return process if process and process.alive() else None

    def _listens(self, port):
        try:
            with network.entered(self.fleet.hub):
                socket.create_connection((str(self.fleet.hub_address), port), timeout=1).close()
            return True
        except OSError:
            return False

    def _make_api_certificate(self):
        """A root and a leaf for the authority's own web server."""
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        run("openssl", "req", "-x509", *key, "-keyout", self.directory / "api-root.key", "-out", self.api_root,
            "-days", 30, "-subj", "/CN=the fleet's root")
        run("openssl", "req", "-x509", *key, "-keyout", self.directory / "api.key", "-out", self.directory / "api.pem",
            "-days", 30, "-subj", f"/CN={HOST}", "-CA", self.api_root, "-CAkey", self.directory / "api-root.key",
            "-addext", f"subjectAltName=DNS:{HOST},IP:{self.address},IP:{self.fleet.hub_address}",
            "-addext", "basicConstraints=critical,CA:FALSE")

    # -- names

    @property
    def resolv_conf(self):
        """For programs in the hub."""
        return self.fleet.directory / "resolv.conf"

    @property
    def bundle(self):
        """Likewise."""
        return self.fleet.directory / "ca-certificates.crt"

    def enter_hub(self):
        """What to put before a program to run it in the hub, where it knows the fleet's names if there are any."""
        # `ip netns exec` would also replace /sys, and hide /sys/fs/cgroup with it.
        hub = ["nsenter", f"--net={network.namespace_path(self.fleet.hub)}"]
        return [*hub, *WITH_NAMES, str(self.fleet.directory)] if self.resolv_conf.exists() else hub

    def set_name(self, name, addresses):
        """From now on `name` has these addresses and no others; without one it is not known."""
        if not self._process("names"):
            self.must_be_up()
        by_version = {4: [], 6: []}
        for address in addresses:
            by_version[ipaddress.ip_address(str(address)).version].append(str(address))
        for version, kind in ((4, "a"), (6, "aaaa")):
            self._tell_names(f"clear-{kind}", {"host": name})
            if by_version[version]:
                self._tell_names(f"add-{kind}", {"host": name, "addresses": by_version[version]})

    def _tell_names(self, what, value):
        request = urllib.request.Request(f"http://{self.fleet.hub_address}:{NAMES_MANAGEMENT_PORT}/{what}",
                                         json.dumps(value).encode())
        self._fetch(request)

    def _management(self, what):
        context = ssl.create_default_context(cafile=str(self.api_root))
        return self._fetch(f"https://{self.fleet.hub_address}:{MANAGEMENT_PORT}/{what}", context)

    def _fetch(self, request, context=None):
        handlers = [urllib.request.ProxyHandler({})]
        if context:
            handlers.append(urllib.request.HTTPSHandler(context=context))
        opener = urllib.request.build_opener(*handlers)
        with network.entered(self.fleet.hub), opener.open(request, timeout=10) as answer:
            return answer.read().decode()

    # -- servers

    def introduce(self, server):
        """Lets a server resolve names and trust both roots, as a server on the Internet trusts the public ones."""
        etc = server.rootfs / "etc"
        (etc / "resolv.conf").write_text(self.resolv_conf.read_text())
        bundle = server.rootfs / BUNDLE.lstrip("/")
        bundle.write_text(self._with_roots(bundle.read_text()))
        # OpenSSL finds a root by the hash of its name.
        for link in bundle.parent.glob("*.0"):
            if link.is_symlink() and str(link.readlink()).startswith("fleet-"):
                link.unlink()
        for name, root in (("fleet-api.pem", self.api_root), ("fleet-root.pem", self.root)):
            (bundle.parent / name).write_text(root.read_text())
            hashed = run("openssl", "x509", "-noout", "-hash", "-in", root).strip()
            (bundle.parent / f"{hashed}.0").symlink_to(name)

    def _with_roots(self, bundle):
        """The public roots of a bundle, and ours instead of those that were there before."""
        public = bundle.partition(BUNDLE_MARK)[0]
        return f"{public}{BUNDLE_MARK}\n{self.api_root.read_text()}{self.root.read_text()}"


def addresses_of(fleet, words):
    """What `fleet authority name` was given: addresses, or names of servers for all that those have."""
    addresses = []
    for word in words:
        try:
            addresses.append(str(ipaddress.ip_address(word)))
        except ValueError:
            server = fleet.server(word)
            addresses += [server.address, *([server.address6] if server.address6 else [])]
    return addresses
