#!/bin/sh
# Adds to a server what its databases and containers need; mmdebstrap runs this outside of it, $1 is its root.
set -eu
root=$1

# The cluster that the package made has whatever locale the build was run with.
chroot "$root" sh -c 'for old in $(pg_lsclusters --no-header | tr -s " " "," | cut -d, -f1-2); do
    pg_dropcluster "${old%,*}" "${old#*,}"
done'
version=$(chroot "$root" sh -c 'ls /usr/lib/postgresql')
chroot "$root" pg_createcluster --locale=C.UTF-8 "$version" main
# A server is made in a second, and its disk is memory: what a database does about power cuts is not what is tested.
cat >>"$root/etc/postgresql/$version/main/postgresql.conf" <<'END'
fsync = off
shared_buffers = 32MB
END
cat >"$root/etc/mysql/mariadb.conf.d/99-fleet.cnf" <<'END'
[mysqld]
innodb_flush_log_at_trx_commit = 0
innodb_buffer_pool_size = 32M
END

# No registry can be reached: `docker import` and `podman import` make an image of this.
staging=$(mktemp -d)
mkdir -p "$staging/bin" "$staging/tmp" "$staging/data"
cp "$root/bin/busybox" "$staging/bin/busybox"
for name in sh cat date dd echo head ls mv printf sleep sync; do
    ln -s busybox "$staging/bin/$name"
done
tar -C "$staging" --owner=0 --group=0 -cf "$root/usr/local/share/fleet-busybox.tar" .
rm -rf "$staging"

# Podman needs no daemon, and its usual way to store cannot lie on an overlay.
cat >"$root/etc/containers/storage.conf" <<'END'
[storage]
driver = "vfs"
runroot = "/run/containers/storage"
graphroot = "/var/lib/containers/storage"
END
# crun wants CAP_SYS_RESOURCE, and a limit of processes that cgroup's pids controller: not every machine has both.
printf '[containers]\npids_limit = 0\n\n[engine]\nruntime = "runc"\n' >"$root/etc/containers/containers.conf"
for unit in podman.service podman.socket podman-auto-update.service podman-auto-update.timer podman-restart.service \
            man-db.timer logrotate.timer; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done

# Only where the server may have containers (`fleet server --docker`): elsewhere it could but fail.
mkdir -p "$root/etc/systemd/system/docker.service.d" "$root/etc/systemd/system/docker.socket.d" \
         "$root/etc/systemd/system/containerd.service.d"
for unit in docker.service docker.socket containerd.service; do
    printf '[Unit]\nConditionPathIsMountPoint=/var/lib/docker\n' >"$root/etc/systemd/system/$unit.d/fleet.conf"
done
