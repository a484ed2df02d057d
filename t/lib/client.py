#!/usr/bin/python3
# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A TLS client that does what it is told: one JSON object per line in, one per line out.

In, all members optional but port:
    port, host          where to (127.0.0.1)
    plain               true: no TLS
    http                "1.1" (default) or "2"
    tls                 "1.2" or "1.3": only this version (default: both)
    alpn                list of protocols to offer instead of the one that http says
    sni                 server name sent (localhost); "" for none
    cert, key           PEM files (cert: certificate and chain; key may stand in cert)
    pha                 true: offer post-handshake authentication
    session             name: resume the session saved under this name, in this process
    save                name: save the session under this name (after the responses were read)
    conn                name: keep the connection open under this name, use it if it is open
    change              true: an open connection offers cert and key of this job if it is asked again
    close               name: close this connection first
    close_port          close all connections to this port, do nothing else
    kept                answer with the number of connections that are open to this port, do nothing else
    timeout             seconds for the whole (30)
    requests            list of
        method, path    (GET, /)
        headers         [[name, value], ...], sent as they are; Host/:authority is added unless one
                        is there or "bare" is true
        body            text; Content-Length is added, with trailers Transfer-Encoding instead (HTTP/1.1)
        trailers        [[name, value], ...]
        raw             HTTP/1.1: these octets and nothing else; method then only says whether a body follows
        when            path: the request is sent when this file exists (at the latest after 20 seconds)
        wait            false: do not read a response before the next request is sent (pipelining, HTTP/2)
Out:
    tls, cipher, alpn, reused       of the connection
    responses           list of {status, version, headers: [[name, value], ...], trailers, body, error}
    error               what went wrong, if anything did; what was read before is still there
All text is Latin-1: one character is one octet.
"""
import json
import os
import socket
import ssl
import sys
import time


def octets(text):
    return text.encode("latin-1")


def wait_for(path):
    until = time.monotonic() + 20
    while path and not os.path.exists(path) and time.monotonic() < until:
        time.sleep(0.02)


class Http1:
    """Requests and responses, one after another, on one connection."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = b""

    def send(self, request, authority):
        self.sock.sendall(octets(request["raw"]) if "raw" in request else self.compose(request, authority))

    @staticmethod
    def compose(request, authority):
        headers = [list(h) for h in request.get("headers", [])]
        names = [name.lower() for name, _ in headers]
        body, trailers = octets(request.get("body", "")), request.get("trailers")
        if not request.get("bare"):
            if "host" not in names:
                headers.insert(0, ["Host", authority])
            if trailers is not None:
                headers.append(["Transfer-Encoding", "chunked"])
            elif body and "content-length" not in names and "transfer-encoding" not in names:
                headers.append(["Content-Length", str(len(body))])
        if trailers is not None:
            body = (b"%x\r\n%s\r\n" % (len(body), body) if body else b"") + b"0\r\n" + octets(
                "".join("%s: %s\r\n" % tuple(t) for t in trailers)) + b"\r\n"
        head = "%s %s HTTP/1.1\r\n" % (request.get("method", "GET"), request.get("path", "/"))
        return octets(head + "".join("%s: %s\r\n" % tuple(h) for h in headers) + "\r\n") + body

    def more(self):
        data = self.sock.recv(65536)
        self.buffer += data
        return data

    def line(self):
        while b"\n" not in self.buffer:
            if not self.more():
                raise EOFError("the server closed the connection")
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r").decode("latin-1")

    def exactly(self, size):
        while len(self.buffer) < size:
            if not self.more():
                raise EOFError("the server closed the connection within a body")
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def fields(self):
        found = []
        while True:
            line = self.line()
            if not line:
                return found
            name, _, value = line.partition(":")
            found.append([name, value.strip()])

    def receive(self, request):
        while True:
            version, _, rest = self.line().partition(" ")
            response = {"version": version, "status": int(rest[:3] or 0), "headers": self.fields(), "body": "",
                        "trailers": []}
            if response["status"] >= 200 or response["status"] == 101:
                break
        header = {name.lower(): value for name, value in response["headers"]}
        if request.get("method") == "HEAD" or response["status"] in (204, 304):
            return response
        if response["status"] == 101:
            response["body"] = self.line()
        elif header.get("transfer-encoding", "").lower() == "chunked":
            body = b""
            while True:
                size = int(self.line().split(";")[0], 16)
                if not size:
                    break
                body += self.exactly(size)
                self.line()
            response["body"], response["trailers"] = body.decode("latin-1"), self.fields()
        elif "content-length" in header:
            response["body"] = self.exactly(int(header["content-length"])).decode("latin-1")
        else:
            while self.more():
                pass
            response["body"], self.buffer = self.buffer.decode("latin-1"), b""
        return response

    def run(self, requests, authority, responses):
        waiting = []
        for request in requests:
            wait_for(request.get("when"))
            self.send(request, authority)
            waiting.append(request)
            if request.get("wait", True):
                while waiting:
                    responses.append(self.receive(waiting.pop(0)))
        while waiting:
            responses.append(self.receive(waiting.pop(0)))


