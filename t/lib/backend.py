#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""Backends that answer every request with what they received, as JSON.

    backend.py [--log FILE] KIND[=PORT]...      KIND: http https h2 h2c fcgi scgi uwsgi ajp; PORT 0 or none: any free one

Prints one line, {"http": 12345, ...}, when all of them listen, and ends with its standard input.
FILE gets one line of JSON per request, before the answer is sent.

What is received:
    http    {"kind", "request", "headers": [raw header lines in order], "trailers": [raw lines], "body"}
    h2c     {"kind", "request", "headers": [[name, value], ...], "trailers": [[name, value], ...], "body"}
    others  {"kind", "params": [[name, value], ...], "body"}
https and h2 are http and h2c over TLS, with server.crt and server.key of the directory in MTLS_PKI.
All text is Latin-1: one character is one octet. A request with "Upgrade:" gets a 101 first and the
JSON as one line behind it. A path that contains "/status/NNN" is answered with that status.
"""
import json
import os
import re
import socket
import ssl
import struct
import sys
import threading

LOG = {"file": None, "lock": threading.Lock()}


def answer(seen):
    """What the response's body is; and the log."""
    text = json.dumps(seen)
    if LOG["file"]:
        with LOG["lock"]:
            LOG["file"].write(text + "\n")
            LOG["file"].flush()
    return text.encode() + b"\n"


def status_for(path):
    found = re.search(r"/status/(\d\d\d)", path)
    return int(found.group(1)) if found else 200


class Http:
    def __init__(self, sock):
        self.file = sock.makefile("rwb")

    def line(self):
        return self.file.readline().decode("latin-1").rstrip("\r\n")

    def fields(self):
        lines = []
        while True:
            line = self.line()
            if not line:
                return lines
            lines.append(line)

    def body(self, header):
        if "chunked" in header.get("transfer-encoding", "").lower():
            body = b""
            while True:
                size = int(self.line().split(";")[0] or "0", 16)
                if not size:
                    return body, self.fields()
                body += self.file.read(size)
                self.line()
        return self.file.read(int(header.get("content-length") or 0)), []

    def one(self):
        request = self.line()
        if not request:
            return False
        headers = self.fields()
        header = {name.lower(): value.strip() for name, _, value in (h.partition(":") for h in headers)}
        if header.get("expect", "").lower() == "100-continue":
            self.file.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.file.flush()
        body, trailers = self.body(header)
        text = answer({"kind": "http", "request": request, "headers": headers, "trailers": trailers,
                       "body": body.decode("latin-1")})
        if "upgrade" in header:
            self.file.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: %s\r\n\r\n%s" % (
                header["upgrade"].encode("latin-1"), text))
            self.file.flush()
            return False
        self.file.write(b"HTTP/1.1 %d Seen\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (
            status_for(request), len(text)))
        if not request.startswith("HEAD "):
            self.file.write(text)
        self.file.flush()
        return header.get("connection", "").lower() != "close"

    def serve(self):
        while self.one():
            pass


class H2c:
    def __init__(self, sock):
        import h2.config
        import h2.connection
        self.sock = sock
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=False, header_encoding="latin-1", validate_inbound_headers=False,
            normalize_inbound_headers=False))
        self.streams = {}

    def respond(self, number):
        seen = self.streams.pop(number)
        text = answer(seen)
        head = seen["request"].startswith("HEAD ")
        self.h2.send_headers(number, [
            (":status", str(status_for(seen["request"]))), ("content-type", "application/json"),
            ("content-length", str(len(text)))], end_stream=head)
        if not head:
            self.send(number, text)

    def send(self, number, text):
        """Answers larger than the window wait for it: the peer's updates are read in between."""
        while text:
            room = min(self.h2.local_flow_control_window(number), self.h2.max_outbound_frame_size, len(text))
            if room <= 0:
                self.flush()
                self.read()
                continue
            self.h2.send_data(number, text[:room], end_stream=room == len(text))
            text = text[room:]

    def handle(self, event):
        import h2.events as e
        if isinstance(event, e.RequestReceived):
            headers = [list(h) for h in event.headers]
            pseudo = dict((n, v) for n, v in headers if n.startswith(":"))
            self.streams[event.stream_id] = {
                "kind": "h2c", "request": "%s %s" % (pseudo.get(":method"), pseudo.get(":path")), "headers": headers,
                "trailers": [], "body": ""}
        elif isinstance(event, e.DataReceived):
            self.streams[event.stream_id]["body"] += event.data.decode("latin-1")
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, e.TrailersReceived):
            self.streams[event.stream_id]["trailers"] = [list(h) for h in event.headers]
        elif isinstance(event, e.StreamEnded):
            self.respond(event.stream_id)
        elif isinstance(event, e.StreamReset):
            self.streams.pop(event.stream_id, None)

    def flush(self):
        self.sock.sendall(self.h2.data_to_send())

    def read(self):
        data = self.sock.recv(65536)
        if not data:
            raise EOFError
        for event in self.h2.receive_data(data):
            self.handle(event)

    def serve(self):
        self.h2.initiate_connection()
        while True:
            self.flush()
            self.read()


