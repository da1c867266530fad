"""A fleet's processes are born in its cgroup, so that all can be found, however they came about."""

import contextlib
import os

from .processes import run, wait_until


def mount(directory):
    """A view of the version 2 hierarchy of our own, as its usual place differs between machines."""
    directory.mkdir(exist_ok=True)
    run("mount", "-t", "cgroup2", "cgroup2", directory)


def join(directory):
    """Moves the calling process; whatever it starts is born there."""
    (directory / "cgroup.procs").write_text(str(os.getpid()))


def remove(directory):
    """Ends what runs in it, and in what is below it, at once; then removes it."""
    if not directory.is_dir():
        return
    (directory / "cgroup.kill").write_text("1")
    wait_until(lambda: "populated 0" in (directory / "cgroup.events").read_text(), 10, f"the end of all in {directory}")
    for path, _, _ in os.walk(directory, topdown=False):
        with contextlib.suppress(FileNotFoundError):
            os.rmdir(path)
