#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Backends of the soak: those of t/lib/backend.py, which answer with what they received, and some that fail.

    backends.py FILE      appends the X-Soak-Id of every request it receives to FILE

Kinds: http fcgi, slow (waits), reset (takes the request and ends the connection), flaky (each of these).
"""
import itertools
import random
import socket
import struct
import sys
import time

import world                                                            # noqa: F401: where the next one is found
import backend as plain                                                 # noqa: E402

COUNT = itertools.count()


class Fails(Exception):
    pass


class Slow(plain.Http):
    def line(self):
        text = super().line()
        if not text:
            time.sleep(random.uniform(0.05, 0.8))     # behind the headers, before the answer
        return text


class Reset(plain.Http):
    def __init__(self, sock):
        super().__init__(sock)
        self.sock = sock

    def line(self):
        text = super().line()
        if not text:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise EOFError
        return text


def flaky(sock):
    return (plain.Http, Slow, Reset)[next(COUNT) % 3](sock)


def identity(seen):
    for header in seen.get("headers", []):
        name, _, value = header.partition(":")
        if name.lower() == "x-soak-id":
            return value.strip()
    return dict(seen.get("params", [])).get("HTTP_X_SOAK_ID", "")


def main(path):
    plain.KINDS.update(slow=Slow, reset=Reset, flaky=flaky)
    file, answer = open(path, "a", buffering=1), plain.answer

    def noted(seen):
        file.write(identity(seen) + "\n")
        return answer(seen)
    plain.answer = noted
    plain.main(["http", "fcgi", "slow", "reset", "flaky"])


if __name__ == "__main__":
    main(sys.argv[1])
