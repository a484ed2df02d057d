#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""One process of clients: connects, asks, holds every answer against the oracle.

    worker.py JSON      {directory, seed, number, threads, ports, late, rate, until, wrong, http2, bare}

Prints a line of JSON each second, {"counts": {...}}, and one for each wrong answer, {"wrong": {...}}. Connection n of a thread is
the same in each run with the same seed.
"""
import collections
import json
import os
import random
import re
import socket
import ssl
import sys
import threading
import time
import traceback

import world as soak
import client
import oracle
import places
import timeline
from h2.connection import ConnectionInputs, ConnectionState, H2ConnectionStateMachine
from h2.events import ConnectionTerminated

PORTS = ["strict", "strict", "strict", "loose"]
SPELLINGS = [str, str.upper, lambda name: name.replace("-", "_"), lambda name: name.replace("-", ".", 1)]


class Broken(Exception):
    """The connection ended without an answer."""


class Http2(client.Http2):
    """Goes on reading after a GOAWAY: what the server has begun it still answers (RFC 9113 section 6.8). The library does not."""
    leaves = False
    H2ConnectionStateMachine._transitions[ConnectionState.CLIENT_OPEN, ConnectionInputs.RECV_GOAWAY] = (None, ConnectionState.CLIENT_OPEN)

    def handle(self, event):
        self.leaves |= isinstance(event, ConnectionTerminated)
        super().handle(event)

    def send(self, request, authority):
        if self.leaves:
            raise EOFError("GOAWAY was received before")
        return super().send(request, authority)


class Clients:
    """What the threads of this process share."""

    def __init__(self, job):
        self.job = job
        self.world = soak.World(job["directory"], job["seed"])
        self.oracle = oracle.Oracle(self.world, job.get("wrong"))
        self.timeline = timeline.Reader(os.path.join(job["directory"], "timeline"), job["late"])
        self.bearers = {name: oracle.Bearer(self.world, name) for name in soak.ALL}
        # Names that stand for themselves; those that an option says are guarded where it stands.
        self.guarded = sorted({name for profile, headers in self.bearers["anne"].profiles.items() for name, _ in headers
                               if not re.match("(aspnet|vault|remote-user):", profile)} | set(places.NAMES))
        self.exported = {place: sorted(self.names(variants)) for place, (_, variants) in places.PLACES.items()}
        self.counts, self.lock = collections.Counter(), threading.Lock()
        self.denied = open(os.path.join(job["directory"], "denied.%d" % job["number"]), "a", buffering=1)

    def names(self, variants):
        """What a place exports in some generation, and is always guarded."""
        found = {name for row in variants for name, _ in row["headers"]}
        for profile in (profile for row in variants for profile in row["export"]):
            found.update(name for name, _ in self.bearers["anne"].profiles[profile] if name in self.guarded)
        return found or self.guarded

    def count(self, *names):
        with self.lock:
            self.counts.update(names)

    def wrong(self, **what):
        with self.lock:
            self.counts["wrong"] += 1
            print(json.dumps({"wrong": what}), flush=True)


class Thread:
    def __init__(self, clients, number):
        self.clients, self.number = clients, number
        self.job, self.world = clients.job, clients.world
        self.contexts, self.sessions, self.minted = {}, {}, {}
        self.before = None
        self.pace = time.monotonic()

    # ---- who ----

    def bearer(self, name, chance):
        """The same as ever, or a certificate that was made a moment ago and soon runs out."""
        if name not in soak.RUN_OUT:
            return self.clients.bearers[name], None
        known = self.minted.get(name)
        if not known or known[0].ends + 12 < time.time():
            certificate, chain = self.world.mint(name, chance.randint(4, 14), chance)
            path = os.path.join(self.job["directory"], "%s.%d.%d.pem" % (name, self.job["number"], self.number))
            with open(path, "wb") as out:
                out.write(chain)
            known = self.minted[name] = (oracle.Bearer(self.world, name, certificate), path)
            for key in [key for key in self.contexts if key[0] == name]:
                self.contexts.pop(key)
                self.sessions.pop(key, None)
        return known

    def context(self, key, path):
        if key not in self.contexts:
            name, tls, http, _ = key
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.minimum_version = context.maximum_version = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[tls]
            context.set_alpn_protocols(["h2" if http == "2" else "http/1.1"])
            if name != soak.NOBODY:
                context.load_cert_chain(path or self.world.path(name + ".chain.pem"), self.world.path(name + ".key"))
            self.contexts[key] = context
        return self.contexts[key]

    # ---- a connection ----

    def plan(self, chance):
        """Every second connection is of the same kind as the one before, so that there are sessions to resume."""
        if self.before and chance.random() < 0.5:
            plan = dict(self.before)
        else:
            plan = self.before = self.new_kind(chance)
        plan = {**plan, "resume": chance.random() < 0.8, "requests": chance.choice([1, 1, 2, 3, 5, 8, 13, 40]),
                "streams": chance.choice([1, 4, 12]), "pause": chance.choice([0, 0, 0, 0, 0.05, 0.3])}
        if plan["name"] in soak.RUN_OUT:         # slow enough to see the end
            plan.update(requests=chance.choice([3, 20, 40]), streams=chance.choice([1, 2]), pause=chance.choice([0.1, 0.5]))
        return plan

    def new_kind(self, chance):
        http = chance.choice(["1.1", "2"]) if self.job["http2"] else "1.1"
        name = chance.choice([*soak.ALL, *soak.RUN_OUT])
        return {"name": name, "http": "1.1" if name == soak.PLAIN else http, "tls": chance.choice(["1.2", "1.3"]),
                "port": "plain" if name == soak.PLAIN else chance.choice(PORTS)}

    def request(self, chance, plan, number):
        place = chance.choice(sorted(places.PLACES))
        method = chance.choice(["GET", "GET", "GET", "POST", "HEAD"])
        mark = "%d-%d-%s" % (self.job["number"], self.number, number)
        # HTTP/2: less than the window that all requests of a connection begin with.
        body = "b" * chance.choice([1, 100, 2000 if plan["http"] == "2" else 20000]) if method == "POST" else ""
        headers = [["X-Soak-Id", mark], ["X-Innocent", "kept"]]
        request = {"method": method, "path": "/%s/x" % place, "headers": headers, "place": place, "id": mark, "innocent": "kept",
                   "body": body, "forges": chance.random() < 0.3}
        if request["forges"]:
            mine = self.clients.exported[place]
            for name in [*chance.sample(self.clients.guarded, 2), chance.choice(mine)]:
                headers.append([chance.choice(SPELLINGS)(name), "forged"])
            if chance.random() < 0.5:
                headers.append(["Connection", "keep-alive, " + chance.choice(mine)])
            if body and chance.random() < 0.5:
                request["trailers"] = [[chance.choice(mine), "forged"]]
        return request

    def requests(self, chance, plan, size, number):
        return [self.request(chance, plan, "%s-%d" % (number, i)) for i in range(size)]

    def connect(self, plan, connection, path):
        sock = socket.create_connection(("127.0.0.1", self.job["ports"][plan["port"]]), 60)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if plan["port"] == "plain":
            return sock
        key = (plan["name"], plan["tls"], plan["http"], plan["port"])
        context = self.context(key, path)
        session = self.sessions.get(key) if plan["resume"] else None
        try:
            sock = context.wrap_socket(sock, server_hostname="localhost", session=session)
        except BaseException:
            sock.close()
            raise
        self.clients.count("resumed" if sock.session_reused else "full", "TLS " + plan["tls"])
        connection["key"], connection["resumed"] = key, sock.session_reused
        return sock

    def may_fail(self, bearer, plan, begin):
        """What no handshake lets in."""
        if plan["name"] in soak.NEVER or (plan["name"] in soak.UNTRUSTED and plan["port"] == "strict"):
            return True
        return bearer.ends is not None and bearer.trusted and time.time() + 1 > bearer.ends

    def talk(self, bearer, plan, connection, chance, number):
        speaks = Http2 if plan["http"] == "2" else client.Http1
        sock = None
        try:
            sock = self.connect(plan, connection, self.minted.get(plan["name"], (None, None))[1])
            speaker, left, batch = speaks(sock), plan["requests"], 0
            while left > 0 and time.time() < self.job["until"]:
                size = min(left, plan["streams"])
                left -= size
                batch += 1
                if not self.ask(bearer, plan, connection, speaker, self.requests(chance, plan, size, "%s-%d" % (number, batch))):
                    break
                time.sleep(plan["pause"])
            if "key" in connection:
                self.sessions[connection["key"]] = sock.session
        finally:
            if sock:
                sock.close()

    def ask(self, bearer, plan, connection, speaker, requests):
        """Requests at once, or one behind the other. False: the server has ended the connection."""
        http2, waiting = plan["http"] == "2", []
        for request in requests:
            request = dict(request)
            if http2:
                request["headers"] = [[name.lower(), value] for name, value in request["headers"] if name != "Connection"]
            if "trailers" in request:
                request["trailers"] = [[name.lower(), value] for name, value in request["trailers"]]
            connection["asked"], begin = request["place"], time.time()
            waiting.append((request, begin, speaker.send(request, "localhost")))
            if not http2:
                if not self.receive(bearer, plan, connection, speaker, *waiting.pop()):
                    return False
        going, broken = True, None
        for what in waiting:
            try:
                going &= self.receive(bearer, plan, connection, speaker, *what)
            except (Broken, EOFError, OSError) as problem:     # others may have been answered before
                broken = problem
        if broken:
            raise broken
        return going

    def receive(self, bearer, plan, connection, speaker, request, begin, stream):
        response = speaker.receive(stream if plan["http"] == "2" else request)
        end = time.time()
        if response.get("error") or not response["status"]:
            raise Broken(response.get("error"))
        wrong, reason = None, None
        if not self.job["bare"]:
            with self.clients.lock:
                wrong, reason = self.clients.oracle.check(bearer, connection, request, response, self.clients.timeline, begin, end)
        connection["answers"] += 1
        self.clients.count("requests", "HTTP/" + plan["http"], "status %d" % response["status"], "reason " + (reason or "none"),
                           "place " + request["place"], "resumed requests" if connection.get("resumed") else "full requests",
                           *(["forging requests"] if request["forges"] else []))
        if response["status"] in (400, 403) and request["place"] != "page":
            self.clients.denied.write(request["id"] + "\n")
        if wrong:
            self.clients.wrong(what=wrong, identity=bearer.name, plan=plan, connection=connection, request=request, begin=begin, end=end,
                               response={**response, "body": response["body"][:3000]})
        header = {name.lower(): value.lower() for name, value in response["headers"]}
        return header.get("connection") != "close" and reason != "killed"

    def one(self, number):
        chance = random.Random("%s/%s/%s/%s" % (self.job["seed"], self.job["number"], self.number, number))
        plan = self.plan(chance)
        bearer, _ = self.bearer(plan["name"], chance)
        begin = time.time()
        connection = {"port": plan["port"], "tls": plan["tls"], "opened": begin, "answers": 0}
        self.clients.count("connections")
        try:
            self.talk(bearer, plan, connection, chance, number)
            if plan["name"] in soak.NEVER and connection["answers"]:
                self.clients.wrong(what="a handshake that must fail has not", plan=plan, connection=connection)
        except (OSError, EOFError, Broken, ValueError) as problem:
            self.broken(bearer, plan, connection, begin, problem)

    def was_killed(self, who, begin, end):
        return any(self.world.lists.is_killed(who, number) for number in self.clients.timeline.list_window("kill", begin, end))

    def broken(self, bearer, plan, connection, begin, problem):
        """A connection that ended without an answer: there has to be a reason for it."""
        with self.clients.lock:
            self.clients.timeline.follow()
            was_cut = self.clients.timeline.was_cut(begin, time.time())
            was_killed = self.was_killed(bearer.name, begin, time.time())
        if not connection["answers"] and self.may_fail(bearer, plan, begin):
            self.clients.count("refused handshakes")
        elif was_cut:
            self.clients.count("cut by restart or SIGKILL")
        elif plan["http"] == "1.1" and connection["answers"] and places.PLACES[connection["asked"]][0] in ("reset", "flaky"):
            self.clients.count("ended because the backend has ended")       # so that the client asks again
        elif was_killed and (connection["answers"] or plan["http"] == "2"):     # of streams that begin at once some may get no answer
            self.clients.count("ended by the kill list")
        else:
            self.clients.wrong(what="no answer: %s: %s" % (type(problem).__name__, problem), plan=plan, connection=connection, begin=begin,
                               end=time.time())

    def run(self):
        number = 0
        try:
            while time.time() < self.job["until"]:
                self.one(number)
                number += 1
                self.keep_pace()
        except Exception:
            self.clients.wrong(what="the client itself: " + traceback.format_exc(), thread=self.number, connection=number)

    def keep_pace(self):
        """So many requests a second of all threads, if somebody has asked for it."""
        if not self.job["rate"]:
            return
        while time.time() < self.job["until"] and self.clients.counts["requests"] > self.job["rate"] * (time.monotonic() - self.pace):
            time.sleep(0.02)


def main(job):
    clients = Clients(job)
    threads = [threading.Thread(target=Thread(clients, number).run, daemon=True) for number in range(job["threads"])]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(0.5)
        with clients.lock:
            print(json.dumps({"counts": {**clients.counts, "certain": clients.oracle.certain}}), flush=True)
    clients.denied.close()
    print(json.dumps({"counts": {**clients.counts, "certain": clients.oracle.certain}}), flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
