"""A tree of files with everything in it that backups are known to lose, and the comparison that finds what was lost.

The names are bytes: what a server's file system holds need not be text.
"""

import contextlib
import hashlib
import os
import socket
import stat
import struct

LONG = b"n" * 255
AWKWARD_NAMES = (b"two\nlines", b"not \xff\xfe utf-8", b" leading and trailing ", b"-rf", b"back\\slash",
                 b"quote'\"`$(touch owned)", b"tab\there", b"*?[x]", "żółć 😀".encode(), b"escape\x1b[31m", LONG,
                 b"ends in newline\n", b"#comment", b"latest", b"%s%n", b"~", b".rsync-filter", b"\x01")

# Of <linux/posix_acl_xattr.h>: tags of the entries, and who has no id.
USER_OBJ, USER, GROUP_OBJ, MASK, OTHER, NOBODY = 0x01, 0x02, 0x04, 0x10, 0x20, 0xffffffff


def acl(named_user, permissions=4):
    """A POSIX ACL that lets one more user in, as the kernel stores it."""
    entries = ((USER_OBJ, 6, NOBODY), (USER, permissions, named_user), (GROUP_OBJ, 4, NOBODY), (MASK, 6, NOBODY),
               (OTHER, 0, NOBODY))
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def write(path, data, mode=0o644, owner=(0, 0), mtime_ns=None):
    with open(path, "wb") as file:
        file.write(data)
    os.chown(path, *owner)
    os.chmod(path, mode)
    if mtime_ns is not None:
        os.utime(path, ns=(mtime_ns, mtime_ns))


def make_awkward(root):
    """Makes it in the new directory `root`. Needs root, and a file system with extended attributes and ACLs."""
    root = os.fsencode(root)

    def path(*names):
        return os.path.join(root, *names)

    os.makedirs(root)
    for name in (b"names", b"links", b"special", b"rights", b"empty directory", b"deep"):
        os.mkdir(path(name))
    for number, name in enumerate(AWKWARD_NAMES):
        write(path(b"names", name), b"content of " + name, mtime_ns=1_234_567_890_000_000_000 + number * 123_456_789)
    os.mkdir(path(b"names", b"a directory\nof two lines"))
    write(path(b"names", b"a directory\nof two lines", b"inside\xff"), b"x")
    _make_links(path)
    _make_rights(path)
    _make_special(path)
    deep = path(b"deep")
    for level in range(40):
        deep = os.path.join(deep, b"level-%d" % level)
    os.makedirs(deep)
    write(os.path.join(deep, b"bottom"), b"reached")
    os.utime(path(b"empty directory"), ns=(987_654_321_000_000_001, 987_654_321_000_000_001))


def _make_links(path):
    write(path(b"links", b"first"), b"one inode, three names" * 1000, mode=0o640, owner=(1234, 4321))
    os.link(path(b"links", b"first"), path(b"links", b"second"))
    os.link(path(b"links", b"first"), path(b"third"))
    os.symlink(b"first", path(b"links", b"relative"))
    os.symlink(b"/etc/passwd", path(b"links", b"absolute"))
    os.symlink(b"../../../../../../../../etc/shadow", path(b"links", b"upwards"))
    os.symlink(b"nowhere at\nall \xff", path(b"links", b"dangling"))
    os.symlink(b".", path(b"links", b"loop"))
    os.lchown(path(b"links", b"dangling"), 77, 88)
    os.utime(path(b"links", b"dangling"), ns=(5_000_000_007, 5_000_000_007), follow_symlinks=False)


def _make_rights(path):
    for mode in (0o000, 0o400, 0o4755, 0o2755, 0o6711, 0o1777, 0o666):
        write(path(b"rights", b"mode-%04o" % mode), b"mode", mode=mode, owner=(65534, 100_000))
    os.mkdir(path(b"rights", b"closed"))
    write(path(b"rights", b"closed", b"inside"), b"behind a closed door")
    os.chmod(path(b"rights", b"closed"), 0o000)
    os.mkdir(path(b"rights", b"sticky"))
    os.chmod(path(b"rights", b"sticky"), 0o1777)
    write(path(b"rights", b"attributes"), b"x")
    os.setxattr(path(b"rights", b"attributes"), b"user.comment", b"binary \x00\xff value")
    os.setxattr(path(b"rights", b"attributes"), b"user.empty", b"")
    write(path(b"rights", b"capable"), b"x", mode=0o755)
    # cap_net_raw+ep, as setcap writes it.
    os.setxattr(path(b"rights", b"capable"), b"security.capability", struct.pack("<5I", 0x02000001, 1 << 13, 0, 0, 0))
    write(path(b"rights", b"acl"), b"x", mode=0o640)
    os.setxattr(path(b"rights", b"acl"), b"system.posix_acl_access", acl(1234))
    os.mkdir(path(b"rights", b"default acl"))
    os.setxattr(path(b"rights", b"default acl"), b"system.posix_acl_default", acl(4321, 6))


