"""The packages that servers install (version 1) and are offered as updates (version 2).

Each stands for one thing that happens to people who upgrade servers. All are
tiny and depend on nothing, so that an upgrade takes what dpkg takes.
"""

import dataclasses
import hashlib
import tempfile
from pathlib import Path

from . import paths
from .processes import run

MAIN, SECURITY = "main", "security"


@dataclasses.dataclass
class Version:
    """One .deb. `files` maps paths to text, `scripts` the names of maintainer scripts to their bodies."""
    files: dict = dataclasses.field(default_factory=dict)
    scripts: dict = dataclasses.field(default_factory=dict)
    conffiles: tuple = ()
    depends: str = ""
    archive: str = MAIN
    # Further fields of the index, not of the package.
    index: dict = dataclasses.field(default_factory=dict)
    # As dpkg sees it; default: "1.0" for version 1.
    version: str = ""


@dataclasses.dataclass
class Package:
    about: str
    versions: dict
    section: str = "misc"
    # What to tell `apt-mark` once it is installed: hold, auto, or nothing.
    mark: str = ""


def plain(name, number, **more):
    """A version that anybody can tell from the other by a file."""
    return Version(files={f"/usr/share/{name}/version": f"{number}\n"}, **more)


SLOW = """
seconds=$(cat /etc/demo-slow/seconds 2>/dev/null || echo 5)
mkdir -p /var/lib/demo-slow
: >/var/lib/demo-slow/started
i=0
while [ $i -lt "$seconds" ]; do
    i=$((i + 1))
    echo "demo-slow: step $i of $seconds"
    sleep 1
done
: >/var/lib/demo-slow/finished
"""

FAILING = """
if [ -e /etc/demo-failing-postinst.fail ]; then
    echo "demo-failing-postinst: /etc/demo-failing-postinst.fail is there" >&2
    exit 1
fi
"""

# Asks whatever it is told about the frontend, and reads whatever stdin is: hangs on an open one.
ASKING = """
printf 'demo-asking: replace the old data? [y/N] '
read -r answer || answer=none
mkdir -p /var/lib/demo-asking
echo "$answer" >/var/lib/demo-asking/answer
"""

DEBCONF_TEMPLATE = """Template: demo-debconf/colour
Type: string
Default: green
Description: Colour of the demonstration:
 Asked with high priority, and only by version 2.
"""

DEBCONF_CONFIG = """. /usr/share/debconf/confmodule
db_input high demo-debconf/colour || true
db_go || true
"""

DEBCONF_POSTINST = """. /usr/share/debconf/confmodule
db_get demo-debconf/colour
mkdir -p /var/lib/demo-debconf
echo "$RET" >/var/lib/demo-debconf/colour
db_stop
"""

REBOOT_REQUIRED = """
echo '*** System restart required ***' >/run/reboot-required
echo {name} >>/run/reboot-required.pkgs
"""

INTERRUPT = """
# Told so by `fleet break`, dies together with the dpkg that runs it.
[ -z "${FLEET_INTERRUPT:-}" ] || kill -KILL $PPID $$
"""

SERVICE_UNIT = """[Unit]
Description=Demonstration service on port 4711

[Service]
ExecStart=/usr/lib/demo-service/listen

[Install]
WantedBy=multi-user.target
"""

SERVICE_PROGRAM = """#!/usr/bin/perl
# Greets whoever connects to port 4711.
use Socket;
$SIG{TERM} = sub { exit 0 };
socket(my $server, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
setsockopt($server, SOL_SOCKET, SO_REUSEADDR, 1);
bind($server, sockaddr_in(4711, INADDR_ANY)) or die "bind: $!";
listen($server, 16) or die "listen: $!";
while (accept(my $client, $server)) {
    send($client, "demo-service 1\\n", 0);
    close $client;
}
"""

SERVICE_BROKEN = """#!/bin/sh
echo 'demo-service: /etc/demo-service.conf: no such file or directory' >&2
exit 1
"""

# As Debian's own helpers do it: that the service does not start does not fail the upgrade.
SERVICE_POSTINST = """
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    systemctl enable --quiet demo-service.service
    systemctl restart demo-service.service || true
fi
"""

SERVICE_PRERM = """
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
    systemctl disable --quiet --now demo-service.service || true
fi
"""


def service(program):
    return Version(files={"/lib/systemd/system/demo-service.service": SERVICE_UNIT,
                          "/usr/lib/demo-service/listen": program},
                   scripts={"postinst": SERVICE_POSTINST, "prerm": SERVICE_PRERM})


def kernel(release, version):
    """A kernel package as far as apt sees one; nothing ever boots it.

    The version matters: apt keeps the two newest *versions* of all installed kernels.
    """
    return Version(version=version, files={f"/boot/vmlinuz-{release}": "not a kernel\n" * 1000,
                          f"/lib/modules/{release}/modules.order": "\n"},
                   scripts={"postinst": REBOOT_REQUIRED.format(name=f"linux-image-{release}")})


