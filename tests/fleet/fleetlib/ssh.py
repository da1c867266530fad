"""Keys, known hosts, and logging in the way an administrator would."""

from .processes import run


def make_key(path, kind="ed25519"):
    run("ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "", "-f", path)


def public_key(path):
    return path.with_name(path.name + ".pub").read_text().strip()


def known_hosts_lines(address, port, public_keys):
    host = address if port == 22 else f"[{address}]:{port}"
    return [f"{host} {' '.join(key.split()[:2])}" for key in public_keys]


def client_command(server, argv=()):
    """The `ssh` that logs in to `server` from its hub, without a setting of whoever calls it."""
    known_hosts = server.directory / "known_hosts"
    return ["ssh", "-F", "none", "-i", str(server.fleet.key), "-p", str(server.port),
            "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "BatchMode=yes",
            "-o", "StrictHostKeyChecking=yes", "-o", f"UserKnownHostsFile={known_hosts}",
            "-o", "GlobalKnownHostsFile=/dev/null", "-o", "ConnectTimeout=10",
            f"{server.user}@{server.address}", *argv]
