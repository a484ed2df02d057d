#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Says who the client is: as a WSGI application, and as a CGI script."""
import os

NAMES = ["REMOTE_USER", "MTLS_SUBJECT_CN", "MTLS_SHA256", "MTLS_VERIFY", "HTTP_CLIENT_CERT"]


def who(environ):
    return "client " + "; ".join(environ.get(name, "none") for name in NAMES) + "\n"


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [who(environ).encode("latin-1")]


if __name__ == "__main__":
    print("Content-Type: text/plain\n\n" + who(os.environ), end="")
