#!/usr/bin/python3
"""Renewed certificates get to where they are served: hooks that help late or never, copies, addresses, mail servers."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from support.certificates import (CHECK, DUE, LIVE, NAME, RELOAD, RENEW, SECRET, TASK, CertificateCase, place,
                                  trouble)
from support.suite import run_suite


class Deployments(CertificateCase):
    def test_hook_fails_once_then_works(self):
        name = self.web(lifetime=DUE)
        self.configure(name, {TASK: RENEW})
        self.fleet.write(name, "/root/fails", "1")
        self.assertEqual(self.run_maintain(status=0).out, "")
        self.assertFine(self.result(), "changed")
        self.assertServesStored(name)
        self.assertEqual(self.deployed(name), 2)
        self.assertEqual(set(self.fleet.shell(name, "cat /root/deployed").splitlines()), {f"{LIVE} {NAME}"})

    def test_hook_never_works(self):
        name = self.web(lifetime=DUE)
        served = self.stored(name)
        self.configure(name, {TASK: RENEW})
        self.fleet.write(name, "/root/fails", "1000")
        result = self.look(status=1)
        self.assertCodes(result, "deploy_failed", "served_old", "served_old")
        self.assertIn("exit status 3", self.finding(result, "deploy_failed", NAME)["detail"])
        for address in self.addresses(name):
            self.finding(result, "served_old", place(NAME, address))
            self.assertEqual(self.served(address), served)
        # A hook's words are for those who ask on the maintenance server, and go nowhere by themselves.
        for told in (self.said, str(result), self.central.maintain("status").out):
            self.assertNotIn(SECRET, told)
        self.fleet.write(name, "/root/fails", "0")
        self.assertFine(self.look(status=0), "changed")
        self.assertIn("RECOVERED", self.said)
        self.assertServesStored(name)

    def test_renewed_by_somebody_and_not_deployed(self):
        name = self.web()
        self.renew_undeployed(name)
        self.configure(name, {TASK: RENEW})
        self.assertNotEqual(self.served(self.addresses(name)[0]), self.stored(name))
        self.assertEqual(self.run_maintain(status=0).out, "")
        self.assertFine(self.result(), "changed")
        self.assertServesStored(name)
        self.assertEqual(self.deployed(name), 1)

    def test_old_one_served_and_no_hook(self):
        name = self.web(hook=None)
        self.renew_by_hand(name)
        self.configure(name, {TASK: RENEW})
        self.assertCodes(self.look(status=1), "served_old", "served_old")
        self.configure(name, {TASK: {**RENEW, "deploy": ["systemctl", "reload", "nginx"]}})
        self.assertFine(self.look(status=0), "changed")
        self.assertIn("RECOVERED", self.said)
        self.assertServesStored(name)

    def test_copies_that_services_read(self):
        copy = f"cat {LIVE}/fullchain.pem >/etc/nginx/copy.pem; cat {LIVE}/privkey.pem >/etc/nginx/copy.key"
        name = self.certified(deploy=f"{copy}; {RELOAD}")
        self.serve(name, "/etc/nginx/copy.pem", "/etc/nginx/copy.key")
        self.renew_undeployed(name)
        self.configure(name, {TASK: {**CHECK, "client": "certbot", "endpoints": [],
                                     "deployed": ["/etc/nginx/copy.pem", "/etc/nginx/gone.pem"]}})
        result = self.look(status=1)
        self.assertCodes(result, "deployed_old", "missing")
        self.finding(result, "deployed_old", "/etc/nginx/copy.pem")
        self.finding(result, "missing", "/etc/nginx/gone.pem")
        self.configure(name, {TASK: {**RENEW, "endpoints": [], "deployed": ["/etc/nginx/copy.pem"]}})
        self.assertFine(self.look(status=0), "changed")
        self.assertEqual(self.stored(name, "/etc/nginx/copy.pem"), self.stored(name))
        self.assertServesStored(name)


class Addresses(CertificateCase):
    def two(self):
        """A web server with a renewed certificate, and another one that still has the one from before."""
        name, other = self.web(), self.other()
        self.serve_these(other, self.store(name, f"{LIVE}/fullchain.pem").read_text(),
                         self.store(name, f"{LIVE}/privkey.pem").read_text())
        self.configure(name, {TASK: RENEW})
        self.assertFine(self.look(status=0))  # only what was seen before is known to be the one from before
        self.renew_by_hand(name)
        self.fleet.inside(name, "rm", "-f", "/root/deployed")
        return name, other

    def old_at(self, name, address):
        """Only that one is told, after the hook, which certbot has run in vain, was given a second chance."""
        result = self.look(status=1)
        self.assertCodes(result, "served_old")
        self.finding(result, "served_old", place(NAME, address))
        self.assertEqual(self.deployed(name), 1)
        self.point(NAME, name)
        self.assertFine(self.look(status=0), "ok")
        self.assertIn("RECOVERED", self.said)

    def test_one_of_two_serves_the_old_one(self):
        name, other = self.two()
        self.point(NAME, *self.addresses(name), self.addresses(other)[0])
        self.old_at(name, self.addresses(other)[0])

    def test_forgotten_aaaa_serves_the_old_one(self):
        name, other = self.two()
        self.point(NAME, self.addresses(name)[0], self.addresses(other)[1])
        self.old_at(name, self.addresses(other)[1])

    def test_forgotten_aaaa_where_nothing_listens(self):
        name, other = self.web(), self.other()
        self.configure(name, {TASK: RENEW})
        self.point(NAME, self.addresses(name)[0], self.addresses(other)[1])
        self.unreachable_at(name, self.addresses(other)[1])

    def test_forgotten_aaaa_where_nobody_is(self):
        name = self.web()
        self.configure(name, {TASK: RENEW})
        nobody = self.addresses(name)[1].rpartition(":")[0] + ":dead"
        self.point(NAME, self.addresses(name)[0], nobody)
        self.unreachable_at(name, nobody)

    def unreachable_at(self, name, address):
        result = self.look(status=1)
        self.assertCodes(result, "served_unreachable")
        self.finding(result, "served_unreachable", place(NAME, address))
        self.assertEqual(self.deployed(name), 0, "a reload does not help there")
        self.point(NAME, name)
        self.assertFine(self.look(status=0))
        self.assertIn("RECOVERED", self.said)

    def test_from_the_server_itself(self):
        name = self.web()
        self.point(NAME)
        self.fleet.shell(name, f"echo 127.0.0.1 {NAME} >>/etc/hosts")
        self.configure(name, {TASK: {**RENEW, "endpoints": [NAME]}})
        self.assertCodes(self.look(status=1), "not_looked")  # no name server here knows it
        self.configure(name, {TASK: {**RENEW, "from": "server"}})
        self.assertFine(self.look(status=0))
        self.assertIn("served at 1 of 1 place", self.central.maintain("show", "last", f"{name}/shop/{TASK}").out)
        self.point(NAME, name)
        self.renew_undeployed(name)
        self.point(NAME)
        self.assertFine(self.look(status=0), "changed")
        self.assertServesStored(name)

    def test_mail_server_with_starttls(self):
        deploy = (f"mkdir -p /etc/mail-tls; cat {LIVE}/fullchain.pem >/etc/mail-tls/cert.pem; "
                  f"cat {LIVE}/privkey.pem >/etc/mail-tls/key.pem; systemctl reload-or-restart postfix dovecot")
        name = self.certified(deploy=deploy)
        self.fleet.shell(name, "postconf -e smtpd_tls_cert_file=/etc/mail-tls/cert.pem "
                               "smtpd_tls_key_file=/etc/mail-tls/key.pem")
        self.fleet.write(name, "/etc/dovecot/conf.d/99-mail.conf",
                         "ssl_cert = </etc/mail-tls/cert.pem\nssl_key = </etc/mail-tls/key.pem\n")
        self.fleet.inside(name, "systemctl", "restart", "postfix", "dovecot")
        places = [f"smtp://{NAME}", f"imap://{NAME}", f"pop3://{NAME}", f"imaps://{NAME}"]
        self.configure(name, {TASK: {**RENEW, "endpoints": places}})
        self.assertFine(self.look(status=0))
        self.assertIn("served at 8 of 8 places", self.central.maintain("show", "last", f"{name}/shop/{TASK}").out)
        self.renew_undeployed(name)
        self.assertFine(self.look(status=0), "changed")
        for port, protocol in ((25, "smtp"), (143, "imap"), (110, "pop3")):
            self.assertEqual(self.served(self.addresses(name)[0], port, starttls=protocol), self.stored(name), protocol)
        # Not every mail server that says no is a mail server.
        places = [f"smtp://{NAME}", f"smtp://{NAME}:80", f"imap://{NAME}:25"]
        self.configure(name, {TASK: {**RENEW, "endpoints": places}})
        self.assertEqual({(finding["code"], finding["subject"]) for finding in trouble(self.look(status=1))},
                         {("letsencrypt.served_unreachable", place(NAME, address, port))
                          for address in self.addresses(name) for port in (80, 25)})


if __name__ == "__main__":
    sys.exit(run_suite(__name__))