class Http2:
    """Requests as streams of one connection."""

    def __init__(self, sock):
        import h2.config
        import h2.connection
        self.sock = sock
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=True, header_encoding="latin-1", validate_outbound_headers=False,
            normalize_outbound_headers=False, validate_inbound_headers=False))
        self.h2.initiate_connection()
        self.flush()
        self.streams = {}

    def flush(self):
        self.sock.sendall(self.h2.data_to_send())

    def send(self, request, authority):
        if self.h2.state_machine.state == self.h2.state_machine.state.CLOSED:
            raise EOFError("GOAWAY was received before")
        stream = self.h2.get_next_available_stream_id()
        headers = [tuple(h) for h in request.get("headers", [])]
        if not request.get("bare"):
            pseudo = [(":method", request.get("method", "GET")), (":scheme", "https"),
                      (":authority", authority), (":path", request.get("path", "/"))]
            names = [name for name, _ in headers]
            headers = [p for p in pseudo if p[0] not in names] + headers
            if request.get("body") and request.get("trailers") is None and "content-length" not in names:
                headers.append(("content-length", str(len(request["body"]))))
        # Pseudo headers given by the test come first as well.
        headers.sort(key=lambda h: not h[0].startswith(":"))
        body, trailers = octets(request.get("body", "")), request.get("trailers")
        self.streams[stream] = {"version": "HTTP/2", "status": 0, "headers": [], "trailers": [], "body": "",
                                "done": False}
        self.h2.send_headers(stream, headers, end_stream=not body and trailers is None)
        for at in range(0, len(body), 16000):
            last = at + 16000 >= len(body)
            self.h2.send_data(stream, body[at:at + 16000], end_stream=last and trailers is None)
        if trailers is not None:
            self.h2.send_headers(stream, [tuple(t) for t in trailers], end_stream=True)
        self.flush()
        return stream

    def handle(self, event):
        import h2.events as e
        if isinstance(event, e.ConnectionTerminated):
            # What the server has begun it still answers (RFC 9113 section 6.8).
            for number, stream in self.streams.items():
                if number > event.last_stream_id and not stream["done"]:
                    stream.update(done=True, error="GOAWAY, error %s" % int(event.error_code))
        stream = self.streams.get(getattr(event, "stream_id", None))
        if stream is None:
            return
        if isinstance(event, e.ResponseReceived):
            stream["headers"] = [[n, v] for n, v in event.headers if not n.startswith(":")]
            stream["status"] = int(dict(event.headers)[":status"])
        elif isinstance(event, e.DataReceived):
            stream["body"] += event.data.decode("latin-1")
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, e.TrailersReceived):
            stream["trailers"] = [list(h) for h in event.headers]
        elif isinstance(event, e.StreamEnded):
            stream["done"] = True
        elif isinstance(event, e.StreamReset):
            stream.update(done=True, error="stream reset, error %s" % event.error_code)

    def receive(self, stream):
        while not self.streams[stream]["done"]:
            data = self.sock.recv(65536)
            if not data:
                raise EOFError("the server closed the connection")
            for event in self.h2.receive_data(data):
                self.handle(event)
            self.flush()
        response = self.streams.pop(stream)
        del response["done"]
        return response

    def run(self, requests, authority, responses):
        waiting = []
        for request in requests:
            wait_for(request.get("when"))
            waiting.append(self.send(request, authority))
            if request.get("wait", True):
                while waiting:
                    responses.append(self.receive(waiting.pop(0)))
        while waiting:
            responses.append(self.receive(waiting.pop(0)))


