#!/usr/bin/python3
"""Builds maintain and runs every suite; tests/run calls it.

Stages, each counted case by case:
  unit         Catch2 programs under the dev preset, through ctest; only when asked for: the sanitizers run the same
  loopback     suites that need only loopback, and the examples built as a stranger builds them (the dev preset)
  sanitizers   the unit programs under AddressSanitizer and UndefinedBehaviorSanitizer (the asan preset)
  fuzz         every fuzz harness of the same preset over its fixed corpus; with MAINTAIN_FUZZ_SECONDS the preset fuzz,
               and that long of new input each (default: none, so that the same tree always gives the same answer)
  servers      *_suite.py beside this file, against real servers made by tests/fleet; they wait more than they
               compute, so they run beside the builds of the stages above, which give way to them

A suite that this machine cannot host is skipped, and the summary says why.
"""

import argparse
import concurrent.futures
import dataclasses
import os
import pathlib
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
FLEET = ROOT / "tests/fleet/fleet"
STAGE_LIMIT = 45 * 60          # seconds; a stage that takes longer has hung
FUZZ_SECONDS = int(os.environ.get("MAINTAIN_FUZZ_SECONDS", "0"))  # of new input per harness
CANNOT_HOST = 77               # exit status of `fleet check`
BACKGROUND = 15                # niceness of what runs beside the suites on servers


@dataclasses.dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    notes: list = dataclasses.field(default_factory=list)   # why something was skipped or failed

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.notes += other.notes


def say(text):
    print(text, flush=True)


