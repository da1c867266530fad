"""Containers on a server of the fleet that write into volumes, and what became of them."""

import json

# Writes the same counter into two files for as long as it lives: a copy in which they differ was made while it wrote.
WRITER = ("trap exit TERM; n=0; while :; do n=$((n + 1)); echo $n >/data/one; sleep 0.01; echo $n >/data/two; "
          "sleep 0.01; done")


class Containers:
    def __init__(self, fleet, server, program="docker"):
        self.fleet, self.server, self.program = fleet, server, program
        self("import", "/usr/local/share/fleet-busybox.tar", "fleet/busybox")

    def __call__(self, *words, check=True):
        return self.fleet.inside(self.server, self.program, *words, check=check)

    def volume(self, name, *labels):
        self("volume", "create", *(word for label in labels for word in ("--label", label)), name)
        return self("volume", "inspect", "--format", "{{.Mountpoint}}", name).strip()

    def start(self, name, *volumes, script=WRITER, restart="no"):
        """The first volume is /data, the others /data1 and so on."""
        mounts = [word for number, volume in enumerate(volumes)
                  for word in ("--volume", f"{volume}:/data{number or ''}")]
        self("run", "--detach", "--name", name, "--network", "none", "--restart", restart, *mounts,
             "fleet/busybox", "sh", "-c", script)

    def state(self, name):
        """running, paused, exited, created."""
        return json.loads(self("inspect", name))[0]["State"]["Status"]

    def started(self, name):
        """When it was started last: another one after a stop, the same after a pause."""
        return json.loads(self("inspect", name))[0]["State"]["StartedAt"]
