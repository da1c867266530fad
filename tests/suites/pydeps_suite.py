#!/usr/bin/python3
"""Python environments of real servers, against an index and a service for advisories of the suite's own."""

import datetime
import json
import pathlib
import sys
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from support.pydeps import ENVIRONMENT, TASK, PydepsCase
from support.python_index import DOWN, HANGING, HTML, MALFORMED, SLOW
from support.suite import run_suite
from support.virtualenvs import make_real, version_of_wheel

JINJA = "CVE-2024-22195"
VULNERABLE = f"vulnerable jinja2 {JINJA}"
# What the oldest supported Debian calls its own; nobody is to be told of its Python's end in a test about packages.
DEBIANS_PYTHON = {"package": "python", "reason": "Debian looks after it"}
WITH_PYTHON = ("--include", "python3,python3-pip-whl,python3-setuptools-whl")


class ShopCase(PydepsCase):
    def publish_shop(self):
        """Jinja2 3.1.2 is vulnerable, requests 2.31.0 outdated, idna 3.4 as it should be."""
        self.index.publish("jinja2", "3.1.2", "3.1.3", "4.0rc1")
        self.index.publish("requests", "2.31.0", "2.31.1", "3.0")
        self.index.publish("idna", "3.4")
        self.index.advise("GHSA-h5c8-rqwp-cp95", "jinja2", ["3.1.2"], fixed="3.1.3", aliases=[JINJA])

    def shop(self, **more):
        """A server with an environment of these; its name and the environment."""
        self.publish_shop()
        name = self.shared()
        return name, self.environment(name, {"Jinja2": "3.1.2", "requests": "2.31.0", "idna": "3.4"}, **more)