def params_answer(kind, params, body):
    path = dict(map(tuple, params)).get("REQUEST_URI", "")
    text = answer({"kind": kind, "params": params, "body": body.decode("latin-1")})
    return b"Status: %d Seen\r\nContent-Type: application/json\r\n\r\n%s" % (status_for(path), text)


class Fcgi:
    """The responder role of the FastCGI specification, one request at a time per connection."""

    def __init__(self, sock):
        self.sock, self.file = sock, sock.makefile("rb")

    def record(self):
        head = self.file.read(8)
        if len(head) < 8:
            raise EOFError
        _, kind, number, size, padding, _ = struct.unpack(">BBHHBB", head)
        content = self.file.read(size)
        self.file.read(padding)
        return kind, number, content

    def send(self, kind, number, content):
        self.sock.sendall(struct.pack(">BBHHBB", 1, kind, number, len(content), 0, 0) + content)

    @staticmethod
    def pairs(data):
        found, at = [], 0
        while at < len(data):
            sizes = []
            for _ in range(2):
                if data[at] < 128:
                    sizes.append(data[at])
                    at += 1
                else:
                    sizes.append(struct.unpack(">I", data[at:at + 4])[0] & 0x7FFFFFFF)
                    at += 4
            name, value = data[at:at + sizes[0]], data[at + sizes[0]:at + sum(sizes)]
            found.append([name.decode("latin-1"), value.decode("latin-1")])
            at += sum(sizes)
        return found

    def serve(self):
        params, body, keep = b"", b"", False
        while True:
            kind, number, content = self.record()
            if kind == 1:
                params, body, keep = b"", b"", bool(content[2] & 1)
            elif kind == 4:
                params += content
            elif kind == 5 and content:
                body += content
            elif kind == 5:
                text = params_answer("fcgi", self.pairs(params), body)
                for at in range(0, len(text), 65528):
                    self.send(6, number, text[at:at + 65528])
                self.send(6, number, b"")
                self.send(3, number, bytes(8))
                if not keep:
                    return


class Scgi:
    def __init__(self, sock):
        self.file = sock.makefile("rwb")

    def serve(self):
        size = b""
        while not size.endswith(b":"):
            octet = self.file.read(1)
            if not octet:
                return
            size += octet
        data = self.file.read(int(size[:-1]) + 1)[:-1].decode("latin-1")
        words = data.split("\0")[:-1]
        params = [list(pair) for pair in zip(words[::2], words[1::2])]
        body = self.file.read(int(dict(map(tuple, params)).get("CONTENT_LENGTH") or 0))
        self.file.write(params_answer("scgi", params, body))
        self.file.flush()


class Uwsgi:
    def __init__(self, sock):
        self.file = sock.makefile("rwb")

    def serve(self):
        head = self.file.read(4)
        if len(head) < 4:
            return
        data, words, at = self.file.read(struct.unpack("<xHx", head)[0]), [], 0
        while at < len(data):
            size = struct.unpack("<H", data[at:at + 2])[0]
            words.append(data[at + 2:at + 2 + size].decode("latin-1"))
            at += 2 + size
        params = [list(pair) for pair in zip(words[::2], words[1::2])]
        body = self.file.read(int(dict(map(tuple, params)).get("CONTENT_LENGTH") or 0))
        self.file.write(b"HTTP/1.1 200 Seen\r\n" + params_answer("uwsgi", params, body).split(b"\r\n", 1)[1])
        self.file.flush()


