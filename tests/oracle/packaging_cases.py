#!/usr/bin/python3
"""Random versions and specifiers with what Python's packaging makes of them, one fact per line:

    version TAB text TAB rank TAB normal form       (equal versions share a rank; texts as backslash escapes)
    no-version TAB text
    set TAB text TAB asked TAB as-asked TAB taken   (a bit for each version above, the first one is the highest, as a
                                                     hexadecimal number: whether packaging's answer counts, and its
                                                     answers where pre-releases are as asked, and taken; `-`: no answer)
    no-set TAB text

    packaging_cases.py [--seed N] [--versions N] [--sets N] > plugins/pydeps/version/testdata/packaging.tsv
"""
import argparse
import random
import sys

SPACE = " \t\n\r\f\v"
PRE = ["a", "b", "c", "rc", "alpha", "beta", "pre", "preview"]
POST = ["post", "rev", "r"]
SEPARATORS = ["", "", ".", "-", "_"]
NUMBERS = ["0", "1", "1", "2", "3", "9", "10", "11", "010", "00", "2023", "20231117",
           "18446744073709551615", "18446744073709551616", "340282366920938463463374607431768211456"]
LOCALS = ["ubuntu", "1", "2", "10", "01", "abc", "1a", "a1", "dfsg", "0", "deadbeef", "18446744073709551616"]
BROKEN = ["", " ", "1.", ".1", "1..2", "a1", "v", "v1.0v", "1.0x", "1.0-", "1.0+", "1.0+a..b", "1.0+a+b", "1.0+-a",
          "1!", "!1", "1!!2", "1!2!3", "1.0 a", "1 .0", "1.0rcc", "1.0a1b1", "1.0dev1a1", "1.0dev1post1", "1.0post1a1",
          "1.0alphabeta", "1.0.*", "vv1", "1.0-1-2", "1.0a--", "1.0a1.-1", "1,0", "-1", "+1", "1.0+a_", "1.0prev1",
          "1.0.post1.post2", "1e5", "0x10", "1.0-dev-dev", "latest", "1.0++", "1.0d", "1.0de"]
BROKEN_SETS = ["1.0", "=1.0", "=>1.0", "<>1.0", "==", ">=", "~=1", "~=1.0.*", "~=1.0+a", ">=1.0.*", ">=1.0+a",
               "<1.0+a", "==1.0a1.*", "==1.0+a.*", "!=1.0.post1.*", "==1.0.dev1.*", "== 1.0 .*", "==1.0.*.*", "==*",
               "==.*", "=== a b", "===a;b", "===a)", ">=1.0;python", "! =1.0", "=== ;", ">=1.0 <2", "~=v1", "==1..*",
               "~1.0", "^1.0", "===="]


def number(rng):
    return rng.choice(NUMBERS) if rng.random() < 0.5 else rng.choice("0123")


def spelled(rng, words):
    """A suffix in one of its spellings, with or without a number."""
    text = rng.choice(SEPARATORS) + rng.choice(words)
    if rng.random() < 0.85:
        text += rng.choice(SEPARATORS) + number(rng)
    elif rng.random() < 0.3:
        text += rng.choice(SEPARATORS)
    return text


def version(rng, local=True):
    text = "v" if rng.random() < 0.08 else ""
    if rng.random() < 0.1:
        text += rng.choice(["0", "1", "1", "2", "01"]) + "!"
    text += ".".join(number(rng) for _ in range(rng.choice([1, 2, 2, 2, 3, 3, 4])))
    if rng.random() < 0.35:
        text += spelled(rng, PRE)
    if rng.random() < 0.25:
        text += "-" + number(rng) if rng.random() < 0.3 else spelled(rng, POST)
    if rng.random() < 0.25:
        text += spelled(rng, ["dev"])
    if local and rng.random() < 0.2:
        text += "+" + rng.choice(LOCALS)
        while rng.random() < 0.4:
            text += rng.choice("-_.") + rng.choice(LOCALS)
    if rng.random() < 0.15:
        text = "".join(rng.choice([c, c.upper()]) for c in text)
    if rng.random() < 0.1:
        text = rng.choice(SPACE) * rng.randint(0, 2) + text + rng.choice(SPACE)
    return text


def mutated(rng, text):
    """One character more, less, or another one: mostly no version any more."""
    at = rng.randint(0, len(text))
    added = rng.choice("0123.-_+!abcrdevpost*v ") if rng.random() < 0.7 else ""
    return text[:at] + added + text[at + rng.randint(0, 1):]