class Environments(ShopCase):
    def test_not_found_is_not_mended(self):
        name, _ = self.shop()
        link = "/srv/current"
        self.fleet.shell(name, f"ln -s {ENVIRONMENT} {link}")
        self.assertTold(self.checked(name, virtualenvs=[link]), VULNERABLE, "outdated requests")
        self.fleet.shell(name, f"mv {ENVIRONMENT} {ENVIRONMENT}.off")
        for _ in range(2):
            self.assertTold(self.look(name), VULNERABLE, "outdated requests", f"environment {link}")
            self.assertNotIn(("recovery", VULNERABLE), self.notices)
        with self.subTest("the task names it no more"):
            away = {"package": "jinja2", "reason": "away soon"}
            self.declare(name, virtualenvs=[f"{ENVIRONMENT}.off"], ignore=[away])
            self.assertTold(self.look(name), "outdated requests")
            self.assertIn(("recovery", VULNERABLE), self.notices)

    def test_told_once_until_repaired(self):
        name, environment = self.shop()
        result = self.checked(name, status=1)
        self.assertEqual(result["outcome"], "ok")
        self.assertTold(result, VULNERABLE, "outdated requests")
        vulnerable = self.finding(result, VULNERABLE)
        self.assertEqual(vulnerable["state"], "critical")
        self.assertIn("Jinja2 3.1.2: CVE-2024-22195 (high, 7.5), fixed in 3.1.3", vulnerable["title"])
        self.assertIn("GHSA-h5c8-rqwp-cp95", vulnerable["detail"])
        self.assertIn("3.1.3", vulnerable["action"])
        self.assertIn("2.31.1", self.finding(result, "outdated requests")["title"])
        self.assertEqual(self.notices, [("alert", "outdated requests"), ("alert", VULNERABLE)])
        self.assertEqual([self.measured(result, f"pydeps_{what}") for what in ("packages", "vulnerable", "outdated")],
                         [3, 1, 2])
        with self.subTest("told is told"):
            self.assertEqual(self.run_maintain("--now", TASK, status=1).out, "")
        with self.subTest("repaired"):
            environment.install("Jinja2", "3.1.3")
            environment.install("requests", "2.31.1")
            said = self.run_maintain("--now", TASK, status=0).out
            self.assertIn("2 recovered", said)
            self.assertTold(self.result(name))
            self.assertEqual(self.run_maintain("--now", TASK, status=0).out, "")
        self.assertFalse(environment.ran.exists(), "something of the environment was run")

    def test_that_the_servers_python_made(self):
        name = self.shared("debian", *WITH_PYTHON)
        make_real(self.fleet, name, ENVIRONMENT, "pip", "setuptools")
        pip, setuptools = (version_of_wheel(self.fleet, name, wheel) for wheel in ("pip", "setuptools"))
        self.index.publish("pip", pip, "99.0")
        self.index.publish("setuptools", setuptools, "98.0", "99.0")
        self.index.advise("GHSA-cx63-2mw6-8hw5", "setuptools", [setuptools], fixed="98.0", aliases=["CVE-2024-6345"])
        result = self.checked(name, virtualenvs=["/srv/*/env"], types="feature", ignore=[DEBIANS_PYTHON])
        self.assertTold(result, f"vulnerable setuptools CVE-2024-6345 in {ENVIRONMENT}",
                        f"outdated setuptools in {ENVIRONMENT}", f"outdated pip in {ENVIRONMENT}")
        self.assertEqual(self.measured(result, "pydeps_packages"), 2)
        python = self.fleet.inside(name, "/usr/bin/python3", "-c", "import sys; print(sys.version.split()[0])").strip()
        self.assertIn(f"{ENVIRONMENT}, Python {python}: 2 packages",
                      self.central.maintain("show", "last", f"{name}/shop/{TASK}").out)

    def test_discovered_by_a_service(self):
        name, environment = self.shop()
        program = environment.program("serve", "exec sleep infinity\n")
        unit = "/run/systemd/system/shop.service"
        self.fleet.write(name, unit, f"[Service]\nExecStart={program} --port 8000\nWorkingDirectory=/srv/shop\n")
        self.addCleanup(self.fleet.shell, name, f"systemctl stop shop; rm -f {unit}; systemctl daemon-reload")
        self.fleet.shell(name, "systemctl daemon-reload && systemctl start shop")
        result = self.checked(name, discover=True)
        self.assertTold(result, f"{VULNERABLE} in {ENVIRONMENT}", f"outdated requests in {ENVIRONMENT}")
        self.assertEqual(self.measured(result, "pydeps_packages"), 3)

    def test_end_of_its_python(self):
        name = self.shared()
        self.index.publish("idna", "3.4")
        self.environment(name, {"idna": "3.4"}, python="3.8.10")
        result = self.checked(name)
        self.assertTold(result, "end_of_life python")
        self.assertIn("since 2024-10-07", self.finding(result, "end_of_life python")["title"])
        self.assertTold(self.checked(name, "ignored", virtualenvs=[ENVIRONMENT], ignore=[DEBIANS_PYTHON]))

    def test_300_packages_in_few_questions(self):
        name = self.shared()
        names = [f"package-{number}" for number in range(300)]
        for package in names:
            self.index.publish(package, "1.0", "1.0.1")
        self.environment(name, {"package-0": "1.0"}, "/srv/small/env")
        self.environment(name, dict.fromkeys(names, "1.0"))
        before = self.questions(name)
        self.checked(name, "small", virtualenvs=["/srv/small/env"])
        after_one = self.questions(name)
        self.index.forget()
        self.forget_answers()
        result = self.checked(name)
        questions = self.questions(name) - after_one
        self.assertEqual(len(self.told(result)), 300)
        self.assertGreater(after_one, before, "the server's log does not say what it was asked")
        self.assertLessEqual(questions, after_one - before, "more than for one package")
        self.assertLessEqual(questions, 6)
        self.assertEqual(self.index.packages_asked(), sorted(names))
        self.assertEqual(self.index.count("/v1/"), 1)
        with self.subTest("a warm cache"):
            self.index.forget()
            self.assertEqual(len(self.told(self.look(name))), 300)
            self.assertEqual(self.index.asked, [])
        with self.subTest("an old cache"):
            self.age_answers(7)
            self.assertEqual(len(self.told(self.look(name))), 300)
            self.assertEqual((self.index.count("/simple/", 304), self.index.count("/simple/")), (300, 300))
            self.assertQuiet()

    def test_two_servers_ask_for_each_package_once(self):
        self.publish_shop()
        names = [f"package-{number}" for number in range(40)]
        for package in names:
            self.index.publish(package, "1.0")
        servers = [self.shared(), self.shared("python-2")]
        for name in servers:
            self.environment(name, {"Jinja2": "3.1.2", **dict.fromkeys(names, "1.0")})
            self.declare(name, virtualenvs=[ENVIRONMENT])
        self.run_maintain("--now", TASK)
        for name in servers:
            self.assertTold(self.result(name), VULNERABLE)
        self.assertEqual(self.index.packages_asked(), sorted(["jinja2", *names]))
        self.assertEqual((self.index.count("/v1/querybatch"), self.index.count("/v1/vulns/")), (1, 1))


