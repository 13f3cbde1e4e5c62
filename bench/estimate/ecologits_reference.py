#!/usr/bin/env python3
"""Writes test/unit/energy/ecologits_reference.csv: what EcoLogits itself says, for the parity test.

Not needed to build or test: `pip install ecologits`, then run this with ../shared/data/apis beside the checkout.
Energy by compute_llm_impacts(), without the speed that newer versions know of some models (the formula's own latency);
embodied carbon with 164 kg per GPU as docs/accounting.md §4d has it (newer versions: 273).
"""
import csv
import importlib.metadata
import pathlib

from ecologits.impacts.llm import compute_llm_impacts
from ecologits.utils.range_value import RangeValue

ROOT = pathlib.Path(__file__).resolve().parents[2]
PUE = {"openai": 1.2, "anthropic": 1.14, "google_genai": 1.09, "mistralai": 1.16, "cohere": 1.2, "huggingface_hub": 1.2}
OUT = 211


def ends(value):
    return (value.min, value.max) if isinstance(value, RangeValue) else (value, value)


def main():
    path = ROOT / "test" / "unit" / "energy" / "ecologits_reference.csv"
    chosen, seen = [], set()
    for r in csv.DictReader((ROOT.parent / "shared" / "data" / "apis" / "ecologits_models.csv").open(encoding="utf-8")):
        sizes = tuple(float(r[k]) for k in ("active_params_b_min", "active_params_b_max", "total_params_b_min", "total_params_b_max"))
        if (r["provider"], sizes) not in seen and r["provider"] in PUE:
            seen.add((r["provider"], sizes))
            chosen.append((r, sizes))
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f"# EcoLogits {importlib.metadata.version('ecologits')} (MPL-2.0), by bench/estimate/ecologits_reference.py. "
                   f"{OUT} tokens out; facility joules and embodied grams at both ends of the sizes.\n")  # fmt: skip
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["vendor", "model", "active_min", "active_max", "total_min", "total_max", "pue", "out", "joules_min", "joules_max",
                      "embodied_g_min", "embodied_g_max"])  # fmt: skip
        for r, (a0, a1, t0, t1) in chosen:
            range_or = lambda low, high: low if low == high else RangeValue(min=low, max=high)
            found = compute_llm_impacts(range_or(a0, a1), range_or(t0, t1), OUT, 0, 0, 1, 0, PUE[r["provider"]], 0, gpu_embodied_gwp=164)
            joules = [v * 3.6e6 for v in ends(found.energy.value)]
            grams = [v * 1e3 for v in ends(found.embodied.gwp.value)]
            out.writerow([r["provider"], r["model"], a0, a1, t0, t1, PUE[r["provider"]], OUT] + [f"{v:.9g}" for v in joules + grams])


if __name__ == "__main__":
    main()
