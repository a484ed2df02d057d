#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What each row of rules.tsv says of its certificate, found out another way.

    evaluate.py RULES TRUSTED DIRECTORY...      TRUSTED: a file; DIRECTORY: where certificates are

Prints one JSON document: a list of {line, certificate, tls, sni, rule, written, verdict, reason, field, operator}.
written is what the row says, verdict what follows from the certificate's octets by the rules of docs/rules.md: "true",
"false", "unknown", or "refused" where OpenSSL itself does not accept the certificate. Facts are read by
t/explain/read-cert.py, operators and values are understood here.
"""
import datetime
import importlib
import ipaddress
import json
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "explain"))
facts = importlib.import_module("read-cert")
import chains                                                           # noqa: E402

OPERATORS = ["is", "covers", "like", "matches", "<", "<=", ">", ">=", "present"]
TYPES = {
    "subject": "dn", "issuer": "dn", "san.dns": "dns", "san.uri": "uri", "san.email": "mail", "san.ip": "ip", "san.upn": "upn",
    "san.dirname": "dn", "san.rid": "oid", "spiffe": "uri", "spiffe.trust-domain": "text", "spiffe.path": "uri", "serial": "serial",
    "sha256": "hex", "sha1": "hex", "spki.sha256": "hex", "ski": "hex", "aki": "hex", "ca": "dn", "ca.sha256": "hex",
    "ca.spki.sha256": "hex", "chain.length": "number", "not-before": "time", "not-after": "time", "remaining": "duration",
    "lifetime": "duration", "eku": "purpose", "ku": "usage", "policy": "policy", "key.type": "word", "key.bits": "number",
    "key.curve": "curve", "sigalg": "signature", "version": "number", "tls.version": "protocol", "sni": "dns"}
FROM_FILE = {"subject": "subject", "issuer": "subject", "san.dirname": "subject", "ca": "subject", "serial": "serial",
             "sha256": "sha256", "sha1": "sha1", "spki.sha256": "spki.sha256", "ca.sha256": "sha256",
             "ca.spki.sha256": "spki.sha256", "ski": "ski", "aki": "ski"}
SEPARATORS = {"uri": "/", "dns": ".", "mail": "@", "upn": "@", "text": ""}
LABELS = {label.lower(): dotted for _, label, dotted in facts.ATTRIBUTES}
LABELS["commonname"] = "2.5.4.3"
LABELS["postalcode"] = "2.5.4.17"                # RFC 5280 appendix A.1
# Names that stand for the same: RFC 5280 section 4.2.1.3; SEC 2 and ANSI X9.62; OpenSSL's short names.
SAME = {"contentcommitment": "nonrepudiation", "secp256r1": "p-256", "prime256v1": "p-256", "secp384r1": "p-384",
        "secp521r1": "p-521", "rsa-sha256": "sha256withrsaencryption", "rsa-sha512": "sha512withrsaencryption"}
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
PROTOCOLS = ["tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1.3"]


# ---- names ----

def name_of_der(der):
    """A list of RDNs, each the sorted pairs of type and text."""
    rdns = {}
    for dotted, tag, content, rdn in facts.attributes(der):
        rdns.setdefault(rdn, []).append((dotted, facts.string(tag, content)))
    return [sorted(pairs) for _, pairs in sorted(rdns.items())]


def split_unescaped(text, separator):
    parts, at = [""], 0
    while at < len(text):
        step = 2 if text[at] == "\\" else 1
        if step == 1 and text[at] == separator:
            parts.append("")
        else:
            parts[-1] += text[at:at + step]
        at += step
    return parts


def unescape(value):
    """RFC 4514 section 3: \\ before a special character or two hexadecimal digits; #HEX."""
    if value.startswith("#"):
        return facts.string(*facts.elements(bytes.fromhex(value[1:]))[0][:2])
    out, at = b"", 0
    while at < len(value):
        if value[at] != "\\":
            out, at = out + value[at].encode(), at + 1
        elif re.match("[0-9A-Fa-f]{2}", value[at + 1:]):
            out, at = out + bytes.fromhex(value[at + 1:at + 3]), at + 3
        else:
            out, at = out + value[at + 1].encode(), at + 2
    return out.decode()


def name_of_slashes(text):
    """What openssl's compat print shows: '/' between RDNs, '+' within one, both with a backslash in front in a value."""
    rdns = []
    for separator, label, value in re.findall(r"([/+])([\w.-]+)=((?:\\[/+]|[^/+])*)", text):
        if separator == "/":
            rdns.append([])
        value = re.sub(rb"\\x([0-9A-F]{2})", lambda octet: bytes.fromhex(octet[1].decode()), value.encode()).decode()
        rdns[-1].append((LABELS.get(label.lower(), label), re.sub(r"\\([/+])", r"\1", value)))
    return [sorted(pairs) for pairs in rdns]


