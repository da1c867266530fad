#!/usr/bin/python3
"""Compares the golden files of core/config's inventory tests with what the installed ansible-inventory says.

With MAINTAIN_UPDATE_GOLDENS=1 it writes them anew. Exit status 77: skipped, Ansible is not installed.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

if not shutil.which("ansible-inventory"):
    print("SKIPPED: ansible-inventory is not installed (Debian: ansible-core)")
    sys.exit(77)

data = pathlib.Path(__file__).resolve().parents[2] / "core/config/testdata/inventory"
cases = {"ini": "ini/hosts", "ini-precedence": "ini-precedence/hosts", "yaml": "yaml/hosts.yml",
         "variable-files": "variable-files/hosts", "executable": "executable/inventory.py",
         "earlier-bot": "earlier-bot/inventory", "directory": "directory"}
different = []
with tempfile.TemporaryDirectory() as elsewhere:  # Ansible also reads what lies in the working directory
    configuration = pathlib.Path(elsewhere, "ansible.cfg")
    configuration.touch()
    environment = {**os.environ, "ANSIBLE_CONFIG": str(configuration), "ANSIBLE_LOCALHOST_WARNING": "0",
                   "HOME": elsewhere,
                   "LC_ALL": "C.UTF-8"}
    processes = {name: subprocess.Popen(["ansible-inventory", "-i", data / source, "--list"], cwd=elsewhere,
                                        env=environment, stdout=subprocess.PIPE, text=True)
                 for name, source in cases.items()}
    for name, process in processes.items():
        output, _ = process.communicate(timeout=120)
        if process.returncode != 0:
            sys.exit("ansible-inventory failed for %s" % name)
        text = json.dumps(json.loads(output), indent=1, sort_keys=True) + "\n"
        golden = data / (name + ".golden.json")
        if os.environ.get("MAINTAIN_UPDATE_GOLDENS"):
            golden.write_text(text)
        elif golden.read_text() != text:
            different.append(name)
if different:
    sys.exit("ansible-inventory now says something else: " + ", ".join(different))
