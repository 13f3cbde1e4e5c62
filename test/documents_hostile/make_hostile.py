#!/usr/bin/env python3
"""Writes hostile documents to a folder, and index.tsv: file, the name the client gives it, outcomes that are right.

An outcome is "ok" or a problem of src/documents/problem.h; several are joined by "|" where a library's next version may
rightly decide otherwise. The same bytes come out each time.

usage: make_hostile.py FOLDER
"""
import pathlib
import random
import sys

import mail_and_text
import pdfs
import pictures
import zips


def main():
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    index = []
    for module in (pdfs, zips, pictures, mail_and_text):
        for name, given, outcomes, data in module.files(random.Random(7)):
            (out / name).write_bytes(data)
            index.append(f"{name}\t{given}\t{outcomes}\n")
    (out / "index.tsv").write_text("".join(index))


if __name__ == "__main__":
    main()
