"""What the suite of certificates uses: an authority, servers that have certificates of it, and looks at both sides."""

import contextlib
import hashlib
import json
import pathlib
import re
import ssl
import time

from .suite import ServerCase

NAME = "shop.example.test"
LIVE = f"/etc/letsencrypt/live/{NAME}"
DAY = 24 * 60 * 60
DUE = 20 * DAY   # certbot renews with less than 30 days left: a certificate of 20 is always due
TASK = "certificates"
RENEW = {"use": "letsencrypt.renew", "when": "* * * * *"}
CHECK = {"use": "letsencrypt.check", "when": "* * * * *"}

# A deploy hook that leaves a line whenever it runs. /root/fails has the number of times that it is still to fail, with
# a word that nobody is to be told; while /root/forgets is there, it does nothing and is content.
HOOK = "/usr/local/bin/deploy-certificate"
SECRET = "swordfish"
HOOK_TEXT = f"""#!/bin/sh
echo "$RENEWED_LINEAGE $RENEWED_DOMAINS" >>/root/deployed
left=$(cat /root/fails 2>/dev/null || echo 0)
if [ "$left" -gt 0 ]; then
    echo $((left - 1)) >/root/fails
    echo "token {SECRET}: the service does not answer" >&2
    exit 3
fi
[ ! -e /root/forgets ] || exit 0
"""
RELOAD = "exec systemctl reload nginx"


class NoCertificate(AssertionError):
    pass


