#!/usr/bin/env python3
"""data/gpus.yaml: accelerators (datasheets, measured idle power, embodied carbon) and servers."""

import common

ALIASES = {
    "H100-SXM5-80GB": ["H100", "H100-SXM", "NVIDIA H100 80GB HBM3"],
    "H100-PCIe-80GB": ["H100-PCIe", "NVIDIA H100 PCIe"],
    "H100-NVL-94GB": ["H100-NVL", "NVIDIA H100 NVL"],
    "H200-SXM-141GB": ["H200", "H200-SXM", "NVIDIA H200"],
    "B200-SXM-180GB": ["B200", "NVIDIA B200"],
    "A100-SXM4-80GB": ["A100", "A100-80GB", "A100-80GB-SXM", "NVIDIA A100-SXM4-80GB"],
    "A100-SXM4-40GB": ["A100-40GB", "A100-40GB-SXM", "NVIDIA A100-SXM4-40GB"],
    "A100-PCIe-80GB": ["A100-80GB-PCIe", "NVIDIA A100 80GB PCIe"],
    "L40S": ["NVIDIA L40S"],
    "L4": ["NVIDIA L4"],
    "RTX-4090": ["4090", "NVIDIA GeForce RTX 4090"],
    "RTX-6000-Ada": ["NVIDIA RTX 6000 Ada Generation"],
    "RTX-3090": ["3090", "NVIDIA GeForce RTX 3090"],
    "A10": ["NVIDIA A10"],
    "T4": ["Tesla T4", "NVIDIA T4"],
    "MI300X": ["AMD Instinct MI300X"],
}  # fmt: skip

# Not in the table: HBM cards get the table's own step between the 40 GB and the 80 GB A100 (48 kg / 40 GB) on the mid
# value of the nearest card, and Boavizta's 2.85 kg/GB on the high one.
EMBODIED = {
    "H200-SXM-141GB": (164, round(164 + 61 * 1.2), round(370 + 61 * 2.85)),
    "MI300X": (202, round(202 + 152 * 1.2), round(318 + 152 * 2.85)),
}
HIGH = {"B200-SXM-180GB": round(286 * 370 / 164)}  # the H100's ratio of high to mid


def main():
    table = common.rows("energy/gpu_specs.csv")
    # Idle power where nobody measured: the mean measured share of TDP among cards with the same kind of memory.
    share = {}
    for hbm in (True, False):
        known = [float(r["idle_w_measured"]) / float(r["tdp_w"]) for r in table
                 if r["idle_w_measured"] and r["mem_type"].startswith("HBM") == hbm]  # fmt: skip
        share[hbm] = sum(known) / len(known)

    gpus = []
    for r in table:
        tdp, hbm = float(r["tdp_w"]), r["mem_type"].startswith("HBM")
        measured = r["idle_w_measured"]
        embodied = EMBODIED.get(r["gpu"])
        quality = "derived" if embodied else r["embodied_quality"]
        if not embodied:
            low, mid, high = (r[f"embodied_kgco2e_{x}"] for x in ("low", "mid", "high"))
            embodied = (float(low), float(mid), float(high or HIGH[r["gpu"]]))
        gpus.append({
            "id": r["gpu"], "aliases": ALIASES[r["gpu"]], "arch": r["arch"], "memory_gb": float(r["mem_gb"]),
            "memory": r["mem_type"], "bandwidth_gb_s": float(r["mem_bw_gb_s"]),
            "fp16_tflops": float(r["fp16_dense_tflops"]), "tdp_w": tdp,
            "idle_w": float(measured) if measured else round(share[hbm] * tdp, 1),
            "idle_method": "measured" if measured else "derived",
            "idle_source": "idle-measurements",
            "embodied_kg": {"low": embodied[0], "mid": embodied[1], "high": embodied[2]},
            "embodied_method": quality, "embodied_source": "embodied-table", "source": "gpu-datasheets",
        })  # fmt: skip

    servers = []
    for r in common.rows("energy/embodied_servers.csv"):
        if not r["gwp_kgco2e"]:
            continue
        for key, gpus_n, watts in (("8-GPU class", 8, 1200), ("workstation", 1, 150)):
            if key in r["item"]:
                servers.append({
                    "id": "server-8gpu" if gpus_n == 8 else "workstation-1gpu", "name": r["item"], "gpus": gpus_n,
                    "host_w": watts, "embodied_kg": float(r["gwp_kgco2e"]),
                    "life_years": float(r["lifetime_default_years"]), "source": "embodied-table",
                })  # fmt: skip
    common.write(
        "gpus.yaml",
        "Written by data/tools/make_gpus.py; do not edit.\n"
        "fp16_tflops: dense, FP32 accumulate. embodied_kg: kg CO2e of one card.\n"
        f"idle_w: driver loaded, no work; `derived` = {share[True]:.3f} of TDP (HBM cards) or {share[False]:.3f} (GDDR),\n"
        "the mean of the measured ones. A meter's own idle replaces it (docs/accounting.md §2).\n"
        "servers: without GPUs; host_w is what the rest of the server draws.",
        {"gpus": gpus, "servers": servers},
    )


if __name__ == "__main__":
    main()