FREEZE = """# made by pip freeze
requests==2.31.0
Jinja2 == 3.1.2 ; python_version > "3.8"
idna==3.4 \\
    --hash=sha256:1234 \\
    --hash=sha256:5678
urllib3[socks]==2.0.7  # for the proxy
certifi===2023.7.22
archived @ https://someone:swordfish@files.example.test/archived-1.2.tar.gz#sha256=1234
committed @ git+https://someone:swordfish@git.example.test/committed@ac464982aaf6
copied @ file:///srv/shop/copied
-e git+https://git.example.test/edited.git@9ab#egg=edited
# Editable install with no version control (in.place==1.0)
-e /srv/shop/in_place
--index-url https://someone:swordfish@index.example.test/simple
unpinned>=2
"""


class Lists(ShopCase):
    def test_freeze_file_with_every_form(self):
        name, path = self.shared(), "/srv/shop/requirements.lock"
        self.publish_shop()
        self.index.publish("urllib3", "2.0.7")
        self.index.publish("certifi", "2023.7.22")
        self.index.publish("archived", "1.2", "1.2.1")
        self.fleet.write(name, path, FREEZE)
        result = self.checked(name, freeze=[path])
        self.assertTold(result, VULNERABLE, "outdated requests", "outdated archived", f"environment packages in {path}")
        doubt = self.finding(result, f"environment packages in {path}")
        self.assertIn("line 16: 'unpinned' is not pinned", doubt["title"])
        self.assertEqual(self.measured(result, "pydeps_packages", path), 10)
        self.assertEqual(self.index.packages_asked(),
                         ["archived", "certifi", "idna", "jinja2", "requests", "urllib3"], "others are the project's")
        shown = self.central.maintain("show", "last", f"{name}/shop/{TASK}").out
        self.assertNotIn("swordfish", shown + json.dumps(result))

    def test_earlier_bots_entry(self):
        name, task = self.shared(), "check_python_package_versions"
        self.publish_shop()
        self.index.publish("html5lib", "1.0", "1.0.1")
        self.index.publish("old-one", "1.0", "1.0.1")
        self.index.advise("PYSEC-2026-7", "old-one", ["1.0"])
        self.fleet.write(name, "/srv/shop/pip_freeze.sh",
                         "#!/bin/sh\necho looking at the environment\n"
                         "printf '%s\\n' Jinja2==3.1.2 requests==2.31.0 html5lib==1.0 old.one==1.0 "
                         "pkg_resources==0.0.0 >\"$1\"\necho \"$1\" >>/tmp/listed\n")
        self.fleet.inside(name, "chmod", "755", "/srv/shop/pip_freeze.sh")
        entry = {"when": "* * * * *", "list_command": "/srv/shop/pip_freeze.sh", "run_pipaudit": "True",
                 "ignored_packages": "['html5lib', 'old_one']"}
        legacy = "/etc/emptyhammock-maintenance.yml"
        self.fleet.write(name, legacy, json.dumps({"version": "1.0.0", task: entry}))
        result = self.look(name, task)
        self.assertEqual(result["outcome"], "ok")
        self.assertTold(result, VULNERABLE, "outdated requests", "vulnerable old-one PYSEC-2026-7")
        self.assertEqual(self.index.packages_asked(), ["jinja2", "requests"])
        listed = self.fleet.shell(name, "cat /tmp/listed; rm /tmp/listed").split()
        self.assertEqual(len(listed), 1)
        self.assertEqual(self.fleet.shell(name, f"ls {listed[0]} 2>/dev/null || true"), "", "the list is removed")
        with self.subTest("without advisories"):
            self.index.forget()
            self.fleet.write(name, legacy, json.dumps({"version": "1.0.0", task: {**entry, "run_pipaudit": "False"}}))
            result = self.look(name, task)
            self.assertEqual(self.index.count("/v1/"), 0)
            self.assertNotIn("vulnerable", " ".join(self.told(result)))
        with self.subTest("it fails"):
            self.fleet.write(name, "/srv/shop/pip_freeze.sh", "#!/bin/sh\necho no such environment >&2\nexit 3\n")
            result = self.look(name, task)
            self.assertEqual(result["outcome"], "failed")
            self.assertIn("it ended with 3: no such environment",
                          self.finding(result, "environment /srv/shop/pip_freeze.sh")["title"])
            self.assertNotIn("recovery", dict(self.notices))