def name_of_text(text):
    if text.startswith("/"):
        return name_of_slashes(text)
    rdns = []
    for rdn in split_unescaped(text, ","):
        pairs = [pair.split("=", 1) for pair in split_unescaped(rdn, "+")]
        rdns.insert(0, sorted((LABELS.get(label.lower(), label), unescape(value)) for label, value in pairs))
    return rdns


# ---- values and operands as their types mean them ----

def ascii_lower(text):
    return "".join(c.lower() if c.isascii() else c for c in text)


def fold(kind, text):
    """Where ASCII case does not count: a DNS name, what stands behind a mail address' last @."""
    if kind == "dns":
        return ascii_lower(text)
    head, at, domain = text.rpartition("@")
    return head + at + ascii_lower(domain) if kind == "mail" and at else text


def signed(text):
    negative, digits = re.fullmatch(r"(-?)(?:0[xX])?([0-9A-Fa-f:]+)", text).groups()
    return int(digits.replace(":", ""), 16) * (-1 if negative else 1)


def moment(text):
    text = re.sub("[zZ]$", "+00:00", text)
    return int(datetime.datetime.fromisoformat(text).timestamp())


def operand(kind, word):
    if kind == "dn":
        return name_of_text(word)
    if kind == "ip":
        return ipaddress.ip_network(word)
    if kind == "serial":
        return signed(word)
    if kind == "hex":
        return word.replace(":", "").lower()
    if kind == "number":
        return int(word)
    if kind == "time":
        return moment(word)
    if kind == "duration":
        return int(word[:-1]) * UNITS[word[-1]]
    if kind == "protocol":
        return PROTOCOLS.index(word.lower())
    if kind == "purpose":
        names = {name.lower(): dotted for dotted, name in facts.PURPOSES.items()}
        return names.get(word.lower(), word)
    if kind == "policy":
        return "2.5.29.32.0" if word.lower() == "anypolicy" else word
    if kind in ("usage", "word", "curve", "signature"):
        return SAME.get(word.lower(), word.lower())
    return fold(kind, word)


def value_of(kind, value):
    """A value as read-cert.py gives it, to be compared with an operand."""
    if kind == "dn":
        return name_of_der(bytes.fromhex(value["hex"]))
    if kind == "ip":
        return ipaddress.ip_address(bytes.fromhex(value["hex"]))
    if kind == "serial":
        return int.from_bytes(bytes.fromhex(value["hex"]), "big", signed=True)
    if kind == "hex":
        return value["hex"]
    if kind in ("number", "time", "duration"):
        return value["number"]
    return operand(kind, value["text"])


# ---- operators ----

def glob(pattern, text, separator, fold_from):
    """By dynamic programming: which prefixes of text each prefix of the pattern matches."""
    parts = re.findall(r"\*+|[^*]", pattern)
    reach = {0}
    for part in parts:
        if part[0] != "*":
            reach = {at + 1 for at in reach if at < len(text) and (text[at] == part or (
                at >= fold_from and ascii_lower(text[at]) == ascii_lower(part)))}
            continue
        stop = separator if len(part) == 1 else ""
        for at in range(len(text)):
            if at in reach and (not stop or text[at] != stop):
                reach.add(at + 1)
    return len(text) in reach


def like(kind, text, word):
    if kind == "dns":
        start = 0
    else:
        start = text.rfind("@") + 1 if kind == "mail" and "@" in text else len(text)
    return glob(word, text, SEPARATORS[kind], start)


def covers(name, host):
    """RFC 9525 section 6.3: a whole left-most label may be *, and stands for one label."""
    name, host = ascii_lower(name).split("."), ascii_lower(host).split(".")
    if len(name) != len(host):
        return False
    if name[0] == "*" and any(name[1:]):
        return host[0] != "" and "*" not in "".join(name[1:]) and name[1:] == host[1:]
    return name == host and "*" not in "".join(name)


