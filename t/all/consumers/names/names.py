#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Names in certificates, and names as python-ldap reads them.

    names.py <LINES      lines FILE<TAB>base64 of a name

Prints for each line a JSON object: "holds", what the subject of the first certificate in FILE is, and "reads", what
ldap.dn.str2dn makes of the name. Both are RDNs, the most specific first: [type, text, #hexadecimal of the DER] and [type,
text] of each attribute.
"""
import base64
import importlib
import json
import os
import sys

import ldap
import ldap.dn

sys.dont_write_bytecode = True
top = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
sys.path[:0] = [os.path.join(top, "explain"), os.path.join(top, "rules")]
facts = importlib.import_module("read-cert")
import chains                                                           # noqa: E402


def subject(path):
    """Its DER: what stands behind version (perhaps), serial number, algorithm, issuer and validity."""
    parts = facts.elements(facts.element(facts.element(chains.read_pem(path)[0])[1])[1])
    return parts[4 + (parts[0][0] == 0xA0)][2]


def holds(path):
    rdns = {}
    for kind, tag, content, rdn in facts.attributes(subject(path)):
        octets = bytes([tag]) + facts.length(len(content)) + content
        rdns.setdefault(rdn, []).append([kind, facts.string(tag, content), "#" + octets.hex()])
    return [rdns[rdn] for rdn in sorted(rdns, reverse=True)]


def reads(name):
    try:
        return [[[kind, text] for kind, text, _ in rdn] for rdn in ldap.dn.str2dn(name)]
    except (ldap.DECODING_ERROR, UnicodeDecodeError) as problem:
        return "refused: %r" % problem


def main():
    for line in sys.stdin:
        path, _, name = line.rstrip("\n").partition("\t")
        print(json.dumps({"holds": holds(path), "reads": reads(base64.b64decode(name).decode())}))


if __name__ == "__main__":
    main()
