"""The measured rows, one form for both generations of the benchmark.

`batch` is the engine's limit of running requests (what a user sets, and passes to `trine estimate`); the mean of running
requests is a little below it where the memory for context was full.
"""
import csv
import dataclasses

V3, V2 = "mlenergy_v3_h100_b200_llm.csv", "mlenergy_v2_a100_h100_llm.csv"
TASKS = {"lm-arena-chat": "chat", "gpqa": "reasoning", "sourcegraph-fim": "code", "chat": "chat", "code": "code"}
KINDS = {"Dense Transformer": "dense", "MoE": "MoE", "Mamba-Transformer Hybrid": "hybrid"}
BITS = {"bfloat16": 16, "fp8": 8, "mxfp4": 4}
FAMILIES = {"llama": "Llama", "qwen": "Qwen", "gemma": "Gemma", "gpt-oss": "gpt-oss", "deepseek": "DeepSeek",
            "nemotron": "Nemotron", "phi": "Phi", "mixtral": "Mistral", "mistral": "Mistral", "starcoder": "StarCoder"}  # fmt: skip
# v2 gives no sizes: total and active parameters in 1e9, by the model cards.
SIZES = {"gemma-2-27b-it": (27.2, 27.2), "gemma-2-2b-it": (2.6, 2.6), "gemma-2-9b-it": (9.2, 9.2),
         "Meta-Llama-3.1-405B-Instruct": (405, 405), "Meta-Llama-3.1-70B-Instruct": (70.6, 70.6),
         "Meta-Llama-3.1-8B-Instruct": (8, 8), "Phi-3-medium-4k-instruct": (14, 14), "Phi-3-mini-4k-instruct": (3.8, 3.8),
         "Phi-3-small-8k-instruct": (7.4, 7.4), "Mistral-7B-Instruct-v0.3": (7.25, 7.25),
         "Mistral-Large-Instruct-2407": (123, 123), "Mistral-Nemo-Instruct-2407": (12.2, 12.2),
         "Mixtral-8x22B-Instruct-v0.1": (141, 39), "Mixtral-8x7B-Instruct-v0.1": (46.7, 12.9), "starcoder2-15b": (15, 15),
         "starcoder2-3b": (3, 3), "starcoder2-7b": (7, 7), "CodeLlama-13b-hf": (13, 13), "CodeLlama-34b-hf": (34, 34),
         "CodeLlama-70b-hf": (70, 70), "CodeLlama-7b-hf": (7, 7), "codegemma-1.1-2b": (2.5, 2.5), "codegemma-7b": (8.5, 8.5)}  # fmt: skip
# One set of weights sold under several names, for leaving a model out.
SUFFIXES = ("-FP8", "-Thinking-2507", "-Instruct-2507", "-Instruct", "-it", "-hf")


@dataclasses.dataclass
class Row:
    generation: str  # v3 or v2
    gpu: str  # H100 or B200
    task: str  # chat, reasoning, code
    model: str
    family: str
    kind: str  # dense, MoE, hybrid
    total: float  # parameters, 1e9
    active: float
    bits: float
    gpus: int
    batch: float
    running: float  # mean
    out: float  # tokens generated per request
    joules: float  # per output token, all GPUs
    watts: float  # of one GPU

    @property
    def judged(self):
        return self.generation == "v3" and self.gpu == "H100"


def family_of(name):
    return next(family for word, family in FAMILIES.items() if word in name.lower())


def model_of(name):
    name = name.split("/")[1].replace("Meta-", "").replace("Coder-", "")
    for suffix in SUFFIXES * 2:
        name = name.removesuffix(suffix)
    return name


def read(folder):
    rows = []
    for r in csv.DictReader((folder / V3).open(encoding="utf-8")):
        if int(r["dp"]) > 1:  # replicas beside each other: another case, five times the joules
            continue
        gpus = int(r["num_gpus"])
        rows.append(Row("v3", r["gpu_model"], TASKS[r["task"]], model_of(r["model_id"]), family_of(r["model_id"]),
                        KINDS[r["architecture"]], float(r["total_params_b"]), float(r["active_params_b"]),
                        BITS[r["weight_precision"]], gpus, float(r["max_num_seqs"]), float(r["avg_batch_size"]),
                        float(r["avg_output_len"]), float(r["energy_per_token_j"]), float(r["avg_power_w_total"]) / gpus))  # fmt: skip
    for r in csv.DictReader((folder / V2).open(encoding="utf-8")):
        if "H100" not in r["gpu"]:
            continue
        total, active = SIZES[r["model"].split("/")[1]]
        gpus = int(r["tp"]) * int(r["pp"])
        rows.append(Row("v2", "H100", TASKS[r["task"]], model_of(r["model"]), family_of(r["model"]),
                        "MoE" if active < total else "dense", total, active, 16, gpus, float(r["max_bs"]),
                        float(r["avg_bs"]), float(r["avg_output_tokens"]), float(r["energy_per_output_token_j"]),
                        float(r["avg_power_w_total"]) / gpus))  # fmt: skip
    return rows