class Trouble(ShopCase):
    def test_index_costs_the_package_that_it_fails_at(self):
        names = ("fine", "gone", "failing", "broken", "slow", "hanging", "older")
        for package in names:
            self.index.publish(package, "1.0", "1.0.1")
        name = self.shared()
        self.environment(name, dict.fromkeys(names, "1.0"))
        self.index.trouble = {"gone": 404, "failing": 500, "broken": MALFORMED, "slow": SLOW, "hanging": HANGING,
                              "older": HTML}
        result = self.checked(name)
        self.assertEqual(result["outcome"], "ok")
        self.assertTold(result, "outdated fine", "outdated slow", "outdated older", "unknown_package gone",
                        "stale_data index")
        stale = self.finding(result, "stale_data index")
        self.assertEqual(stale["state"], "unknown")
        self.assertIn("broken, failing, hanging", stale["title"])
        self.assertIn("answered 500", stale["detail"])
        self.assertIn("no answer within 30", stale["detail"])
        self.assertIn("not all of it could be looked up", result["summary"])
        with self.subTest("repaired"):
            self.index.trouble.clear()
            self.age_answers(7)
            self.assertTold(self.look(name), *(f"outdated {package}" for package in names))
            self.assertIn(("recovery", "stale_data index"), self.notices)
            self.assertIn(("recovery", "unknown_package gone"), self.notices)

    def test_index_that_is_down_ends_nothing(self):
        name, _ = self.shop()
        self.checked(name)
        self.index.trouble = dict.fromkeys(("jinja2", "requests", "idna"), DOWN)
        with self.subTest("what is remembered serves"):
            self.age_answers(7)
            result = self.look(name)
            self.assertTold(result, VULNERABLE, "outdated requests")
            self.assertEqual(self.finding(result, "stale_data index age")["state"], "ok")
            self.assertQuiet()
        with self.subTest("nothing is remembered"):
            self.forget_answers()
            result = self.look(name)
            self.assertEqual(result["outcome"], "ok", "advisories were told")
            self.assertTold(result, VULNERABLE, "outdated requests", "stale_data index")
            self.assertEqual(self.notices, [("alert", "stale_data index")])

    def test_advisories_that_cannot_be_had_end_nothing(self):
        name, environment = self.shop()
        self.checked(name)
        self.index.trouble = {"osv": DOWN}
        with self.subTest("what is remembered serves"):
            self.age_answers(7)
            result = self.look(name)
            self.assertEqual(result["outcome"], "ok")
            self.assertTold(result, VULNERABLE, "outdated requests")
            self.assertEqual(self.finding(result, "stale_data advisories age")["state"], "ok")
            self.assertIn("old", result["summary"])
            self.assertQuiet()
        with self.subTest("nothing is remembered"):
            self.forget_answers()
            result = self.look(name)
            self.assertEqual(result["outcome"], "ok", "releases were told")
            self.assertTold(result, VULNERABLE, "outdated requests", "stale_data advisories")
            self.assertEqual(self.notices, [("alert", "stale_data advisories")])
        with self.subTest("upgraded, and nobody says whether that helped"):
            environment.install("Jinja2", "3.1.3")
            self.assertTold(self.look(name), VULNERABLE, "outdated requests", "stale_data advisories")
            self.assertQuiet()
        with self.subTest("there again"):
            self.index.trouble.clear()
            self.assertTold(self.look(name, status=1), "outdated requests")
            self.assertEqual(self.notices, [("recovery", "stale_data advisories"), ("recovery", VULNERABLE)])


