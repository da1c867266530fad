#!/usr/bin/python3
"""Compares this build with the installed croniter on fresh random cases: croniter_live.py UNIT_PLAN_PROGRAM

The seed is printed and can be given in MAINTAIN_SEED. Exit status 77: skipped, croniter is not installed.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import time

try:
    import croniter  # noqa: F401
except ImportError:
    print("SKIPPED: the Python module croniter is not installed (Debian: python3-croniter)")
    sys.exit(77)

seed = os.environ.get("MAINTAIN_SEED") or str(int(time.time()))
print("seed", seed, flush=True)
with tempfile.NamedTemporaryFile(suffix=".tsv") as cases:
    generator = pathlib.Path(__file__).with_name("croniter_cases.py")
    subprocess.run([sys.executable, generator, "--seed", seed, "--count", "3000"], stdout=cases, check=True)
    sys.exit(subprocess.run([sys.argv[1], "[croniter]"],
                            env={**os.environ, "MAINTAIN_CRONITER_CASES": cases.name}).returncode)
