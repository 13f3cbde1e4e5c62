#!/usr/bin/env python3
"""data/curves.yaml: GPU joules per output token over the running batch, a + b/B, and seconds per decode step, s0 + s1*B.

Measured: weighted least squares on the ML.ENERGY rows of one (model, GPU, number of GPUs), weights 1/value^2, so that
the relative error counts alike at every batch. Step time = B / (output tokens/s), so it holds the engine's own prefill
pauses. Derived: docs/accounting.md §4c from a measured curve of the same model (or of one with the same shape), per
batch, then fitted alike. Of a mixture of experts a step reads the experts that a batch touches, not all of them.
`--check` prints derived figures against measured rows that were not used for them.
"""

import re
import sys

import common

V3, V2 = "energy/mlenergy_v3_h100_b200_llm.csv", "energy/mlenergy_v2_a100_h100_llm.csv"
GPU = {"H100": "H100-SXM5-80GB", "B200": "B200-SXM-180GB", "A100-SXM4-40GB": "A100-SXM4-40GB",
       "H100 80GB HBM3": "H100-SXM5-80GB"}  # fmt: skip
TASKS = ["lm-arena-chat", "chat", "sourcegraph-fim", "code", "gpqa"]  # the first that has rows is taken

# Same tensor shapes, other weights: joules do not depend on the weights' values.
SAME_SHAPE = {"llama-3-8b": "llama-3.1-8b", "llama-3.3-70b": "llama-3.1-70b"}
# Gemma 7B was measured as CodeGemma 7B (same shape) on the old engine only. What the new engine saves is taken from
# Llama 3.1 8B, measured on both: joules and step time times (new / old) at equal batch.
OLD_TWIN, OLD_TWIN_NAME, BRIDGE = "gemma-7b", "google/codegemma-7b", "llama-3.1-8b"

DERIVE_ON = ["A100-SXM4-80GB", "A100-PCIe-80GB", "H100-PCIe-80GB", "H200-SXM-141GB", "L40S", "L4", "RTX-4090",
             "RTX-6000-Ada", "RTX-3090", "A10"]  # fmt: skip
DERIVE = ["gpt-oss-20b", "gpt-oss-120b", "gemma-7b", "llama-3-8b", "llama-3.1-8b", "mistral-7b", "qwen3-8b", "qwen2.5-7b"]
# No row on an H100: joules and step time of the named model on it, times the ratio of §4c's step times.
NEIGHBOUR = {"gpt-oss-120b": "gpt-oss-20b", "qwen2.5-7b": "qwen3-8b"}
CONTEXT = 1024  # tokens of KV cache per running request when the largest batch that fits is worked out
BATCHES = [1, 2, 4, 8, 16, 32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]


def load_flow(name, key):
    """The rows of one table of our own YAML (one flow map a line), as dictionaries of text, numbers and lists."""
    out, inside = [], False
    for line in (common.DATA / name).read_text(encoding="utf-8").splitlines():
        if re.match(r"^\w+:$", line):
            inside = line == key + ":"
        elif inside and line.startswith("  - {"):
            row = {}
            for k, text, number, items in re.findall(r'(\w+): (?:"([^"]*)"|(-?[\d.]+)|\[([^\]]*)\])', line):
                row[k] = float(number) if number else re.findall(r'"([^"]*)"', items) if items else text
            out.append(row)
    return out


def line_fit(points):
    """y = c0 + c1*x by least squares with weights 1/y^2, both >= 0; returns c0, c1, R^2 (unweighted)."""
    sw = sx = sy = sxx = sxy = 0.0
    for x, y in points:
        w = 1 / (y * y)
        sw, sx, sy, sxx, sxy = sw + w, sx + w * x, sy + w * y, sxx + w * x * x, sxy + w * x * y
    c1 = (sw * sxy - sx * sy) / (sw * sxx - sx * sx)
    c0 = (sy - c1 * sx) / sw
    if c0 < 0:
        c0, c1 = 0.0, sxy / sxx
    if c1 < 0:
        c0, c1 = sy / sw, 0.0
    mean = sum(y for _, y in points) / len(points)
    total = sum((y - mean) ** 2 for _, y in points)
    rest = sum((y - c0 - c1 * x) ** 2 for x, y in points)
    return c0, c1, (1 - rest / total if total > 0 else 0.0)


