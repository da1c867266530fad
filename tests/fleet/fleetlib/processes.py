"""Running programs, and knowing for certain which process is which."""

import contextlib
import os
import select
import signal
import subprocess
import time

from .errors import FleetError


def run(*argv, stdin="", check=True, timeout=60, env=None):
    """Runs a short program to its end and returns what it printed."""
    argv = [str(word) for word in argv]
    try:
        done = subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=timeout, env=env)
    except FileNotFoundError:
        raise FleetError(f"{argv[0]} is not installed", "run `fleet deps`") from None
    except subprocess.TimeoutExpired:
        raise FleetError(f"`{' '.join(argv)}` did not end within {timeout} s") from None
    if check and done.returncode != 0:
        said = (done.stderr or done.stdout).strip()
        raise FleetError(f"`{' '.join(argv)}` failed with status {done.returncode}: {said}")
    return done.stdout


def start_detached(argv, log, cgroup, pass_fds=()):
    """Starts a program that outlives us, born in `cgroup`; its output goes to the file `log`."""
    with open(log, "ab") as output:
        child = subprocess.Popen([str(word) for word in argv], stdin=subprocess.DEVNULL,
                                 stdout=output, stderr=output, start_new_session=True, pass_fds=pass_fds,
                                 preexec_fn=lambda: (cgroup / "cgroup.procs").write_text(str(os.getpid())))
    # Nobody here will ever wait for it: it ends after us and init reaps it.
    child.returncode = 0
    return Process.of(child.pid)


def wait_until(condition, timeout, what, hint=""):
    """Returns the first true value of `condition()`; for things that offer no event to wait for."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() >= deadline:
            raise FleetError(f"{what} did not happen within {timeout:g} s", hint)
        time.sleep(0.01)
    return value


class Process:
    """A process told apart by pid *and* start time, so that a reused pid is never signalled."""

    def __init__(self, pid, start_time):
        self.pid = pid
        self.start_time = start_time

    @classmethod
    def of(cls, pid):
        return cls(pid, _start_time(pid))

    @classmethod
    def from_json(cls, value):
        return cls(value["pid"], value["start_time"]) if value else None

    def to_json(self):
        return {"pid": self.pid, "start_time": self.start_time}

    def alive(self):
        return self.start_time is not None and _start_time(self.pid) == self.start_time

    @contextlib.contextmanager
    def _handle(self):
        """A pidfd of the very process, or None: once it is open, the pid cannot change its owner."""
        try:
            fd = os.pidfd_open(self.pid)
        except ProcessLookupError:
            yield None
            return
        try:
            yield fd if self.alive() else None
        finally:
            os.close(fd)

    def send(self, number):
        with self._handle() as fd:
            if fd is not None:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(fd, number)

    def wait(self, timeout):
        """True when the process is gone within `timeout` seconds."""
        with self._handle() as fd:
            if fd is None:
                return True
            poller = select.poll()
            poller.register(fd, select.POLLIN)
            return bool(poller.poll(timeout * 1000))

    def end(self, grace=5):
        """Asks, waits, insists."""
        self.send(signal.SIGTERM)
        if not self.wait(grace):
            self.kill()

    def kill(self, timeout=10):
        self.send(signal.SIGKILL)
        if not self.wait(timeout):
            raise FleetError(f"process {self.pid} survived SIGKILL for {timeout} s")


def _start_time(pid):
    """Clock ticks since boot; None when there is no such process, or only its zombie."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            # The name in parentheses may itself hold spaces and parentheses.
            fields = file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])
