"""One sshd on many addresses: a benchmark needs hundreds of servers, but not hundreds of installations."""

import ipaddress

from . import network, ssh
from .errors import FleetError

# A client that logs in everywhere at once must find an open door each time.
SSHD_OPTIONS = ("MaxStartups 4000:30:5000", "MaxSessions 100", "UseDNS no")
# Debian 13's sshd would otherwise lock out the one address that all the logins come from.
NEWER_SSHD_OPTIONS = ("PerSourcePenalties no",)


def make(server, count):
    """Boots the server behind the farm and returns its description with all addresses."""
    fleet, options = server.fleet, server.options
    options.systemd = False
    options.sshd_options = (*SSHD_OPTIONS, *options.sshd_options)
    if options.suite != "bookworm":
        options.sshd_options += NEWER_SSHD_OPTIONS
    farm_range = _free_range(fleet, count)
    server.create()
    network.add_local_range(fleet.hub, server.namespace, server.address, farm_range)
    server.switch_on()
    addresses = [str(farm_range[index]) for index in range(count)]
    public_keys = [" ".join(line.split()[1:]) for line in (server.directory / "known_hosts").read_text().splitlines()]
    lines = [line for address in addresses for line in ssh.known_hosts_lines(address, server.port, public_keys)]
    with open(server.directory / "known_hosts", "a") as file:
        file.write("\n".join(lines) + "\n")
    return {**server.describe(), "addresses": addresses, "known_hosts": lines}


def _free_range(fleet, count):
    """The smallest network with `count` addresses; a fleet has room for one farm."""
    prefix = 32 - max(count - 1, 1).bit_length()
    farms = ipaddress.IPv4Network((fleet.network[network.FIRST_FARM_HOST], 17))
    if not 1 <= count <= farms.num_addresses:
        raise FleetError(f"a farm cannot have {count} addresses", f"1 to {farms.num_addresses} are possible")
    return next(farms.subnets(new_prefix=prefix))