class Curve:
    def __init__(self, points):
        """points: (batch, joules per output token, output tokens per second)"""
        self.points = sorted(points)
        self.a, self.b, self.r2 = line_fit([(1 / n, j) for n, j, _ in points])
        self.s0, self.s1, self.step_r2 = line_fit([(n, n / t) for n, _, t in points])
        self.lo, self.hi = self.points[0][0], self.points[-1][0]

    def joules(self, n):
        return self.a + self.b / n

    def speed(self, n):
        return n / (self.s0 + self.s1 * n)

    def entry(self, model, gpu, gpus, method, more):
        s = common.significant
        return {
            "model": model, "gpu": gpu, "gpus": gpus, "a_joules": s(self.a), "b_joules": s(self.b),
            "step_s0": s(self.s0), "step_s1": s(self.s1), "min_batch": round(self.lo, 2), "max_batch": round(self.hi, 2),
            "method": method, "n": len(self.points), "r2": round(self.r2, 4), "step_r2": round(self.step_r2, 4), **more,
        }  # fmt: skip


def measured_curves(models):
    names = {alias: m["id"] for m in models for alias in m["aliases"]} | {OLD_TWIN_NAME: OLD_TWIN}
    groups = {}
    for path, source in ((V3, "mlenergy-v3"), (V2, "mlenergy-v2")):
        for r in common.rows(path):
            v3 = path == V3
            model = names.get(r["model_id" if v3 else "model"])
            if model is None:
                continue
            gpus = int(r["num_gpus"]) if v3 else int(r["tp"]) * int(r["pp"])
            layout = (r["tp"], r["ep"], r["dp"]) if v3 else (r["tp"], r["pp"])
            point = (
                float(r["avg_batch_size" if v3 else "avg_bs"]),
                float(r["energy_per_token_j" if v3 else "energy_per_output_token_j"]),
                float(r["output_tput_tok_s" if v3 else "token_tput_tok_s"]),
            )
            key = (model, GPU[r["gpu_model" if v3 else "gpu"]], gpus)
            groups.setdefault(key, {}).setdefault((source, r["task"], layout), []).append(point)
    curves = {}
    for key, choices in sorted(groups.items()):
        usable = {c: p for c, p in choices.items() if len(p) >= 4 and max(p)[0] >= 2 * min(p)[0]}
        if usable:  # the newest engine first, then the task, then the most rows
            best = min(usable, key=lambda c: (c[0] != "mlenergy-v3", TASKS.index(c[1]), -len(usable[c]), c))
            curves[key] = (Curve(usable[best]), best)
    return curves


def touched(model, n):
    """Share of the weights that a step of n tokens reads: the dense part, and each expert that at least one token uses."""
    if "experts" not in model:
        return 1.0
    per_token = model["active_experts"] / model["experts"]
    dense = max(0.0, (model["active_b"] / model["total_b"] - per_token) / (1 - per_token))
    return dense + (1 - dense) * (1 - (1 - per_token) ** n)


def step_time(model, gpu, n):
    """docs/accounting.md §4c: seconds of one decode step; reads of the weights or arithmetic, whichever is longer."""
    weights = model["total_b"] * 1e9 * model["weight_bits"] / 8 * touched(model, n)
    return max(weights / (gpu["bandwidth_gb_s"] * 1e9), 2 * model["active_b"] * 1e9 * n / (0.4 * gpu["fp16_tflops"] * 1e12))


def largest_batch(model, gpu):
    free = 0.9 * gpu["memory_gb"] * 1e9 - model["total_b"] * 1e9 * model["weight_bits"] / 8
    return int(free / (model["kv_bytes"] * CONTEXT))


