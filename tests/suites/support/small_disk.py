"""A small file system for the backups of a test: it can be full, of bytes or of inodes, and of another kind."""

import os
import pathlib
import subprocess
import tempfile



def _make_ext4(image, inodes):
    return ["mkfs.ext4", "-q", "-F", "-m", "0", *(["-N", inodes] if inodes else []), image]


def _make_btrfs(image, _):
    return ["mkfs.btrfs", "-q", "-f", "-m", "single", image]


MAKE = {"ext4": _make_ext4, "btrfs": _make_btrfs}


class SmallDisk:
    """Mounted on `directory`, which is made, until close()."""

    def __init__(self, directory, size, inodes=0, kind="ext4"):
        self.directory = pathlib.Path(directory)
        descriptor, self.image = tempfile.mkstemp(prefix="maintain-disk-", dir="/var/tmp")
        os.truncate(descriptor, size)
        os.close(descriptor)
        self.directory.mkdir(parents=True, exist_ok=True)
        try:
            self._run(*MAKE[kind](self.image, inodes))
            self._run("mount", "-o", "loop", self.image, self.directory)
        except BaseException:
            os.unlink(self.image)
            raise
        self.directory.chmod(0o700)

    @staticmethod
    def _run(*argv):
        done = subprocess.run([str(word) for word in argv], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, argv))}: {done.stderr.strip() or done.stdout.strip()}")

    def free(self):
        """Bytes and inodes."""
        found = os.statvfs(self.directory)
        return found.f_bavail * found.f_frsize, found.f_favail

    def close(self):
        # Lazily: a process that the test has killed may still be on its way out.
        self._run("umount", "--lazy", self.directory)
        os.unlink(self.image)
