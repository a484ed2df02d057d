# Licensed under the Apache License, Version 2.0; see LICENSE.
"""A directory for one run, the programs that are started in it, and what /proc says of them.

Everything listens on 127.0.0.1. All that was started is ended when the lab is closed.
"""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# What a browser sends beside Host: a dozen lines in all.
REQUEST_HEADERS = [
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language: en-US,en;q=0.5",
    "Accept-Encoding: gzip, deflate, br",
    "Referer: https://localhost/orders/",
    "Cookie: session=4f1c2a9d7be04c0c9f25a4a1c3f0d1be",
    "Upgrade-Insecure-Requests: 1",
    "Sec-Fetch-Dest: document",
    "Sec-Fetch-Mode: navigate",
    "Sec-Fetch-Site: same-origin",
    "Priority: u=0, i",
]


class Problem(Exception):
    """A sentence for the one who runs the benchmark."""


def find_program(*names):
    """The path of the first one that is installed, or None."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return next((found for name in names for found in [shutil.which(name, path=path)] if found), None)


def need_program(package, *names):
    found = find_program(*names)
    if not found:
        raise Problem("%s is missing: install %s" % (names[0], package))
    return found


def slurp(path, mode="r"):
    with open(path, mode) as file:
        return file.read()


def wait_for(claim, seconds, sentence):
    """What claim() gives, as soon as it is true."""
    until = time.monotonic() + seconds
    while True:
        found = claim()
        if found:
            return found
        if time.monotonic() > until:
            raise Problem(sentence() if callable(sentence) else sentence)
        time.sleep(0.01)


def descendants(pid):
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        try:
            for task in os.listdir("/proc/%d/task" % one):
                waiting += [int(word) for word in slurp("/proc/%d/task/%s/children" % (one, task)).split()]
        except OSError:
            pass
    return found


class Process:
    """A server or a client, in a process group of its own."""

    def __init__(self, lab, name, command, environment=None, stdin=False):
        self.name = name
        self.output = os.path.join(lab.directory, "%s.output" % name)
        with open(self.output, "wb") as out:
            self.process = subprocess.Popen(
                command, cwd=lab.directory, stdin=subprocess.PIPE if stdin else subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                start_new_session=True, env={**os.environ, **lab.environment, **(environment or {})}, **lab.identity)
        self.pid = self.process.pid

    def said(self):
        return slurp(self.output).strip()

    def ended(self):
        return self.process.poll() is not None

    def cpu_seconds(self):
        """Time that the process and all below it have had a processor; it does not begin threads under load."""
        total = 0
        for pid in descendants(self.pid):
            try:
                for task in os.listdir("/proc/%d/task" % pid):
                    total += int(slurp("/proc/%d/task/%s/schedstat" % (pid, task)).split()[0])
            except OSError:
                continue
        return total / 1e9

    def pss_kib(self):
        """Memory of the process and all below it, what they share counted once."""
        total = 0
        for pid in descendants(self.pid):
            try:
                total += int(re.search(r"^Pss:\s+(\d+)", slurp("/proc/%d/smaps_rollup" % pid), re.M).group(1))
            except (OSError, AttributeError):
                continue
        return total

    def shared_kib(self):
        """Files in memory that its processes have open: pages that nobody has touched lately are in no PSS."""
        sizes = {}
        for pid in descendants(self.pid):
            for name in os.listdir("/proc/%d/fd" % pid):
                path = "/proc/%d/fd/%s" % (pid, name)
                try:
                    if os.readlink(path).startswith("/memfd:"):
                        found = os.stat(path)
                        sizes[found.st_dev, found.st_ino] = found.st_blocks / 2
                except OSError:
                    continue
        return sum(sizes.values())

    def stop(self):
        if not self.ended():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        self.process.wait()


class Lab:
    def __init__(self, build="build", programs=("bench/load", "bench/mod_bench.so"), prefix="mtls-bench."):
        self.build = os.path.abspath(build)
        self.running = []
        self.environment = {"LC_ALL": "C.UTF-8"}
        self.identity = {}
        self.directory = tempfile.mkdtemp(prefix=prefix)
        os.chmod(self.directory, 0o755)
        self.environment.update(HOME=self.directory, TMPDIR=self.directory)
        self.load_program, self.bench_module = [self.take(program) for program in programs] or (None, None)
        self.module = self.take("mod_mtls_authz.so")
        self.pki = os.path.join(self.directory, "pki")
        self.make_pki()
        if os.geteuid() == 0:
            self.give_away()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop_all()
        shutil.rmtree(self.directory, ignore_errors=True)

    def take(self, path):
        """A copy of something built: an unprivileged user can read it wherever the tree lies."""
        source = os.path.join(self.build, path)
        if not os.path.exists(source):
            raise Problem("%s is not built: make -f Makefile.apxs all bench-tools" % source)
        return shutil.copy(source, self.directory)

    def make_pki(self):
        made = subprocess.run(["/usr/bin/python3", os.path.join(TOP, "t/pki/make-pki.py"), self.pki],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if made.returncode:
            raise Problem("the certificates could not be made (python3-cryptography?): " + made.stdout.strip()[-300:])

    def give_away(self):
        """Servers refuse to be root; nothing here needs it."""
        self.identity = {"user": "nobody", "group": os.environ.get("MTLS_BENCH_GROUP", "nogroup"), "extra_groups": []}
        for where, _, files in os.walk(self.directory):
            for path in [where] + [os.path.join(where, file) for file in files]:
                shutil.chown(path, self.identity["user"], self.identity["group"])

    def path(self, *words):
        return os.path.join(self.directory, *words)

    def new_directory(self, name):
        path = self.path(name)
        os.makedirs(path, exist_ok=True)
        if self.identity:
            shutil.chown(path, self.identity["user"], self.identity["group"])
        return path

    def write(self, path, text):
        path = self.path(path)
        with open(path, "w") as out:
            out.write(text)
        return path

    def certificate(self, name):
        """Arguments for load: what the client presents; None is nothing."""
        if name is None:
            return []
        return ["--cert", "%s/%s.chain.pem" % (self.pki, name), "--key", "%s/%s.key" % (self.pki, name)]

    def free_port(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            return s.getsockname()[1]

    def start(self, name, command, environment=None, stdin=False):
        process = Process(self, name, command, environment, stdin)
        self.running.append(process)
        return process

    def await_port(self, process, port, seconds=60):
        def is_open():
            if process.ended():
                raise Problem("%s did not start: %s" % (process.name, process.said()[-2000:]))
            with socket.socket() as s:
                return s.connect_ex(("127.0.0.1", port)) == 0
        wait_for(is_open, seconds, lambda: "%s does not listen: %s" % (process.name, process.said()[-2000:]))

    def stop(self, process):
        process.stop()
        self.running.remove(process)

    def stop_all(self):
        for process in reversed(self.running[:]):
            self.stop(process)

    def load(self, port, *arguments, cert="ok", may_fail=False):
        """Run the load generator to its end; what it has counted. Errors are problems, unless they are asked for."""
        command = [self.load_program, "--port", str(port), *self.certificate(cert)]
        for line in REQUEST_HEADERS:
            command += ["--header", line]
        done = subprocess.run(command + [str(word) for word in arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, **self.identity)
        if done.returncode not in (0, 1) or not done.stdout:
            raise Problem("load: exit status %d: %s" % (done.returncode, done.stderr.strip()))
        result = json.loads(done.stdout)
        if result["errors"] and not may_fail:
            raise Problem("load: %d errors of %d requests, the first one: %s (%s)" % (
                result["errors"], result["requests"], result["first_error"], " ".join(map(str, arguments))))
        return result

    def fetch(self, port, path, headers, cert="ok"):
        """The body of one response."""
        context = ssl.create_default_context(cafile=self.pki + "/ca.pem")
        context.load_cert_chain("%s/%s.chain.pem" % (self.pki, cert), "%s/%s.key" % (self.pki, cert))
        connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=20)
        try:
            connection.request("GET", path, headers=headers)
            return connection.getresponse().read().decode("latin-1")
        finally:
            connection.close()


def run(main, name="bench"):
    """The frame of a command: problems are sentences, not tracebacks; TERM ends what was started, too."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda caught, _: sys.exit(128 + caught))
    try:
        sys.exit(main())
    except Problem as problem:
        sys.exit("%s: %s" % (name, problem))
    except KeyboardInterrupt:
        sys.exit(130)