def _make_special(path):
    os.mkfifo(path(b"special", b"fifo"), 0o600)
    os.mknod(path(b"special", b"character"), stat.S_IFCHR | 0o666, os.makedev(1, 3))
    os.mknod(path(b"special", b"block"), stat.S_IFBLK | 0o660, os.makedev(7, 200))
    os.chown(path(b"special", b"block"), 0, 6)
    _make_socket(path(b"special"), b"socket")
    with open(path(b"special", b"sparse"), "wb") as file:
        file.write(b"head")
        file.seek(64 << 20)
        file.write(b"tail")
    os.utime(path(b"special", b"sparse"), ns=(1_111_111_111_111_111_111, 1_111_111_111_111_111_111))
    write(path(b"special", b"nothing"), b"")


def _make_socket(directory, name):
    """Its address has 108 bytes at most; the directory's descriptor makes any path short."""
    opened = os.open(directory, os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(b"/proc/self/fd/%d/%s" % (opened, name))
    finally:
        os.close(opened)


def describe(root):
    """All there is to know about a tree: name below `root` -> fact -> value."""
    root = os.fsencode(root)
    entries, inodes = {}, {}
    pending = [b""]
    while pending:
        name = pending.pop()
        entry, inode = _describe_one(os.path.join(root, name) if name else root)
        entries[name] = entry
        if entry["kind"] == "directory":
            pending += [os.path.join(name, child) for child in os.listdir(os.path.join(root, name))]
        else:
            inodes.setdefault(inode, []).append(name)
    for names in inodes.values():
        for name in names:
            entries[name]["names of the inode"] = sorted(names)
    return entries


KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink", stat.S_IFIFO: "fifo",
         stat.S_IFSOCK: "socket", stat.S_IFCHR: "character device", stat.S_IFBLK: "block device"}


def _describe_one(path):
    found = os.lstat(path)
    kind = KINDS[stat.S_IFMT(found.st_mode)]
    entry = {"kind": kind, "mode": oct(stat.S_IMODE(found.st_mode)), "owner": (found.st_uid, found.st_gid),
             "mtime": found.st_mtime_ns, "attributes": _attributes(path)}
    if kind == "file":
        entry["size"] = found.st_size
        entry["sha256"] = sha256(path)
        entry["sparse"] = found.st_size > 1 << 20 and found.st_blocks * 512 < found.st_size // 2
    elif kind == "symlink":
        entry["target"] = os.readlink(path)
    elif kind.endswith("device"):
        entry["device"] = (os.major(found.st_rdev), os.minor(found.st_rdev))
    return entry, (found.st_dev, found.st_ino)


def _attributes(path):
    """Without those that belong to the place: SELinux' labels, an overlay's own."""
    names = os.listxattr(path, follow_symlinks=False)
    values = {}
    for name in sorted(names):
        if not name.startswith(("trusted.overlay.", "security.selinux")):
            with contextlib.suppress(OSError):
                values[name] = os.getxattr(path, name, follow_symlinks=False)
    return values


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def differences(expected, found, ignore=()):
    """What is different, one line each; `ignore` names facts that may be."""
    lines = [f"{name!r} is missing" for name in sorted(expected.keys() - found.keys())]
    lines += [f"{name!r} was not there" for name in sorted(found.keys() - expected.keys())]
    for name in sorted(expected.keys() & found.keys()):
        for fact in sorted(expected[name].keys() | found[name].keys()):
            before, after = expected[name].get(fact), found[name].get(fact)
            if before != after and fact not in ignore:
                lines.append(f"{name!r}: {fact} was {before!r}, is {after!r}")
    return lines


def change(root):
    """What happens to a tree between two backups: grown, replaced, renamed, removed, of another kind, touched only."""
    root = os.fsencode(root)

    def path(*names):
        return os.path.join(root, *names)

    with open(path(b"names", b"two\nlines"), "ab") as file:
        file.write(b" and more")
    # The same size, a nanosecond later: who compares seconds misses it.
    before = os.stat(path(b"names", b"-rf"))
    write(path(b"names", b"-rf"), b"Content of -rf", mtime_ns=before.st_mtime_ns + 1)
    os.rename(path(b"names", b"*?[x]"), path(b"names", b"renamed"))
    os.unlink(path(b"names", b"~"))
    os.unlink(path(b"links", b"absolute"))
    os.mkdir(path(b"links", b"absolute"))
    os.chmod(path(b"rights", b"mode-0666"), 0o600)
    os.chown(path(b"links", b"first"), 1, 1)
    os.setxattr(path(b"rights", b"attributes"), b"user.comment", b"changed")
    write(path(b"names", b"new"), b"new")
