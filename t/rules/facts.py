#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Facts by t/explain/read-cert.py, and what OpenSSL itself thinks of each certificate.

    facts.py AT LIST [RULES]      LIST: a file with a path in each line, RULES: one with a rule in each

Prints one JSON document: path -> null where OpenSSL or the reader finds no certificate, else {standing, spoiled, fields,
rules}; spoiled: OpenSSL finds an extension that it cannot read; rules: the verdict of t/rules/evaluate.py on each.
"""
import datetime
import importlib
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "explain"))
facts = importlib.import_module("read-cert")
import chains                                                           # noqa: E402
import evaluate                                                         # noqa: E402


def facts_of(path, now, rules):
    der = chains.read_pem(path)[0]
    spoiled = chains.spoiled(der)
    if spoiled is None:
        return None
    try:
        found = facts.read(der, now)
        return dict(found, spoiled=spoiled, rules=[evaluate.ask(rule, dict(found, now=now))[0] for rule in rules])
    except (facts.Unreadable, ValueError, IndexError) as error:
        # OpenSSL takes it and the reader does not: whoever compares will find the certificate missing.
        return {"standing": "unread: %r" % error, "spoiled": spoiled, "fields": {}, "rules": []}


def lines(path):
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


def main(at, list_file, rules_file=None):
    now = int(datetime.datetime.strptime(at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc).timestamp())
    rules = lines(rules_file) if rules_file else []
    json.dump({path: facts_of(path, now, rules) for path in lines(list_file)}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
