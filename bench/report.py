# Licensed under the Apache License, Version 2.0; see LICENSE.
"""What was found as a Markdown report, and as plots made by gnuplot."""
import os
import shutil
import subprocess

from lab import find_program

TICK = {True: "yes", False: "**no**"}


def number(value):
    return "{:,}".format(round(value))


def table(head, rows):
    return "\n".join(["| %s |" % " | ".join(head), "|%s" % ("---|" * len(head))] +
                     ["| %s |" % " | ".join(str(cell) for cell in row) for row in rows]) + "\n"


def spread(ratio, digits=2):
    return "%.*f (%.*f to %.*f)" % (digits, ratio["median"], digits, ratio["min"], digits, ratio["max"])


def machine(found):
    versions = ", ".join("%s %s" % item for item in found["versions"].items() if item[1])
    return "%s, %d cores, %s MiB; %s, Linux %s; %s. Commit %s, %s.\n" % (
        found["processor"], found["cores"], number(found["memory_mib"]), found["system"], found["kernel"], versions,
        found["commit"], found["date"])


def counts(rows):
    text = "## Instructions\n\nCounted by callgrind: more than the same server without the module, each time.\n\n"
    for kind, title in (("request", "each request"), ("connection", "each new connection"), ("resumed", "each resumed connection")):
        chosen = [row for row in rows if row["kind"] == kind]
        if not chosen:
            continue
        text += table(["for " + title, "without", "more", "to reach", "reached"], [
            [row["what"], number(row["bare"]), "%+d" % row["more"], "" if row["limit"] is None else number(row["limit"]),
             "" if row["limit"] is None else TICK[row["more"] <= row["limit"]]] for row in chosen]) + "\n"
    return text


def contest(rows):
    return table(["system", "asked by", "CPU per request, times itself without the job", "requests per second, times",
                  "p50, times", "p99, times", "CPU per request"], [
        [row["system"], row["mode"], spread(row["cpu_us"]), spread(row["per_second"]), spread(row["p50_us"]),
         spread(row["p99_us"]), "%.0f µs, %.0f µs without" % (row["cpu_us_job"], row["cpu_us_bare"])] for row in rows]) + "\n"


def systems(found):
    text = "## The same job for all\n\nOne rule on name and issuer, seven headers, proxied to a small backend. Each system " \
           "is compared to itself without the job, in turns: median (smallest to largest) of the rounds' ratios.\n\n"
    text += contest(found["rows"])
    if found["left_out"]:
        text += "Left out: %s.\n\n" % "; ".join(found["left_out"])
    return text


def modes(rows):
    return "## Connections and HTTP/2\n\n" + contest(rows)


def memory(found):
    return "## Memory\n\nEach open connection takes %.1f KiB without the module and %.1f KiB with it, rule and headers: " \
           "%+.1f KiB (to reach: 4).\n\n" % (found["bare"], found["job"], found["job"] - found["bare"])


def names(found):
    return "A new connection whose certificate has 4,000 names costs %.2f ms of CPU more (to reach: 5 ms).\n\n" % found


def tuning(rows):
    return "## Settings around it\n\n" + tuning_table(rows)


def tuning_table(rows):
    return "Against connections that are kept, HTTP/1.1, the event MPM and connections to the backend that are used again:\n\n" + \
        table(["setting", "CPU per request, times", "requests per second, times", "CPU per request"], [
            [row["setting"], spread(row["ratio"]), spread(row["per_second"]),
             "%.0f µs, %.0f µs usually" % (row["cpu_us"], row["cpu_us_usual"])] for row in rows]) + "\n"


def lists(rows):
    if not rows:
        return ""
    return "## Lists\n\nMemory is that of all processes, what they share counted once: at the start, after ten reloads, and " \
           "beside it the list itself, which is there once for all.\n\n" + lists_table(rows) + "\n"


def lists_table(rows):
    return table(
        ["identities", "instructions more for each request", "start", "CPU of a reload, all children", "16 event children",
         "150 prefork children"],
        [[number(row["identities"]), number(row["cost"]), "%.2f s" % row["start"], "%.2f s" % row["reload"],
          mib(row, "event_mib"), mib(row, "prefork_mib")] for row in rows])


def mib(row, key):
    return "%.1f, %.1f MiB; list %.1f MiB" % tuple(row[key]) if row.get(key) else ""


SECTIONS = [("counts", counts), ("systems", systems), ("modes", modes), ("memory", memory), ("names", names),
            ("tuning", tuning), ("lists", lists)]

