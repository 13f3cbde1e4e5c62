#!/usr/bin/env python3
"""data/instances.yaml, data/vendors.yaml, data/vendor_models.yaml: what compute and tokens cost.

Refuses a token price over 200 USD per million: upstream carries rows that are wrong by 1e5.
"""

import json

import common
from make_regions import instance_region

ABSURD_USD_PER_MTOK = 200.0

GPU_IDS = {
    "L4": "L4", "H100-PCIe": "H100-PCIe-80GB", "L40S": "L40S", "A100-80GB": "A100-SXM4-80GB",
    "H100-SXM": "H100-SXM5-80GB", "H200-SXM": "H200-SXM-141GB", "B200": "B200-SXM-180GB",
    "RTX-6000-Ada": "RTX-6000-Ada", "H100": "H100-SXM5-80GB", "A100-80GB-PCIe": "A100-PCIe-80GB",
    "RTX-4090": "RTX-4090", "A100-40GB-SXM": "A100-SXM4-40GB", "H100-NVL": "H100-NVL-94GB", "A10": "A10",
}  # fmt: skip

# id in the price list -> id, name, zone that EcoLogits assumes, key in the PUE table
VENDORS = {
    "openai": ("openai", "OpenAI", "US", "openai_api"),
    "anthropic": ("anthropic", "Anthropic", "US", "anthropic_api"),
    "gemini": ("google", "Google", "US", "google_genai_api"),
    "mistral": ("mistral", "Mistral AI", "SE", "mistral_api"),
    "ovhcloud": ("ovhcloud", "OVHcloud AI Endpoints", "FR", "ovhcloud"),
    "scaleway": ("scaleway", "Scaleway Generative APIs", "FR", None),
    "nebius": ("nebius", "Nebius AI Studio", "FI", None),
    "deepinfra": ("deepinfra", "DeepInfra", "US", None),
    "together_ai": ("together", "Together AI", "US", None),
    "groq": ("groq", "Groq", "US", None),
    "fireworks_ai": ("fireworks", "Fireworks AI", "US", None),
}
ECOLOGITS = {"anthropic": "anthropic", "google_genai": "google", "mistralai": "mistral", "openai": "openai"}


def instances():
    out = []
    for r in common.rows("prices/gpu_instance_prices.csv"):
        gpu = GPU_IDS.get(r["gpu"])
        if gpu is None:
            print(f"  {r['instance']}: GPU {r['gpu']} is not in the GPU table; left out")
            continue
        region = instance_region(r)
        out.append({
            "id": f"{region}/{r['instance']}", "provider": r["provider"], "name": r["instance"], "gpu": gpu,
            "gpus": int(r["gpu_count"]), "vcpus": float(r["vcpus"]), "memory_gib": float(r["mem_gib"]),
            "region": region, "per_hour": float(r["price_usd_h"]),
            "spot_per_hour": float(r["spot_usd_h"]) if r["spot_usd_h"] else None, "currency": "USD",
            "commit": r["source_commit"], "source": "skypilot-catalog",
        })  # fmt: skip
    return sorted(out, key=lambda e: e["id"])


def vendors():
    pue = {}
    for r in common.rows("energy/pue.csv"):
        low_high = pue.setdefault(r["provider"], [])
        low_high.append(float(r["pue"]))
    per_token = json.loads(common.raw("prices/llm_api_prices_litellm_subset.json").read_text(encoding="utf-8"))

    def batch(model, what):
        price = per_token.get(model, {}).get(f"{what}_cost_per_token_batches")
        return round(price * 1e6, 9) if price else None

    people, prices, seen = [], [], set()
    for upstream, (id_, name, zone, key) in VENDORS.items():
        values = pue.get(key, [])
        people.append({
            "id": id_, "name": name, "zone": zone, "pue": max(values) if values else None,
            "source": "ecologits" if key and key.endswith("_api") else ("pue-table" if key else "provider-sites"),
        })  # fmt: skip
    for r in common.rows("prices/llm_api_prices_usd_per_mtok.csv"):
        given = [float(r[c]) for c in r if c.endswith("_usd_per_mtok") and r[c]]
        if max(given) > ABSURD_USD_PER_MTOK:
            print(f"  {r['model']}: {max(given):g} USD per million tokens is absurd; refused")
            continue
        if r["provider"] not in VENDORS:
            continue
        embedding = r["mode"] == "embedding"
        if embedding and "embed" not in r["model"]:
            print(f"  {r['model']}: listed as embedding model without an output price; left out")
            continue
        vendor = VENDORS[r["provider"]][0]
        model = r["model"].removeprefix(r["provider"] + "/")
        if (vendor, model) in seen:
            continue
        seen.add((vendor, model))
        cached = float(r["cached_input_usd_per_mtok"] or 0)
        prices.append({
            "vendor": vendor, "model": model, "mode": r["mode"], "input": float(r["input_usd_per_mtok"]),
            "cached_input": cached or None, "output": None if embedding else float(r["output_usd_per_mtok"]),
            "batch_input": batch(r["model"], "input"), "batch_output": None if embedding else batch(r["model"], "output"),
            "currency": "USD", "context": int(r["max_input_tokens"]) if r["max_input_tokens"] else None,
            "date": "2026-08-06", "source": "litellm-prices",
        })  # fmt: skip
    return people, sorted(prices, key=lambda p: (p["vendor"], p["model"]))


# Open weights whose size is published with them: (vendor, its name for the model) -> 1e9 parameters.
OPEN_WEIGHTS = {("ovhcloud", "Llama-3.1-8B-Instruct"): 8.03}


def vendor_models():
    out = {}
    for (vendor, model), size in OPEN_WEIGHTS.items():
        out[vendor, model] = {
            "vendor": vendor, "model": model, "arch": "dense", "total_b": [size, size], "active_b": [size, size],
            "released": True, "source": "model-cards",
        }  # fmt: skip
    for r in common.rows("apis/ecologits_models.csv"):
        if r["provider"] not in ECOLOGITS:
            continue
        n = {c: float(r[c]) for c in r if c.endswith(("_min", "_max"))}
        key = (ECOLOGITS[r["provider"]], r["model"])
        out[key] = {
            "vendor": key[0], "model": key[1], "arch": r["arch"],
            "total_b": [n["total_params_b_min"], n["total_params_b_max"]],
            "active_b": [n["active_params_b_min"], n["active_params_b_max"]],
            "released": "model-arch-not-released" not in r["warnings"], "source": "ecologits",
        }  # fmt: skip
    return [out[k] for k in sorted(out)]


def main():
    common.write(
        "instances.yaml",
        "Written by data/tools/make_prices.py; do not edit. On demand, per machine and hour, without VAT.",
        {"instances": instances()},
    )
    people, prices = vendors()
    common.write(
        "vendors.yaml",
        "Written by data/tools/make_prices.py; do not edit.\n"
        "vendors: zone and PUE are assumptions (EcoLogits' where it has one); nobody publishes where a request ran.\n"
        "prices: per million tokens. No cached_input: cached tokens cost what fresh ones do. batch_*: answers within a day.",
        {"vendors": people, "prices": prices},
    )
    common.write(
        "vendor_models.yaml",
        "Written by data/tools/make_prices.py; do not edit.\n"
        "Parameters in 1e9, [min, max]; released: false = EcoLogits' guess about a secret (docs/accounting.md §5: sigma 0.8).",
        {"vendor_models": vendor_models()},
    )


if __name__ == "__main__":
    main()