PACKAGES = {
    "demo-plain": Package("upgrades without any trouble",
                          {1: plain("demo-plain", 1), 2: plain("demo-plain", 2)}),
    "demo-conffile": Package("version 2 changes its configuration file /etc/demo-conffile.conf", {
        1: Version(files={"/etc/demo-conffile.conf": "greeting = hello\n"}, conffiles=("/etc/demo-conffile.conf",)),
        2: Version(files={"/etc/demo-conffile.conf": "greeting = good day\nvolume = 11\n"},
                   conffiles=("/etc/demo-conffile.conf",))}),
    "demo-failing-postinst": Package("version 2 cannot be configured while /etc/demo-failing-postinst.fail exists", {
        1: plain("demo-failing-postinst", 1, scripts={"postinst": ": >/etc/demo-failing-postinst.fail\n"}),
        2: plain("demo-failing-postinst", 2, scripts={"postinst": FAILING})}),
    "demo-slow": Package("configuring version 2 takes as many seconds as /etc/demo-slow/seconds says (default 5); "
                         "/var/lib/demo-slow/{started,finished} tell how far it is", {
        1: plain("demo-slow", 1), 2: plain("demo-slow", 2, scripts={"postinst": SLOW})}),
    "demo-asking": Package("version 2 reads an answer from stdin, whatever the frontend is; "
                           "/var/lib/demo-asking/answer holds it, or 'none' for an end of file", {
        1: plain("demo-asking", 1), 2: plain("demo-asking", 2, scripts={"postinst": ASKING})}),
    "demo-debconf": Package("version 2 asks a debconf question of high priority", {
        1: plain("demo-debconf", 1),
        2: plain("demo-debconf", 2, depends="debconf",
                 scripts={"config": DEBCONF_CONFIG, "templates": DEBCONF_TEMPLATE, "postinst": DEBCONF_POSTINST})}),
    "demo-reboot": Package("version 2 asks for a reboot", {
        1: plain("demo-reboot", 1),
        2: plain("demo-reboot", 2, scripts={"postinst": REBOOT_REQUIRED.format(name="demo-reboot")})}),
    "demo-held": Package("is marked hold", {1: plain("demo-held", 1), 2: plain("demo-held", 2)}, mark="hold"),
    "demo-phased": Package("version 2 is phased in to 0 % of all machines", {
        1: plain("demo-phased", 1), 2: plain("demo-phased", 2, index={"Phased-Update-Percentage": "0"})}),
    "demo-service": Package("a service on port 4711; version 2 upgrades well, but its service does not start",
                            {1: service(SERVICE_PROGRAM), 2: service(SERVICE_BROKEN)}),
    "demo-security": Package("version 2 comes from the security archive", {
        1: plain("demo-security", 1), 2: plain("demo-security", 2, archive=SECURITY)}),
    "demo-newdep": Package("version 2 needs a new package: kept back unless new packages are allowed", {
        1: plain("demo-newdep", 1), 2: plain("demo-newdep", 2, depends="demo-newdep-library")}),
    "demo-newdep-library": Package("what version 2 of demo-newdep needs", {2: plain("demo-newdep-library", 2)}),
    "demo-interrupted": Package("`fleet break NAME dpkg-interrupted` needs it", {
        1: plain("demo-interrupted", 1, scripts={"postinst": INTERRUPT})}),
    "linux-image-demo": Package("depends on the newest of the demonstration's kernels; version 2 brings a newer one", {
        1: Version(depends="linux-image-6.1.0-91-demo"), 2: Version(depends="linux-image-6.1.0-92-demo")},
        section="metapackages"),
    "linux-image-6.1.0-90-demo": Package("an old kernel", {1: kernel("6.1.0-90-demo", "6.1.190-1")}, "kernel", "auto"),
    "linux-image-6.1.0-91-demo": Package("a kernel", {1: kernel("6.1.0-91-demo", "6.1.191-1")}, "kernel", "auto"),
    "linux-image-6.1.0-92-demo": Package("the newest kernel", {2: kernel("6.1.0-92-demo", "6.1.192-1")}, "kernel"),
}


def build_all():
    """The folder with every .deb, and beside each its entry for an index: NAME_1.fields or NAME_2.fields."""
    recipe = repr(PACKAGES) + Path(__file__).read_text()
    pool = paths.cache() / f"packages-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}"
    with paths.locked(paths.cache() / ".packages.lock"):
        if not pool.is_dir():
            with tempfile.TemporaryDirectory(dir=paths.cache(), prefix=".packages-") as work:
                made = Path(work) / "pool"
                made.mkdir()
                for name, package in PACKAGES.items():
                    for number, version in package.versions.items():
                        _build(Path(work), made, name, package, number, version)
                made.rename(pool)
    return pool


def _build(work, pool, name, package, number, version):
    root = work / f"{name}-{number}"
    control = {"Package": name, "Version": version.version or f"{number}.0", "Architecture": "all",
               "Section": package.section, "Priority": "optional", "Maintainer": "Fleet <fleet@localhost>",
               "Depends": version.depends, "Description": package.about}
    fields = "".join(f"{field}: {value}\n" for field, value in control.items() if value)
    _write(root / "DEBIAN/control", fields)
    for path, text in version.files.items():
        _write(root / path.lstrip("/"), text, executable=text.startswith("#!"))
    for script, body in version.scripts.items():
        # debconf's questions are data, all others are programs.
        text = body if script == "templates" else f"#!/bin/sh\nset -e\n{body}"
        _write(root / "DEBIAN" / script, text, executable=script != "templates")
    if version.conffiles:
        _write(root / "DEBIAN/conffiles", "".join(f"{path}\n" for path in version.conffiles))
    file = pool / f"{name}_{control['Version']}_all.deb"
    run("dpkg-deb", "--root-owner-group", "-Znone", "--build", root, file)
    data = file.read_bytes()
    index = {"Filename": f"pool/{file.name}", "Size": len(data), "SHA256": hashlib.sha256(data).hexdigest(),
             **version.index}
    # The description comes last in real archives too.
    head, _, description = fields.partition("Description: ")
    entry = head + "".join(f"{field}: {value}\n" for field, value in index.items()) + f"Description: {description}"
    (pool / f"{name}_{number}.fields").write_text(entry)


def _write(path, text, executable=False):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755 if executable else 0o644)
