#!/usr/bin/python3
"""Random sets of times and policies with what `restic forget --dry-run` makes of them, one JSON object per line:

    {"times": [seconds since 1970, newest first], "policy": {"daily": 7, ...}, "keep": [indices]}

    restic_forget.py [--seed N] [--count N] > core/backup/testdata/restic_forget.jsonl

One repository per set of times, several policies on it; restic runs in UTC.
"""
import argparse
import datetime
import json
import os
import pathlib
import random
import subprocess
import tempfile

WORDS = ["last", "hourly", "daily", "weekly", "monthly", "yearly"]
SPANS = ["within", "within_hourly", "within_daily", "within_weekly", "within_monthly", "within_yearly"]
# restic counts back from the newest snapshot that is not in the future: all of them must lie in the past.
EARLIEST_NEWEST = int(datetime.datetime(2024, 12, 31, 9, 30, tzinfo=datetime.timezone.utc).timestamp())


def times(rng):
    """Copies as they come about: some every few minutes, most daily, gaps, a few years back."""
    moment, all_times = EARLIEST_NEWEST + rng.randrange(0, 400 * 86400), []
    for _ in range(rng.randint(1, 40)):
        all_times.append(moment)
        moment -= rng.choice([rng.randint(60, 7200), 86400, 86400 + rng.randint(-3600, 3600), 7 * 86400,
                              rng.randint(20, 60) * 86400, rng.randint(200, 500) * 86400])
    return all_times


def policy(rng):
    words = {word: rng.randint(1, 9) for word in rng.sample(WORDS, rng.randint(0, 4))}
    for word in rng.sample(SPANS, rng.randint(0, 2)):
        words[word] = rng.choice(["36h", "7d", "30d", "1m", "2m", "1y", "1y5m7d2h", "3m1d"])
    return words or {"last": rng.randint(1, 5)}


def restic(directory, *words):
    environment = {**os.environ, "RESTIC_PASSWORD": "oracle", "TZ": "UTC", "RESTIC_CACHE_DIR": f"{directory}/cache"}
    return subprocess.run(["restic", "-q", "-r", f"{directory}/repository", *words], check=True, text=True,
                          stdout=subprocess.PIPE, env=environment, cwd=directory).stdout


def cases(rng, policies):
    with tempfile.TemporaryDirectory() as directory:
        restic(directory, "init")
        (pathlib.Path(directory) / "file").write_text("content\n")
        moments = times(rng)
        for moment in moments:
            text = datetime.datetime.fromtimestamp(moment, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
            restic(directory, "backup", "file", "--time", text)
        for _ in range(policies):
            words = policy(rng)
            flags = [f"--keep-{word.replace('_', '-')}={value}" for word, value in words.items()]
            kept = set()
            for group in json.loads(restic(directory, "forget", "--dry-run", "--json", *flags)):
                for snapshot in group["keep"] or []:
                    moment = datetime.datetime.fromisoformat(snapshot["time"].replace("Z", "+00:00"))
                    kept.add(int(moment.timestamp()))
            yield {"times": moments, "policy": words, "keep": [i for i, at in enumerate(moments) if at in kept]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=8, help="sets of times")
    parser.add_argument("--policies", type=int, default=30, help="policies for each")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    for _ in range(options.count):
        for case in cases(rng, options.policies):
            print(json.dumps(case, separators=(",", ":")))


if __name__ == "__main__":
    main()
