# Licensed under the Apache License, Version 2.0; see LICENSE.
"""CPU per request, throughput and latency of servers that take turns, and memory by connection.

A machine is never quiet. So the servers of a contest run one after another, round by round, and what counts is the
ratio of two of them in the same round: its median, with the smallest and the largest.
"""
import json
import statistics
import subprocess
import time

import peers
from httpd import Httpd
from lab import Problem

# How the load generator asks.
MODES = {
    "keep-alive": ["--open", 16, "/bench-ok/*0"],
    "new connections": ["--open", 8, "/bench-ok/"],
    "resumed connections": ["--open", 8, "--resume", "/bench-ok/"],
    "HTTP/2": ["--http2", "--open", 4, "--streams", 16, "/bench-ok/*0"],
}
FIGURES = ["cpu_us", "per_second", "p50_us", "p99_us"]


def one_run(lab, server, mode, seconds, **more):
    """CPU of all the server's processes per request, and what its clients saw."""
    before = server.process.cpu_seconds()
    result = lab.load(server.port, "--seconds", seconds, *MODES[mode], may_fail=True, **more)
    used = server.process.cpu_seconds() - before
    if result["requests"] < 10 or result["errors"] > result["requests"] / 1000:
        raise Problem("%s, %s: %d errors of %d requests, the first one: %s" % (
            server.name, mode, result["errors"], result["requests"], result["first_error"]))
    # The first one in each place has nothing to offer.
    if "--resume" in MODES[mode] and result["resumed"] < 0.9 * (result["connections"] - 8):
        raise Problem("%s: %d of %d connections were resumed" % (server.name, result["resumed"], result["connections"]))
    return {"cpu_us": 1e6 * used / result["requests"], "per_second": result["requests"] / result["seconds"],
            "p50_us": result["p50_us"], "p99_us": result["p99_us"], "requests": result["requests"]}


def contest(lab, servers, mode, rounds, seconds, **more):
    """{name: [run, run, ...]}; the order turns round by round."""
    runs = {name: [] for name in servers}
    names = list(servers)
    for name in names:
        one_run(lab, servers[name], mode, 0.3, **more)
    for i in range(rounds):
        for name in names if i % 2 == 0 else reversed(names):
            runs[name].append(one_run(lab, servers[name], mode, seconds, **more))
    return runs


def ratio(runs, others, figure):
    """Median, smallest and largest of what one has for each that another one has, round by round."""
    found = [a[figure] / b[figure] for a, b in zip(runs, others)]
    return {"median": statistics.median(found), "min": min(found), "max": max(found)}


def median(runs, figure):
    return statistics.median(run[figure] for run in runs)


def start_systems(lab, backend, names=None):
    """Servers with the job, those without it, and sentences about systems that are left out."""
    working, bare, left_out = {}, {}, []
    for number, system in enumerate(peers.SYSTEMS):
        if names and system.name not in names:
            continue
        if system.version and not peers.version(system.version):
            left_out.append("%s is not installed" % system.name)
            continue
        try:
            server = system.start(lab, "system-%d" % number, backend, True)
        except Problem as problem:
            left_out.append("%s does not start here: %s" % (system.name, str(problem)[-300:]))
            continue
        wrong = peers.verify(lab, system.name, server)
        if wrong:
            raise Problem("; ".join(wrong))
        working[system.name] = server
        if system.bare not in bare:
            bare[system.bare] = system.start(lab, "bare-%d" % number, backend, False)
    return working, bare, left_out


def compare(lab, working, bare, mode, rounds, seconds):
    """Each system against itself without the job."""
    runs = contest(lab, {**{("job", name): server for name, server in working.items()},
                         **{("bare", name): server for name, server in bare.items()}}, mode, rounds, seconds)
    rows = []
    for system in peers.SYSTEMS:
        if system.name not in working:
            continue
        job, without = runs["job", system.name], runs["bare", system.bare]
        rows.append({"system": system.name, "mode": mode, "rounds": rounds,
                     **{figure: ratio(job, without, figure) for figure in FIGURES},
                     "cpu_us_bare": median(without, "cpu_us"), "cpu_us_job": median(job, "cpu_us")})
    return rows


def held_connections(lab, server, count):
    """Memory of the server with so many connections open that have been used. They come by the dozen: a server whose
    threads are all busy ends connections that wait."""
    command = [lab.load_program, "--port", str(server.port), *lab.certificate("ok"), "--open", "20", "--hold", "/bench-ok/*2"]
    loads = []
    try:
        for _ in range(count // 20):
            loads.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **lab.identity))
            if json.loads(loads[-1].stdout.readline())["errors"]:
                raise Problem("connections to %s were not held" % server.name)
        time.sleep(0.3)
        return server.process.pss_kib()
    finally:
        for load in loads:
            load.stdin.close()
            load.wait()
        time.sleep(0.3)


# One process that can hold all the connections, so that nothing else comes and goes.
HOLDING = """\
StartServers 1
ServerLimit 1
ThreadsPerChild 64
MaxRequestWorkers 64
AsyncRequestWorkerFactor 50
"""


def memory_per_connection(lab, backend, counts):
    """KiB that each connection more takes: {bare, job}, the slope between the numbers in counts."""
    found = {}
    for name, lines, ours in (("bare", peers.BARE, False), ("job", peers.OURS, True)):
        slopes = []
        for attempt in range(3):
            server = Httpd(lab, "memory-%s-%d" % (name, attempt), lines.format(backend=backend), ours, mpm_lines=HOLDING)
            few, many = (held_connections(lab, server, count) for count in counts)
            slopes.append((many - few) / (counts[1] - counts[0]))
            server.stop()
        found[name] = statistics.median(slopes)
    return found


def first_of_many_names(lab, rounds, seconds):
    """CPU of a new connection whose certificate has 4,000 names, in milliseconds more than without the module."""
    rule = '    <Location "/">\n        Require mtls san.dns is h3999.example\n    </Location>\n'
    always = '    <Location "/bench-ok">\n        SetHandler bench-ok\n    </Location>\n'
    servers = {"bare": Httpd(lab, "names-bare", always, False), "job": Httpd(lab, "names-job", always + rule)}
    runs = contest(lab, servers, "new connections", rounds, seconds, cert="many-sans")
    for server in servers.values():
        server.stop()
    return statistics.median((a["cpu_us"] - b["cpu_us"]) / 1000 for a, b in zip(runs["job"], runs["bare"]))
