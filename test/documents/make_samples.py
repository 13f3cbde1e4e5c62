#!/usr/bin/env python3
"""Writes business documents to a folder, and key.tsv: file, part, page, field, value (as it stands in the document).

A line with the field "*" says what the document costs a model without any preparation: "text" (the file's own text:
baseline/FILE.txt), "pdf" (what pdftotext gives) or "vision" (one picture a page, its size as the value).
The same bytes come out each time. Scans are drawn with pdftoppm (poppler-utils) in DejaVu Sans (fonts-dejavu-core).

usage: make_samples.py FOLDER
"""
import pathlib
import random
import sys

import office
import paper
import scans
import web


class Samples:
    def __init__(self, folder):
        self.folder = folder
        self.keys = []

    def add(self, name, data, cost, fields, baseline=None):
        """`fields`: (page, field, value) or (page, field, value, part)."""
        (self.folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
        kind, value = cost if isinstance(cost, tuple) else (cost, "")
        self.keys.append((name, 0, 0, "*", f"{kind} {value}".strip()))
        if baseline is not None:
            (self.folder / "baseline" / (name + ".txt")).write_text(baseline)
        for page, field, text, *part in fields:
            self.keys.append((name, part[0] if part else 0, page, field, text))

    def finish(self):
        (self.folder / "key.tsv").write_text("".join("\t".join(map(str, k)) + "\n" for k in self.keys))


def main():
    folder = pathlib.Path(sys.argv[1])
    (folder / "baseline").mkdir(parents=True, exist_ok=True)
    samples = Samples(folder)
    for module in (paper, web, office, scans):
        module.make(samples, random.Random(20261128))
    samples.finish()


if __name__ == "__main__":
    main()
