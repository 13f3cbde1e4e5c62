"""Judges what measure.py found: medians with intervals, the table, the description of the machine."""
import math
import os
import pathlib
import platform
import re
import statistics
import subprocess

BEGIN, END = "<!-- measured: begin (./dev bench gateway --write-docs) -->", "<!-- measured: end -->"


def interval(values, confidence=0.95):
    """Of the median, by order statistics: the narrowest symmetric pair of ranks that holds it so surely. None below six
    values, where even the extremes do not."""
    values, n = sorted(values), len(values)
    best = None
    outside = 0.0
    for rank in range(n // 2):
        outside += 2 * math.comb(n, rank) / 2 ** n  # the median lies beyond the value of this rank, on either side
        if outside > 1 - confidence:
            break
        best = values[rank], values[n - 1 - rank]
    return best


class Row:
    """One figure with its target. `values`: one per round, or none where it is a single reading."""

    def __init__(self, figure, target, unit="", digits=2, at_least=False, values=(), value=None, note="", missing=""):
        self.figure, self.target, self.unit, self.digits, self.at_least = figure, target, unit, digits, at_least
        self.value = statistics.median(values) if values else value
        self.interval = interval(values) if values else None
        self.note, self.missing = note, missing

    def met(self, value):
        return value >= self.target if self.at_least else value <= self.target

    def verdict(self):
        if self.value is None:
            return "not measured"
        word = "met" if self.met(self.value) else "missed"
        unsure = self.interval and self.met(self.interval[0]) != self.met(self.interval[1])
        return f"{word}, the interval holds the target" if unsure else word

    def cells(self):
        unit = f" {self.unit}" if self.unit else ""
        number = lambda value: f"{value:.{self.digits}f}"
        target = f"{'≥' if self.at_least else '≤'} {self.target:g}{unit}"
        if self.value is None:
            return [self.figure, f"not measured: {self.missing}", "", target, "not measured"]
        note = f" ({self.note})" if self.note else ""
        between = f"{number(self.interval[0])} … {number(self.interval[1])}" if self.interval else ""
        return [self.figure, f"{number(self.value)}{unit}{note}", between, target, self.verdict()]


def ratio_row(figure, target, rounds, **more):
    """CPU per request, ours to nginx's, paired by round."""
    ours, nginx = ([r["cpu_us"] for r in rounds[name]] for name in ("trine", "nginx"))
    note = f"{statistics.median(ours):.1f} against {statistics.median(nginx):.1f} µs"
    return Row(figure, target, values=[a / b for a, b in zip(ours, nginx)], note=note, **more)


def rows(found):
    """The figures in the order of the table; those that a run left out are not in it."""
    table = []
    for case, figure, target in (("c1k", "CPU per request of 1 KB, to nginx's", 1.0),
                                 ("c32k", "CPU per request of 32 KB, to nginx's", 1.1),
                                 ("s100", "CPU per stream of 100 events, to nginx's", 1.0),
                                 ("paced", "CPU per paced stream, to nginx's", 1.1)):
        if case in found:
            table.append(ratio_row(figure, target, found[case]))
    if "first" in found:
        ours, nginx = ([r["first_us"] for r in found["first"][name]] for name in ("trine", "nginx"))
        table.append(Row("delay of the first event, more than nginx's", 50, "µs", 0, values=[a - b for a, b in zip(ours, nginx)],
                         note=f"{statistics.median(ours):.0f} against {statistics.median(nginx):.0f} µs"))
    if "portkey" in found:
        figure, rounds = "CPU of the Portkey gateway per request of 1 KB, to ours", found["portkey"]
        if "missing" in rounds:
            table.append(Row(figure, 60, at_least=True, missing=rounds["missing"]))
        else:
            theirs, ours = ([r["cpu_us"] for r in rounds[name]] for name in ("portkey", "trine"))
            table.append(Row(figure, 60, digits=0, at_least=True, values=[a / b for a, b in zip(theirs, ours)],
                             note=f"{statistics.median(theirs):.0f} against {statistics.median(ours):.1f} µs, {len(ours)} rounds"))
    if "memory" in found:
        memory = found["memory"]
        if "missing" in memory:
            for figure, target, unit in (("memory at start", 20, "MB"), ("memory per open idle stream", 10, "KB"),
                                         ("start to ready", 100, "ms")):
                table.append(Row(figure, target, unit, missing=memory["missing"]))
        else:
            streams = max(step["streams"] for step in memory["steps"])
            table.append(Row("memory at start (PSS)", 20, "MB", 1, value=memory["steps"][0]["pss"] / 1e6))
            table.append(Row("memory per open idle stream (PSS)", 10, "KB", 1, value=memory["bytes_per_stream"] / 1e3,
                             note=f"{streams} streams"))
            fresh = memory["start"]["fresh"]
            table.append(Row("start to ready", 100, "ms", 0, values=fresh,
                             note=f"{len(fresh)} starts, {memory['start']['cpu_ms']:.0f} ms of them CPU time"))
    if "flat" in found:
        flat = found["flat"]
        kinds = {"anonymous": "private memory", "pss": "all memory (PSS)"}
        if flat["minutes"] < 8:
            del kinds["pss"]  # it swings with the journal's segments, about once a minute: a quarter has to hold some turns
        for what, words in kinds.items():
            marks = ", ".join(f"{quarter[what] / 1e6:.1f}" for quarter in flat["quarters"])
            table.append(Row(f"growth of {words} in {flat['minutes']:g} min of mixed load", 5, "%", 1,
                             value=flat["growth_percent"][what],
                             note=f"quarters {marks} MB; {flat['requests']} requests, {flat['left']} clients left"))
    if "leave" in found:
        delays = found["leave"]
        table.append(Row("client leaves to upstream closed, the slowest", 50, "ms", 1, value=max(delays),
                         note=f"median {statistics.median(delays):.2f} ms, {len(delays)} times"))
    return table


HEAD = ["figure", "measured", "95 % interval", "target", ""]


def plain(table):
    cells = [HEAD, *(row.cells() for row in table)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(HEAD))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in cells)


