#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""The demo's backend: answers every request with the request that it received.

    backend.py LOG      LOG gets one line of JSON per request; prints its port, then serves for ever
"""
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    log = None
    lock = threading.Lock()

    def do_GET(self):
        headers = list(self.headers.items())
        with self.lock:
            self.log.write(json.dumps({"path": self.path, "headers": headers}) + "\n")
            self.log.flush()
        lines = [self.requestline] + ["%s: %s" % header for header in headers]
        text = ("The backend received:\n" + "".join("  %s\n" % line for line in lines)).encode("latin-1", "replace")
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def main():
    Echo.log = open(sys.argv[1], "a")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
