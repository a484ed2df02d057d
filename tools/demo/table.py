#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The demo's table: asks the servers, shows what came of it, and checks every row.

    table.py DIR HTTPS HTTP STOCK       DIR is the demo's, the others are ports; see tools/demo.sh

What a row expects is written here or computed from the PEM files, never taken from an answer.
"""
import datetime
import json
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "t", "lib"))
from client import Client                                                       # noqa: E402

# What clients, proxies and httpd send anyway. All other headers are shown, whatever they are called.
USUAL = {"host", "connection", "via", "accept", "user-agent",
         "x-forwarded-for", "x-forwarded-host", "x-forwarded-server", "x-forwarded-proto"}
ORDERS, ISSUING = "spiffe://demo.example/orders", "issuing"
FORGED = ":Zm9yZ2Vk:"
NOTHING, NOT_ASKED = [], None
COLOURS = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def identity(pki, name, uri=ORDERS):
    """What the gateway tells of a client: RFC 9440, from the PEM files."""
    def field(file):
        with open(os.path.join(pki, file + ".crt")) as pem:
            return ":%s:" % "".join(line.strip() for line in pem if not line.startswith("-"))
    return [("Client-Cert", field(name)), ("Client-Cert-Chain", field(ISSUING)), ("X-Client-Id", uri)]


def stock(verify, dn):
    return [("X-Client-Verify", verify), ("X-Client-DN", dn)]


def shortened(value):
    return value if len(value) < 30 else value[:9] + "..." + value[-5:]


def wait_for(claim):
    until = time.time() + 20
    while True:
        found = claim()
        if found or time.time() > until:
            return found
        time.sleep(0.02)


class Table:
    def __init__(self, directory, https, http, stock_port):
        self.directory, self.pki = directory, os.path.join(directory, "pki")
        self.ports = {"gateway": int(https), "plain": int(http), "stock": int(stock_port)}
        self.client = Client()
        self.rows, self.wrong, self.told = 0, 0, {}

    # --- asking ---

    def job(self, server="gateway", cert=None, **how):
        job = {"port": self.ports[server], "plain": server == "plain", **how}
        if cert:
            job["cert"] = os.path.join(self.pki, cert + ".pem")
        return job

    def lines(self, file, mark):
        path = os.path.join(self.directory, file)
        if not os.path.exists(path):
            return []
        with open(path, encoding="latin-1") as log:
            return [line for line in log.read().split("\n")[:-1] if mark in line]

    def ask(self, path, headers=(), server="gateway", **how):
        """One request: status, reason by the access log, what was received behind, error."""
        mark = "?row=%d" % (self.rows + 1)
        request = {"path": path + mark, "headers": [list(header) for header in headers]}
        answer = self.client.do(self.job(server, requests=[request], **how))
        if not answer["responses"]:
            return 0, "-", NOT_ASKED, answer
        log = "stock.access.log" if server == "stock" else "gateway.access.log"
        logged = wait_for(lambda: self.lines(log, mark + '"'))
        reason = logged[-1].split()[1] if logged else "not logged"
        if reason != "-" and answer["responses"][0]["body"] != "403: %s\n" % reason:
            reason = "%s in the log, but the error page says %s" % (reason, answer["responses"][0]["body"])
        behind = [json.loads(line) for line in self.lines("backend.log", mark + '"')]
        told = NOT_ASKED
        if behind:
            told = [(name, value) for name, value in behind[-1]["headers"] if name.lower() not in USUAL]
        return answer["responses"][0]["status"], reason, told, answer

    # --- showing ---

    def say(self, left, middle, right, ok):
        line = "  %-53s %-20s %s" % (left, middle, right)
        if COLOURS:
            line = "\033[%dm%s\033[0m" % (0 if ok else 31, line)
        print(line.rstrip(), flush=True)

    def section(self, title, last="what the backend is told"):
        title = title + " " * (56 - len(title)) + "answer" + " " * 15 + last
        print("\n" + ("\033[1m%s\033[0m" % title if COLOURS else title), flush=True)

    def describe(self, told):
        if told is NOT_ASKED:
            return ["(was not asked)"]
        if not told:
            return ["nothing"]
        same = self.told.setdefault(str(told), self.rows)
        if same != self.rows and len(told) > 2:
            return ["the same as in %d" % same]
        return ["%s: %s" % (name, shortened(value)) for name, value in told]

    def row(self, what, path, status, reason, told, error="", resumed=False, **how):
        """Ask, show, check."""
        found = self.ask(path, **how)
        self.rows += 1
        problems = []
        if found[0] != status or found[1] != reason:
            problems.append("expected %d %s" % (status, reason))
        if (found[2] is NOT_ASKED) != (told is NOT_ASKED) or sorted(found[2] or []) != sorted(told or []):
            wanted = ["%s: %s" % (name, shortened(value)) for name, value in told or []]
            problems += ["expected here: " + line for line in wanted or ["nothing"]]
        if error not in found[3].get("error", ""):
            problems.append("expected the error %s: %s" % (error, found[3].get("error")))
        if resumed and not found[3].get("reused"):
            problems.append("the session was not resumed")
        answer = "%d %s" % found[:2] if found[0] else "none, TLS alert" if error else "none"
        cell = self.describe(found[2]) if found[0] else [""]
        self.say("%2d  %s" % (self.rows, what), answer.replace(" -", ""), cell[0], not problems)
        for line in cell[1:]:
            self.say("", "", line, not problems)
        for problem in problems:
            print("      WRONG: %s" % problem)
        self.wrong += bool(problems)

    # --- the rows ---

    def who_gets_in(self):
        orders, reports = identity(self.pki, "orders"), identity(self.pki, "reports", "spiffe://demo.example/reports")
        self.section("Who gets in")
        self.row("orders-service: /orders/, HTTP/1.1", "/orders/", 200, "-", orders, cert="orders")
        self.row("orders-service: /orders/, HTTP/2", "/orders/", 200, "-", orders, cert="orders", http="2")
        self.row("reports-service: /reports/", "/reports/", 200, "-", reports, cert="reports")
        self.row("reports-service: /orders/, known, not allowed", "/orders/", 403, "no-match", NOT_ASKED,
                 cert="reports")
        self.row("no certificate: /orders/", "/orders/", 403, "no-certificate", NOT_ASKED)
        self.row("no certificate: /public/", "/public/", 200, "-", NOTHING)
        self.row("without TLS: /orders/", "/orders/", 403, "no-tls", NOT_ASKED, server="plain")

    def who_pretends(self):
        orders, reports = identity(self.pki, "orders"), identity(self.pki, "reports", "spiffe://demo.example/reports")
        for name in ("Client-Cert", "Client_Cert", "client.cert"):
            self.row("no certificate, %s: forged" % name, "/public/", 200, "-", NOTHING, headers=[(name, FORGED)])
        self.row("no certificate, Client-Cert: forged, /orders/", "/orders/", 403, "no-certificate", NOT_ASKED,
                 headers=[("Client-Cert", FORGED)])
        self.row("reports-service, HTTP/2, X-Client-Id: forged", "/reports/", 200, "-", reports, cert="reports",
                 http="2", headers=[("x-client-id", ORDERS)])
        self.row("orders-service, Client_Cert, client.cert: forged", "/orders/", 200, "-", orders, cert="orders",
                 headers=[("Client_Cert", FORGED), ("client.cert", FORGED)])
        self.row("orders-service, Connection: close, Client-Cert", "/orders/", 200, "-", orders, cert="orders",
                 headers=[("Connection", "close, Client-Cert")])
        self.row("without TLS, Client-Cert: forged", "/public/", 200, "-", NOTHING, server="plain",
                 headers=[("Client-Cert", FORGED)])

    def stock_httpd(self):
        dn = "CN=orders-service,O=Demo"
        self.section("Stock httpd with RequestHeader set X-Client-DN ...", "what its backend is told")
        how = {"server": "stock", "cert": "orders"}
        self.row("orders-service: /orders/, HTTP/1.1", "/orders/", 200, "-", stock("SUCCESS", dn), **how)
        self.row("orders-service: /orders/, HTTP/2: kept out", "/orders/", 403, "-", NOT_ASKED, http="2", **how)
        nobody, forged = stock("NONE", "(null)"), ("X_Client_DN", "CN=admin")
        self.row("no certificate: /public/: a name of (null)", "/public/", 200, "-", nobody, server="stock")
        self.row("no certificate, X_Client_DN: forged: arrives", "/public/", 200, "-", [forged] + nobody,
                 server="stock", headers=[forged])
        self.row("orders-service, Connection: X-Client-DN: lost", "/orders/", 200, "-", stock("SUCCESS", dn)[:1],
                 headers=[("Connection", "X-Client-DN")], **how)

    # --- expiry ---

    def make_brief(self, seconds):
        """A certificate of orders-service that ends in a moment; the time when it does."""
        end = int(time.time()) + seconds
        date = datetime.datetime.fromtimestamp(end, datetime.timezone.utc).strftime("%Y%m%d%H%M%SZ")
        command = ["openssl", "ca", "-batch", "-notext", "-config", "pki.cnf", "-enddate", date, "-in", "brief.csr",
                   "-out", "brief.crt"]
        subprocess.run(command, cwd=self.pki, check=True, capture_output=True)
        with open(os.path.join(self.pki, "brief.pem"), "w") as out:
            for file in ("brief.crt", "issuing.crt", "brief.key"):
                with open(os.path.join(self.pki, file)) as part:
                    out.write(part.read())
        return end, " ".join(command)

    # What is opened while the certificate is valid: where, how, and how it is used again.
    BRIEF = (
        ("HTTP/1.1 connection, kept alive", "gateway", {"conn": "a"}, {"conn": "a"}),
        ("HTTP/2 connection, kept alive", "gateway", {"conn": "b", "http": "2"}, {"conn": "b", "http": "2"}),
        ("resumed TLS 1.3 session", "gateway", {"save": "c", "tls": "1.3"}, {"session": "c", "tls": "1.3"}),
        ("resumed TLS 1.2 session", "gateway", {"save": "d", "tls": "1.2"}, {"session": "d", "tls": "1.2"}),
        ("stock httpd: connection, kept alive", "stock", {"conn": "e"}, {"conn": "e"}),
        ("stock httpd: resumed TLS 1.3 session", "stock", {"save": "f", "tls": "1.3"}, {"session": "f", "tls": "1.3"}),
    )

    def open_brief(self):
        """Open all of them in time; a busy machine gets more of it. Answers when the certificate ends."""
        for seconds in (5, 20, 60):
            end, command = self.make_brief(seconds)
            self.client = Client()
            first = [self.ask("/orders/", server=server, cert="brief", **how)[0] for _, server, how, _ in self.BRIEF]
            if time.time() < end:
                break
        print("  $ " + command)
        print("  %d connections with it: %s. Then it expires, and they are used again." % (
            len(first), " ".join(map(str, first))), flush=True)
        if set(first) != {200}:
            print("      WRONG: expected 200 for each")
            self.wrong += 1
        return end

    def who_expires(self):
        self.section("Who expires")
        end = self.open_brief()
        time.sleep(max(0, end + 1.5 - time.time()))
        told = stock("SUCCESS", "CN=orders-service,O=Demo")
        self.row("new connection: refused by TLS itself", "/orders/", 0, "-", NOT_ASKED, cert="brief",
                 error="CERTIFICATE_EXPIRED")
        for what, server, _, again in self.BRIEF:
            mine = server == "gateway"
            expected = (403, "expired", NOT_ASKED) if mine else (200, "-", told)
            self.row(what, "/orders/", *expected, server=server, cert="brief", resumed="session" in again, **again)

    def run(self):
        self.who_gets_in()
        self.section("Who pretends")
        self.who_pretends()
        self.stock_httpd()
        self.who_expires()
        if self.wrong:
            print("\n  %d of %d rows are WRONG." % (self.wrong, self.rows))
            return 1
        print("\n  All %d rows came out as expected." % self.rows)
        return 0


if __name__ == "__main__":
    try:
        sys.exit(Table(*sys.argv[1:]).run())
    except KeyboardInterrupt:
        sys.exit(130)
