"""The command line: what can be asked for, and how."""

import argparse
import os
import sys

from . import authority, commands, image, server
from .errors import FleetError

DESCRIPTION = "Throw-away Debian servers on one machine: real systemd, sshd, apt and reboots. Needs root."

EPILOG = """examples:
  fleet up
  fleet server web1 --packages demo-plain,demo-slow
  fleet publish web1
  fleet hub -- ssh-keyscan 10.77.0.10
  fleet ssh web1 -- sudo apt-get update
  fleet reboot web1
  fleet down

exit status:
  0   done
  1   failed; what happened and what to do is on stderr
  2   wrong usage
  77  `check`: this machine cannot carry a fleet, the reason is on stdout
  `exec`, `hub` and `ssh` end with the status of the program they run.
"""


TROUBLES = """dpkg-lock or lists-lock: a process 'unattended-upgr' holds the lock of dpkg or of apt's lists;
dpkg-interrupted: dpkg was killed while it configured a package; disk-full: 64 KiB are left on /"""


def main(words=None):
    options = parser().parse_args(words)
    try:
        return options.run(options) or 0
    except BrokenPipeError:
        # Whoever read our output has seen enough; keep the interpreter from complaining about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except FleetError as problem:
        print(f"fleet: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except OSError as problem:
        print(f"fleet: {problem.filename or 'this machine'}: {problem.strerror}", file=sys.stderr)
        return 1


def parser():
    top = argparse.ArgumentParser(prog="fleet", description=DESCRIPTION, epilog=EPILOG,
                                  formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("--fleet", metavar="FLEET", default=os.environ.get("MAINTAIN_FLEET") or "default",
                     help="which of several fleets (default: $MAINTAIN_FLEET, else 'default')")
    command = Commands(top.add_subparsers(metavar="COMMAND", required=True))
    _add_preparation(command)
    _add_fleet(command)
    _add_servers(command)
    _add_access(command)
    _add_power(command)
    _add_trouble(command)
    _add_authority(command)
    return top


class Commands:
    """A shorter way to declare them."""

    def __init__(self, subparsers):
        self.subparsers = subparsers

    def __call__(self, name, run, text, server=False, program=False):
        # argparse lists what has a help text.
        listed = {} if text.startswith("internal") else {"help": text}
        added = self.subparsers.add_parser(name, **listed, description=text[0].upper() + text[1:] + ".")
        added.set_defaults(run=run)
        if server:
            added.add_argument("name", metavar="NAME", help="the server")
        if program:
            added.add_argument("argv", metavar="PROGRAM", nargs=argparse.REMAINDER,
                               help="after --: the program and its arguments")
        return added


def _add_preparation(command):
    command("deps", commands.deps, "install with apt what the tool needs and this machine lacks")
    command("check", commands.check, "exit 0 if this machine can carry a fleet, else print the reason and exit 77")
    added = command("image", commands.image, "make sure that a server image is in the cache, and print its path")
    _add_image_options(added)
    added.add_argument("--rebuild", action="store_true", help="build it even if it is there")


def _add_image_options(added):
    added.add_argument("--suite", choices=image.SUITES, default=image.DEFAULT_SUITE,
                       help="release of Debian (default: %(default)s)")
    added.add_argument("--variant", choices=image.VARIANTS, default="plain",
                       help="services: with PostgreSQL, MariaDB, Docker, Podman and SQLite; certificates: with ACME "
                            "clients, nginx, Postfix and Dovecot (default: %(default)s)")
    added.add_argument("--include", type=_list, default=(), metavar="PACKAGE,...",
                       help="further Debian packages; makes another image")


def _add_fleet(command):
    added = command("up", commands.up, "make an empty fleet; what an interrupted one left behind is removed first")
    added.add_argument("--owner", type=int, metavar="PID",
                       help="a process that needs it: while it runs no other `up` takes the fleet's place, "
                            "when it is gone the fleet counts as abandoned")
    added = command("down", commands.down, "remove the fleet and every trace of it")
    added.add_argument("--abandoned", action="store_true", help="instead: all fleets that had an owner which is gone")
    added = command("list", commands.show_all, "list the fleet's servers")
    added.add_argument("--json", action="store_true", help="everything, as JSON")
    command("known-hosts", commands.known_hosts, "print the known_hosts lines of all servers")


def _add_servers(command):
    added = command("server", commands.make_server, "make a server, boot it and print what there is to know as JSON",
                    server=True)
    _add_server_options(added)
    added.add_argument("--no-systemd", dest="systemd", action="store_false", help="only sshd runs, no init system")
    added.add_argument("--address", default="", help="an address in the fleet's network (default: the next free one)")
    added.add_argument("--packages", type=_list, default=(), metavar="PACKAGE,...",
                       help="demonstration packages to install in version 1; `fleet repo` lists them")
    command("remove", commands.remove_server, "remove a server", server=True)
    added = command("farm", commands.farm, "make one sshd that answers on many addresses, for benchmarks; prints JSON")
    added.add_argument("--count", type=int, default=200, help="how many addresses (default: %(default)s)")
    added.add_argument("--name", default="farm", help="name of the server behind them (default: %(default)s)")
    _add_server_options(added)

    command("repo", commands.list_packages, "list the packages of the fleet's repository")
    for name, run, text in (("publish", commands.publish, "offer version 2 of packages to a server"),
                            ("withdraw", commands.withdraw, "offer version 1 of packages again")):
        added = command(name, run, text, server=True)
        added.add_argument("packages", metavar="PACKAGE", nargs="*", help="default: all")


def _add_server_options(added):
    _add_image_options(added)
    added.add_argument("--user", choices=("maint", "root"), default="maint",
                       help="whom `ssh` logs in as; both have the key (default: %(default)s)")
    added.add_argument("--sudo", choices=server.SUDOERS, default="nopasswd",
                       help="what maint may do as root; the password is in the JSON (default: %(default)s)")
    added.add_argument("--sudoers", default="", metavar="FILE", help="a sudoers file for maint, instead of --sudo")
    added.add_argument("--port", type=int, default=22, help="port of sshd (default: %(default)s)")
    added.add_argument("--host-keys", type=_list, default=("ed25519",), metavar="TYPE,...",
                       help="some of ed25519, ecdsa, rsa (default: ed25519)")
    added.add_argument("--sshd-option", dest="sshd_options", action="append", default=[], metavar="LINE",
                       help="a line for sshd_config; may be repeated")
    added.add_argument("--config", action="append", default=[], metavar="FILE",
                       help="a file to copy to /etc/maintain.d; may be repeated")
    added.add_argument("--disk", default="1G", metavar="SIZE",
                       help="size of the server's disk; takes memory as it fills (default: %(default)s)")
    added.add_argument("--docker", action="store_true", help="may run a Docker daemon; needs --variant services")
    added.add_argument("--nspawn-option", dest="nspawn_options", action="append", default=[], metavar="OPTION",
                       help="passed to systemd-nspawn; may be repeated")


def _add_access(command):
    command("exec", commands.execute, "run a program inside a server as root, without ssh", server=True, program=True)
    command("hub", commands.hub, "run a program in the hub, from where the servers can be reached", program=True)
    command("ssh", commands.ssh_to, "log in to a server from the hub, with the fleet's key", server=True, program=True)


def _add_power(command):
    added = command("reboot", commands.reboot, "reboot a server and wait until it is back", server=True)
    _add_timeout(added)
    added = command("wait", commands.wait, "wait until a server is up (and answers) or off", server=True)
    added.add_argument("--until", choices=("up", "off"), default="up", help="which of both (default: %(default)s)")
    added.add_argument("--not-boot", metavar="BOOT_ID", help="up with another boot id than this: back after a reboot")
    _add_timeout(added)
    command("power-cut", commands.power_cut, "end all processes of a server at once", server=True)
    command("start", commands.start, "switch a server on that is off", server=True)
    for name, run, text in (
            ("never-return", commands.never_return, "whether the next reboot of a server leaves it switched off"),
            ("ignore-reboot", commands.ignore_reboot, "whether a server says yes to a reboot and does nothing")):
        command(name, run, text, server=True).add_argument("switch", choices=("on", "off"))
    added = command("cut", commands.cut, "pull a server's network cable: packets vanish", server=True)
    added.add_argument("--reset", action="store_true",
                       help="instead: end the SSH connections it has now; new ones are possible at once")
    command("join", commands.join, "plug the cable in again", server=True)


def _add_trouble(command):
    for name, run, text in (("break", commands.break_server, "bring trouble on a server"),
                            ("mend", commands.mend_server, "take the trouble from it again")):
        added = command(name, run, text, server=True)
        added.add_argument("trouble", metavar="TROUBLE", choices=commands.TROUBLES, help=TROUBLES)
        if name == "break":
            added.add_argument("--path", default="/",
                               help="disk-full: instead, put a small full disk on this directory")
    added = command("supervise", commands.supervise, "internal: stay beside a server that is on", server=True)
    added.add_argument("ready_fd", type=int)


def _add_authority(command):
    added = command("authority", None, "a certificate authority in the hub, and the fleet's name service")
    what = Commands(added.add_subparsers(metavar="WHAT", required=True))
    added = what("up", commands.authority_up, "start it, or a new one in its place; prints JSON: URL, root, ...")
    added.add_argument("--lifetime", type=int, default=authority.LIFETIME, metavar="SECONDS",
                       help="of all certificates that it issues (default: %(default)s, 90 days)")
    what("down", commands.authority_down, "end it, and the name service with it")
    what("root", commands.authority_root, "print the path of the root certificate that its chains end in")
    added = what("name", commands.authority_name, "give a name its addresses, instead of those it had")
    added.add_argument("name", metavar="NAME", help="a host name")
    added.add_argument("addresses", metavar="ADDRESS", nargs="*",
                       help="IPv4, IPv6, or a server for both of its own; none: the name is not known")
    what("cut", commands.authority_cut, "let nobody reach it; it forgets nothing")
    what("join", commands.authority_join, "let it be reached again")


def _add_timeout(added):
    added.add_argument("--timeout", type=float, default=60, metavar="SECONDS", help="give up after (default: 60)")


def _list(text):
    return tuple(word for word in text.split(",") if word)