class Advisories(ShopCase):
    def test_from_an_export(self):
        name, environment = self.shop()
        export = self.central.state.parent / "PyPI-all.zip"

        def write(**entries):
            with zipfile.ZipFile(export, "w", zipfile.ZIP_DEFLATED) as archive:
                for advisory, text in entries.items():
                    archive.writestr(f"{advisory}.json", text)

        record = json.dumps(self.index.advisories["GHSA-h5c8-rqwp-cp95"])
        write(**{"GHSA-h5c8-rqwp-cp95": record, "CVE-2026-1": "{"})
        options = {"virtualenvs": [ENVIRONMENT], "osv_archive": str(export)}
        self.assertTold(self.checked(name, **options), VULNERABLE, "outdated requests")
        self.assertEqual(self.index.count("/v1/"), 0, "nobody else is asked")
        for what, written in (("the record is broken", {"GHSA-h5c8-rqwp-cp95": "{", "GHSA-aaaa-bbbb-cccc": record}),
                              ("it holds none", {"README": "no advisory"}), ("it is no archive", None)):
            with self.subTest(what):
                if written is None:
                    export.write_text("moved")
                else:
                    write(**written)
                result = self.look(name)
                self.assertIn(VULNERABLE, self.told(result))
                self.assertNotIn(("recovery", VULNERABLE), self.notices)
        self.assertIn(str(export), self.finding(result, "stale_data advisories")["title"])
        with self.subTest("there again, and upgraded"):
            write(**{"GHSA-h5c8-rqwp-cp95": record})
            environment.install("Jinja2", "3.1.3")
            self.assertTold(self.look(name), "outdated requests")

    def test_impossible_range_costs_that_advisory_only(self):
        name, _ = self.shop()
        impossible = self.index.advise("CVE-2026-1002", "jinja2", ["3.1.2"])
        impossible["affected"][0].update(
            versions=[], ranges=[{"type": "ECOSYSTEM", "events": [{"introduced": "6.0"}, {"fixed": "5.2.5"}]}])
        self.index.advise("CVE-2026-1006", "jinja2", ["3.1.2"])
        self.index.trouble["CVE-2026-1006"] = MALFORMED
        self.index.advise("CVE-2026-1007", "idna", ["3.4"], severity=[])
        result = self.checked(name)
        self.assertEqual(result["outcome"], "ok")
        self.assertTold(result, VULNERABLE, "vulnerable jinja2 CVE-2026-1002", "vulnerable jinja2 CVE-2026-1006",
                        "vulnerable idna CVE-2026-1007", "outdated requests")
        for words, state, text in ((VULNERABLE, "critical", "fixed in 3.1.3"),
                                   ("vulnerable jinja2 CVE-2026-1002", "unknown", "may be affected"),
                                   ("vulnerable jinja2 CVE-2026-1006", "unknown", "whose record cannot be read"),
                                   ("vulnerable idna CVE-2026-1007", "warning", "severity unknown), no fix is known")):
            self.assertEqual(self.finding(result, words)["state"], state, words)
            self.assertIn(text, self.finding(result, words)["title"])

    def test_withdrawn_and_aliased(self):
        name, _ = self.shop()
        self.index.advise("PYSEC-2024-9001", "jinja2", ["3.1.2"], fixed="3.1.3", aliases=[JINJA])
        withdrawn = self.index.advise("GHSA-aaaa-bbbb-cccc", "idna", ["3.4"])
        later = self.index.advise("GHSA-dddd-eeee-ffff", "requests", ["2.31.0"], fixed="2.31.1")
        withdrawn["withdrawn"] = "2026-11-02T00:00:00Z"
        result = self.checked(name)
        self.assertTold(result, VULNERABLE, "vulnerable requests GHSA-dddd-eeee-ffff")
        self.assertIn("Also known as GHSA-h5c8-rqwp-cp95, PYSEC-2024-9001", self.finding(result, VULNERABLE)["detail"])
        with self.subTest("an id that comes later is no news"):
            later["aliases"] = ["CVE-2026-1010"]
            self.age_answers(7)
            self.assertTold(self.look(name), VULNERABLE, "vulnerable requests GHSA-dddd-eeee-ffff")
            self.assertQuiet()
        with self.subTest("withdrawn afterwards"):
            later["withdrawn"] = "2026-11-02T00:00:00Z"
            self.age_answers(7)
            self.assertTold(self.look(name), VULNERABLE, "outdated requests")
            self.assertIn(("recovery", "vulnerable requests GHSA-dddd-eeee-ffff"), self.notices)

    def test_more_than_fit_on_a_page(self):
        name, _ = self.shop()
        ids = [f"CVE-2026-{number}" for number in range(2000, 2005)]
        for advisory in ids:
            self.index.advise(advisory, "idna", ["3.4"])
        self.index.page_size = 2
        self.assertTold(self.checked(name), VULNERABLE, "outdated requests",
                        *(f"vulnerable idna {advisory}" for advisory in ids))
        self.assertEqual(self.index.count("/v1/querybatch"), 3)


