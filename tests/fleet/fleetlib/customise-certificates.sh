#!/bin/sh
# Adds to a server what asks for certificates and serves them; mmdebstrap runs this outside of it, $1 is its root.
set -eu
root=$1

# Nothing may renew but the program under test.
for unit in certbot.timer logrotate.timer man-db.timer; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
rm -f "$root/etc/cron.d/certbot" "$root/etc/cron.d/dehydrated"

# Those who want mail start it: a server without it boots faster.
chroot "$root" systemctl disable postfix.service dovecot.service dovecot.socket

# They answer on every address, with STARTTLS and the certificate that the package made, until a test gives them another.
postconf() { chroot "$root" postconf -c /etc/postfix -e "$@"; }
cp "$root/usr/share/postfix/main.cf.debian" "$root/etc/postfix/main.cf"
postconf "inet_interfaces = all" "inet_protocols = all" "mydestination = localhost" "smtpd_tls_security_level = may" \
         "smtpd_tls_cert_file = /etc/ssl/certs/ssl-cert-snakeoil.pem" \
         "smtpd_tls_key_file = /etc/ssl/private/ssl-cert-snakeoil.key" "compatibility_level = 3.6" \
         "alias_maps =" "alias_database ="
cat >"$root/etc/dovecot/conf.d/99-fleet.conf" <<'END'
protocols = imap pop3
ssl = yes
END