def clause(rng, texts):
    """The version is mostly one of those that are asked about, or like one."""
    operator = rng.choice(["==", "!=", "<=", ">=", "<", ">", "~=", "==*", "!=*", "==="])
    text = rng.choice(texts).strip() if rng.random() < 0.8 else version(rng).strip()
    if operator not in ("==", "!=", "==="):
        text = text.split("+")[0]
    if operator.endswith("*"):
        base = text.split("a")[0] if rng.random() < 0.1 else ".".join(number(rng) for _ in range(rng.randint(1, 3)))
        text, operator = base + ".*", operator[:-1]
    if operator == "===" and rng.random() < 0.2:
        text = rng.choice(["foobar", "1.0.x", "", "1.0-custom"])
    return rng.choice(["", "", " "]) + operator + rng.choice(["", "", " "]) + text + rng.choice(["", "", " "])


def specifier_set(rng, texts):
    text = ",".join(clause(rng, texts) for _ in range(rng.choice([1, 1, 1, 2, 3])))
    return text + "," if rng.random() < 0.05 else text


def escaped(text):
    return text.encode("unicode_escape").decode()


class Oracle:
    def __init__(self):
        from packaging import specifiers, version as versions
        self.Set, self.BadSet = specifiers.SpecifierSet, specifiers.InvalidSpecifier
        self.Version, self.BadVersion = versions.Version, versions.InvalidVersion

    def parsed(self, text):
        try:
            return self.Version(text)
        except self.BadVersion:
            return None

    def spec(self, text):
        """The set, with ~= in normal form: packaging takes its line from the text as it is written, and gets it wrong
        for spellings that PEP 440 calls the same (~=2.2.preview1 would be ==2.2.*)."""
        try:
            clauses = [str(spec) for spec in self.Set(text)]
        except self.BadSet:
            return None
        return self.Set(",".join("~=" + str(self.Version(c[2:])) if c.startswith("~=") else c for c in clauses))

    def wrong(self, spec, candidate):
        """packaging before 23.2 takes an epoch for a part of the first number when it takes a version apart and fills
        it up with zeros: neither 1!2 nor 1!2a1 is in its ==1!2.0.*, 1!2a1 is not in ==1!2.*, and 1!2 is in ==0.*"""
        if candidate.epoch == 0:
            return False
        release = list(candidate.release)
        while release and release[-1] == 0:
            release.pop()
        for part in spec:
            prefix = part.version.endswith(".*")
            if not prefix and part.operator != "~=":
                continue
            line = self.Version(part.version[:-2] if prefix else part.version)
            numbers = line.release if prefix else line.release[:-1]
            needed = len(numbers) + 1 if candidate.pre and len(release) < 2 else len(numbers)
            if not any(numbers) if line.epoch == 0 else line.epoch == candidate.epoch and needed > len(release):
                return True
        return False

    def answers(self, spec, candidates, prereleases):
        try:
            for part in spec:  # all of them: a set has no order, and packaging stops at the first that asks for some
                prereleases or part.prereleases
            return bits(spec.contains(candidate, prereleases=prereleases) for candidate in candidates)
        except self.BadVersion:  # ===foobar, when asked whether it is a pre-release
            return "-"


def bits(truths):
    text = "".join("1" if truth else "0" for truth in truths)
    return "%0*x" % (len(text) // 4, int(text, 2))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--versions", type=int, default=400)
    parser.add_argument("--sets", type=int, default=250)
    options = parser.parse_args()
    oracle, rng = Oracle(), random.Random(options.seed)
    found = {}
    while len(found) < options.versions - options.versions % 4:
        text = version(rng)
        parsed = oracle.parsed(text)
        if parsed is None:
            raise SystemExit("packaging refuses %r" % text)
        found[text] = parsed
    ranks = {key: rank for rank, key in enumerate(sorted(set(found.values())))}
    for text, parsed in found.items():
        print("version\t%s\t%d\t%s" % (escaped(text), ranks[parsed], parsed))
    for text in BROKEN + [mutated(rng, rng.choice(list(found))) for _ in range(options.versions)]:
        parsed = oracle.parsed(text)
        if parsed is None:
            print("no-version\t%s" % escaped(text))
    texts, candidates, dropped = list(found), list(found.values()), 0
    sets = ["", ",", " , "] + BROKEN_SETS + [specifier_set(rng, texts) for _ in range(options.sets)]
    sets += [mutated(rng, rng.choice(sets)) for _ in range(options.sets // 4)]
    for text in sets:
        spec = oracle.spec(text)
        if spec is None:
            print("no-set\t%s" % escaped(text))
            continue
        asked = [not oracle.wrong(spec, candidate) for candidate in candidates]
        dropped += asked.count(False)
        answers = [oracle.answers(spec, candidates, prereleases) for prereleases in (None, True)]
        print("\t".join(["set", escaped(text), bits(asked)] + answers))
    print("%d versions are not asked about" % dropped, file=sys.stderr)


if __name__ == "__main__":
    main()
