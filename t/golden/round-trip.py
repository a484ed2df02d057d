#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Certificates by chance, through every profile and back.

    round-trip.py RENDER_PROFILES [HOW_MANY [SEED]]

Everything that is sent must decode to exactly what the certificate says, read with another library.
Prints one "ok" or "not ok" line per certificate, and a last one with the number of headers seen.
"""
import hashlib
import os
import random
import subprocess
import sys
import tempfile

from cryptography import x509

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import decode                                                           # noqa: E402
import importlib                                                        # noqa: E402
golden = importlib.import_module("make-golden")

WORDS = ["rfc9440", "nginx", "xfcc:cert,chain,subject,uri,dns", "tomcat", "tomcat:escaped", "undertow", "haproxy",
         "keycloak-haproxy", "keycloak-apache", "traefik", "alb:verify,passthrough", "cloudfront", "gcp:dn,leaf,chain",
         "azure", "aspnet", "cloudflare", "kong", "puppet", "pulp", "vault", "cloudfoundry", "remote-user"]
# These carry octets or the whole certificate: nothing in it may keep them away.
ALWAYS = ["Client-Cert", "ssl-client-cert", "X-ARR-ClientCert", "CloudFront-Viewer-Cert-Pem", "X-Client-Cert-Leaf",
          "X-Forwarded-Tls-Client-Cert", "X-Amzn-Mtls-Clientcert"]
# Separators, quotes and escapes of all conventions, and characters of one to four octets.
HOSTILE = list(" ,;=\"\\/+<>#%&'():@.-_~|`") + list("aZ0") + ["ä", "€", "𝄞", "CN=", ",OU=", '";URI=', "%2C", "\\2C", ", "]
LABELS = ["C", "ST", "L", "O", "OU", "OU", "CN", "UID", "serialNumber"]


def hostile(chance, ascii_only=False):
    parts = [p for p in HOSTILE if not ascii_only or p.isascii()]
    return "".join(chance.choice(parts) for _ in range(chance.randint(1, 12)))


def make_case(chance):
    subject = []
    for _ in range(chance.randint(0, 5)):
        label = chance.choice(LABELS)
        subject.append((label, "DE" if label == "C" else hostile(chance)))
    if chance.random() < 0.2:
        subject.append([("OU", hostile(chance)), ("CN", hostile(chance))])
    san = [x509.UniformResourceIdentifier("urn:" + hostile(chance, True)) for _ in range(chance.randint(0, 3))]
    san += [x509.DNSName("h%d.example.org" % i) for i in range(chance.randint(0, 2))]
    return subject, san, chance.getrandbits(chance.choice([7, 64, 150])) + 1, chance.random() < 0.3


def rdns_of(name):
    return [sorted([a.oid.dotted_string, a.value] for a in rdn) for rdn in name.rdns]


def attributes_of(name, without=()):
    """What Traefik shows of a name, in its order."""
    order = [golden.OIDS[label] for label in ("DC", "C", "ST", "L", "O", "OU", "serialNumber", "CN") if label not in without]
    return [[oid.dotted_string, a.value] for oid in order for a in name if a.oid == oid]


def facts_of(world):
    leaf, der = world.leaf, golden.der_of(world.leaf)
    chain = [golden.der_of(c) for c in world.chain]
    uri, dns = (golden.san(leaf, k) for k in (x509.UniformResourceIdentifier, x509.DNSName))
    key = leaf.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest.hex()
    return {
        "der": [der], "chain": chain, "leaf_and_chain": [der] + chain,
        "subject": rdns_of(leaf.subject), "issuer": rdns_of(leaf.issuer),
        "subject_der": leaf.subject.public_bytes(), "issuer_der": leaf.issuer.public_bytes(),
        "subject_attributes": attributes_of(leaf.subject), "issuer_attributes": attributes_of(leaf.issuer, ("OU",)),
        "uri": uri, "dns": dns, "san": dns + uri,
        "by": golden.san(world.server, x509.UniformResourceIdentifier), "serial": leaf.serial_number,
        "sha1": hashlib.sha1(der).hexdigest(), "sha256": hashlib.sha256(der).hexdigest(), "ski": key, "aki": key,
        "not_before": decode.seconds(leaf.not_valid_before), "not_after": decode.seconds(leaf.not_valid_after),
        "cn": "".join(golden.values(leaf.subject, "CN")),
    }


def check(program, directory, world):
    """None, or what is wrong; and how many headers were sent."""
    world.write(directory)
    files = [os.path.join(directory, name + ".pem") for name in ("leaf", "chain", "server")]
    output = subprocess.run([program, *files, *WORDS], check=True, stdout=subprocess.PIPE).stdout.decode()
    facts, seen = facts_of(world), []
    for line in output.splitlines():
        profile, _, rest = line.partition("\t")
        header, colon, value = rest.partition(": ")
        if not colon:
            if (profile, rest) == ("haproxy", "X-SSL-Client-CN! ambiguous") and len(golden.values(world.leaf.subject, "CN")) > 1:
                continue
            return "denied: " + rest, len(seen)
        seen.append(header)
        try:
            for name, got in decode.decode(profile, header, value).items():
                if name in facts and got != facts[name]:
                    return "%s %s: %s is %r, not %r\n%s" % (profile, header, name, got, facts[name], value), len(seen)
        except (ValueError, KeyError) as error:
            return "%s %s: %r\n%s" % (profile, header, error, value), len(seen)
    missing = [name for name in ALWAYS if name not in seen]
    return ("missing: %s" % missing if missing else None), len(seen)


def main(program, how_many="40", seed="1"):
    chance, headers, composed = random.Random(int(seed)), 0, 0
    with tempfile.TemporaryDirectory() as directory:
        for i in range(int(how_many)):
            case = make_case(chance)
            problem, seen = check(program, directory, golden.World(*case))
            headers += seen
            print("%s certificate %d of seed %s" % ("not ok" if problem else "ok", i + 1, seed))
            if problem:
                print("# %r\n# %s" % (case[:2], problem.replace("\n", "\n# ")))
    print("%s %d headers were read back" % ("ok" if headers > 50 * int(how_many) else "not ok", headers))


if __name__ == "__main__":
    main(*sys.argv[1:])