def markdown(table):
    lines = ["| " + " | ".join(line) + " |" for line in [HEAD, *(row.cells() for row in table)]]
    lines.insert(1, "|" + " --- |" * len(HEAD))
    return "\n".join(lines)


def machine(root, trine, cores):
    def first(pattern, text, otherwise="unknown"):
        match = re.search(pattern, text, re.M)
        return match.group(1).strip() if match else otherwise

    def git(*words):
        return subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True).stdout.strip()

    # The program may be older than the checkout, so: the last commit before it was built.
    built = int(os.stat(trine).st_mtime)
    kib = int(first(r"^MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text(), "0"))
    return {
        "cpu": first(r"^model name\s*:\s*(.+)", pathlib.Path("/proc/cpuinfo").read_text()),
        "cores": os.cpu_count(), "used": cores, "memory_gb": round(kib * 1024 / 1e9), "kernel": platform.release(),
        "system": first(r'^PRETTY_NAME="(.+)"', pathlib.Path("/etc/os-release").read_text()),
        "compiler": first(r"GCC: \(.*?\) ([\d.]+)", pathlib.Path(trine).read_bytes().decode("latin-1")),
        "commit": git("rev-list", "-1", "--abbrev-commit", f"--before={built}", "HEAD") or "unknown",
        "nice": os.nice(0), "load_before": [round(load, 2) for load in os.getloadavg()],
    }


def machine_words(about, rounds):
    nice = f" at nice {about['nice']}" if about["nice"] else ""
    return (f"{about['cores']} cores of {about['cpu']} (load and mock on core {about['used'][0]}, peers on core {about['used'][1]}), "
            f"{about['memory_gb']} GB, {about['system']}, Linux {about['kernel']}; g++ {about['compiler']}, Release, built after commit "
            f"{about['commit']}; {rounds} rounds{nice}; load average before the run {' '.join(map(str, about['load_before']))}"
            f" and after it {' '.join(map(str, about['load_after']))}.")


def write_docs(path, words, table):
    text = path.read_text()
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ValueError(f"{path} has not exactly one pair of the lines\n{BEGIN}\n{END}")
    before, rest = text.split(BEGIN)
    path.write_text(f"{before}{BEGIN}\n{words}\n\n{markdown(table)}\n{END}{rest.split(END)[1]}")
