#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What each combination of Require lines answers: a model that knows nothing of the module.

    model.py            the table of docs/truth-tables.md as Markdown
    model.py --config   the same rows as configuration: one <Location "/NAME"> each
    model.py --json     rows and answers, for the test

The rules of composition are those of httpd's manual (mod_authz_core): a negated line is neutral where the
line itself would deny, a container is neutral where all it holds is neutral, and what is neutral at the
top does not let in. The rule of the module is one sentence: what cannot be known never lets in.

Where a section only reports, a request is served if the tree lets it in, or would not keep it out if the lines of the
module were not there. Who is asked for a password is asked all the same.
"""
import json
import sys

GRANTED, DENIED, NEUTRAL, NO_USER = "granted", "denied", "neutral", "no user yet"
LINE = 'mtls subject.cn is "Anne Example"'
# state of the certificate: what the line says. None: it cannot be known.
STATES = {"no certificate": None, "unverified": None, "expired": None, "matching": True, "not matching": False,
          "malformed": None}

# A tree is ("all"|"any"|"none", child ...), ("not", leaf), or a leaf.
LEAVES = {"L": LINE, "A": "partner", "ip": "ip 127.0.0.1", "other-ip": "ip 192.0.2.1", "granted": "all granted",
          "denied": "all denied", "user": "user anne", "valid-user": "valid-user"}
BASIC = ["AuthType Basic", 'AuthName "people"', 'AuthUserFile "@DIR@/users"']

# name, tree (None: nothing of its own), more lines, outer tree, AuthMerging
ROWS = [
    ("alone", ["L"]),
    ("beside-ip", ["L", "ip"]),
    ("beside-other-ip", ["L", "other-ip"]),
    ("beside-granted", ["L", "granted"]),
    ("beside-denied", ["L", "denied"]),
    ("beside-user", ["L", "user"], BASIC),
    ("any", [("any", "L", "other-ip")]),
    ("any-ip", [("any", "L", "ip")]),
    ("all", [("all", "L", "granted")]),
    ("all-ip", [("all", "L", "ip")]),
    ("all-other-ip", [("all", "L", "other-ip")]),
    ("all-user", [("all", "L", "valid-user")], BASIC),
    ("any-user", [("any", "L", "valid-user")], BASIC),
    ("any-all-ip-user", [("any", ("all", "L", "ip"), "valid-user")], BASIC),
    ("all-any-ip-user", [("all", ("any", "L", "ip"), "valid-user")], BASIC),
    ("all-any-other-ip-user", [("all", ("any", "L", "other-ip"), "valid-user")], BASIC),
    ("any-all-other-ip", [("any", ("all", "L", "other-ip"), ("all", "L", "ip"))]),
    ("all-not", [("all", ("not", "L"), "granted")]),
    ("all-not-ip", [("all", ("not", "L"), "ip")]),
    ("all-not-other-ip", [("all", ("not", "L"), "other-ip")]),
    ("all-not-user", [("all", ("not", "L"), "valid-user")], BASIC),
    ("all-none", [("all", ("none", "L"), "granted")]),
    ("all-none-two", [("all", ("none", "L", "other-ip"), "granted")]),
    ("all-none-any", [("all", ("none", ("any", "L", "other-ip")), "granted")]),
    ("all-none-all", [("all", ("none", ("all", "L", "ip")), "granted")]),
    ("all-none-all-other", [("all", ("none", ("all", "L", "other-ip")), "granted")]),
    ("all-none-not", [("all", ("none", ("all", ("not", "L"), "granted")), "granted")]),
    ("any-all-not", [("any", ("all", ("not", "L"), "ip"), "other-ip")]),
    ("alias", ["A"]),
    ("alias-all", [("all", "A", "granted")]),
    ("alias-all-ip", [("all", "A", "other-ip")]),
    ("alias-any", [("any", "A", "ip")]),
    ("satisfy-any-open", ["L"], ["Satisfy Any", "Order allow,deny", "Allow from all"]),
    ("satisfy-any-closed", ["L"], ["Satisfy Any", "Order deny,allow", "Deny from all"]),
    ("satisfy-all-closed", ["L"], ["Satisfy All", "Order deny,allow", "Deny from all"]),
    ("merging-off-inner-open", ["granted"], [], ["L"], "Off"),
    ("merging-off-inner-line", ["L"], [], ["granted"], "Off"),
    ("merging-and-inner-open", ["granted"], [], ["L"], "And"),
    ("merging-and-inner-ip", ["other-ip"], [], ["L"], "And"),
    ("merging-and-inner-line", ["L"], [], ["ip"], "And"),
    ("merging-or-inner-closed", ["other-ip"], [], ["L"], "Or"),
    ("merging-or-inner-line", ["L"], [], ["other-ip"], "Or"),
    ("merging-or-inner-ip", ["ip"], [], ["L"], "Or"),
]
# What httpd or the module refuses to start with.
REFUSED = [
    ("not-alone", [("not", "L")], "negative Require directive has no effect in <RequireAny> directive"),
    ("not-in-any", [("any", ("not", "L"), "granted")], "negative Require directive has no effect in <RequireAny> directive"),
    ("not-bare", [("all", ("not", "B"), "granted")], "Require not mtls, without a field"),
    ("none-bare", [("all", ("none", "B"), "granted")], "Require not mtls, without a field"),
    ("not-alias", [("all", ("not", "A"), "granted")], "an alias of mtls cannot be negated"),
    ("none-alias", [("all", ("none", "A"), "granted")], "an alias of mtls cannot be negated"),
]
CONTAINERS = {"all": "RequireAll", "any": "RequireAny", "none": "RequireNone"}


ABSENT = "the line is not there"


def leaf(name, known, odd, user):
    if name in ("L", "A"):
        if known is ABSENT:
            return NEUTRAL
        if known is None:
            return GRANTED if odd else DENIED      # so that httpd's turning over ends in a denial
        return GRANTED if known else DENIED
    if name in ("user", "valid-user"):
        return GRANTED if user else NO_USER
    return GRANTED if name in ("ip", "granted") else DENIED


def turn_over(result):
    return DENIED if result == GRANTED else NEUTRAL


# The same request where the section only reports.
def report(row, known, password):
    plain, enforced = answer(row, known, False), answer_with_password(row, known) if password else None
    enforced = plain if enforced is None else enforced
    lines = row[2] if len(row) > 2 else []
    if enforced == 200 or (plain == 401 and not password) or "Satisfy All" in lines:
        return enforced
    without = judge(tree_of(row), ABSENT, False, False)
    if without == NO_USER and password:
        without = judge(tree_of(row), ABSENT, False, True)
    return {DENIED: enforced, NO_USER: 401}.get(without, 200)


def combine(results, conjunction):
    total = NEUTRAL
    for result in results:
        if result == NEUTRAL:
            continue
        if result == (DENIED if conjunction else GRANTED):
            return result
        if total == NEUTRAL or (result == NO_USER and (not conjunction or total == GRANTED)):
            total = result
    return total


def judge(tree, known, odd, user):
    if isinstance(tree, str):
        return leaf(tree, known, odd, user)
    if tree[0] == "not":
        return turn_over(judge(tree[1], known, not odd, user))
    odd ^= tree[0] == "none"
    total = combine([judge(child, known, odd, user) for child in tree[1:]], tree[0] == "all")
    return turn_over(total) if tree[0] == "none" else total


def tree_of(row):
    inner = ("any", *row[1])
    if len(row) < 5:
        return inner
    outer = ("any", *row[3])
    return {"Off": inner, "And": ("all", outer, inner), "Or": ("any", outer, inner)}[row[4]]


def answer(row, known, user):
    lines = row[2] if len(row) > 2 else []
    if "Satisfy Any" in lines and "Allow from all" in lines:
        return 200
    if "Satisfy All" in lines and "Deny from all" in lines:
        return 403
    result = judge(tree_of(row), known, False, user)
    if result == GRANTED:
        return 200
    return 401 if result == NO_USER else 403


# With a password the second pass of a request knows the user; a denial then asks for another password.
def answer_with_password(row, known):
    if len(row) < 3 or row[2] is not BASIC:
        return None
    first = answer(row, known, False)
    if first != 401:
        return first
    return 200 if answer(row, known, True) == 200 else 401


def write(tree, indent, out):
    if isinstance(tree, str):
        out.append(indent + "Require " + {**LEAVES, "B": "mtls"}[tree])
    elif tree[0] == "not":
        out.append(indent + "Require not " + {**LEAVES, "B": "mtls"}[tree[1]])
    else:
        out.append(indent + "<%s>" % CONTAINERS[tree[0]])
        for child in tree[1:]:
            write(child, indent + "    ", out)
        out.append(indent + "</%s>" % CONTAINERS[tree[0]])


def section(path, lines, trees):
    out = ['<Location "%s">' % path] + ["    " + line for line in lines]
    for tree in trees:
        write(tree, "    ", out)
    return out + ["</Location>"]


def config(rows):
    out = []
    for row in rows:
        name, trees = row[0], row[1]
        if len(row) > 4:
            out += section("/%s" % name, [], row[3])
            out += section("/%s/inner" % name, ["AuthMerging " + row[4]], trees)
        else:
            out += section("/" + name, row[2] if len(row) > 2 and isinstance(row[2], list) else [], trees)
    return out


def brief(row):
    out = []
    for tree in row[1]:
        write(tree, "", out)
    text = " ".join(line.strip().replace(LINE, "LINE") for line in out)
    if len(row) > 4:
        outer = []
        for tree in row[3]:
            write(tree, "", outer)
        text = "outer: %s; inner: AuthMerging %s, %s" % (" ".join(outer).replace(LINE, "LINE"), row[4], text)
    elif len(row) > 2 and isinstance(row[2], list):
        text += ", " + ("AuthType Basic" if row[2] is BASIC else ", ".join(row[2]))
    return "`%s`" % text


def markdown():
    print("| in the section | " + " | ".join(STATES) + " |")
    print("|---|" + "---|" * len(STATES))
    for row in ROWS:
        cells = [str(answer(row, known, False)) for known in STATES.values()]
        if len(row) > 2 and row[2] is BASIC:
            cells = ["%s, with a password %s" % (cell, answer_with_password(row, known)) if cell == "401" else cell
                     for cell, known in zip(cells, STATES.values())]
        print("| %s | %s |" % (brief(row), " | ".join(cells)))
    for row in REFUSED:
        print("| %s | %s |" % (brief(row), " | ".join(["refused at start"] * len(STATES))))


def main(argv):
    if argv == ["--config"]:
        print("\n".join(config(ROWS)))
    elif argv == ["--json"]:
        print(json.dumps({"states": list(STATES), "rows": [
            {"name": row[0], "path": "/%s%s" % (row[0], "/inner" if len(row) > 4 else ""),
             "answers": [answer(row, known, False) for known in STATES.values()],
             "with_password": [answer_with_password(row, known) for known in STATES.values()],
             "reports": [report(row, known, False) for known in STATES.values()],
             "reports_with_password": [report(row, known, True) if row[2:] and row[2] is BASIC else None
                                       for known in STATES.values()]} for row in ROWS],
            "refused": [{"name": row[0], "config": config([row[:2]]), "sentence": row[2]} for row in REFUSED]}))
    else:
        markdown()


if __name__ == "__main__":
    main(sys.argv[1:])
