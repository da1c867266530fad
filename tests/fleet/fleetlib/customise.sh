#!/bin/sh
# Makes a server of a bare Debian installation; mmdebstrap runs this outside of it, $1 is its root.
set -eu
root=$1

# Nothing may start an upgrade but the program under test.
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
            fstrim.timer e2scrub_reap.service console-getty.service getty@.service getty.target; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done

# A server answers to its administrator and to the account that the bot uses. '*' rather than '!' as
# root's password: sshd without PAM takes '!' for a locked account and refuses its keys as well.
chroot "$root" usermod --password '*' root
chroot "$root" useradd --create-home --shell /bin/bash maint
echo 'maint:maintain-fleet' | chroot "$root" chpasswd
for home in root home/maint; do
    mkdir -m 700 -p "$root/$home/.ssh"
done
chroot "$root" chown maint:maint /home/maint/.ssh

# Every server gets its own of these.
rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/machine-id" "$root/var/lib/dbus/machine-id"
: >"$root/etc/hostname"

# What runs instead of systemd on a server without it. Not `sshd` itself: nspawn gives every boot an empty /run.
cat >"$root/usr/local/sbin/fleet-without-systemd" <<'END'
#!/bin/sh
mkdir -p /run/sshd /run/lock
exec /usr/sbin/sshd -D
END
chmod 755 "$root/usr/local/sbin/fleet-without-systemd"

# The fleet's own repository is the only source, there is no way to the Internet.
rm -f "$root"/etc/apt/sources.list "$root"/etc/apt/sources.list.d/* "$root"/etc/apt/apt.conf.d/99mmdebstrap \
      "$root"/etc/dpkg/dpkg.cfg.d/99mmdebstrap
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin "$root"/var/cache/apt/archives/*.deb "$root/etc/resolv.conf"
mkdir -p "$root/etc/maintain.d" "$root/var/lib/apt/lists/partial" "$root/var/cache/apt/archives/partial"
