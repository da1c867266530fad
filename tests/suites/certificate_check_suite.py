#!/usr/bin/python3
"""Certificates that are only looked at: in the store of a client, in files, and where they are served."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from support.certificates import CHECK, DAY, LIVE, NAME, TASK, CertificateCase, place, trouble
from support.own_authority import OwnAuthority, self_signed
from support.suite import run_suite


class Checks(CertificateCase):
    def checked(self, name, task=TASK, **options):
        """Another task remembers nothing of what this one saw before."""
        self.configure(name, {task: {**CHECK, **options}})
        return self.look(task=task)

    def test_served_by_whoever(self):
        """What is served is judged without a look at any store."""
        name = self.web()
        endpoint = {"name": NAME, "address": self.addresses(name)[0]}
        subject = place(NAME, endpoint["address"])
        self.assertFine(self.checked(name, endpoints=[endpoint]))
        with self.subTest("self-signed"):
            self.serve_these(name, *self_signed(NAME, self.central.directory))
            result = self.checked(name, "self-signed", endpoints=[endpoint])
            self.assertCodes(result, "self_signed")
            self.assertEqual(self.finding(result, "self_signed", subject)["state"], "critical")
        with self.subTest("no intermediate certificate"):
            self.serve(name, f"{LIVE}/cert.pem")
            result = self.checked(name, "incomplete", endpoints=[endpoint])
            self.assertCodes(result, "served_chain")
            self.assertEqual(self.finding(result, "served_chain", subject)["state"], "warning")
        own = OwnAuthority(self.central.directory / "own")
        roots = [self.trust(name, own.root)]
        with self.subTest("an authority that nobody knows"):
            self.serve_these(name, *own.issue(NAME, -1, 89))
            self.assertCodes(self.checked(name, "unknown", endpoints=[endpoint]), "served_chain")
            self.assertFine(self.checked(name, "known", endpoints=[endpoint], roots=roots))
        for task, begins, ends, code, state in (("ended", -91, -1, "expired", "critical"),
                                                ("late", -70, 20, "overdue", "warning"),
                                                ("early", 1, 91, "not_yet_valid", "critical")):
            with self.subTest(code):
                self.serve_these(name, *own.issue(NAME, begins, ends))
                result = self.checked(name, task, endpoints=[endpoint], roots=roots)
                self.assertCodes(result, code)
                self.assertEqual(self.finding(result, code, subject)["state"], state)
        with self.subTest("other names"):
            self.serve(name)
            result = self.checked(name, "other-names", endpoints=[{**endpoint, "name": "other.example.test"}])
            self.assertCodes(result, "served_other")
            self.assertEqual(self.finding(result, "served_other")["state"], "critical")
        with self.subTest("no TLS at all"):
            result = self.checked(name, "no-tls", endpoints=[{**endpoint, "port": 80}, {**endpoint, "port": 4433}])
            self.assertCodes(result, "served_unreachable", "served_unreachable")

    def test_age_by_fraction_of_lifetime(self):
        name = self.server()
        own = OwnAuthority(self.central.directory / "own")
        directory = pathlib.Path(self.machines[name]["rootfs"]) / "srv"
        expected = {}
        for lifetime in (90, 64, 45, 160 / 24):
            for used, finding in ((0.5, None), (0.69, None), (0.73, ("overdue", "warning")),
                                  (0.82, ("overdue", "warning")), (0.85, ("overdue", "critical")),
                                  (1.1, ("expired", "critical"))):
                file = f"{lifetime:.0f}-{used}.pem"
                (directory / file).write_text(own.issue(NAME, -used * lifetime, (1 - used) * lifetime)[0])
                expected[f"/srv/{file}"] = finding
        result = self.checked(name, certificates=list(expected), endpoints=[], roots=[self.trust(name, own.root)])
        found = {finding["subject"]: (finding["code"].removeprefix("letsencrypt."), finding["state"])
                 for finding in trouble(result)}
        self.assertEqual(found, {path: finding for path, finding in expected.items() if finding})

    def test_store_that_is_not_as_it_should_be(self):
        name = self.web()
        options = {"client": "certbot", "endpoints": []}
        self.assertFine(self.checked(name, **options))
        with self.subTest("names"):
            result = self.checked(name, **options, names=[NAME, "www.example.test"])
            self.assertCodes(result, "name_missing")
            self.finding(result, "name_missing", "www.example.test")
        with self.subTest("a certificate that is not there"):
            self.assertCodes(self.checked(name, **options, certificates=[NAME, "gone.example.test"]), "missing")
        key = self.store(name, f"{LIVE}/privkey.pem")
        kept = key.read_text()
        with self.subTest("another key"):
            key.write_text(self_signed(NAME, self.central.directory)[1])
            self.assertEqual(self.finding(self.checked(name, **options), "key_mismatch", NAME)["state"], "critical")
            key.write_text(kept)
        with self.subTest("no intermediate certificate"):
            chain = self.store(name, f"{LIVE}/fullchain.pem")
            whole = chain.read_text()
            chain.write_text(self.store(name, f"{LIVE}/cert.pem").read_text())
            self.assertCodes(self.checked(name, **options), "chain_incomplete")
            chain.write_text("this is no certificate\n")
            self.assertCodes(self.checked(name, **options), "broken")
            chain.write_text(whole)
        self.assertFine(self.checked(name, **options))
        self.assertIn("RECOVERED", self.said)

    def test_what_may_not_be_looked_at_does_not_recover(self):
        name = self.certified()
        options = {"client": "certbot", "endpoints": [], "names": ["www.example.test"]}
        self.assertCodes(self.checked(name, **options), "name_missing")
        result = self.checked(name, **options, user="maint")
        self.assertEqual(result["outcome"], "failed")
        self.assertIn("may not be read", result["summary"])
        self.assertNotIn("RECOVERED", self.said)

    def test_another_authority_and_another_lifetime_are_told(self):
        name = self.web()
        options = {"client": "certbot"}
        self.assertFine(self.checked(name, **options))
        self.authority(lifetime=45 * DAY)
        self.fleet.shell(name, f"certbot delete -n --cert-name {NAME}; rm -rf /etc/letsencrypt/accounts")
        self.issue(name)
        self.reload(name)
        self.assertCodes(self.checked(name, **options), "issuer_changed", "lifetime_changed")

    def test_changes_nothing_and_leaves_nothing(self):
        name = self.web()
        self.renew_undeployed(name)
        look = ("find / -xdev -type f -not -path '/var/log/*' -printf '%p %T@\\n'; find /tmp /dev/shm /run -type f "
                "-not -path '/run/systemd/*' -not -path '/run/log/*' -not -path '/run/user/*' "
                "-not -path /run/motd.dynamic")
        self.configure(name, {TASK: {**CHECK, "client": "certbot"}})
        before, asked = self.fleet.shell(name, look), self.asked(name)
        self.assertCodes(self.look(status=1), "served_old", "served_old")
        changed = set(self.fleet.shell(name, look).splitlines()) - set(before.splitlines())
        self.assertEqual(changed, set())
        self.assertEqual((self.asked(name), self.deployed(name)), (asked, 0))

    def test_status_shows_what_remains(self):
        name = self.web()
        self.checked(name, client="certbot")
        self.assertRegex(self.central.maintain("status").out, NAME + r".*\b(99|100) ?%")


if __name__ == "__main__":
    sys.exit(run_suite(__name__))
