#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A CGI script that answers with its environment, in the form of t/lib/backend.py."""
import json
import os
import sys

params = sorted([name.decode("latin-1"), value.decode("latin-1")] for name, value in os.environb.items())
body = sys.stdin.buffer.read(int(os.environ.get("CONTENT_LENGTH") or 0)).decode("latin-1")
print("Content-Type: application/json\n\n" + json.dumps({"kind": "cgi", "params": params, "body": body}))
