"""Runs the program of bench/NAME, prints its table, and puts it into docs/split-accuracy.md where asked."""
import argparse
import os
import pathlib
import platform
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs" / "split-accuracy.md"


def machine():
    cpu = re.search(r"^model name\s*:\s*(.+)", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{cpu.group(1) if cpu else platform.machine()}, Release, load average {load}."


def write_docs(name, text):
    begin, end = f"<!-- measured: begin (./dev bench {name} --write-docs) -->", f"<!-- measured: end ({name}) -->"
    page = DOCS.read_text(encoding="utf-8")
    if page.count(begin) != 1 or page.count(end) != 1:
        raise SystemExit(f"{DOCS} has not exactly one pair of the lines\n{begin}\n{end}")
    before, rest = page.split(begin)
    DOCS.write_text(f"{before}{begin}\n{text}\n{end}{rest.split(end)[1]}", encoding="utf-8")


def main(name, about, arguments):
    parser = argparse.ArgumentParser(prog=f"./dev bench {name}", description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write-docs", action="store_true", help="puts the table into docs/split-accuracy.md")
    chosen = parser.parse_args()
    build = pathlib.Path(os.environ.get("TRINE_BUILD_DIR") or ROOT / "build" / "release")
    program = build / f"{name}_table"
    if not program.is_file():
        parser.error(f"there is no {program}: ./dev bench {name} builds it")
    run = subprocess.run([str(program), *arguments], stdout=subprocess.PIPE, text=True, check=False)
    text = f"{machine()}\n\n{run.stdout.strip()}"
    print(text)
    if chosen.write_docs and run.stdout:
        write_docs(name, text)
        print(f"\nWritten: {DOCS.relative_to(ROOT)}")
    return run.returncode