class Releases(ShopCase):
    def test_yanked_and_withdrawn(self):
        name = self.shared()
        self.environment(name, {"demo": "1.0", "abandoned": "1.0"})
        self.index.publish("demo", "1.0", "1.0.1")
        self.index.yank("demo", "1.0", "breaks on Sundays")
        self.index.yank("demo", "1.0.1", "breaks on Mondays")
        self.index.publish("abandoned", "1.0")["project-status"] = {"status": "archived", "reason": "no time"}
        result = self.checked(name)
        self.assertTold(result, "yanked demo", "withdrawn_project abandoned")  # and 1.0.1 is proposed to nobody
        self.assertEqual(self.finding(result, "yanked demo")["title"],
                         "demo 1.0 was withdrawn from the index: breaks on Sundays")
        self.assertIn("archived on the index: no time", self.finding(result, "withdrawn_project abandoned")["title"])

    def test_lts_line_of_the_database(self):
        name, path = self.shared(), "/srv/shop/releases.yml"
        environment = self.environment(name, {"wagtail": "6.3.1"})
        self.index.publish("wagtail", "6.3.1", "6.3.2", "6.3.3", "6.4", "7.0")
        text = ("Wagtail:\n  changelog_url: https://example.test/changes\n  security_releases: [6.3.2]\n"
                "  bug_fix_releases: [6.3.3]\n  feature_releases: [6.4, 7.0]\n  lts_releases: ['6.3.']\n")
        self.fleet.write(name, path, text)
        self.index.files["/releases.yml"] = text
        base = "https://releases.example.test/"
        self.ask_instead({"https://pypi.org/": self.index.url, "https://api.osv.dev/": self.index.url,
                          base: self.index.url}, allow=[base])
        for database in (path, base + "releases.yml"):
            with self.subTest(database):
                result = self.checked(name, "file" if database == path else "address", database=database, types="all",
                                      virtualenvs=[ENVIRONMENT])
                self.assertTold(result, "security_release wagtail", "outdated wagtail")
                self.assertEqual(self.finding(result, "outdated wagtail")["title"],
                                 "wagtail 6.3.1 is outdated: 6.3.3 (bug fix)")
                self.assertIn("6.3.2 (security)", self.finding(result, "security_release wagtail")["title"])
                self.assertIn("https://example.test/changes", self.finding(result, "outdated wagtail")["detail"])
        with self.subTest("not on the line"):
            environment.install("wagtail", "6.4")
            result = self.checked(name, "newer", database=path, types="all", virtualenvs=[ENVIRONMENT])
            self.assertTold(result, "outdated wagtail")
            self.assertIn("7.0 (feature)", self.finding(result, "outdated wagtail")["title"])
        with self.subTest("a database that is not there"):
            result = self.checked(name, "missing", database=base + "none.yml", virtualenvs=[ENVIRONMENT])
            self.assertTold(result, "stale_data database")
            self.assertIn("404", self.finding(result, "stale_data database")["title"])

    def test_ignores(self):
        name = self.shared()
        self.environment(name, {"requests": "2.31.0", "jinja2": "3.1.2", "flask": "3.0.0", "idna": "3.4",
                                "urllib3": "2.0.7", "paramiko": "3.0"})
        for package, *versions in (("requests", "2.31.0", "2.31.1"), ("jinja2", "3.1.2", "3.2.0"),
                                   ("flask", "3.0.0", "3.0.1"), ("idna", "3.4", "3.4.1"), ("urllib3", "2.0.7", "2.0.8"),
                                   ("paramiko", "3.0")):
            self.index.publish(package, *versions)
        self.index.advise("GHSA-h5c8-rqwp-cp95", "jinja2", ["3.1.2"], fixed="3.2.0", aliases=[JINJA])
        self.index.advise("CVE-2026-2", "urllib3", ["2.0.7"], fixed="2.0.8")
        self.index.advise("CVE-2026-3", "paramiko", ["3.0"])
        not_yet = (datetime.date.today() + datetime.timedelta(days=3)).isoformat()
        ignores = [
            {"package": "Requests", "reason": "tested in spring"},
            {"package": "jinja2", "advisory": JINJA, "reason": "no template is a stranger's", "until": not_yet},
            {"package": "flask", "reason": "no time", "until": "2020-01-01"},
            {"package": "idna", "version": "3.3", "reason": "tested"},
            {"package": "urllib3", "advisory": "CVE-2026-2", "reason": "no fix", "until": "fixed"},
            {"package": "paramiko", "advisory": "cve-2026-3", "reason": "no fix", "until": "fixed"},
            {"package": "nothing", "reason": "it was here once"}]
        result = self.checked(name, virtualenvs=[ENVIRONMENT], ignore=ignores)
        self.assertTold(result, "outdated flask", "ignore_expired flask", "outdated idna", "ignore_unused idna 3.3",
                        "vulnerable urllib3 CVE-2026-2", "ignore_expired urllib3 CVE-2026-2", "ignore_unused nothing")
        self.assertIn("no time", self.finding(result, "ignore_expired flask")["detail"])
        self.assertNotIn("requests", self.index.packages_asked(), "what is ignored is not asked for")
        with self.subTest("whether an entry is of use is not known while something is not"):
            self.index.trouble = {"osv": DOWN}
            self.forget_answers()
            told = self.told(self.look(name))
            for entry in ("ignore_unused nothing", "ignore_expired urllib3 CVE-2026-2"):
                self.assertIn(entry, told, "what was told stays")
            self.assertNotIn("ignore_unused jinja2 " + JINJA, told, "what was of use passes for it")


