#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The benchmark.

    bench/run.py [--quick] [--publish] [--build DIR] [--out DIR] [PART...]

Parts: counts systems modes memory names tuning lists; all of them if none is named. Writes report.json, report.md and
plots into DIR (build/bench/report). Parts that are not run keep what an earlier run has found there. --publish makes
the report that of docs/performance, and renews the tables in README.md and docs/performance.md.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import time

import cases
import lab as bench_lab
import lists
import peers
import report
import timing
import tuning
from count import Counts
from httpd import start_backend
from lab import Lab, Problem, find_program

QUICK_COUNTS = cases.MAIN + ["http2-headers", "values-1", "values-200", "new", "new-headers", "resumed-headers"]


def machine():
    """What it was measured on."""
    cpu = re.search(r"^model name\s*:\s*(.*)$", bench_lab.slurp("/proc/cpuinfo"), re.M)
    memory = re.search(r"^MemTotal:\s+(\d+)", bench_lab.slurp("/proc/meminfo"), re.M)
    system = re.search(r'^PRETTY_NAME="(.*)"', bench_lab.slurp("/etc/os-release"), re.M)
    versions = {"httpd": peers.version([os.path.basename(find_program("apache2", "httpd") or "httpd"), "-v"]),
                "OpenSSL": peers.version(["openssl", "version"]), "gcc": peers.version(["gcc", "--version"]),
                "valgrind": peers.version(["valgrind", "--version"])}
    for system_row in peers.SYSTEMS:
        if system_row.version:
            versions[system_row.name] = peers.version(system_row.version)
    commit = subprocess.run(["git", "-C", bench_lab.TOP, "describe", "--always", "--dirty"], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, text=True).stdout.strip()
    return {"processor": cpu.group(1) if cpu else "unknown", "cores": len(os.sched_getaffinity(0)),
            "memory_mib": int(memory.group(1)) // 1024, "kernel": os.uname().release,
            "system": system.group(1) if system else "unknown", "versions": versions, "commit": commit,
            "date": time.strftime("%Y-%m-%d")}


def run_counts(lab, quick):
    counts = Counts(lab)
    names = QUICK_COUNTS if quick else [case.name for case in cases.CASES]
    rows = [counts.case(name) for name in names]
    lab.stop_all()
    return rows


def run_systems(lab, quick):
    """All of them with keep-alive; ours and its bare server again, more often."""
    backend = start_backend(lab).plain_port
    working, bare, left_out = timing.start_systems(lab, backend)
    rows = timing.compare(lab, working, bare, "keep-alive", *((3, 1) if quick else (15, 1.2)))
    ours = peers.SYSTEMS[0].name
    rows += [dict(row, system=ours + ", these two alone") for row in timing.compare(
        lab, {ours: working[ours]}, {"httpd": bare["httpd"]}, "keep-alive", *((7, 1) if quick else (45, 1)))]
    lab.stop_all()
    return {"rows": rows, "left_out": left_out}


def run_modes(lab, quick):
    backend = start_backend(lab).plain_port
    working, bare, _ = timing.start_systems(lab, backend, [system.name for system in peers.SYSTEMS[:2]])
    rows = []
    for mode in list(timing.MODES)[1:]:
        rows += timing.compare(lab, working, bare, mode, *((3, 1) if quick else (15, 1.2)))
    lab.stop_all()
    return rows


def run_memory(lab, quick):
    backend = start_backend(lab).plain_port
    found = timing.memory_per_connection(lab, backend, (100, 400) if quick else (100, 700))
    lab.stop_all()
    return found


def run_names(lab, quick):
    return timing.first_of_many_names(lab, *((3, 1) if quick else (15, 1.2)))


def run_tuning(lab, quick):
    backend = start_backend(lab).plain_port
    rows = tuning.measure(lab, backend, *((2, 0.7) if quick else (7, 1)))
    lab.stop_all()
    return rows


PARTS = {"counts": run_counts, "systems": run_systems, "modes": run_modes, "memory": run_memory, "names": run_names,
         "tuning": run_tuning, "lists": lists.run}


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--publish", action="store_true")
    parser.add_argument("--build", default=os.path.join(bench_lab.TOP, "build"))
    parser.add_argument("--out")
    parser.add_argument("parts", nargs="*")
    words = parser.parse_args()
    out = words.out or os.path.join(words.build, "bench/report")
    unknown = set(words.parts) - set(PARTS)
    if unknown:
        raise Problem("unknown: %s; the parts are %s" % (" ".join(sorted(unknown)), " ".join(PARTS)))
    os.makedirs(out, exist_ok=True)
    file = os.path.join(out, "report.json")
    results = json.loads(bench_lab.slurp(file)) if os.path.exists(file) and words.parts else {}
    results["machine"] = machine()
    for part in words.parts or PARTS:
        began = time.monotonic()
        print("bench: %s ..." % part, flush=True)
        with Lab(words.build) as lab:
            results[part] = PARTS[part](lab, words.quick)
        print("bench: %s: %d seconds" % (part, time.monotonic() - began), flush=True)
        with open(file, "w") as written:
            json.dump(results, written, indent=1)
    report.write(results, out)
    if words.publish:
        report.publish(results, out, bench_lab.TOP)
    print(bench_lab.slurp(os.path.join(out, "report.md")))
    print("bench: %s" % os.path.join(out, "report.md"))
    return 0


if __name__ == "__main__":
    bench_lab.run(main)
