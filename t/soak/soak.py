#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A server under all that may happen to it, and an oracle that holds every answer against what was in force.

    soak.py [--minutes N] [--seed N] [--rate N] [--mpm NAME] [--build DIR] [--bare] [--selftest]

Loopback only, free ports; what was started is stopped. Ends with 1 and what was wrong, if anything was. --selftest breaks things on
purpose and ends with 1 if nobody notices.
"""
import argparse
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time

import world as soak
import figures
import lab
import places
import report
import timeline

HERE = os.path.dirname(os.path.abspath(__file__))
LATE = 11.0                      # MTLSListInterval, and what a busy machine may add
STORM, CALM = 60.0, 60.0         # seconds, one after the other; calm phases of long runs are long, so that growth shows
STORM_LONG, CALM_LONG = 120.0, 240.0


class Ground(lab.Lab):
    """The directory of a run, the programs in it, and the module."""

    def __init__(self, build, seed):
        self.world = None
        self.seed = seed
        super().__init__(build, programs=(), prefix="mtls-soak.")

    def keep(self, name, text):
        with open(os.path.join(self.build, name), "w") as out:
            out.write(text)

    def make_pki(self):
        self.world = soak.World(self.directory, self.seed)
        self.world.make()


class Director:
    def __init__(self, ground, options, broken):
        self.ground, self.options, self.broken = ground, options, broken
        self.world, self.chance = ground.world, random.Random("%s/director" % options.seed)
        self.versions, self.generation, self.killed = dict.fromkeys(soak.LISTS, 0), 0, {}
        self.counts = dict.fromkeys(["restarts", "children that httpd forgot", "swaps", "SIGKILLs", "bad list files"], 0)
        self.timeline = timeline.Writer(ground.path("timeline"))
        self.ports = {name: ground.free_port() for name in ("strict", "loose", "plain")}
        self.down = socket.socket()              # one that nobody listens at, and nobody else takes
        self.down.bind(("127.0.0.1", 0))
        self.ports["down"] = self.down.getsockname()[1]
        self.backends = self.start_backends()
        self.logs = report.Logs(ground.directory)
        self.server = None
        self.serving, self.leaving, self.lost = set(), set(), []         # children of this generation, and of those before
        self.started = time.time()
        self.due = {}

    # ---- what runs ----

    def start_backends(self):
        ground = self.ground
        process = ground.start("backends", ["/usr/bin/python3", os.path.join(HERE, "backends.py"), ground.path("received")], stdin=True)
        lab.wait_for(lambda: process.said() or process.ended(), 30, "the backends do not start")
        self.ports.update(json.loads(process.said()))
        return process

    def start_server(self):
        for name in soak.LISTS:
            self.swap(name)
        self.timeline.say("generation", self.write_configuration())
        command = [lab.need_program("apache2-bin", "apache2", "httpd"), "-DFOREGROUND", "-f", self.ground.path("httpd.conf")]
        self.server = self.ground.start("httpd", command)
        self.ground.await_port(self.server, self.ports["plain"])
        lab.wait_for(self.has_begun, 60, "the server does not begin")
        self.timeline.say("settled", self.generation)
        self.figures = figures.Figures(self.server.pid)

    def has_begun(self):
        """A signal before it says so would end it."""
        if self.server.ended():
            raise lab.Problem("the server did not start: " + self.server.said())
        path = self.ground.path("error.1")
        return os.path.exists(path) and "resuming normal operations" in lab.slurp(path)

    def start_workers(self):
        options, until = self.options, self.started + self.options.minutes * 60
        for number in range(options.workers):
            job = {"directory": self.ground.directory, "seed": options.seed, "number": number, "threads": options.threads, "late": LATE,
                   "ports": {name: self.ports[name] for name in ("strict", "loose", "plain")}, "until": until,
                   "rate": options.rate / options.workers, "wrong": "open" if self.broken else None, "http2": options.mpm != "prefork",
                   "bare": options.bare}
            yield self.ground.start("worker.%d" % number, ["/usr/bin/python3", os.path.join(HERE, "worker.py"), json.dumps(job)])

    # ---- what is done to it ----

    def write_configuration(self):
        self.generation += 1
        text = places.configuration(self.world, self.generation, self.ports, self.ground.module, self.options.mpm, self.broken)
        self.ground.write("httpd.conf", places.without_module(text) if self.options.bare else text)
        return self.generation

    def swap(self, name):
        number = self.versions[name] = self.versions[name] + 1
        text = self.world.text(name, number)
        self.timeline.say("put", name, number)
        # A swap that only the oracle is told of: nobody may take that for a version in force.
        if not (self.broken and name == "roles" and number > 2):
            self.world.put(name, text)
        self.timeline.say("done", name)
        self.counts["swaps"] += 1

    def spoil(self):
        """A file that is bad: the version before stays in force. Never while a restart could read it."""
        self.world.put("team", b"anne.example.org v=0\nnot, a name\n")
        self.counts["bad list files"] += 1
        time.sleep(1.5)
        self.swap("team")

    def restart(self):
        self.look_for_children()
        before, restarted = set(figures.children(self.server.pid)), self.write_configuration()
        self.leaving, self.serving = before, set()
        listening = figures.listening([self.ports[name] for name in ("strict", "loose", "plain")])
        self.timeline.say("generation", restarted)

        def settled():
            if self.server.ended():
                raise lab.Problem("the server has ended: %s" % self.logs.tail())
            young = set(figures.children(self.server.pid)) - before
            return any(figures.sockets(pid) & listening for pid in young) and not any(figures.sockets(pid) & listening for pid in before)
        os.kill(self.server.pid, signal.SIGUSR1)
        self.see_through(settled, before, listening)
        self.timeline.say("settled", restarted)
        self.counts["restarts"] += 1
        self.figures.restarted(self.counts["restarts"])

    def see_through(self, settled, before, listening):
        """httpd tells its children of a restart through a pipe. Where one was killed shortly before it may forget another, which then
        serves on under what was; the server without the module (--bare) does so, too. It is ended, and counted."""
        sentence = lambda: "a restart does not come to its end: %s" % self.standing(before, listening)
        try:
            lab.wait_for(settled, 30, sentence)
        except lab.Problem:
            if self.server.ended():
                raise
            forgotten = [pid for pid in before if figures.sockets(pid) & listening]
            self.end_forgotten(forgotten)
            lab.wait_for(settled, 90, sentence)

    def stop_server(self):
        """A child that httpd has forgotten does not hear of the stop either, and goes on waiting in the pipe, whatever signals it gets.
        httpd complains of children that are not gone after three seconds."""
        if not self.server.ended():
            os.kill(self.server.pid, signal.SIGTERM)
            until = time.time() + 2
            while not self.server.ended() and time.time() < until:
                time.sleep(0.05)
            self.end_forgotten([pid for pid in figures.children(self.server.pid) if figures.waits_in_pipe(pid)])
        self.ground.stop(self.server)

    def end_forgotten(self, pids):
        for pid in pids:
            self.end(pid)
        self.counts["children that httpd forgot"] += len(pids)

    def standing(self, before, listening):
        """Who listens; for one who has to find out why nobody does, or the wrong ones."""
        pids = [self.server.pid, *figures.children(self.server.pid)]
        return ", ".join("%d%s%s (%s)" % (pid, " of before" if pid in before else "", " listens" if figures.sockets(pid) & listening else "",
                                          lab.slurp("/proc/%d/wchan" % pid)) for pid in pids) + "; " + self.logs.tail()

    def sigkill(self):
        pids = figures.children(self.server.pid)
        if pids:
            self.end(self.chance.choice(pids))
            self.counts["SIGKILLs"] += 1

    def end(self, pid):
        self.killed[pid] = time.time()
        self.timeline.say("sigkill", pid)
        os.kill(pid, signal.SIGKILL)
        self.timeline.say("sigkill", pid)

    def look_for_children(self):
        """Those that take connections stay until the next restart. Prefork ends and makes them as it likes."""
        if self.server.ended() or self.options.mpm == "prefork":
            return
        now = set(figures.children(self.server.pid))
        self.lost += ["a child is gone: %d" % pid for pid in self.serving - now if pid not in self.killed]
        self.serving = now - self.leaving

    def crash(self):
        """Only to show that it is noticed: one of those that take connections."""
        if self.serving and self.is_due("crash", 3, 5):
            os.kill(min(self.serving), signal.SIGSEGV)

    # ---- the whole ----

    def is_due(self, what, least, most):
        now = time.time()
        if what not in self.due:
            self.due[what] = now + self.chance.uniform(0, most)
        if now < self.due[what]:
            return False
        self.due[what] = now + self.chance.uniform(least, most)
        return True

    def act(self, is_calm):
        """One round. Storms have restarts and SIGKILLs; in calm phases children live on, so that their memory tells something."""
        for name, least, most in (("roles", 1, 2), ("team", 1, 2), ("kill", 2, 4), ("gone", 2, 4)):
            if self.is_due(name, least, most):
                self.swap(name)
        if is_calm and self.is_due("spoil", 10, 20):
            self.spoil()
        if not is_calm and self.is_due("restart", 3, 7):
            self.restart()
        if not is_calm and self.is_due("sigkill", 8, 15):
            self.sigkill()
        self.look_for_children()
        if self.broken:
            self.crash()

    def is_calm(self):
        return (time.time() - self.started) % (self.options.storm + self.options.calm) > self.options.storm

    def is_enough(self, tally):
        """There is no more to learn from going on."""
        if self.broken:
            return not report.unnoticed(tally, self)
        return len(tally.wrong) >= report.ENOUGH

    def run(self):
        self.start_server()
        self.started = time.time()
        tally = report.Tally(list(self.start_workers()), self.ground.directory)
        was_calm, sampled, until = False, 0, self.started + self.options.minutes * 60
        while time.time() < until and not self.server.ended():
            calm = self.is_calm()
            if calm and not was_calm:
                self.figures.begin_calm()
            was_calm = calm
            self.act(calm)
            if calm and time.time() > sampled + 2:
                self.figures.sample(tally.requests())
                sampled = time.time()
            tally.read()
            self.logs.read(self.killed)
            if self.is_enough(tally):
                break
            time.sleep(0.05)
        return self.finish(tally)

    def finish(self, tally):
        wrong = []
        for worker in tally.workers:
            if self.is_enough(tally):
                self.ground.stop(worker)
                continue
            try:
                worker.process.wait(90)
            except subprocess.TimeoutExpired:
                wrong.append("%s does not end" % worker.name)
        tally.read()
        if self.server.ended():
            wrong.append("the server has ended: %s" % self.logs.tail())
        tally.check_arrivals()
        self.stop_server()
        self.logs.read(self.killed)
        return report.Result(tally, self, wrong)


def soak_once(options, broken=False):
    with Ground(options.build, options.seed) as ground:
        failed = True
        try:
            result = Director(ground, options, broken).run()
            failed = bool(result.wrong())
        finally:
            if failed and not broken:
                keep_all(ground)
        return result


def keep_all(ground):
    kept = os.path.join(ground.build, "soak-failed")
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(ground.directory, kept, ignore=shutil.ignore_patterns("*.so", "denied*", "received"))
    print("logs, certificates and lists: %s" % kept)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=3)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--rate", type=float, default=0, help="requests a second at most, 0: as many as there can be")
    parser.add_argument("--mpm", default="event", choices=["event", "worker", "prefork"])
    parser.add_argument("--build", default="build")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=10)
    parser.add_argument("--bare", action="store_true", help="without the module and its verdicts: what httpd itself takes")
    parser.add_argument("--selftest", action="store_true")
    options = parser.parse_args()
    options.storm, options.calm = (STORM, CALM) if options.minutes < 6 else (STORM_LONG, CALM_LONG)
    if options.selftest:
        return report.selftest(options, soak_once)
    result = soak_once(options)
    result.show()
    return 1 if result.wrong() else 0


if __name__ == "__main__":
    lab.run(main, "soak")
