#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Instructions that the module adds to a request or a connection, counted by callgrind.

    bench/count.py [--json] [--keep DIR] [CASE...]     the five main cases, "all", or those named
    bench/count.py --annotate CASE                     what they are spent on

A server runs under callgrind as one process. The cost of a request is the difference of two numbers of them, that of
a connection what is counted between its end and that of the one before; "more" is the difference to the same server without
the module. Needs: make -f Makefile.apxs all bench-tools
"""
import argparse
import glob
import json
import os
import shutil
import sys

import callgrind
import cases
import lab as bench_lab
from httpd import Httpd, start_backend
from lab import Lab, Problem, need_program

FEW, MANY = 20, 420
WARM = 20
CONNECTIONS, WARM_CONNECTIONS = 25, 5


class Counter:
    """A server under callgrind."""

    def __init__(self, lab, name, lines, ours):
        self.lab = lab
        self.dumps = 0
        directory = lab.new_directory("callgrind-" + name)
        self.files = os.path.join(directory, "out")
        wrapper = [need_program("valgrind", "valgrind"), "--tool=callgrind", "--instr-atstart=no",
                   "--callgrind-out-file=" + self.files, "--dump-line=no"]
        self.httpd = Httpd(lab, name, lines + cases.DUMP, ours, wrapper=wrapper, arguments=["-X"],
                           environment={"MTLS_BENCH_COUNTS": "1"}, seconds=120)

    def dump(self):
        """The path that makes callgrind write down what was executed since the last time; its number."""
        self.dumps += 1
        return "/bench-dump?%d" % self.dumps

    def file(self, number):
        name = "%s.%d" % (self.files, number)
        bench_lab.wait_for(lambda: os.path.exists(name), 20, "callgrind wrote no %s" % name)
        return name

    def cost(self, number):
        return callgrind.cost(self.file(number))

    def per_request(self, path, http2=False, cert="ok"):
        plan = [path + "*%d" % WARM, self.dump(), path + "*%d" % FEW, self.dump(), path + "*%d" % MANY, self.dump()]
        options = ["--fixed-random", *(["--http2"] if http2 else [])]
        self.lab.load(self.httpd.port, *options, *plan, cert=cert)
        return callgrind.per_unit(self.cost(self.dumps), self.cost(self.dumps - 1), MANY - FEW)

    def per_connection(self, path, resumed=False, cert="ok"):
        """A new connection with two requests: this one, and the one that writes the count."""
        first = self.dumps + 1
        self.dumps += CONNECTIONS
        options = ["--resume"] if resumed else []
        result = self.lab.load(self.httpd.port, "--fixed-random", "--connections", CONNECTIONS, *options, path,
                               "/bench-dump?connection", cert=cert)
        if result["resumed"] != (CONNECTIONS - 1 if resumed else 0):
            raise Problem("%d of %d connections were resumed" % (result["resumed"], CONNECTIONS))
        return callgrind.usual(self.cost(number) for number in range(first + WARM_CONNECTIONS, self.dumps + 1))

    def measure(self, case):
        path = "/%s/small.html" % case.location
        if case.kind == "request":
            return self.per_request(path, case.http2, case.cert)
        return self.per_connection(path, case.kind == "resumed", case.cert)


class Counts:
    """Cases by name; each server is started once, when it is needed first."""

    def __init__(self, lab):
        self.lab = lab
        self.counters = {}
        self.known = {}
        self.backend = start_backend(lab)
        for name in {case.location for case in cases.CASES}:
            os.makedirs(lab.path("docs", name), exist_ok=True)
            shutil.copy(lab.path("docs", "small.html"), lab.path("docs", name))

    def counter(self, name, ours):
        lines, loaded = cases.SERVERS[name]
        with_ours = ours and loaded
        # Servers without the module that have the same lines are one.
        text = lines(ours, self.backend.plain_port)
        if (with_ours, text) not in self.counters:
            label = "%s-%s" % (name, "with" if ours else "without")
            self.counters[with_ours, text] = Counter(self.lab, label, text, with_ours)
        return self.counters[with_ours, text]

    def measure(self, case, ours):
        counter = self.counter(case.server, ours)
        key = (counter, case.location, case.kind, case.http2, case.cert)
        if key not in self.known:
            self.known[key] = counter.measure(case)
        return self.known[key]

    def instructions(self, case):
        """Without the module, and with it."""
        bare, ours = self.measure(case, False), self.measure(case, True)
        return callgrind.instructions(bare, bare), callgrind.instructions(ours, bare)

    def locks(self, case):
        """How many more are taken."""
        return round(self.measure(case, True).locks - self.measure(case, False).locks, 2)

    def case(self, name):
        case = cases.find(name)
        bare, ours = self.instructions(case)
        if case.kind != "request":
            # A connection was counted with two requests on it: one here, and one where nothing is configured.
            for request in (case._replace(kind="request"), case._replace(kind="request", location="open", cert="ok")):
                less_bare, less_ours = self.instructions(request)
                bare -= less_bare
                ours -= less_ours
        row = {"case": name, "what": case.what, "kind": case.kind, "bare": round(bare), "with": round(ours),
               "more": round(ours - bare), "limit": case.limit, "locks": self.locks(case)}
        if case.like:
            row["limit"] = round(1.1 * self.case(case.like)["more"])
        return row


def print_row(row):
    limit = row["limit"]
    verdict = "" if limit is None else "ok" if row["more"] <= limit else "OVER"
    print("%-22s %12s %12s %+10d %10s %s" % (row["case"], row["bare"], row["with"], row["more"],
                                            "" if limit is None else limit, verdict), flush=True)


def annotate(counts, name):
    """The module's functions by what they cost each time, with all they call and by themselves."""
    case = cases.find(name)
    counter = counts.counter(case.server, True)
    counter.measure(case)
    units = MANY + 1 if case.kind == "request" else 1
    found = callgrind.functions(counter.file(counter.dumps), os.path.basename(counts.lab.module))
    print("%12s %12s  function" % ("with callees", "itself"))
    for function, (inclusive, itself) in sorted(found.items(), key=lambda item: -item[1][0]):
        print("%12d %12d  %s" % (inclusive / units, itself / units, function))


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--build", default=os.path.join(bench_lab.TOP, "build"))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keep")
    parser.add_argument("--annotate", metavar="CASE")
    parser.add_argument("cases", nargs="*")
    words = parser.parse_args()
    names = [case.name for case in cases.CASES]
    chosen = names if words.cases == ["all"] else words.cases or cases.MAIN
    unknown = set(chosen + [words.annotate or chosen[0]]) - set(names)
    if unknown:
        raise Problem("unknown: %s; the cases are %s" % (" ".join(sorted(unknown)), " ".join(names)))
    with Lab(words.build) as lab:
        counts = Counts(lab)
        if words.annotate:
            annotate(counts, words.annotate)
            return 0
        if not words.json:
            print("%-22s %12s %12s %10s %10s" % ("case", "without", "with", "more", "limit"))
        rows = []
        for name in chosen:
            rows.append(counts.case(name))
            if not words.json:
                print_row(rows[-1])
        if words.json:
            json.dump(rows, sys.stdout, indent=1)
        if words.keep:
            os.makedirs(words.keep, exist_ok=True)
            for file in glob.glob(lab.path("callgrind-*", "out.*")):
                shutil.copy(file, os.path.join(words.keep, "-".join(file.split("/")[-2:])))
    return 0


if __name__ == "__main__":
    bench_lab.run(main)
