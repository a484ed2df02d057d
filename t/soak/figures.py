# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What the server takes while it runs: memory and descriptors of the parent and of its children, and whether they grow."""
import os
import re
import statistics
import time

import world                                                            # noqa: F401: where the next one is found
from lab import slurp


def rollup(pid):
    """PSS and private memory of a process, KiB; None if it is gone."""
    try:
        text = slurp("/proc/%d/smaps_rollup" % pid)
        return sum(int(number) for number in re.findall(r"^Pss:\s+(\d+)", text, re.M))
    except OSError:
        return None


def descriptors(pid):
    """How many there are but for sockets, which come and go with clients and backends."""
    found = 0
    try:
        for name in os.listdir("/proc/%d/fd" % pid):
            try:
                found += not os.readlink("/proc/%d/fd/%s" % (pid, name)).startswith("socket:")
            except OSError:
                continue
        return found
    except OSError:
        return None


def children(pid):
    """Processes that serve: each has threads. What the parent has just forked to become a program for logs has not."""
    found = []
    try:
        for task in os.listdir("/proc/%d/task" % pid):
            found += [int(word) for word in slurp("/proc/%d/task/%s/children" % (pid, task)).split()]
    except OSError:
        pass
    return [child for child in found if has_threads(child)]


def waits_in_pipe(pid):
    """Its main thread does; not known where the kernel does not tell."""
    try:
        return "pipe" in slurp("/proc/%d/wchan" % pid)
    except OSError:
        return False


def has_threads(pid):
    try:
        return len(os.listdir("/proc/%d/task" % pid)) > 1
    except OSError:
        return False


def sockets(pid):
    found = set()
    try:
        for name in os.listdir("/proc/%d/fd" % pid):
            try:
                found.add(os.readlink("/proc/%d/fd/%s" % (pid, name)))
            except OSError:
                continue
    except OSError:
        pass
    return found


def listening(ports):
    """Names of the sockets that listen on these ports, as /proc/PID/fd has them."""
    found = set()
    for line in slurp("/proc/net/tcp").splitlines()[1:]:
        words = line.split()
        if words[3] == "0A" and int(words[1].split(":")[1], 16) in ports:
            found.add("socket:[%s]" % words[9])
    return found


def slope(pairs):
    """The middle one of the slopes between all pairs (Theil and Sen): single peaks do not count."""
    pairs = pairs[::max(1, len(pairs) // 200)]
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for i, a in enumerate(pairs) for b in pairs[i + 1:] if b[0] > a[0]]
    return statistics.median(slopes) if slopes else 0.0


LONG = 150                       # seconds


class Figures:
    def __init__(self, pid):
        self.pid = pid
        self.parent, self.calm = [], []          # (restarts, KiB, descriptors); one list of (requests, KiB, descriptors, time) a phase

    def restarted(self, restarts):
        memory, open_files = rollup(self.pid), descriptors(self.pid)
        if memory and open_files:
            self.parent.append((restarts, memory, open_files))

    def begin_calm(self):
        self.calm.append([])

    def sample(self, requests):
        """In a calm phase, by what its children have answered."""
        pids = children(self.pid)
        known = [(rollup(pid), descriptors(pid)) for pid in pids]
        known = [pair for pair in known if pair[0] and pair[1]]
        if known:
            self.calm[-1].append((requests, sum(memory for memory, _ in known) / len(known), max(files for _, files in known),
                                  time.time()))

    def summary(self):
        """Names and numbers: growth by restart after the first fifth, and by 1000 requests in the last half of long calm phases.

        A child that has just begun has its caches and pools to fill.
        """
        parent = self.parent[len(self.parent) // 5:]
        found = {"parent KiB": parent[-1][1] if parent else None, "parent descriptors": parent[-1][2] if parent else None,
                 "parent KiB per restart": round(slope([(n, memory) for n, memory, _ in parent]), 3),
                 "parent descriptors per restart": round(slope([(n, files) for n, _, files in parent]), 4)}
        phases = [phase[len(phase) // 2:] for phase in self.calm if phase and phase[-1][3] - phase[0][3] > LONG]
        if phases:
            found["child KiB per 1000 requests"] = round(statistics.median(
                1000 * slope([(n, memory) for n, memory, _, _ in phase]) for phase in phases), 2)
            found["child descriptors per 1000 requests"] = round(statistics.median(
                1000 * slope([(n, files) for n, _, files, _ in phase]) for phase in phases), 3)
            found["child KiB at the end of calm phases"] = [round(phase[-1][1]) for phase in phases][-12:]
        return found
