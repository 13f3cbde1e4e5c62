#!/usr/bin/env python3
"""Runs clang-tidy over src/ and docworker/, and again only over what changed since it was last clean.

It reads the files as they are compiled, a dozen in one translation unit: most of its time goes into the headers. A
unit's key is the hash of its text, of every file of ours that it reaches, and of .clang-tidy. Clean keys are kept in
build/tidy/. Exit status 1 when there are findings.
"""
import argparse
import concurrent.futures
import hashlib
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def reachable(path, seen):
    """The file and all of our headers behind its quoted includes."""
    if path in seen or not path.is_file():
        return seen
    seen.add(path)
    for name in INCLUDE.findall(path.read_text(encoding="utf-8", errors="replace")):
        reachable(ROOT / "src" / name, seen)
        reachable(ROOT / name, seen)
    return seen


def key(path):
    digest = hashlib.sha256((ROOT / ".clang-tidy").read_bytes())
    for part in sorted(reachable(path, set())):
        digest.update(str(part.relative_to(ROOT)).encode() + b"\0" + part.read_bytes())
    return digest.hexdigest()


def tidy(path, build):
    run = subprocess.run(
        ["clang-tidy", "--quiet", "-p", str(build), "--checks=-bugprone-suspicious-include",  # that is how a unit is made
         "--extra-arg=-Wno-unknown-warning-option", str(path)],
        capture_output=True, text=True, cwd=ROOT, check=False)
    return run.returncode, run.stdout.strip() or run.stderr.strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    clean = ROOT / "build" / "tidy"
    clean.mkdir(parents=True, exist_ok=True)
    commands = json.loads((options.build / "compile_commands.json").read_text())
    build = options.build.resolve()

    def is_ours(f):  # a unit of several files, or a file that is one by itself; not what is generated
        base = build if f.is_relative_to(build) else ROOT
        return any(f.is_relative_to(base / folder) for folder in ("src", "docworker")) and (base == ROOT or "Unity" in f.parts)

    files = sorted(f for f in {pathlib.Path(c["file"]) for c in commands} if is_ours(f))
    due = [(f, key(f)) for f in files if not (clean / key(f)).exists()]
    print(f"{len(files)} units, {len(due)} to check", flush=True)
    found = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = {pool.submit(tidy, f, options.build): (f, k) for f, k in due}
        for done in concurrent.futures.as_completed(runs):
            path, digest = runs[done]
            status, text = done.result()
            if status == 0:
                (clean / digest).touch()
            else:
                found += 1
                print(f"== {path.relative_to(ROOT)}\n{text}", flush=True)
    print(f"{len(files) - found} units clean, {found} with findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
