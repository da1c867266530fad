"""Virtual environments on a server of the fleet: real ones, and ones of which there is only what tells of packages."""

import pathlib
import re
import shlex
import shutil

WHEELS = "/usr/share/python-wheels"


class Virtualenv:
    """What venv and pip leave in a directory of a server, as far as it tells what is installed.

    Nothing in it can run: who starts its Python or pip leaves `ran` behind. It is written from outside.
    """

    def __init__(self, machine, path, packages, python="3.14.0"):
        self.path = path
        self.root = pathlib.Path(machine["rootfs"]) / path.lstrip("/")
        self.ran = pathlib.Path(machine["rootfs"]) / "srv/ran"
        series = ".".join(python.split(".")[:2])
        self.site_packages = self.root / f"lib/python{series}/site-packages"
        self.site_packages.mkdir(parents=True)
        (self.root / "pyvenv.cfg").write_text(
            f"home = /usr/bin\ninclude-system-site-packages = false\nversion = {python}\n"
            f"executable = /usr/bin/python{series}\ncommand = /usr/bin/python3 -m venv {path}\n")
        (self.root / "bin").mkdir()
        for program in ("python", "python3", "pip"):
            self.program(program, "touch /srv/ran\n")
        for name, version in packages.items():
            self.install(name, version)

    def program(self, name, script):
        file = self.root / "bin" / name
        file.write_text("#!/bin/sh\n" + script)
        file.chmod(0o755)
        return f"{self.path}/bin/{name}"

    def install(self, name, version):
        """In place of another version of it."""
        self.remove(name)
        stem = directory_stem(name)
        info = self.site_packages / f"{stem}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: An example\nRequires-Python: >=3.7\n"
            f"Requires-Dist: nothing\n\n# {name}\n\nVersion: 0.0 is what its description says.\n")
        (info / "INSTALLER").write_text("pip\n")
        (info / "WHEEL").write_text("Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        (info / "RECORD").write_text(f"{info.name}/METADATA,,\n{info.name}/RECORD,,\n")
        (info / "top_level.txt").write_text(f"{stem}\n")
        (self.site_packages / stem).mkdir(exist_ok=True)
        (self.site_packages / stem / "__init__.py").write_text("")

    def remove(self, name):
        for info in self.site_packages.glob(f"{directory_stem(name)}-*.dist-info"):
            shutil.rmtree(info)


def directory_stem(name):
    return re.sub(r"[-_.]+", "_", name)


def make_real(fleet, server, path, *wheels):
    """An environment that the server's own Python made, with what Debian's wheels hold unpacked where pip puts it."""
    fleet.shell(server, f"""set -e
        path={shlex.quote(path)}
        /usr/bin/python3 -m venv --without-pip "$path"
        for directory in "$path"/lib/python3*/site-packages; do
            for name in {shlex.join(wheels)}; do
                for wheel in {WHEELS}/"$name"-*.whl; do
                    "$path/bin/python" -m zipfile -e "$wheel" "$directory"
                done
            done
        done""")


def version_of_wheel(fleet, server, name):
    """Of the one that Debian has there."""
    listed = fleet.shell(server, f"cd {WHEELS} && ls {shlex.quote(name)}-*.whl").split()
    return listed[0].split("-")[1]
