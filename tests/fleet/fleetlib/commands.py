"""What each command does: thin, all the knowledge is in the other modules."""

import dataclasses
import json
import os
import shutil
import signal
import sys

from . import breakage, host, inside, network, packages, power, repository, ssh, supervisor
from . import authority as authorities
from . import farm as farms
from .errors import FleetError
from .fleet import Fleet, all_fleets
from .image import Image
from .server import Options, Server

BREAK = {"dpkg-lock": lambda server, _: breakage.hold_lock(server, breakage.DPKG_LOCK),
         "lists-lock": lambda server, _: breakage.hold_lock(server, breakage.LISTS_LOCK),
         "dpkg-interrupted": lambda server, _: breakage.interrupt_dpkg(server),
         "disk-full": breakage.fill_disk}

MEND = {"dpkg-lock": lambda server: breakage.release_lock(server, breakage.DPKG_LOCK),
        "lists-lock": lambda server: breakage.release_lock(server, breakage.LISTS_LOCK),
        "dpkg-interrupted": breakage.configure_dpkg,
        "disk-full": breakage.empty_disk}

TROUBLES = tuple(BREAK)


# -- preparation

def deps(_):
    installed = host.install_packages()
    print(f"installed {', '.join(installed)}" if installed else "nothing is missing")


def check(_):
    if reason := host.obstacle():
        print(reason)
        return 77
    return 0


def image(options):
    if options.rebuild and (fleets := all_fleets()):
        raise FleetError("servers may be standing on the image that is to be replaced",
                         f"end these fleets first: {', '.join(fleet.name for fleet in fleets)}")
    made = Image(options.suite, options.include, options.variant)
    made.ensure(options.rebuild)
    print(made.archive)


# -- the fleet

def up(options):
    _must_be_possible()
    fleet = Fleet(options.fleet)
    fleet.up(options.owner)
    print(json.dumps({"name": fleet.name, "hub": fleet.hub, "address": str(fleet.hub_address),
                      "network": str(fleet.network), "key": str(fleet.key), "directory": str(fleet.directory)},
                     indent=2))


def down(options):
    fleets = [fleet for fleet in all_fleets() if fleet.abandoned] if options.abandoned else [Fleet(options.fleet)]
    for fleet in fleets:
        fleet.down()


def show_all(options):
    servers = [server.describe() for server in _fleet(options).complete_servers()]
    if options.json:
        print(json.dumps(servers, indent=2))
        return
    for server in servers:
        print(f"{server['name']:24} {server['address']:15} {server['state']:8} "
              f"boot {server['boots']}, link {server['link']}, {server['suite']}")


def known_hosts(options):
    for server in _fleet(options).complete_servers():
        print((server.directory / "known_hosts").read_text(), end="")


def _must_be_possible():
    if reason := host.obstacle():
        raise FleetError(f"no fleet can be made here: {reason}")


# -- servers

def make_server(options):
    server = Server(_fleet(options), options.name, _server_options(options))
    with _removed_on_failure(server):
        server.create()
        server.switch_on()
        power.wait_for_ssh(server)
        if server.options.packages:
            repository.install(server, server.options.packages)
    print(json.dumps(server.describe(), indent=2))


def farm(options):
    fleet = _fleet(options)
    server = Server(fleet, options.name, _server_options(options))
    with _removed_on_failure(server):
        described = farms.make(server, options.count)
    print(json.dumps(described, indent=2))


def remove_server(options):
    _server(options).remove()


def list_packages(_):
    for name, package in packages.PACKAGES.items():
        print(f"{name:27} {'+'.join(str(number) for number in package.versions):4} {package.about}")


def publish(options):
    repository.publish(_server(options), options.packages)


def withdraw(options):
    repository.publish(_server(options), options.packages, withdraw=True)


# -- inside

def execute(options):
    inside.become(_server(options), _program(options))


def hub(options):
    fleet = _fleet(options)
    _become([*authorities.Authority(fleet).enter_hub(), *_program(options)])


def ssh_to(options):
    server = _server(options)
    # Without a program it is a shell to work in.
    _become(["nsenter", f"--net={network.namespace_path(server.fleet.hub)}",
             *ssh.client_command(server, _words(options))])


# -- power and cables

def reboot(options):
    print(json.dumps(power.reboot(_server(options), options.timeout), indent=2))


def wait(options):
    server = _server(options)
    if options.until == "off":
        power.wait_for_off(server, options.timeout)
    else:
        power.wait_for_boot(server, options.not_boot, options.timeout)


def power_cut(options):
    power.cut_power(_server(options))


def start(options):
    server = _server(options)
    server.switch_on()
    power.wait_for_boot(server)


def never_return(options):
    power.set_never_return(_server(options), options.switch == "on")


def ignore_reboot(options):
    power.set_ignore_reboot(_server(options), options.switch == "on")


def cut(options):
    server = _server(options)
    if options.reset:
        power.reset_sessions(server)
    else:
        power.cut_link(server)


def join(options):
    power.join_link(_server(options))


def supervise(options):
    supervisor.main(_server(options), options.ready_fd)


# -- certificates

def authority_up(options):
    authority = _authority(options)
    authority.start(options.lifetime)
    print(json.dumps(authority.describe(), indent=2))


def authority_down(options):
    _authority(options).stop()


def authority_root(options):
    authority = _authority(options)
    authority.must_be_up()
    print(authority.root)


def authority_name(options):
    authority = _authority(options)
    authority.set_name(options.name, authorities.addresses_of(authority.fleet, options.addresses))


def authority_cut(options):
    _authority(options).cut()


def authority_join(options):
    _authority(options).join()


def _authority(options):
    return authorities.Authority(_fleet(options))


# -- trouble

def break_server(options):
    BREAK[options.trouble](_server(options), options.path)


def mend_server(options):
    MEND[options.trouble](_server(options))


# -- what they share

def _fleet(options):
    fleet = Fleet(options.fleet)
    fleet.must_be_up()
    return fleet


def _server(options):
    return _fleet(options).server(options.name)


def _server_options(options):
    """The server's own among all options of the command line."""
    names = {field.name for field in dataclasses.fields(Options)}
    return Options(**{name: value for name, value in vars(options).items() if name in names})


class _removed_on_failure:
    """A server that did not come up goes away again, but what it said stays readable."""

    def __init__(self, server):
        self.server = server

    def __enter__(self):
        self.existed = self.server.directory.exists()

    def __exit__(self, kind, problem, trace):
        if kind is None or self.existed or not self.server.directory.exists():
            return
        source = self.server.directory / "console.log"
        if source.exists():
            kept = self.server.fleet.directory / f"{self.server.name}-failed.log"
            shutil.copy(source, kept)
            print(f"fleet: what '{self.server.name}' said is kept in {kept}", file=sys.stderr)
        self.server.remove()


def _program(options):
    program = _words(options)
    if not program:
        raise FleetError("which program?", "add it after --")
    return program


def _words(options):
    """The words after "--", which argparse leaves in front of them."""
    return options.argv[1:] if options.argv[:1] == ["--"] else options.argv


def _become(argv):
    sys.stdout.flush()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        os.execvp(argv[0], argv)
    except FileNotFoundError:
        raise FleetError(f"{argv[0]} is not installed", "run `fleet deps`") from None
