"""Shared by the table generators: where the raw data lies, and one way to write YAML (deterministic, no library)."""

import csv
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
SHARED = ROOT.parent / "shared" / "data"


def raw(path):
    """The raw file under ../shared/data; ends the program with a sentence where it is missing."""
    full = SHARED / path
    if not full.exists():
        sys.exit(f"{full} is missing: the raw data are not part of this repository, so the table stays as committed.")
    return full


def rows(path):
    with open(raw(path), encoding="utf-8-sig", newline="") as f:
        return [{k: (v or "").strip() for k, v in row.items() if k} for row in csv.DictReader(f)]


def number(x):
    """Shortest text that reads back as the same number."""
    x = float(x)
    return str(int(x)) if x == int(x) and abs(x) < 1e15 else repr(x)


def scalar(v):
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, (int, float)):
        return number(v)
    if isinstance(v, dict):
        return flow(v)
    if isinstance(v, (list, tuple)):
        return "[" + ", ".join(scalar(x) for x in v) + "]"
    return json.dumps(v, ensure_ascii=False)


def flow(d):
    """One line: { key: value, ... }, keys in the given order, absent values (None) left out."""
    return "{ " + ", ".join(f"{k}: {scalar(v)}" for k, v in d.items() if v is not None) + " }"


def write(name, comment, tables):
    """tables: {key: [row, ...]}. Overwrites data/<name>; says whether it changed."""
    lines = [f"# {c}" for c in comment.strip().splitlines()]
    for key, entries in tables.items():
        lines += ["", f"{key}:"] + [f"  - {flow(e)}" for e in entries]
    text = "\n".join(lines) + "\n"
    target = DATA / name
    changed = not target.exists() or target.read_text(encoding="utf-8") != text
    target.write_text(text, encoding="utf-8")
    print(f"{name}: {', '.join(f'{len(v)} {k}' for k, v in tables.items())}{'' if changed else ' (unchanged)'}")


def significant(x, digits=5):
    return float(f"{x:.{digits}g}")
