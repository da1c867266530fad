#!/usr/bin/python3
"""Compares this build with the installed packaging on fresh random cases: packaging_live.py UNIT_PYDEPS_VERSION_PROGRAM

The seed is printed and can be given in MAINTAIN_SEED. Exit status 77: skipped, packaging is not installed.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import time

try:
    import packaging.version  # noqa: F401
except ImportError:
    print("SKIPPED: the Python module packaging is not installed (Debian: python3-packaging)")
    sys.exit(77)

seed = os.environ.get("MAINTAIN_SEED") or str(int(time.time()))
print("seed", seed, flush=True)
with tempfile.NamedTemporaryFile(suffix=".tsv") as cases:
    generator = pathlib.Path(__file__).with_name("packaging_cases.py")
    subprocess.run([sys.executable, generator, "--seed", seed, "--versions", "320", "--sets", "150"], stdout=cases,
                   check=True)
    sys.exit(subprocess.run([sys.argv[1], "[packaging]"],
                            env={**os.environ, "MAINTAIN_PACKAGING_CASES": cases.name}).returncode)