ORDER = {"<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b}


def stands(kind, operator, value, words):
    if operator == "present":
        return True
    if operator in ORDER:
        return any(ORDER[operator](value_of(kind, value), operand(kind, word)) for word in words)
    if operator == "like":
        return any(like(kind, value["text"], word) for word in words)
    if operator == "covers":
        return any(covers(value["text"], word) for word in words)
    if operator == "matches":
        return any(re.fullmatch(word, value["text"]) for word in words)
    mine = value_of(kind, value)
    if kind == "ip":
        return any(mine.version == operand(kind, word).version and mine in operand(kind, word) for word in words)
    return any(mine == (word if not isinstance(word, str) else operand(kind, word)) for word in words)


# ---- rules ----

def split_words(line):
    """As httpd reads arguments: quotes hold blanks, inside them \\ stands before a quote or itself."""
    found = []
    for quoted, plain in re.findall(r'"((?:\\.|[^"\\])*)"|(\S+)', line):
        found.append(re.sub(r'\\(["\\])', r"\1", quoted) if not plain else plain)
    return found


def kind_of(field):
    if re.match(r"(subject|issuer)\.", field):
        return "mail" if field.endswith(".email") or field.endswith(".1.2.840.113549.1.9.1") else "text"
    return "text" if field.startswith(("san.other.", "ext.")) else TYPES[field]


def canonical(field):
    prefix, dot, member = field.partition(".")
    suffix = {dotted: suffix for suffix, _, dotted in facts.ATTRIBUTES}.get(member)
    return prefix + "." + suffix if prefix in ("subject", "issuer") and suffix else field


def from_file(path, field, now):
    found = []
    for der in chains.read_pem(path):
        value = facts.read(der, now)["fields"][FROM_FILE[field]]["values"][0]
        found.append(value_of(TYPES[field], value))
    return found


def ask(rule, view):
    """(verdict, reason, field, operator)"""
    words = split_words(rule)
    field = canonical(words[0].lower()) if words else None
    operator = words[1] if len(words) > 1 and words[1] in OPERATORS else "is"
    rest = words[2:] if len(words) > 1 and words[1] in OPERATORS else words[1:]
    if view["standing"] != "granted":
        return "unknown", view["standing"], field, operator
    if not field:
        return "true", "granted", field, operator
    found = view["fields"].get(field, {"known": "absent", "values": []})
    if found["known"] in ("malformed", "unavailable"):
        return "unknown", "malformed" if found["known"] == "malformed" else "chain-unavailable", field, operator
    operands = []
    for word in rest:
        operands += from_file(word[4:], field, view["now"]) if word.startswith("pem:") and field in FROM_FILE else [word]
    holds = any(stands(kind_of(field), operator, value, operands) for value in found["values"])
    return ("true", "granted", field, operator) if holds else ("false", "no-match", field, operator)


# ---- what is asked about ----

def view_of(der, chain, row, now):
    if der is None:
        return {"standing": "no-certificate", "fields": {}}
    view = dict(facts.read(der, now), now=now)
    view["fields"] = {**view["fields"], **chains.fields(chain)}
    view["fields"]["tls.version"] = facts.present([facts.words("TLSv" + row["tls"])])
    view["fields"]["sni"] = facts.present([facts.words(row["sni"])] if row["sni"] else [])
    upn = facts.UPN
    san = [inner for dotted, inner in chains.extensions(der) if dotted == "2.5.29.17"]
    if len(san) == 1 and view["fields"]["san.dns"]["known"] != "malformed":
        mine = [content for _, content, kind in facts.names(san[0]) if kind == upn]
        view["fields"]["san.other." + upn] = facts.attempt(lambda: [facts.other_value(content) for content in mine], mine)
    return view


def rows_of(path, directories):
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip() or line.startswith("#"):
                continue
            subject, written, rule = line.rstrip("\n").split("\t")
            for index, directory in enumerate(directories):
                rule = rule.replace("@%d@" % index, directory)
            name, *options = subject.split(" ")
            options = dict(option.split("=") for option in options)
            yield {"line": number, "certificate": None if name == "-" else name, "tls": options.get("tls", "1.3"),
                   "sni": options.get("sni", "localhost"), "rule": rule, "written": written}


def main(rules, trusted, *directories):
    views = {}
    now = int(datetime.datetime.now(datetime.timezone.utc).timestamp())
    rows = list(rows_of(rules, directories))
    paths = {row["certificate"]: chains.find(row["certificate"] + ".crt", directories) for row in rows if row["certificate"]}
    accepted = chains.verify(trusted, paths.values())
    for row in rows:
        path = paths.get(row["certificate"])
        if path and path not in accepted:
            row.update(verdict="refused", reason="", field=None, operator=None)
            continue
        key = (path, row["tls"], row["sni"])
        if key not in views:
            der = chains.read_pem(path)[0] if path else None
            views[key] = view_of(der, chains.above(der, path, trusted) if path else [], row, now)
        row.update(zip(("verdict", "reason", "field", "operator"), ask(row["rule"], views[key])))
    json.dump(rows, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
