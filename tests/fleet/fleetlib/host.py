"""What this machine must have to carry a fleet."""

import os
import shutil
import subprocess
import sys
import tempfile

from .errors import FleetError

# Program -> Debian package that has it.
PROGRAMS = {"mmdebstrap": "mmdebstrap", "systemd-nspawn": "systemd-container", "ip": "iproute2", "zstd": "zstd",
            "tar": "tar", "ssh": "openssh-client", "ssh-keygen": "openssh-client", "dpkg-deb": "dpkg",
            "nsenter": "util-linux", "unshare": "util-linux", "mount": "mount", "gpg": "gpg",
            "openssl": "openssl", "pebble": "pebble", "update-ca-certificates": "ca-certificates"}

# What a server's making and booting stands on, tried in namespaces that vanish with the shell.
TRIALS = (
    ("namespaces", "true"),
    ("a cgroup version 2 hierarchy", "mount -t cgroup2 cgroup2 \"$1\""),
    ("overlay file systems", "mount -t tmpfs tmpfs \"$1\" && cd \"$1\" && mkdir lower upper work root && "
     "mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay root"),
    ("network bridges", "ip link add trial type bridge"),
    ("pairs of network interfaces", "ip link add trial type veth peer name trial2"),
)


def missing_packages():
    return sorted({package for program, package in PROGRAMS.items() if not shutil.which(program)})


def obstacle():
    """Why no fleet can be made here, in one line; None when it can."""
    if os.geteuid() != 0:
        return "not root"
    missing = missing_packages()
    if missing:
        return f"not installed: {', '.join(missing)} (`fleet deps` installs what is missing)"
    if not os.path.exists("/proc/thread-self/children"):
        return "a kernel without CONFIG_PROC_CHILDREN"
    with tempfile.TemporaryDirectory() as directory:
        for what, script in TRIALS:
            done = subprocess.run(["unshare", "--mount", "--net", "--pid", "--uts", "--ipc", "--cgroup", "--fork",
                                   "sh", "-c", script, "trial", directory], capture_output=True, text=True, check=False)
            if done.returncode != 0:
                said = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
                return f"no {what} here: {said[-1]}"
    return None


def install_packages():
    """Installs what is missing and nothing else; waits for another apt instead of failing."""
    missing = missing_packages()
    if not missing:
        return []
    if os.geteuid() != 0:
        raise FleetError(f"not root: cannot install {', '.join(missing)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = ["apt-get", "-o", "DPkg::Lock::Timeout=600", "--quiet", "--yes"]
    for words in (["update"], ["install", "--no-install-recommends", *missing]):
        done = subprocess.run([*apt, *words], env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
        # A mirror that fails to answer for one of many sources does not matter if the packages are found.
        if done.returncode != 0 and words[0] == "install":
            raise FleetError(f"apt-get could not install {', '.join(missing)}", "its own words are above")
    return missing