class CertificateCase(ServerCase):
    def authority(self, lifetime=90 * DAY):
        """A new one, for this test."""
        return json.loads(self.fleet.call("authority", "up", "--lifetime", lifetime))

    def point(self, name, *addresses):
        """The name's addresses from now on; a server's name stands for both of its own."""
        self.fleet.call("authority", "name", name, *addresses)
        self.addCleanup(self.fleet.call, "authority", "name", name, check=False)

    def certified(self, *options, name=None, lifetime=90 * DAY, hook=HOOK, deploy=RELOAD, host=NAME, **entry):
        """A server with a certificate for `host` from a new authority, and a client that knows that; its name."""
        authority = self.authority(lifetime)
        server = self.server("--variant", "certificates", *options, name=name, **entry)
        self.fleet.shell(server, f"echo 'server = {authority['url']}' >>/etc/letsencrypt/cli.ini")
        self.fleet.write(server, HOOK, HOOK_TEXT + deploy + "\n")
        self.fleet.inside(server, "chmod", "755", HOOK)
        self.point(host, server)
        self.issue(server, host, hook)
        return server

    def web(self, *options, **more):
        """The same with nginx, which serves it at all of its addresses."""
        server = self.certified(*options, **more)
        self.serve(server)
        return server

    def other(self, name="other"):
        """A server that is not looked after: one that names point to by mistake."""
        server = self.fleet.server(name, "--variant", "certificates")
        self.addCleanup(self.fleet.call, "remove", name, check=False)
        self.machines[name] = server
        return name

    def issue(self, server, host=NAME, hook=HOOK):
        words = ["--deploy-hook", hook] if hook else []
        self.fleet.inside(server, "certbot", "certonly", "--webroot", "-w", "/var/www/html", "-n", "--agree-tos", "-m",
                          "admin@example.test", "--no-eff-email", "-d", host, *words)
        self.fleet.inside(server, "rm", "-f", "/root/deployed")

    def renew_by_hand(self, server):
        """As a person or a timer would, not due or not."""
        self.fleet.inside(server, "certbot", "renew", "-n", "--force-renewal", "--no-random-sleep-on-renew")

    def renew_undeployed(self, server):
        """Renewed, and the service was not told; the hook works again from now on."""
        self.fleet.write(server, "/root/forgets", "")
        self.renew_by_hand(server)
        self.fleet.inside(server, "rm", "-f", "/root/forgets", "/root/deployed")

    def serve(self, server, chain=f"{LIVE}/fullchain.pem", key=f"{LIVE}/privkey.pem", host=NAME):
        self.fleet.write(server, f"/etc/nginx/conf.d/{host}.conf",
                         f"server {{ listen 443 ssl; listen [::]:443 ssl; server_name {host}; root /var/www/html; "
                         f"ssl_certificate {chain}; ssl_certificate_key {key}; }}\n")
        self.fleet.inside(server, "nginx", "-q", "-t")
        self.reload(server, chain, host)

    def reload(self, server, chain=f"{LIVE}/fullchain.pem", host=NAME):
        """nginx's reload returns before the new certificate is served; this does not."""
        self.fleet.inside(server, "systemctl", "reload", "nginx")
        wanted, served = self.stored(server, chain), None
        deadline = time.monotonic() + 30
        while served != wanted:
            if time.monotonic() > deadline:
                self.fail(f"{server} does not serve {chain} but {served}")
            with contextlib.suppress(NoCertificate):
                served = self.served(self.addresses(server)[0], name=host)

    def serve_these(self, server, certificate, key, host=NAME):
        """PEM texts, as files beside nginx's configuration."""
        self.fleet.write(server, "/etc/nginx/served.pem", certificate)
        self.fleet.write(server, "/etc/nginx/served.key", key)
        self.serve(server, "/etc/nginx/served.pem", "/etc/nginx/served.key", host)

    def store(self, server, path):
        """A file of the server, through certbot's links, as this machine sees it."""
        return (pathlib.Path(self.machines[server]["rootfs"]) / path.lstrip("/")).resolve(strict=True)

    def replace_stored(self, server, certificate):
        """Another certificate in certbot's store, which stands for its own chain; the key stays."""
        for name in ("cert", "fullchain"):
            self.store(server, f"{LIVE}/{name}.pem").write_text(certificate)

    def trust(self, server, root, path="/etc/ssl/own-root.pem"):
        """Copies a root's file to the server, and gives its path there, for `roots`."""
        self.fleet.write(server, path, pathlib.Path(root).read_text())
        return path

    # -- what there is

    def stored(self, server, path=f"{LIVE}/fullchain.pem"):
        """The fingerprint of the first certificate of a file on the server."""
        return fingerprint(self.store(server, path).read_text())

    def served(self, address, port=443, name=NAME, starttls=None):
        """The fingerprint of what is served there, as openssl sees it from the hub."""
        target = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        words = ["-starttls", starttls] if starttls else []
        return fingerprint(self.fleet.call("hub", "--", "openssl", "s_client", "-connect", target, "-servername", name,
                                           *words, check=False))

    def addresses(self, server):
        facts = self.machines[server]
        return [facts["address"], facts["address6"]]

    def deployed(self, server):
        """How many times the hook has run since the certificate was issued or renewed by the test."""
        return len(self.fleet.shell(server, "cat /root/deployed 2>/dev/null || true").splitlines())

    def asked(self, server):
        """How many times certbot has begun to work."""
        return int(self.fleet.shell(server, "grep -c 'certbot version' /var/log/letsencrypt/letsencrypt.log || true"))

    # -- what maintain makes of it

    def look(self, status=None, task=TASK):
        """One run by hand, which waits for nothing; the result of the task."""
        self.said = self.run_maintain("--now", task, status=status).out
        return self.result(task)

    def result(self, task=TASK):
        return self.central.maintain("history", "--task", task, "--json").json()["results"][0]

    def codes(self, result):
        """What it found that somebody has to see to, each code as often as it was found."""
        return sorted(finding["code"].removeprefix("letsencrypt.") for finding in trouble(result))

    def assertFine(self, result, outcome="ok"):
        self.assertEqual((result["outcome"], trouble(result)), (outcome, []))

    def assertCodes(self, result, *codes):
        self.assertEqual(self.codes(result), sorted(codes), json.dumps(result, indent=1))

    def finding(self, result, code, subject=None):
        """The only one with this code, and this subject if that is said."""
        found = [finding for finding in trouble(result) if finding["code"] == f"letsencrypt.{code}"
                 and subject in (None, finding["subject"])]
        self.assertEqual(len(found), 1, json.dumps(result, indent=1))
        self.assertTrue(found[0]["action"], "it says what to do")
        return found[0]

    def assertServesStored(self, server):
        for address in self.addresses(server):
            self.assertEqual(self.served(address), self.stored(server), address)


def place(name, address, port=443):
    """The subject of a finding about what is served there."""
    return f"{name} [{address}]:{port}" if ":" in address else f"{name} {address}:{port}"


def trouble(result):
    return [finding for finding in result["findings"] if finding["state"] != "ok"]


def fingerprint(text):
    found = re.search("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", text, re.DOTALL)
    if not found:
        raise NoCertificate(f"there is no certificate in: {text}")
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(found[0])).hexdigest()
