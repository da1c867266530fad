"""Throw-away Debian servers on one machine.

A *fleet* is a hub (a network namespace with a bridge, where the program under
test runs) and any number of *servers* plugged into it.  A server is a Debian
installation booted by systemd-nspawn: its own init, sshd, apt, boot id and
uptime; it really reboots.  Several fleets live side by side, told apart by
their name.

Where to look:

    paths, errors, processes, cgroups   what everything else stands on
    mirror, image                       the Debian installation servers are made from
    fleet, network                      the hub, its addresses, coming up and going down
    server, supervisor                  making a server; keeping it running
    power, inside, ssh                  acting on a server
    packages, repository                what the servers can install and upgrade
    breakage, farm                      making servers suffer; many addresses at once
    host                                what this machine must have
    cli, commands                       the command line
"""
