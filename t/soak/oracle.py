# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What the answer has to be: from the certificate's octets, the rules as written, and what was in force. Knows nothing of the module.

Facts and rules are read by t/explain/read-cert.py and t/rules/evaluate.py, headers written by t/golden/make-golden.py, containers
composed by t/truth/model.py; lists, kill list, connections and times are understood here.
"""
import importlib
import itertools
import json
import re
import threading
import types
import urllib.parse

import world as soak
import chains
import evaluate
import expect
import model
import places
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

golden = importlib.import_module("make-golden")
# What a proxy of HTTP/1.1 and this client say themselves.
PLAIN_NAMES = {"host", "xsoakid", "xforwardedfor", "xforwardedhost", "xforwardedserver", "connection", "contentlength",
               "transferencoding", "xinnocent", "contenttype", "via", "te"}


def fold(name):
    return re.sub("[^0-9a-z]", "", name.lower())


def status_headers(profile, der, standing):
    """What a profile says of somebody who gives no identity."""
    verify = "FAILED:" + standing if der else "NONE"
    if profile == "gcp":
        return {"xclientcertpresent": "true" if der else "false", "xclientcertchainverified": "false",
                "xclientcerterror": "client_cert_validation_failed" if der else "client_cert_not_provided"}
    return {"nginx": {"sslclientverify": verify}, "puppet": {"xclientverify": verify}}.get(profile, {})


class Bearer:
    """Somebody with a certificate: its facts, and the headers it gives."""
    lock = threading.Lock()

    def __init__(self, world, name, certificate=None):
        self.name, self.der, self.ends = name, None, None
        self.trusted = name not in (soak.NOBODY, soak.PLAIN, *soak.UNTRUSTED)
        if name in (soak.NOBODY, soak.PLAIN):
            return
        certificate = certificate or world.certificate(name)
        self.der = certificate.public_bytes(Encoding.DER)
        self.ends = evaluate.facts.read(self.der, 0)["fields"]["not-after"]["values"][0]["number"]
        self.chain = chains.above(self.der, world.path(name + ".crt"), world.path("roots.pem")) if self.trusted else []
        self.views, self.cache = {}, {}
        with self.lock:
            self.profiles = self.write_headers(world, certificate)

    def write_headers(self, world, leaf):
        if not self.trusted or evaluate.facts.read(self.der, self.ends)["standing"] != "granted":
            return {}
        above = [x509.load_der_x509_certificate(der) for der in self.chain]
        golden.NOT_BEFORE, golden.NOT_AFTER = leaf.not_valid_before, leaf.not_valid_after
        golden.USER = urllib.parse.quote(golden.values(leaf.subject, "CN")[0], safe=expect.PRINTABLE)
        return golden.profiles(types.SimpleNamespace(
            leaf=leaf, chain=above[:-1], server=world.certificate("server")))

    def view(self, now, tls):
        """As evaluate.py wants it. Only what has to do with the time is another one each time."""
        if tls not in self.views:
            row = {"tls": tls, "sni": "localhost"}
            self.views[tls] = evaluate.view_of(self.der, self.chain, row, self.ends)
        view = dict(self.views[tls])
        if view["standing"] == "granted" and now > self.ends:
            view["standing"] = "expired"
        view["fields"] = {**view["fields"], "remaining": {"known": "present", "values": [{"number": self.ends - now, "text": ""}]}}
        return view


class Moment:
    """One state of the world: what is in force, and how late it is."""

    def __init__(self, standing, view, states):
        self.standing, self.view, self.states = standing, view, states


class Oracle:
    def __init__(self, world, wrong=None):
        """wrong: the name of a place of which it is told the wrong thing, to show that somebody notices."""
        self.world, self.lists, self.wrong = world, world.lists, wrong
        self.certain = 0         # answers for which there was one right verdict

    # ---- lines ----

    def line(self, bearer, text, moment):
        """(True, False or None where it cannot be known, reason) of a line of the module."""
        known = self.list_line(text.split(), moment)
        if moment.standing != "granted":
            return None, moment.standing
        if known is not None:
            return known, "no-match"
        key = (text, moment.view["fields"]["tls.version"]["values"][0]["text"])
        if key not in bearer.cache or "remaining" in text:
            rule = text[len("mtls"):].strip().replace("pem:", "pem:" + self.world.directory + "/")
            truth, reason, _, _ = evaluate.ask(rule, moment.view)
            bearer.cache[key] = {"true": True, "false": False, "unknown": None}[truth], reason
        return bearer.cache[key]

    @staticmethod
    def list_line(words, moment):
        """True or False; None if it is no line about lists."""
        if words[:2] == ["mtls", "in"]:
            return moment.states[words[2]]
        if len(words) > 1 and words[1] == "label.roles.role":
            return moment.states["role"] in [word for word in words[2:] if word != "is"]
        return None

    @staticmethod
    def user_line(bearer, names, moment, against):
        """Require user, where the user is the common name."""
        mine = golden.values(x509.load_der_x509_certificate(bearer.der).subject, "CN") if moment.standing == "granted" else []
        if len(mine) == 1 and mine[0] in names:
            return model.GRANTED
        against.append("" if len(mine) == 1 else "ambiguous" if mine else moment.standing)
        return model.DENIED

    def leaf(self, bearer, text, moment, against, odd):
        if text == "all granted":
            return model.GRANTED
        if text.startswith("user "):
            return self.user_line(bearer, text.split()[1:], moment, against)
        truth, reason = self.line(bearer, text, moment)
        if truth is None:
            against.append(reason)
            return model.GRANTED if odd else model.DENIED        # so that httpd's turning over ends in a denial
        if truth is odd:
            against.append("no-match")
        moment.states["line"] |= truth and not odd
        return model.GRANTED if truth else model.DENIED

    def judge(self, bearer, tree, moment, against, odd=False):
        """As httpd composes lines. against: the reasons of those that stand against the client."""
        if isinstance(tree, str):
            return self.leaf(bearer, tree, moment, against, odd)
        if tree[0] == "not":
            return model.turn_over(self.judge(bearer, tree[1], moment, against, not odd))
        odd ^= tree[0] == "none"
        total = model.combine([self.judge(bearer, child, moment, against, odd) for child in tree[1:]], tree[0] == "all")
        return model.turn_over(total) if tree[0] == "none" else total

    # ---- headers ----

    def headers(self, bearer, row, moment):
        """{folded name: value} of what the backend has to see."""
        found = {}
        if bearer.name == soak.PLAIN:
            return found
        if moment.standing != "granted":
            for profile in row["export"]:
                found.update(status_headers(profile, bearer.der, moment.standing))
            return found
        for profile in row["export"]:
            for name, value in bearer.profiles[profile]:
                if value is not None:
                    found[fold(name)] = value.decode("latin-1") if isinstance(value, bytes) else value
        found.update(self.own_headers(bearer, row, moment))
        return found

    @staticmethod
    def own_headers(bearer, row, moment):
        fields, found = moment.view["fields"], {}
        for name, field in row["headers"]:
            if field.startswith("label."):
                value = moment.states.get({"label.roles.role": "role", "label.roles.v": "version", "label.team.v": "member"}[field])
            elif field == "sha256":
                value = fields["sha256"]["values"][0]["hex"]
            else:
                value = ",".join(urllib.parse.quote(one["text"], safe=expect.PRINTABLE) for one in fields[field]["values"])
            if value is not None:
                found[fold(name)] = str(value)
        return found

    # ---- the whole ----

    def decide(self, bearer, row, moment):
        """(served, reasons that may be given, headers at the backend)"""
        against = []
        moment.states["line"] = False
        result = self.judge(bearer, ("any", row["tree"]), moment, against) == model.GRANTED
        prefix = "would-deny:" if row["report"] else ""
        if result and row["backstop"] and not (moment.standing == "granted" and moment.states["line"]):
            result, against = False, ["backstop" if moment.standing == "granted" else moment.standing]
        headers = self.headers(bearer, row, moment)
        if not result and not row["report"]:
            return False, set(against), {}
        if not result:
            return True, {prefix + reason for reason in against}, headers
        if row["limit"] and moment.standing == "granted" and self.size(bearer, headers) > row["limit"]:
            return False, {"too-large"}, {}
        return True, {""}, headers

    @staticmethod
    def size(bearer, headers):
        """As MTLSMaxHeaders counts: names, values, and four octets for each."""
        names = {fold(name): name for name, _ in itertools.chain(*bearer.profiles.values())}
        return sum(len(names.get(name, name)) + len(value) + 4 for name, value in headers.items())

    def standings(self, bearer, connection, begin, end):
        if connection["port"] == "plain":
            return ["no-tls"]
        if bearer.der is None:
            return ["no-certificate"]
        if not bearer.trusted:
            return ["unverified"]
        return sorted({bearer.view(int(when), connection["tls"])["standing"] for when in (begin, end)})

    def states(self, bearer, timeline, begin, end, marks):
        """All that lists can have said of somebody who is not killed: a list of dicts; or a sentence, if the marks cannot be."""
        who = bearer.name
        roles, members = timeline.list_window("roles", begin, end), timeline.list_window("team", begin, end)
        if marks is None:
            return [dict(role=self.lists.role(who, version), version=version, team=self.lists.in_team(who, number), member=number, gone=is_gone)
                    for version in roles for number in members for is_gone in self.gone(who, timeline, begin, end)]
        if not marks["roles"].isdigit() or int(marks["roles"]) not in roles:
            return "version %r of roles was not in force; %s were" % (marks["roles"], roles)
        version = int(marks["roles"])
        if marks["members"]:
            team = {(True, int(marks["members"]))} if int(marks["members"]) in members else set()
            team = {(True, number) for _, number in team if self.lists.in_team(who, number)}
        else:
            team = {(False, None) for number in members if not self.lists.in_team(who, number)}
        if not team:
            return "version %r of team does not say so of %s; %s were in force" % (marks["members"], who, members)
        return [dict(role=self.lists.role(who, version), version=version, team=member, member=number, gone=is_gone)
                for member, number in team for is_gone in self.gone(who, timeline, begin, end)]

    def gone(self, who, timeline, begin, end):
        return {self.lists.is_gone(who, number) for number in timeline.list_window("gone", begin, end)}

    def possible(self, bearer, connection, request, timeline, begin, end, marks):
        """What may have been decided: list of (served, reasons, headers) without doubles, or a sentence."""
        row = places.PLACES[request["place"]][1][places.variant(self.world.seed, request["generation"], request["place"])]
        if self.wrong == request["place"]:
            row = {**row, "tree": ("all", "mtls subject.ou Nobody")}
        found, sentence = [], None
        for standing in self.standings(bearer, connection, begin, end):
            states = [dict(role=None, version=None, team=False, member=None, gone=False)]
            if standing == "granted":
                killed = {self.lists.is_killed(bearer.name, number) for number in timeline.list_window("kill", begin, end)}
                found += [(False, {"killed"}, {})] if True in killed else []
                states = self.states(bearer, timeline, begin, end, marks) if False in killed else []
            if isinstance(states, str):
                sentence, states = states, []
            for state, when in itertools.product(states, sorted({int(begin), int(end)})):
                view = bearer.view(when, connection["tls"]) if bearer.trusted else {"fields": {}}
                outcome = self.decide(bearer, row, Moment(standing, view, dict(state)))
                found += [outcome] if outcome not in found else []
        return found or sentence

    def check(self, bearer, connection, request, response, timeline, begin, end):
        """(None or what is wrong, the reason that was given)."""
        header = {name.lower(): value for name, value in response["headers"]}
        mark = header.get("x-soak-generation", "")
        timeline.follow()
        generations = timeline.generation_window(connection["opened"], end)
        if not mark.isdigit() or int(mark) not in generations:
            return "generation %r has answered, %s were in force" % (mark, generations), None
        if connection.setdefault("generation", mark) != mark:
            return "generation %s has answered on a connection of generation %s" % (mark, connection["generation"]), None
        request["generation"] = int(mark)
        # Where a backend has ended a stream of HTTP/2, httpd makes a page of its own for another request, and that has its own marks.
        marks = {"roles": header.get("x-soak-roles", ""), "members": header.get("x-soak-members", "")}
        # One that answers a refused request is told nothing of whose it was, and so nothing of what lists say of him.
        is_page = response["status"] == 403 and header.get("content-type", "").startswith("application/json")
        if is_page and any(marks.values()):
            return "an error page has been told what lists say of whoever was refused: %s" % marks, None
        marks = None if response["status"] == 500 or is_page else marks
        outcomes = self.possible(bearer, connection, request, timeline, begin, end, marks)
        if isinstance(outcomes, str):
            return outcomes, None
        self.certain += len(outcomes) == 1
        backend = places.PLACES[request["place"]][0]
        reason = header.get("x-soak-reason", "")
        problems = [self.compare(outcome, backend, request, response, reason) for outcome in outcomes]
        return (None, reason) if None in problems else ("; or ".join(problems), reason)

    def compare(self, outcome, backend, request, response, reason):
        served, reasons, headers = outcome
        if reason not in reasons:
            return "reason %r, expected %s" % (reason, sorted(reasons))
        if not served:
            if response["status"] != 403:
                return "status %d, expected 403 (%s)" % (response["status"], sorted(reasons))
            return self.at_backend(request, response, {}) if response["body"].startswith("{") else None
        if response["status"] in places.FAILS[backend]:
            return None
        if response["status"] != 200 or backend in ("down", "reset"):
            return "status %d, expected %s" % (response["status"], "200 or of " + str(places.FAILS[backend]))
        return None if request["method"] == "HEAD" else self.at_backend(request, response, headers)

    @staticmethod
    def at_backend(request, response, expected):
        """Everything that the backend has received has to have been expected."""
        try:
            seen = json.loads(response["body"])
        except ValueError:
            return "the backend's answer is cut off"
        pairs = [line.partition(":")[::2] for line in seen.get("headers", [])]
        pairs += [(name[5:], value) for name, value in seen.get("params", []) if name.startswith("HTTP_")]
        found = {}
        for name, value in pairs:
            if fold(name) in found:
                return "%s has reached the backend twice" % name
            found[fold(name)] = value.strip()
        if found.get("xsoakid") != request["id"]:
            return "the answer belongs to %s" % found.get("xsoakid")
        if found.get("xinnocent") != request["innocent"]:
            return "a header that nobody guards is gone"
        if seen["body"] != request["body"]:
            return "the body has changed on its way"
        if "forged" in response["body"]:
            return "a forged header has reached the backend"
        found = {name: value for name, value in found.items() if name not in PLAIN_NAMES}
        if found != expected:
            names = sorted(name for name in {*found, *expected} if found.get(name) != expected.get(name))
            return "headers differ: " + ", ".join("%s is %r, expected %r" % (name, found.get(name), expected.get(name)) for name in names)
        return None