def call(argv, **more):
    """As subprocess.run(), but what a program has started ends with it when it takes too long."""
    with subprocess.Popen([str(word) for word in argv], cwd=ROOT, stdin=subprocess.DEVNULL, start_new_session=True,
                          **more) as process:
        try:
            output, _ = process.communicate(timeout=STAGE_LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(argv, process.returncode, output)


class BuildFailed(Exception):
    """The text is what the compiler said."""


def build(preset, *targets, niceness=0):
    """Configures and builds one preset; its whole output is in build/PRESET.log."""
    log = BUILD / f"{preset}.log"
    BUILD.mkdir(exist_ok=True)
    started = time.monotonic()
    with open(log, "wb") as output:
        configured = call(["cmake", "--preset", preset], stdout=output, stderr=output)
        built = configured.returncode == 0 and call(
            ["nice", "-n", niceness, "cmake", "--build", f"build/{preset}",
             *(["--target", *targets] if targets else [])],
            stdout=output, stderr=output).returncode == 0
    if not built:
        raise BuildFailed(f"{log.read_text(errors='replace')[-8000:]}\n"
                          f"The {preset} build failed; its whole log is {log.relative_to(ROOT)}")
    say(f"built {preset} in {time.monotonic() - started:.0f} s")


def ctest(name, preset, *selection):
    report = BUILD / f"{name}.xml"
    report.unlink(missing_ok=True)
    output = BUILD / f"{name}.txt"
    with open(output, "wb") as out:
        call(["ctest", "--test-dir", f"build/{preset}", "--output-on-failure", "--timeout", "300", "-j2",
              "--output-junit", report, *selection], stdout=out, stderr=out)
    count = Count()
    if not report.exists():
        count.failed += 1
        count.notes.append(f"{name}: ctest did not run; see {output.relative_to(ROOT)}")
        return count
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        status = case.get("status")
        if status == "run":
            count.passed += 1
        elif status in ("notrun", "disabled"):
            why = case.find("skipped")
            count.skipped += 1
            count.notes.append(f"{name}: skipped {case.get('name')}: {why.get('message') if why is not None else ''}")
        else:
            count.failed += 1
            text = (case.findtext("system-out") or "")[-3000:]
            count.notes.append(f"{name}: FAILED {case.get('name')}\n{text}")
    return count


def unit():
    build("dev", "unit_programs")
    return ctest("unit", "dev", "-L", "unit")


def loopback():
    return ctest("loopback", "dev", "-L", "integration|sdk")


def sanitizers():
    build("asan", "unit_programs", niceness=BACKGROUND)
    return ctest("sanitizers", "asan", "-L", "unit")


def fuzz():
    preset = "fuzz" if FUZZ_SECONDS else "asan"
    build(preset, "fuzz_programs", niceness=BACKGROUND)
    programs = sorted((BUILD / preset / "tests/fuzz").glob("*_fuzz"))

    def one(program):
        corpus = ROOT / "tests/fuzz/corpus" / program.name.removesuffix("_fuzz")
        fresh = BUILD / preset / "new" / program.name
        fresh.mkdir(parents=True, exist_ok=True)
        effort = [f"-max_total_time={FUZZ_SECONDS}", fresh] if FUZZ_SECONDS else ["-runs=0"]
        result = call([program, "-close_fd_mask=1", "-timeout=10", "-rss_limit_mb=2048",
                       f"-artifact_prefix={fresh}/crash-", *effort, *([corpus] if corpus.is_dir() else [])],
                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if result.returncode == 0:
            return Count(passed=1)
        return Count(failed=1, notes=[f"fuzz: FAILED {program.name}\n" +
                                      result.stdout.decode(errors="replace")[-3000:]])

    count = Count()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for result in pool.map(one, programs):
            count.add(result)
    if not programs:
        count.add(Count(failed=1, notes=["fuzz: no harness was built"]))
    return count


def one_server_suite(suite):
    """Each suite is a program of its own, with a fleet of its own; its last line is its count."""
    name = suite.stem
    log = BUILD / f"{name}.txt"
    started = time.monotonic()
    with open(log, "wb") as output:
        try:
            status = call(["/usr/bin/python3", suite], stdout=output, stderr=subprocess.STDOUT,
                          env={**os.environ, "MAINTAIN_BUILD": str(BUILD / "dev")}).returncode
        except subprocess.TimeoutExpired:
            status = -1
    text = log.read_text(errors="replace")
    lines = text.strip().splitlines()
    words = lines[-1].replace(",", "").split() if lines else []
    if len(words) != 6 or words[1::2] != ["passed", "failed", "skipped"]:
        return Count(failed=1, notes=[f"servers: FAILED {name} ended with status {status} and no count\n"
                                      f"{text[-3000:]}"])
    count = Count(*(int(word) for word in words[::2]))
    if status != (1 if count.failed else 0):
        count.add(Count(failed=1, notes=[f"servers: FAILED {name} ended with status {status}"]))
    count.notes += [f"servers: {name}: {line}" for line in lines if line.startswith(("skipped ", "FAILED "))]
    if count.failed:
        count.notes.append(f"servers: {name}: the whole output is {log.relative_to(ROOT)}\n{text[-6000:]}")
    say(f"  {name}: {lines[-1]} in {time.monotonic() - started:.0f} s")
    return count


def servers():
    suites = sorted(pathlib.Path(__file__).parent.glob("*_suite.py"))
    if os.geteuid() == 0:
        call([FLEET, "deps"])
    check = call([FLEET, "check"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if check.returncode == CANNOT_HOST:
        reason = check.stdout.decode(errors="replace").strip()
        return Count(skipped=len(suites), notes=[f"servers: skipped {suite.stem}: {reason}" for suite in suites])
    for variant in ("plain", "services", "certificates"):
        image = call([FLEET, "image", "--variant", variant], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if image.returncode != 0:
            return Count(failed=1, notes=[f"servers: FAILED the image of {variant} servers could not be built\n" +
                                          image.stdout.decode(errors="replace")[-3000:]])
    count = Count()
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        for result in pool.map(one_server_suite, suites):
            count.add(result)
    return count


STAGES = {"unit": unit, "loopback": loopback, "sanitizers": sanitizers, "fuzz": fuzz, "servers": servers}


def timed(name):
    started = time.monotonic()
    try:
        count = STAGES[name]()
        if not (count.passed or count.failed or count.skipped):
            count = Count(failed=1, notes=[f"{name}: FAILED, nothing ran"])
    except (BuildFailed, subprocess.TimeoutExpired) as failure:
        count = Count(failed=1, notes=[f"{name}: FAILED\n{failure}"])
    say(f"{name}: {count.passed} passed, {count.failed} failed, {count.skipped} skipped "
        f"in {time.monotonic() - started:.0f} s")
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stages", nargs="*", help="default: all but unit")
    asked = parser.parse_args().stages
    unknown = [stage for stage in asked if stage not in STAGES]
    if unknown:
        parser.error(f"no stage {unknown[0]}; there are {', '.join(STAGES)}")
    wanted = [name for name in STAGES if name in asked or (not asked and name != "unit")]
    total = Count()
    try:
        if set(wanted) & {"loopback", "servers"}:
            build("dev")  # both stand on it
        for name in ("unit", "loopback"):
            if name in wanted:
                total.add(timed(name))
        with concurrent.futures.ThreadPoolExecutor(1) as beside:
            on_servers = beside.submit(timed, "servers") if "servers" in wanted else None
            for name in ("sanitizers", "fuzz"):
                if name in wanted:
                    total.add(timed(name))
            if on_servers:
                total.add(on_servers.result())
    except (BuildFailed, subprocess.TimeoutExpired) as failure:
        total.add(Count(failed=1, notes=[str(failure)]))
    for note in total.notes:
        say(note)
    say(f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped")
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