class Report(ShopCase):
    def test_as_json(self):
        name, _ = self.shop()
        self.checked(name)
        self.index.forget()
        done = self.central.maintain("pydeps", "report", name, "--format", "json")
        self.assertEqual(done.status, 0, str(done))
        self.assertEqual(self.index.asked, [], "a report asks nobody")
        tasks = done.json()["tasks"]
        self.assertEqual([(task["server"], task["project"], task["task"]) for task in tasks], [(name, "shop", TASK)])
        environment, = tasks[0]["environments"]
        self.assertEqual((environment["path"], environment["python"]), (ENVIRONMENT, "3.14.0"))
        packages = {package["name"]: package["version"] for package in environment["packages"]}
        self.assertEqual(packages, {"Jinja2": "3.1.2", "requests": "2.31.0", "idna": "3.4"})
        found = {finding["code"]: finding for finding in environment["findings"]}
        self.assertEqual(sorted(found), ["pydeps.outdated", "pydeps.vulnerable"])
        vulnerable = found["pydeps.vulnerable"]
        self.assertEqual((vulnerable["package"], vulnerable["id"], vulnerable["fixes"]), ("jinja2", JINJA, ["3.1.3"]))
        self.assertEqual(sorted(vulnerable["advisories"]), [JINJA, "GHSA-h5c8-rqwp-cp95"])


if __name__ == "__main__":
    sys.exit(run_suite(__name__))
