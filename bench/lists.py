# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Lists of identities: what they cost at the start, when they are read again, in memory, and for each request."""
import os
import re
import shutil
import time

import callgrind
import lab as bench_lab
from count import Counter
from httpd import Httpd, documents

MANY_CHILDREN = {
    "event": """\
StartServers 16
ServerLimit 16
ThreadsPerChild 4
MaxRequestWorkers 64
MinSpareThreads 64
MaxSpareThreads 64
""",
    "prefork": """\
StartServers 150
MinSpareServers 1
MaxSpareServers 150
ServerLimit 150
MaxRequestWorkers 150
""",
}
RELOADS = 10
INTERVAL = "    MTLSListInterval 1s\n    MTLSList people san.dns file:%s\n"
LISTED = '    <Location "/listed/">\n%s    </Location>\n'
IN_LIST = "        Require mtls in people\n"


class List:
    """A file with so many names, the client's in the middle of them."""

    def __init__(self, lab, count):
        self.path = os.path.join(lab.new_directory("list"), "%d-%d" % (count, time.monotonic_ns()))
        names = ["n%07d.example.org\n" % i for i in range(count - 1)]
        self.text = "".join(names[:count // 2] + ["shop.example.org\n"] + names[count // 2:])
        self.write(self.text)

    def write(self, text):
        with open(self.path + ".new", "w") as out:
            out.write(text)
        os.chmod(self.path + ".new", 0o644)
        os.rename(self.path + ".new", self.path)

    def change(self, number):
        self.write(self.text + "added%d.example.org\n" % number)

    def lines(self):
        return INTERVAL % self.path + LISTED % IN_LIST


def in_force(server):
    found = re.findall(r"version (\d+) is in force", server.error_log())
    return int(found[-1]) if found else 1


def reload(server, people, number):
    """Another version; the CPU that all processes spent until it was in force."""
    before, version = server.process.cpu_seconds(), in_force(server)
    people.change(number)
    bench_lab.wait_for(lambda: in_force(server) > version, 60, lambda: "no other version: " + server.error_log()[-500:])
    return max(0, server.process.cpu_seconds() - before)


def start(lab, people, mpm="event", mpm_lines=None):
    name = "lists-%d" % time.monotonic_ns()
    began = time.monotonic()
    server = Httpd(lab, name, people.lines(), mpm=mpm, mpm_lines=mpm_lines, conf="LogLevel mtls_authz:info\n")
    # The port is open before lists are read.
    lab.load(server.port, "/small.html")
    return server, time.monotonic() - began


def memory(lab, people, mpm):
    """MiB of all processes, what they share counted once: at the start, after some reloads, and of the list alone."""
    server, _ = start(lab, people, mpm, MANY_CHILDREN[mpm])
    time.sleep(1)
    found = [server.process.pss_kib() / 1024]
    for i in range(RELOADS):
        reload(server, people, i)
    time.sleep(2)
    found += [server.process.pss_kib() / 1024, server.process.shared_kib() / 1024]
    server.stop()
    return found


def instructions(lab, people):
    counter = Counter(lab, "list-%d" % time.monotonic_ns(), people.lines() if people else LISTED % "", people is not None)
    os.makedirs(lab.path("docs", "listed"), exist_ok=True)
    shutil.copy(lab.path("docs", "small.html"), lab.path("docs", "listed"))
    cost = counter.per_request("/listed/small.html")
    counter.httpd.stop()
    return cost


def one_size(lab, count, bare, with_memory):
    people = List(lab, count)
    server, seconds = start(lab, people)
    used = reload(server, people, 0)
    server.stop()
    people.write(people.text)
    row = {"identities": count, "start": seconds, "reload": used,
           "cost": round(callgrind.instructions(instructions(lab, people), bare) - callgrind.instructions(bare, bare))}
    for mpm in with_memory:
        row[mpm + "_mib"] = memory(lab, people, mpm)
    return row


def run(lab, quick):
    documents(lab)
    bare = instructions(lab, None)
    both = list(MANY_CHILDREN)
    sizes = [(1, []), (100000, [])] if quick else [
        (1, both), (10, []), (100, []), (1000, []), (100000, both), (1000000, ["event"])]
    return [one_size(lab, count, bare, with_memory) for count, with_memory in sizes]
