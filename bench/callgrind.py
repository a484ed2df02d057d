# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What callgrind has written down: instructions, and those of the allocator apart.

What malloc and free execute hangs on what the heap has seen before and varies by tens of thousands for one handshake;
how often they are called does not. So differences are made of all other instructions and of these calls, each at what
a call costs on average.
"""
import collections
import re
import statistics

Cost = collections.namedtuple("Cost", "others allocator calls locks")
LOCK = re.compile(r"pthread_(?:mutex|rwlock|spin)_(?!un).*lock")
NAME = re.compile(r"\((\d+)\)(?: (.*))?$")


class Names:
    """Names are written out when they come first, and numbers afterwards."""

    def __init__(self):
        self.known = {}

    def of(self, text):
        number, name = NAME.match(text).groups()
        if name is not None:
            self.known[number] = name
        return self.known[number]


def is_allocator(file):
    return "malloc/" in file


def events(path):
    """('self', object, file, function, cost) and
    ('call', object, file, function, cost, callee's file, how often, callee)."""
    files, functions, objects = Names(), Names(), Names()
    here = {"ob": "", "fl": "", "fn": ""}
    callee, called, times = "", "", None
    with open(path) as lines:
        for line in lines:
            key, _, text = line.rstrip("\n").partition("=")
            if key in ("fl", "fi", "fe"):
                name = files.of(text)
                if key == "fl":
                    here["fl"] = callee = name
            elif key == "fn":
                here["fn"] = functions.of(text)
            elif key == "ob":
                here["ob"] = objects.of(text)
            elif key in ("cfi", "cfl"):
                callee = files.of(text)
            elif key == "cfn":
                called = functions.of(text)
            elif key == "cob":
                objects.of(text)
            elif key == "calls":
                times = int(text.split()[0])
            elif line[0] in "0123456789+-*":
                cost = int(line.split()[1])
                if times is None:
                    yield ("self", here["ob"], here["fl"], here["fn"], cost)
                else:
                    yield ("call", here["ob"], here["fl"], here["fn"], cost, callee, times, called)
                    callee, times = here["fl"], None


def cost(path):
    others = allocator = calls = locks = 0
    for kind, _, file, _, number, *call in events(path):
        if kind == "self" and is_allocator(file):
            allocator += number
        elif kind == "self":
            others += number
        elif is_allocator(call[0]) and not is_allocator(file):
            calls += call[1]
        elif LOCK.match(call[2]):
            locks += call[1]
    return Cost(others, allocator, calls, locks)


def usual(costs):
    return Cost(*(statistics.median(column) for column in zip(*costs)))


def per_unit(more, less, units):
    return Cost(*((a - b) / units for a, b in zip(more, less)))


def instructions(one, like):
    """One cost as a number, calls of the allocator at what they cost in the other one."""
    return one.others + one.calls * like.allocator / max(1, like.calls)


def functions(path, object_name):
    """{function: [inclusive, self]} of one object."""
    found = collections.defaultdict(lambda: [0, 0])
    for kind, where, _, function, number, *_ in events(path):
        if where.endswith(object_name):
            found[function][0] += number
            found[function][1] += number if kind == "self" else 0
    return found
