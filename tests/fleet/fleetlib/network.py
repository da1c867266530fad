"""Network namespaces, the bridge that joins them, and pulling the plug.

Everything is inside named namespaces of the fleet: no interface, address or
route of this machine itself is touched, and fleets cannot reach each other or
the Internet.
"""

import contextlib
import ctypes
import ipaddress
import os
import socket

from .errors import FleetError
from .processes import run

NAMESPACES = "/run/netns"
BRIDGE = "servers"
CLONE_NEWNET = 0x40000000

# Inside a fleet's /16: the hub, then single servers, and a half of it for the addresses of farms.
HUB_HOST = 1
AUTHORITY_HOST = 2
FIRST_SERVER_HOST = 10
LAST_SERVER_HOST = 0x7FFE
FIRST_FARM_HOST = 0x8000


def namespace_path(namespace):
    return f"{NAMESPACES}/{namespace}"


def make_hub(namespace, network):
    ip = _ip_in(namespace)
    run("ip", "netns", "add", namespace)
    ip("link", "set", "lo", "up")
    ip("link", "add", BRIDGE, "type", "bridge")
    ip("address", "add", f"{network[HUB_HOST]}/{network.prefixlen}", "dev", BRIDGE)
    if have_ipv6():
        ip("address", "add", f"{ipv6(network[HUB_HOST])}/64", "dev", BRIDGE, "nodad")
    ip("link", "set", BRIDGE, "up")


def have_ipv6():
    return os.path.exists("/proc/sys/net/ipv6")


def ipv6(address):
    """The address beside an IPv4 address of the fleet: fd77:77::a4d:a beside 10.77.0.10."""
    fleet = address.packed[1]
    return ipaddress.IPv6Address(f"fd77:{fleet}::{address}")


def add_hub_address(hub, address, network):
    """One more for the hub; it may have it already."""
    run("ip", "-n", hub, "address", "replace", f"{address}/{network.prefixlen}", "dev", BRIDGE)


def remove_hub_address(hub, address, network):
    """Nobody answers there any more; the hub may lack it already."""
    run("ip", "-n", hub, "address", "delete", f"{address}/{network.prefixlen}", "dev", BRIDGE, check=False)


def plug_in(hub, namespace, address, network):
    """Makes the namespace of a server, with an eth0 that ends on the hub's bridge."""
    run("ip", "netns", "add", namespace)
    port = _port(address)
    # The kernel takes down a deleted namespace's cables in its own time: the last owner's may still be plugged in.
    run("ip", "-n", hub, "link", "delete", port, check=False)
    _ip_in(hub)("link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", namespace)
    inside = _ip_in(namespace)
    inside("link", "set", "lo", "up")
    # The same address always has the same MAC: neighbours that remember the last server with it stay right.
    inside("link", "set", "eth0", "address", "02:fe:" + ":".join(f"{byte:02x}" for byte in address.packed))
    inside("address", "add", f"{address}/{network.prefixlen}", "dev", "eth0")
    if have_ipv6():
        # No search for duplicates: the address can be used at once.
        inside("address", "add", f"{ipv6(address)}/64", "dev", "eth0", "nodad")
    inside("link", "set", "eth0", "up")
    _ip_in(hub)("link", "set", port, "master", BRIDGE, "up")


def add_local_range(hub, namespace, gateway, local):
    """Every address of `local` ends in `namespace`, over one neighbour instead of one for each."""
    _ip_in(namespace)("route", "add", "local", local, "dev", "lo")
    _ip_in(hub)("route", "add", local, "via", gateway)


def set_link(hub, address, up):
    """Down is a cable pulled out: packets are lost, nobody is told."""
    _ip_in(hub)("link", "set", _port(address), "up" if up else "down")


def link_is_up(hub, address):
    return "state DOWN" not in _ip_in(hub)("link", "show", _port(address))


def remove(namespace):
    if os.path.exists(namespace_path(namespace)):
        run("ip", "netns", "delete", namespace)


@contextlib.contextmanager
def entered(namespace):
    """This thread is in `namespace` for the length of the block; sockets made there stay there."""
    with open("/proc/thread-self/ns/net") as home, open(namespace_path(namespace)) as away:
        _setns(away.fileno())
        try:
            yield
        finally:
            _setns(home.fileno())


def ssh_answers(namespace, address, port):
    """Whether an SSH server introduces itself at this address, seen from `namespace`."""
    try:
        with entered(namespace):
            connection = socket.create_connection((str(address), port), timeout=1)
        with connection:
            connection.settimeout(5)
            return connection.recv(8).startswith(b"SSH-2.0")
    except OSError:
        return False


def parse_address(text, network):
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        raise FleetError(f"'{text}' is not an IPv4 address") from None
    if address not in network or not FIRST_SERVER_HOST <= int(address) - int(network[0]) <= LAST_SERVER_HOST:
        raise FleetError(f"{address} is not an address for a server of this fleet",
                         f"use one from {network[FIRST_SERVER_HOST]} to {network[LAST_SERVER_HOST]}")
    return address


def _port(address):
    """The hub's end of a server's cable; interface names have 15 characters at most."""
    return f"to-{address.packed[2]}-{address.packed[3]}"


def _ip_in(namespace):
    return lambda *words: run("ip", "-n", namespace, *words)


def _setns(fd):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(fd, CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"setns: {os.strerror(number)}")
