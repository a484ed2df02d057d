# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What was done to the server, and when: one line before and one after each deed, read by all clients.

A request may have been decided under whatever was in force between its first octet and the last one of its response.
"""
import json
import os
import time

KEEP = 300.0                     # seconds; no request lives that long


class Writer:
    def __init__(self, path):
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def say(self, *words):
        os.write(self.file, (json.dumps([time.time(), *words]) + "\n").encode())


class Reader:
    """late: seconds within which a change has to be in force everywhere."""

    def __init__(self, path, late):
        self.file, self.rest, self.late = os.open(path, os.O_RDONLY), b"", late
        self.versions = {}       # list: [[number, begin, done]]
        self.generations = []    # [number, begin, settled]
        self.cuts = []           # times at which connections may have been ended

    def follow(self):
        while True:
            data = os.read(self.file, 65536)
            if not data:
                return
            *lines, self.rest = (self.rest + data).split(b"\n")
            for line in lines:
                self.note(*json.loads(line))

    def note(self, when, what, *words):
        if what == "put":
            self.versions.setdefault(words[0], []).append([words[1], when, None])
        elif what == "done":
            self.versions[words[0]][-1][2] = when
        elif what == "generation":
            self.generations.append([words[0], when, None])
            self.cuts.append(when)
        elif what == "settled":
            self.generations[-1][2] = when
            self.cuts.append(when)
        elif what == "sigkill":
            self.cuts.append(when)
        self.forget(when - KEEP)

    def forget(self, until):
        self.cuts = [when for when in self.cuts if when > until]
        for rows in [self.generations, *self.versions.values()]:
            while len(rows) > 1 and rows[1][2] and rows[1][2] < until:
                rows.pop(0)

    @staticmethod
    def window(rows, begin, end, late):
        """Numbers of what was begun before end, less what had been followed by another one before begin."""
        found = []
        for row, following in zip(rows, [*rows[1:], None]):
            gone = following and following[2] and following[2] + late < begin
            if row[1] <= end and not gone:
                found.append(row[0])
        return found

    def list_window(self, name, begin, end):
        return self.window(self.versions.get(name, []), begin, end, self.late)

    def generation_window(self, opened, end):
        """A connection stays with the generation that took it, and that took none after it had closed its sockets."""
        return self.window(self.generations, opened, end, 0)

    def was_cut(self, begin, end):
        return any(begin <= when <= end for when in self.cuts) or any(
            row[1] <= end and (row[2] is None or row[2] >= begin) for row in self.generations[1:])
