#!/usr/bin/python3
"""The earlier bot's file, list of packages and release database, beside what the earlier bot made of them.

tests/oracle/earlier_bot has the input (packages.txt, as a list_command writes it; releases.yml; index.json, the
versions that the index has) and analysis-TYPES.txt, the answers of the earlier bot's analysis (e_ood, whose databases
have `lts_releases`) with html5lib and pkg-resources ignored: recorded once by running its published rules on these.
Where the database knows a release both must agree. Where not, the earlier bot told all that is newer, and we decide by
the version.
"""

import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from support.pydeps import PydepsCase
from support.python_index import normal
from support.suite import run_suite

RECORDED = pathlib.Path(__file__).resolve().parents[1] / "oracle/earlier_bot"
LEGACY = "/etc/emptyhammock-maintenance.yml"
TASK = "check_python_package_versions"
KINDS = {"SECURITY": "security", "Non-security bug fixes": "bug fix", "Adds new features": "feature",
         "Adds compatibility for a new version of Python, Django, or other important package": "compatibility"}
TOLD = {"security": ("security",), "bug": ("security", "bug fix"), "compat": ("security", "bug fix", "compatibility"),
        "feature": ("security", "bug fix", "compatibility", "feature")}
# What the database does not know, and what we take it for; a pre-release is none of these.
BY_VERSION = {"tables": {"3.5.1": "bug fix", "3.6.0": "feature"}, "unlisted": {"1.4.1": "bug fix", "2.0.0": "feature"}}


def recorded(types):
    """Package -> release -> kind; None where the earlier bot had no information."""
    packages = {}
    for line in (RECORDED / f"analysis-{types}.txt").read_text().splitlines():
        if found := re.fullmatch(r"(\S+): \S+", line):
            releases = packages.setdefault(normal(found[1]), {})
        elif (found := re.fullmatch(r"  (\d\S*): (.+)", line)):
            releases[found[1]] = KINDS.get(found[2])
    return packages


def told(result):
    """The same of a result of ours."""
    packages = {}
    for finding in result["findings"]:
        if finding["code"] in ("pydeps.outdated", "pydeps.security_release"):
            kinds = "|".join(TOLD["feature"])
            packages.setdefault(finding["subject"], {}).update(
                re.findall(rf"(\d\S*) \(({kinds})\)", f"{finding['title']}\n{finding['detail']}"))
    return packages


class EarlierBot(PydepsCase):
    def test_the_same_releases(self):
        name = self.shared()
        for package, versions in json.loads((RECORDED / "index.json").read_text()).items():
            self.index.publish(package, *versions)
        for file in ("packages.txt", "releases.yml"):
            self.fleet.write(name, f"/srv/shop/{file}", (RECORDED / file).read_text())
        self.fleet.write(name, "/srv/shop/list", '#!/bin/sh\ncp /srv/shop/packages.txt "$1"\n')
        self.fleet.shell(name, "chmod +x /srv/shop/list")
        for types, kinds in TOLD.items():
            with self.subTest(types):
                self.fleet.write(name, LEGACY, json.dumps({"version": "1.0.0", TASK: {
                    "when": "* * * * *", "list_command": "/srv/shop/list", "run_pipaudit": "False",
                    "ignored_packages": "['html5lib', 'pkg-resources']", "database": "/srv/shop/releases.yml",
                    "types": types}}))
                result = self.look(name, TASK)
                self.assertEqual(result["outcome"], "ok", result)
                expected = {package: {release: kind for release, kind in releases.items() if kind}
                            for package, releases in recorded(types).items()}
                for package, releases in BY_VERSION.items():
                    self.assertLessEqual(set(releases), set(recorded(types)[package]))
                    expected[package].update({release: kind for release, kind in releases.items() if kind in kinds})
                expected = {package: releases for package, releases in expected.items() if releases}
                self.assertEqual(told(result), expected)
        self.assertNotIn("html5lib", self.index.packages_asked())
        self.assertNotIn("pkg-resources", self.index.packages_asked())


if __name__ == "__main__":
    sys.exit(run_suite(__name__))