def new_engine(old, bridge_new, bridge_old, gpu):
    """`old` as the new engine would run it, in the range of batches where all three were measured; never faster than
    the card's power limit allows at those joules."""
    lo, hi = (f(getattr(c, x) for c in (old, bridge_new, bridge_old)) for f, x in ((max, "lo"), (min, "hi")))
    points = []
    for n in (b for b in BATCHES if 0.99 * lo <= b <= 1.01 * hi):
        speed = old.speed(n) * bridge_new.speed(n) / bridge_old.speed(n)
        joules = old.joules(n) * bridge_new.joules(n) / bridge_old.joules(n)
        points.append((n, joules, min(speed, gpu["tdp_w"] / joules)))
    return Curve(points)


def neighbour(curve, from_model, model, gpu):
    """The curve of `model` from that of `from_model` on the same card: same power, other step time."""
    points = []
    for n in BATCHES:
        if n <= min(largest_batch(model, gpu), curve.hi):
            ratio = step_time(model, gpu, n) / step_time(from_model, gpu, n)
            points.append((n, curve.joules(n) * ratio, curve.speed(n) / ratio))
    return Curve(points)


def derive(curve, from_gpu, model, gpu):
    """docs/accounting.md §4c: `model` on `gpu` from its curve on `from_gpu`; None where the model does not fit."""
    limit = min(largest_batch(model, gpu), curve.hi)
    batches = [n for n in BATCHES if n <= limit]
    if len(batches) < 3:
        return None
    share = 0.85 if gpu["memory"].startswith("HBM") else 0.80
    points = []
    for n in batches:
        speed = curve.speed(n) * step_time(model, from_gpu, n) / step_time(model, gpu, n)
        points.append((n, share * gpu["tdp_w"] / speed, speed))
    return Curve(points)


def v2_points():
    """(model, GPU, task) -> single-card rows of the old engine."""
    out = {}
    for r in common.rows(V2):
        if r["tp"] == "1" and r["pp"] == "1":
            key = (r["model"], GPU[r["gpu"]], r["task"])
            point = (float(r["avg_bs"]), float(r["energy_per_output_token_j"]), float(r["token_tput_tok_s"]))
            out.setdefault(key, []).append(point)
    return out


def check(curves, models, gpus):
    """§4c from the new engine's H100 curve, against rows of an A100 (the old engine: there are no others)."""
    names = {alias: m for m in models for alias in m["aliases"]}
    h100, a100, ratios = gpus["H100-SXM5-80GB"], gpus["A100-SXM4-40GB"], []
    for (name, gpu, _), rows in sorted(v2_points().items()):
        curve, (source, *_) = curves.get((names[name]["id"], h100["id"], 1), (None, ("",))) if name in names else (None, ("",))
        if gpu != a100["id"] or source != "mlenergy-v3":
            continue
        for n, joules, _ in sorted(rows):
            ratio = step_time(names[name], a100, n) / step_time(names[name], h100, n)
            value = 0.85 * a100["tdp_w"] / (curve.speed(n) / ratio)
            ratios.append(value / joules)
            print(f"  {names[name]['id']} on A100-40GB, B={n:.1f}: measured {joules:.4f}, derived {value:.4f}")
    ratios.sort()
    print(f"  {len(ratios)} rows, derived/measured: median {ratios[len(ratios) // 2]:.2f}, {ratios[0]:.2f} to {ratios[-1]:.2f}")