class Ajp:
    """Forward requests of AJP13; what the codes mean is in the protocol's own reference."""
    HEADERS = ["accept", "accept-charset", "accept-encoding", "accept-language", "authorization", "connection",
               "content-type", "content-length", "cookie", "cookie2", "host", "pragma", "referer", "user-agent"]
    ATTRIBUTES = {1: "context", 2: "servlet_path", 3: "remote_user", 4: "auth_type", 5: "query_string", 6: "route",
                  7: "ssl_cert", 8: "ssl_cipher", 9: "ssl_session", 12: "secret", 13: "stored_method"}

    def __init__(self, sock):
        self.sock, self.file = sock, sock.makefile("rb")
        self.data, self.at = b"", 0

    def packet(self):
        head = self.file.read(4)
        if len(head) < 4:
            raise EOFError
        return self.file.read(struct.unpack(">xxH", head)[0])

    def number(self, code):
        size = struct.calcsize(code)
        value = struct.unpack(code, self.data[self.at:self.at + size])[0]
        self.at += size
        return value

    def string(self):
        size = self.number(">H")
        if size == 0xFFFF:
            return None
        text = self.data[self.at:self.at + size].decode("latin-1")
        self.at += size + 1
        return text

    def request(self):
        self.data, self.at = self.packet(), 2
        params = [["method", str(self.data[1])]]
        for name in ("protocol", "req_uri", "remote_addr", "remote_host", "server_name"):
            params.append([name, self.string()])
        params += [["server_port", str(self.number(">H"))], ["is_ssl", str(self.number("B"))]]
        for _ in range(self.number(">H")):
            code = struct.unpack(">H", self.data[self.at:self.at + 2])[0]
            if code >> 8 == 0xA0:
                self.at += 2
                name = self.HEADERS[(code & 0xFF) - 1]
            else:
                name = self.string()
            params.append(["header:" + name, self.string()])
        while self.at < len(self.data):
            code = self.number("B")
            if code == 0xFF:
                break
            if code == 10:
                name = "attribute:" + self.string()
            else:
                name = self.ATTRIBUTES.get(code, "code-%d" % code)
            params.append([name, str(self.number(">H")) if code == 11 else self.string()])
        return params

    def send(self, content):
        self.sock.sendall(b"AB" + struct.pack(">H", len(content)) + content)

    @staticmethod
    def text(value):
        return struct.pack(">H", len(value)) + value + b"\0"

    def serve(self):
        while True:
            params = self.request()
            seen = dict(map(tuple, params))
            body = b""
            if int(seen.get("header:content-length") or 0):
                body = self.packet()[2:]
            content = answer({"kind": "ajp", "params": params, "body": body.decode("latin-1")})
            self.send(b"\x04" + struct.pack(">H", status_for(seen["req_uri"])) + self.text(b"Seen")
                      + struct.pack(">H", 1) + self.text(b"Content-Type") + self.text(b"application/json"))
            for at in range(0, len(content), 8000):
                part = content[at:at + 8000]
                self.send(b"\x03" + struct.pack(">H", len(part)) + part + b"\0")
            self.send(b"\x05\x01")


def secure(sock, protocol):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*(os.path.join(os.environ["MTLS_PKI"], "server." + end) for end in ("crt", "key")))
    context.set_alpn_protocols([protocol])
    return context.wrap_socket(sock, server_side=True)


KINDS = {"http": Http, "https": lambda sock: Http(secure(sock, "http/1.1")), "h2c": H2c,
         "h2": lambda sock: H2c(secure(sock, "h2")), "fcgi": Fcgi, "scgi": Scgi, "uwsgi": Uwsgi, "ajp": Ajp}


def serve(kind, sock):
    try:
        KINDS[kind](sock).serve()
    except (EOFError, OSError):
        pass
    finally:
        sock.close()


def accept(kind, listener):
    while True:
        sock, _ = listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=serve, args=(kind, sock), daemon=True).start()


def main(argv):
    if argv[:1] == ["--log"]:
        LOG["file"], argv = open(argv[1], "a"), argv[2:]
    ports = {}
    for word in argv:
        kind, _, port = word.partition("=")
        listener = socket.create_server(("127.0.0.1", int(port or 0)), backlog=128)
        ports[kind] = listener.getsockname()[1]
        threading.Thread(target=accept, args=(kind, listener), daemon=True).start()
    print(json.dumps(ports), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1:])
