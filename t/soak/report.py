# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What clients and logs say of a run, and the verdict."""
import collections
import glob
import json
import os
import re

import world                                                            # noqa: F401: where the next one is found
from lab import slurp

ENOUGH = 200                     # wrong answers; more of them say nothing new
SHOWN = 20
# Growth that is more than noise. A restart of httpd itself takes memory, see docs/assurance.md. What the first minutes take
# is no growth: shorter runs only tell the figures.
LONG = 10     # minutes
MOST = {"parent KiB per restart": 60, "parent descriptors per restart": 0.05, "child KiB per 1000 requests": 300,
        "child descriptors per 1000 requests": 0.5}
EXIT = re.compile(r"child pid (\d+) exit signal (.*)")
# Lines of the error log that nothing here explains.
ALARM = re.compile(r":(?:crit|alert|emerg)\]|Sanitizer|glibc|assert|\bAH00(?:045|046|288)\b|mtls_authz: (?!.*team).*stays in force")


class Logs:
    """The server's error logs, one for each generation; old ones are taken away when they have been read."""

    def __init__(self, directory):
        self.directory, self.at, self.found, self.last = directory, {}, [], ""

    def paths(self):
        return sorted(glob.glob(os.path.join(self.directory, "error.*")), key=lambda path: int(path.rpartition(".")[2]))

    def read(self, killed):
        paths = self.paths()
        for path in paths:
            with open(path, errors="replace") as file:
                file.seek(self.at.get(path, 0))
                for line in iter(file.readline, ""):
                    if not line.endswith("\n"):
                        break
                    self.at[path] = self.at.get(path, 0) + len(line.encode("utf-8", "replace"))
                    self.judge(line.rstrip("\n"), killed)
        for path in paths[:-12]:
            os.unlink(path)

    def judge(self, line, killed):
        self.last = line
        died = EXIT.search(line)
        if died and not (int(died.group(1)) in killed and died.group(2).startswith("Killed")):
            self.found.append("a child has crashed: " + line)
        elif ALARM.search(line):
            self.found.append("the log says: " + line)

    def tail(self):
        return self.last


class Tally:
    """What the workers have counted."""

    def __init__(self, workers, directory):
        self.workers, self.directory = workers, directory
        self.at, self.counts, self.wrong = {}, {}, []

    def read(self):
        for worker in self.workers:
            with open(worker.output) as file:
                file.seek(self.at.get(worker.name, 0))
                for line in iter(file.readline, ""):
                    if not line.endswith("\n"):
                        break
                    self.at[worker.name] = self.at.get(worker.name, 0) + len(line.encode())
                    self.note(worker, line)
            if worker.ended() and worker.process.returncode > 0:
                raise RuntimeError("%s: %s" % (worker.name, worker.said()[-2000:]))

    def note(self, worker, line):
        try:
            said = json.loads(line)
        except ValueError:
            said = {"wrong": {"what": "the client itself: " + line.strip()}}
        if "counts" in said:
            self.counts[worker.name] = said["counts"]
        else:
            self.wrong.append(said["wrong"])

    def total(self):
        total = collections.Counter()
        for counts in self.counts.values():
            total.update(counts)
        return total

    def requests(self):
        return self.total()["requests"]

    def check_arrivals(self):
        """Nobody who was denied may have been seen by a backend."""
        denied = set()
        for path in glob.glob(os.path.join(self.directory, "denied.*")):
            denied.update(slurp(path).split())
        for mark in denied.intersection(slurp(os.path.join(self.directory, "received")).split()):
            self.wrong.append({"what": "a backend has received a request that was denied", "id": mark})


class Result:
    def __init__(self, tally, director, wrong):
        self.tally, self.director = tally, director
        self.figures = director.figures.summary()
        self.others = wrong + director.logs.found + director.lost
        director.ground.keep("soak-figures.json", json.dumps(vars(director.figures)))
        if director.options.minutes >= LONG:
            self.others += ["%s: %s, more than %s" % (name, self.figures[name], most) for name, most in MOST.items()
                            if self.figures.get(name, 0) > most]

    def wrong(self):
        return len(self.tally.wrong) + len(self.others)

    def show(self):
        counts = self.tally.total()
        for one in self.tally.wrong[:SHOWN]:
            print("WRONG: %s\n%s" % (one["what"], json.dumps(one, indent=1, ensure_ascii=False)))
        for sentence in self.others[:SHOWN]:
            print("WRONG: " + sentence)
        for title, prefix in (("answers", "status "), ("reasons", "reason "), ("places", "place ")):
            rows = ["%s %d" % (name[len(prefix):], n) for name, n in sorted(counts.items()) if name.startswith(prefix)]
            print("figures: %s: %s" % (title, ", ".join(rows)))
        rest = [name for name in sorted(counts) if not name.startswith(("status ", "reason ", "place ", "wrong", "certain"))]
        print("figures: clients: " + ", ".join("%s %d" % (name, counts[name]) for name in rest))
        print("figures: server: " + ", ".join("%s %d" % pair for pair in self.director.counts.items()))
        print("figures: growth: " + ", ".join("%s %s" % pair for pair in self.figures.items()))
        print("figures: answers for which there was one right verdict only: %d of %d" % (counts["certain"], counts["requests"]))
        options, verdict = self.director.options, "FAILED" if self.wrong() else "passed"
        print("figures: %s: %d requests, %d wrong (%s minutes, seed %s, %s)" % (
            verdict, counts["requests"], self.wrong(), options.minutes, options.seed, options.mpm))


# What was broken, and what has to be said of it.
NOTICED = {
    "a rule of which the oracle was told another one": r"reason '', expected \['no-match'\]",
    "a version of a list that is never taken up": "of roles was not in force",
    "headers that are not stripped": "headers differ|forged header|twice",
    "a child that crashes": "a child (?:has crashed|is gone)",
}


def unnoticed(tally, director):
    said = "\n".join([one["what"] for one in tally.wrong] + director.logs.found + director.lost)
    return [what for what, pattern in NOTICED.items() if not re.search(pattern, said)]


def selftest(options, soak_once):
    """Everything broken at once, for some seconds: each of it has to be reported."""
    options.minutes, options.storm, options.calm = 1, 1000, 0
    result = soak_once(options, broken=True)
    missing = unnoticed(result.tally, result.director)
    for what in NOTICED:
        print("%s: %s" % (what, "NOT NOTICED" if what in missing else "noticed"))
    return 1 if missing else 0
