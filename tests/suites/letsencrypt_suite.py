#!/usr/bin/python3
"""Certificates of a real ACME server: renewed by real clients when they are due, and what is told when that fails."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from support.certificates import DUE, LIVE, NAME, RENEW, TASK, CertificateCase
from support.own_authority import OwnAuthority
from support.suite import run_suite

SHORT = 160 * 60 * 60


class Renewals(CertificateCase):
    def test_not_due_is_quiet(self):
        name = self.web()
        before = self.stored(name)
        self.configure(name, {TASK: RENEW})
        self.assertEqual(self.run_maintain(status=0).out, "")
        result = self.result()
        self.assertFine(result)
        self.assertEqual(self.stored(name), before)
        self.assertEqual(self.deployed(name), 0, "there was nothing to deploy")
        remaining = {metric["name"]: metric["value"] for metric in result["metrics"]}["certificate_lifetime_left_min"]
        self.assertAlmostEqual(remaining, 1, delta=0.01)
        self.assertIn("served at 2 of 2 places", self.central.maintain("show", "last", f"{name}/shop/{TASK}").out)

    def test_due_is_renewed_and_served(self):
        name = self.web(lifetime=DUE)
        before = self.stored(name)
        self.configure(name, {TASK: RENEW})
        self.assertEqual(self.run_maintain(status=0).out, "")
        result = self.result()
        self.assertFine(result, "changed")
        self.assertIn("renewed", result["summary"])
        self.assertNotEqual(self.stored(name), before)
        self.assertServesStored(name)
        self.assertGreaterEqual(self.deployed(name), 1)

    def test_six_days_are_nothing_special(self):
        name = self.web(lifetime=SHORT)
        self.configure(name, {TASK: RENEW})
        self.assertFine(self.look(status=0), "changed")
        self.assertServesStored(name)

    def test_certbot_with_nginx_installer(self):
        name = self.certified(lifetime=DUE, hook=None)
        self.fleet.write(name, "/etc/nginx/conf.d/shop.conf",
                         f"server {{ listen 80; listen [::]:80; server_name {NAME}; }}\n")
        self.fleet.inside(name, "certbot", "--nginx", "-n", "--reinstall", "-d", NAME)
        before = self.stored(name)
        self.configure(name, {TASK: RENEW})
        self.assertFine(self.look(status=0), "changed")
        self.assertNotEqual(self.stored(name), before)
        self.assertServesStored(name)

    def test_dry_run_changes_nothing(self):
        name = self.web(lifetime=DUE)
        before, asked = self.stored(name), self.asked(name)
        self.configure(name, {TASK: RENEW})
        self.run_maintain("--now", TASK, "--dry-run", status=0)
        self.assertIn("would", self.result()["summary"])
        self.assertEqual((self.stored(name), self.asked(name)), (before, asked))

    def test_expired_is_critical_until_it_is_renewed(self):
        name = self.web()
        # By an authority with the name of the real one, as if certbot had had it then.
        issuer = self.issuer(name)
        own = OwnAuthority(self.central.directory / "own", issuer)
        certificate, _ = own.issue(NAME, -92, -2, self.store(name, f"{LIVE}/privkey.pem"))
        self.replace_stored(name, certificate)
        self.reload(name)
        self.configure(name, {TASK: {**RENEW, "roots": [self.trust(name, own.root)]}})
        self.fleet.call("authority", "cut")
        result = self.look(status=1)
        self.assertEqual(self.finding(result, "expired", NAME)["state"], "critical")
        self.assertEqual(self.finding(result, "renewal_failed")["state"], "critical")
        self.fleet.call("authority", "join")
        self.assertFine(self.look(status=0), "changed")
        self.assertIn("RECOVERED", self.said)
        self.assertServesStored(name)

    def issuer(self, server):
        text = self.fleet.inside(server, "openssl", "x509", "-noout", "-issuer", "-in", f"{LIVE}/cert.pem")
        return re.search("CN *= *(.*)", text)[1]

    def test_rehearsal_finds_what_would_fail(self):
        name = self.web()
        before = self.stored(name)
        self.configure(name, {TASK: {**RENEW, "rehearse": "monthly",
                                     "endpoints": [{"name": NAME, "address": self.addresses(name)[0]}]}})
        self.point(NAME, self.other())
        result = self.look(status=1)
        self.assertCodes(result, "rehearsal_failed")
        self.assertIn("404", self.finding(result, "rehearsal_failed")["detail"])
        self.point(NAME, name)
        self.assertFine(self.look(status=0))
        self.assertIn("RECOVERED", self.said)
        asked = self.asked(name)
        self.assertFine(self.look(status=0))
        self.assertEqual(self.asked(name), asked + 1, "once a month is enough")
        self.assertEqual((self.stored(name), self.deployed(name)), (before, 0))


class OtherClients(CertificateCase):
    def test_dehydrated(self):
        name = self.certified(lifetime=DUE, hook=None)
        self.fleet.inside(name, "mkdir", "-p", "/var/www/html/.well-known/acme-challenge")
        self.fleet.write(name, "/etc/dehydrated/conf.d/fleet.sh",
                         "CA=https://authority.test:14000/dir\nWELLKNOWN=/var/www/html/.well-known/acme-challenge\n")
        self.fleet.write(name, "/etc/dehydrated/domains.txt", f"{NAME}\n")
        self.fleet.shell(name, "dehydrated --register --accept-terms && dehydrated --cron")
        live = f"/var/lib/dehydrated/certs/{NAME}"
        self.renewed_by(name, live, {"client": "dehydrated", "deploy": ["systemctl", "reload", "nginx"]})

    def test_lego(self):
        name = self.certified(lifetime=DUE, hook=None)
        lego = ["lego", "--path", "/var/lib/lego", "--server", "https://authority.test:14000/dir", "--email",
                "admin@example.test", "--accept-tos", "--http", "--http.webroot", "/var/www/html", "--domains", NAME]
        self.fleet.inside(name, *lego, "run")
        self.renewed_by(name, "/var/lib/lego/certificates",
                        {"client": "lego", "command": [*lego, "renew", "--days", "30", "--no-random-sleep"],
                         "deploy": ["systemctl", "reload", "nginx"]}, f"{NAME}.crt", f"{NAME}.key")

    def renewed_by(self, name, live, options, chain="fullchain.pem", key="privkey.pem"):
        self.serve(name, f"{live}/{chain}", f"{live}/{key}")
        before = self.stored(name, f"{live}/{chain}")
        self.configure(name, {TASK: {**RENEW, **options}})
        self.assertFine(self.look(status=0), "changed")
        after = self.stored(name, f"{live}/{chain}")
        self.assertNotEqual(after, before)
        self.assertEqual([self.served(address) for address in self.addresses(name)], [after, after])

    def test_legacy_entry_word_for_word(self):
        name = self.web(lifetime=DUE)
        before = self.stored(name)
        self.fleet.write(name, "/srv/shop/renew.sh", "#!/bin/sh\nexec certbot renew --no-random-sleep-on-renew\n")
        self.fleet.inside(name, "chmod", "755", "/srv/shop/renew.sh")
        self.fleet.write(name, "/etc/emptyhammock-maintenance.yml", LEGACY)
        self.assertEqual(self.run_maintain(status=0).out, "")
        self.assertFine(self.result("certbot"), "changed")
        self.assertNotEqual(self.stored(name), before)
        self.assertServesStored(name)

    def test_what_a_command_prints_does_not_count(self):
        name = self.web()
        self.configure(name, {TASK: {**RENEW, "command": "echo all renewals succeeded",
                                     "renewed_output": "all renewals succeeded"}})
        self.assertCodes(self.look(status=1), "not_renewed")
        self.configure(name, {TASK: {**RENEW, "command": "echo not due; exit 1", "not_due_output": "not due"}})
        self.assertCodes(self.look(status=1), "renewal_failed")

    def test_server_without_a_client(self):
        name = self.server()
        self.configure(name, {TASK: RENEW})
        self.assertCodes(self.look(status=1), "client_missing", "no_certificates")


class FailedRenewals(CertificateCase):
    def due(self):
        """A due certificate, which is looked at where it really is served, whatever its name points to."""
        name = self.web(lifetime=DUE)
        self.configure(name, {TASK: {**RENEW, "endpoints": [{"name": NAME, "address": self.addresses(name)[0]}]}})
        return name, self.stored(name)

    def fails(self, name, before, *words):
        result = self.look(status=1)
        self.assertCodes(result, "renewal_failed")
        self.assertEqual(result["outcome"], "ok", "it could look at everything")
        finding = self.finding(result, "renewal_failed")
        self.assertEqual(finding["state"], "warning")
        for word in (*words, "tried again by the task's schedule, not before"):
            self.assertIn(word, finding["detail"])
        self.assertEqual(self.stored(name), before)
        return finding

    def recovers(self, name, before):
        self.assertFine(self.look(status=0), "changed")
        self.assertIn("RECOVERED", self.said)
        self.assertNotEqual(self.stored(name), before)
        self.assertEqual(self.served(self.addresses(name)[0]), self.stored(name))

    def test_name_points_to_another_server(self):
        name, before = self.due()
        self.point(NAME, self.other())
        finding = self.fails(name, before, "unauthorized", "404")
        self.assertEqual(finding["subject"], NAME)
        self.point(NAME, name)
        self.recovers(name, before)

    def test_authority_is_down(self):
        name, before = self.due()
        self.fleet.call("authority", "cut")
        # Whether the server still knows the way decides how that is told: no route, or no answer in time.
        self.fails(name, before, "host='authority.test'", "Max retries exceeded")
        self.fleet.call("authority", "join")
        self.recovers(name, before)

    def test_waits_after_a_failure(self):
        # Once a minute is more often than any authority likes.
        name, before = self.due()
        self.fleet.call("authority", "cut")
        self.assertEqual(self.run_maintain().status, 1)
        asked = self.asked(name)
        self.central.maintain("run", "--task", TASK)
        self.assertEqual(self.asked(name), asked, "not again at once")
        self.fleet.call("authority", "join")
        self.recovers(name, before)

    def test_one_of_two_fails(self):
        name = self.web(lifetime=DUE)
        self.point("api.example.test", name)
        self.issue(name, "api.example.test")
        self.point("api.example.test", self.other())
        self.configure(name, {TASK: {**RENEW, "endpoints": [NAME]}})
        before = self.stored(name)
        result = self.look(status=1)
        self.assertEqual(result["outcome"], "changed")
        self.assertCodes(result, "renewal_failed")
        self.finding(result, "renewal_failed", "api.example.test")
        self.assertNotEqual(self.stored(name), before)
        self.assertServesStored(name)


LEGACY = """---
version: 1.0.0
certbot:
    when: "* * * * *"
    command: "/srv/shop/renew.sh"
    not_due_output: "not due for renewal yet"
    renewed_output: "all renewals succeeded"
"""

if __name__ == "__main__":
    sys.exit(run_suite(__name__))