STYLE = """\
set terminal svg size 760,{height} noenhanced font "DejaVu Sans,12" background "white"
set output "{out}"
set grid ytics lc rgb "#dddddd"
set border 3
set tics nomirror
set key {key}
"""
BARS = STYLE + """\
set title "{title}"
set style fill solid 0.8 noborder
set boxwidth 0.6
set yrange [0:*]
set offsets 0, 0, graph 0.25, 0
set ylabel "{label}"
set xtics rotate by -20
plot "{data}" using 0:2:xtic(1) with boxes lc rgb "#3465a4" notitle, \\
     "{data}" using 0:2:3:4 with yerrorbars lc rgb "#000000" pt -1 title "smallest and largest of the rounds", \\
     1 lc rgb "#cc0000" dt 2 title "without the job"
"""
LINES = STYLE + """\
set title "{title}"
set logscale x
set yrange [0:*]
set offsets 0, 0, graph 0.2, 0
set xlabel "{across}"
set ylabel "{label}"
plot {curves}
"""


def plot(text, **words):
    program = find_program("gnuplot")
    if not program:
        return False
    done = subprocess.run([program], input=text.format(**words), text=True, stderr=subprocess.PIPE)
    return done.returncode == 0


def data_file(out, name, rows):
    path = os.path.join(out, name)
    with open(path, "w") as file:
        for row in rows:
            file.write("\t".join('"%s"' % cell if isinstance(cell, str) else str(cell) for cell in row) + "\n")
    return path


def plot_systems(results, out):
    rows = [(row["system"], *(row["cpu_us"][key] for key in ("median", "min", "max")))
            for row in results["systems"]["rows"] if "alone" not in row["system"]]
    data = data_file(out, "systems.data", rows)
    return plot(BARS, out=os.path.join(out, "systems.svg"), data=data, height=420, key="top left",
                title="CPU per request with rule and seven headers", label="times the same server without them")


def plot_growth(results, out):
    more = {row["case"]: row["more"] for row in results["counts"]}
    curves = []
    for what, title in (("values", "values on a line"), ("locations", "locations with rule and headers")):
        rows = sorted((int(name.split("-")[1]), cost) for name, cost in more.items() if name.startswith(what + "-"))
        if len(rows) > 1:
            curves.append((data_file(out, what + ".data", rows), title))
    rows = [(row["identities"], row["cost"]) for row in results.get("lists") or [] if row.get("cost") is not None]
    if len(rows) > 1:
        curves.append((data_file(out, "lists.data", rows), "identities in a list"))
    text = ", ".join('"%s" with linespoints lw 2 pt 7 title "%s"' % curve for curve in curves)
    return bool(curves) and plot(LINES, out=os.path.join(out, "growth.svg"), curves=text, height=420, key="top left reverse Left",
                                 title="Cost by the number of rules", across="how many", label="instructions more for each request")


def write(results, out):
    text = "# Results\n\n" + machine(results["machine"]) + "\n"
    text += "".join(section(results[name]) for name, section in SECTIONS if name in results)
    if "systems" in results and plot_systems(results, out):
        text += "![CPU per request by system](systems.svg)\n\n"
    if "counts" in results and plot_growth(results, out):
        text += "![Cost by number of rules](growth.svg)\n"
    with open(os.path.join(out, "report.md"), "w") as file:
        file.write(text.rstrip() + "\n")
    for name in os.listdir(out):
        if name.endswith(".data"):
            os.unlink(os.path.join(out, name))


# ---- into the documentation ----

SUMMARY = ["unconfigured", "elsewhere", "rule", "headers", "proxied", "http2-headers", "new-unconfigured", "new-headers", "resumed-headers"]


def summary(results):
    """The table that the README shows: counts and ratios only."""
    known = {row["case"]: row for row in results["counts"]}
    text = table(["instructions", "httpd without the module", "more with it"],
                 [[known[name]["what"], number(known[name]["bare"]), "%+d" % known[name]["more"]] for name in SUMMARY if name in known])
    return text + "\n" + table(["one rule, seven headers, proxied", "CPU per request, times the same server without them"], [
        [row["system"], spread(row["cpu_us"])] for row in results["systems"]["rows"]])


def replace_measured(path, name, text):
    before, found, rest = open(path).read().partition("<!-- measured: %s -->\n" % name)
    if found:
        with open(path, "w") as file:
            file.write(before + found + "\n" + text + "\n" + rest[rest.index("<!-- end of measured -->"):])


def publish(results, out, top):
    """The report becomes the one in docs/, its tables those of the documentation."""
    target = os.path.join(top, "docs/performance")
    os.makedirs(target, exist_ok=True)
    for name in ("report.md", "report.json", "systems.svg", "growth.svg"):
        shutil.copy(os.path.join(out, name), target)
    for path in ("README.md", "docs/performance.md"):
        replace_measured(os.path.join(top, path), "summary", summary(results))
    replace_measured(os.path.join(top, "docs/performance.md"), "tuning", tuning_table(results["tuning"]))
    replace_measured(os.path.join(top, "docs/lists.md"), "lists", lists_table(results["lists"]))