def main():
    models = load_flow("models.yaml", "models")
    gpus = {g["id"]: g for g in load_flow("gpus.yaml", "gpus")}
    by_id = {m["id"]: m for m in models}
    curves = measured_curves(models)
    if "--check" in sys.argv:
        return check(curves, models, gpus)

    out, base = [], "H100-SXM5-80GB"
    for (model, gpu, gpus_n), (curve, (source, task, _)) in curves.items():
        if model != OLD_TWIN:
            out.append(curve.entry(model, gpu, gpus_n, "measured", {"task": task, "source": source}))
        elif gpu != base:
            more = {"derived_from": f"codegemma-7b on {gpu}: same shape", "task": task, "source": source}
            out.append(curve.entry(model, gpu, gpus_n, "derived", more))
    have = {(e["model"], e["gpu"], e["gpus"]) for e in out}

    for model, twin in SAME_SHAPE.items():
        for (name, gpu, gpus_n), (curve, (source, task, _)) in list(curves.items()):
            if name == twin and (model, gpu, gpus_n) not in have:
                curves[(model, gpu, gpus_n)] = (curve, (source, task, None))
                have.add((model, gpu, gpus_n))
                out.append(curve.entry(model, gpu, gpus_n, "derived",
                                       {"derived_from": f"{twin} on {gpu}: same shape", "task": task, "source": source}))  # fmt: skip

    old = Curve(v2_points()[(OLD_TWIN_NAME, base, "code")])
    bridge_old = Curve(v2_points()[("meta-llama/Meta-Llama-3.1-8B-Instruct", base, "chat")])
    new = new_engine(old, curves[(BRIDGE, base, 1)][0], bridge_old, gpus[base])
    curves[(OLD_TWIN, base, 1)] = (new, ("mlenergy-v2", "code", None))
    for model in DERIVE:
        origin = NEIGHBOUR.get(model)
        if origin:
            curve, why = curves[(origin, base, 1)]
            curves[(model, base, 1)] = (neighbour(curve, by_id[origin], by_id[model], gpus[base]), why)
            note = f"{origin} on {base}: step time at equal power"
        elif model == OLD_TWIN:
            note = f"codegemma-7b on {base}, vLLM 0.5.4: times what {BRIDGE} gained to vLLM 0.11.1"
        curve, (source, task, _) = curves[(model, base, 1)]
        if (model, base, 1) not in have:
            have.add((model, base, 1))
            more = {"derived_from": note, "task": task, "source": source}
            out.append(curve.entry(model, base, 1, "derived", more))
        for gpu in DERIVE_ON:
            new = None if (model, gpu, 1) in have else derive(curve, gpus[base], by_id[model], gpus[gpu])
            if new:
                more = {"derived_from": f"{model} on {base}: docs/accounting.md §4c", "task": task, "source": source}
                out.append(new.entry(model, gpu, 1, "derived", more))
    out.sort(key=lambda e: (e["model"], e["gpu"], e["gpus"]))
    common.write(
        "curves.yaml",
        "Written by data/tools/fit_curves.py; do not edit. GPU boundary, all cards of the deployment together.\n"
        "joules per output token = a_joules + b_joules / B; seconds per decode step = step_s0 + step_s1 * B; B = running requests.\n"
        "Holds within [min_batch, max_batch]; of a derived curve max_batch is what fits into the card's memory at 1024 tokens each.\n"
        "mlenergy-v3: vLLM 0.11.1; mlenergy-v2: vLLM 0.5.4, about 1.4x the joules of v3 for the same model.\n"
        "n rows, r2 of the energy fit, step_r2 of the step-time fit. n of a derived curve counts computed points, not rows;\n"
        "under 8 running requests they are extrapolated.",
        {"curves": out},
    )
    # The two curves that docs/accounting.md §4a quotes must come out again.
    for model, a, b in (("llama-3.1-8b", 0.0665, 3.163), ("gpt-oss-20b", 0.0453, 3.058)):
        got = next(e for e in out if e["model"] == model and e["gpu"] == base and e["gpus"] == 1)
        if abs(got["a_joules"] - a) > 5.1e-5 or abs(got["b_joules"] - b) > 5.1e-4:
            sys.exit(f"{model}: {got['a_joules']} + {got['b_joules']}/B is not {a} + {b}/B")


if __name__ == "__main__":
    main()