class Client:
    def __init__(self):
        self.contexts = {}
        self.sessions = {}
        self.connections = {}

    def context(self, job):
        """One per way of connecting: OpenSSL resumes a session only where it was made."""
        key = tuple(str(job.get(k)) for k in ("tls", "cert", "key", "http", "pha", "alpn"))
        if key not in self.contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            # What the client may send is the server's question: no limit of the client's own.
            context.set_ciphers("ALL:@SECLEVEL=0")
            if job.get("tls"):
                version = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[str(job["tls"])]
                context.minimum_version = context.maximum_version = version
            if job.get("cert"):
                context.load_cert_chain(job["cert"], job.get("key"))
            if job.get("pha"):
                context.post_handshake_auth = True
            protocols = job.get("alpn", ["h2"] if str(job.get("http")) == "2" else ["http/1.1"])
            if protocols:
                context.set_alpn_protocols(protocols)
            self.contexts[key] = context
        return self.contexts[key]

    def connect(self, job):
        sock = socket.create_connection((job.get("host", "127.0.0.1"), job["port"]), job.get("timeout", 30))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if job.get("plain"):
            return sock
        context, session = self.context(job), None
        if job.get("session"):
            context, session = self.sessions[job["session"]]
        return context.wrap_socket(sock, server_hostname=job.get("sni", "localhost") or None, session=session)

    def open(self, job):
        name = job.get("conn")
        if name in self.connections:
            if job.get("change"):
                self.connections[name].sock.context = self.context(job)
            return self.connections[name]
        sock = self.connect(job)
        connection = (Http2 if str(job.get("http")) == "2" else Http1)(sock)
        connection.port = job["port"]
        if name:
            self.connections[name] = connection
        return connection

    def work(self, job, answer):
        gone = [name for name, connection in self.connections.items()
                if name == job.get("close") or connection.port == job.get("close_port")]
        for name in gone:
            self.connections.pop(name).sock.close()
        if "kept" in job:
            answer["kept"] = sum(connection.port == job["kept"] for connection in self.connections.values())
        if "port" not in job:
            return
        connection = self.open(job)
        sock = connection.sock
        try:
            if isinstance(sock, ssl.SSLSocket):
                answer.update(tls=sock.version(), cipher=sock.cipher()[0], alpn=sock.selected_alpn_protocol(),
                              reused=sock.session_reused)
            authority = "%s:%d" % (job.get("sni") or "localhost", job["port"])
            connection.run(job.get("requests", [{}]), authority, answer["responses"])
            if job.get("save"):
                self.sessions[job["save"]] = (sock.context, sock.session)
        except Exception:
            self.connections.pop(job.get("conn"), None)
            sock.close()
            raise
        if not job.get("conn"):
            sock.close()

    def do(self, job):
        answer = {"responses": []}
        try:
            self.work(job, answer)
        except Exception as problem:     # whatever it is, the test decides what to think of it
            answer["error"] = "%s: %s" % (type(problem).__name__, problem)
        return answer


def main():
    client = Client()
    for line in sys.stdin:
        print(json.dumps(client.do(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
