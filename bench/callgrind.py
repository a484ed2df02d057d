# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What callgrind has written down: instructions, and those apart that hang on what lies where.

What malloc and free execute hangs on what the heap has seen before and varies by tens of thousands for one handshake,
what comparing two strings takes, or looking for a character from a string's end, on where they lie. How often they are
called does not vary. So differences are made of all other instructions and of these calls, each at what a call costs on average.
"""
import collections
import re
import statistics

Cost = collections.namedtuple("Cost", "others allocator allocator_calls compare compare_calls locks")
# Parts of the names of files they come from.
VARYING = {"allocator": ("malloc/",), "compare": ("multiarch/strcmp", "multiarch/strrchr")}
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


def varying(file):
    return next((kind for kind, parts in VARYING.items() if any(part in file for part in parts)), None)


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
    sums = collections.Counter()
    for event, _, file, _, number, *call in events(path):
        kind = varying(file)
        if event == "self":
            sums[kind or "others"] += number
            continue
        callee = varying(call[0])
        if callee and callee != kind:
            sums[callee + "_calls"] += call[1]
        elif LOCK.match(call[2]):
            sums["locks"] += call[1]
    return Cost(*(sums[field] for field in Cost._fields))


def usual(costs):
    return Cost(*(statistics.median(column) for column in zip(*costs)))


def per_unit(more, less, units):
    return Cost(*((a - b) / units for a, b in zip(more, less)))


def instructions(one, like):
    """One cost as a number, calls of what varies at what they cost in the other one."""
    return (one.others + one.allocator_calls * like.allocator / max(1, like.allocator_calls) +
            one.compare_calls * like.compare / max(1, like.compare_calls))


def functions(path, object_name):
    """{function: [inclusive, self]} of one object."""
    found = collections.defaultdict(lambda: [0, 0])
    for kind, where, _, function, number, *_ in events(path):
        if where.endswith(object_name):
            found[function][0] += number
            found[function][1] += number if kind == "self" else 0
    return found
