# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What settings of the server around the module are worth: each against the usual configuration, in turns."""
import collections

import peers
import timing
from httpd import EVENT, Httpd

TUNABLE = peers.OURS
NO_REUSE = TUNABLE.replace(':{backend}/"', ':{backend}/" disablereuse=on', 1)
STD_VARIABLES = TUNABLE + "    SSLOptions +StdEnvVars +ExportCertData\n"
NO_TICKETS = TUNABLE + "    SSLSessionTickets off\n"
WORKERS = EVENT.format(servers=2, workers=64)
PREFORK = """\
StartServers 32
MinSpareServers 1
MaxSpareServers 64
ServerLimit 64
MaxRequestWorkers 64
MaxConnectionsPerChild 0
"""

# Name, lines, how it is asked, how the usual one is asked, and what else the server is started with.
Setting = collections.namedtuple("Setting", "name lines mode usual server", defaults=("keep-alive", {}))
SETTINGS = [
    Setting("a connection for each request, full handshakes", TUNABLE, "new connections"),
    Setting("a connection for each request, resumed by tickets", TUNABLE, "resumed connections"),
    Setting("the same, resumed from the server's cache (SSLSessionTickets off)", NO_TICKETS, "resumed connections"),
    Setting("full handshakes where no certificate is asked for, against such with one", peers.BARE, "new connections",
            "new connections", {"verify": "none"}),
    Setting("HTTP/2, 16 streams at a time", TUNABLE, "HTTP/2"),
    Setting("a new connection to the backend for each request (disablereuse=on)", NO_REUSE, "keep-alive"),
    Setting("SSLOptions +StdEnvVars +ExportCertData", STD_VARIABLES, "keep-alive"),
    Setting("MPM worker instead of event", TUNABLE, "keep-alive", "keep-alive", {"mpm": "worker", "mpm_lines": WORKERS}),
    Setting("MPM prefork instead of event", TUNABLE, "keep-alive", "keep-alive", {"mpm": "prefork", "mpm_lines": PREFORK}),
]


def measure(lab, backend, rounds, seconds):
    usual = Httpd(lab, "usual", TUNABLE.format(backend=backend))
    rows = []
    for number, setting in enumerate(SETTINGS):
        server = Httpd(lab, "setting-%d" % number, setting.lines.format(backend=backend), **setting.server)
        runs = {True: [], False: []}
        timing.one_run(lab, server, setting.mode, 0.3)
        timing.one_run(lab, usual, setting.usual, 0.3)
        for _ in range(rounds):
            runs[True].append(timing.one_run(lab, server, setting.mode, seconds))
            runs[False].append(timing.one_run(lab, usual, setting.usual, seconds))
        rows.append({"setting": setting.name, "cpu_us": timing.median(runs[True], "cpu_us"),
                     "cpu_us_usual": timing.median(runs[False], "cpu_us"),
                     "ratio": timing.ratio(runs[True], runs[False], "cpu_us"),
                     "per_second": timing.ratio(runs[True], runs[False], "per_second")})
        server.stop()
    usual.stop()
    return rows
