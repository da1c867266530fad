"""Ends a maintain that runs, or a part of it, at a moment of chance."""

import os
import pathlib
import random
import signal
import subprocess

from .central import PATIENCE


def children(pid):
    try:
        threads = list(pathlib.Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for thread in threads for child in (thread / "children").read_text().split()]
    except OSError:
        return []  # it has just ended


def family(pid):
    """The process and all below it, eldest first."""
    found, pending = [], [pid]
    while pending:
        one = pending.pop(0)
        found.append(one)
        pending += children(one)
    return found


def command_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode(errors="replace")
    except OSError:
        return ""


def supervisors(pid):
    return [one for one in family(pid) if os.path.basename(command_of(one)) == "maintain"]


def workers(pid):
    """The launcher, the workers it forked, and the programs they started."""
    for one in family(pid):
        if os.path.basename(command_of(one)) == "maintain-worker":
            return family(one)
    return []


class Killer:
    """Chooses the moments; the seed stands in the messages of failures, so that a failure can be had again."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def kill(self, process, longest, victims):
        """Waits up to `longest` seconds, then ends one of `victims(pid)`. Whether there was one, and what happened."""
        delay = self.random.uniform(0, longest)
        if self._ended_within(process, delay):
            return False, f"over before {delay:.3f} s"
        candidates = victims(process.pid)
        if not candidates:
            return False, f"nobody there after {delay:.3f} s"
        victim = self.random.choice(candidates)
        name = os.path.basename(command_of(victim)) or "a process that just ended"
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            return False, f"{name} was gone after {delay:.3f} s"
        return True, f"{name} after {delay:.3f} s"

    @staticmethod
    def _ended_within(process, seconds):
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True


def await_end(process):
    """Everything of it is gone when this returns: its own processes hold its output open."""
    try:
        return process.communicate(timeout=PATIENCE)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
