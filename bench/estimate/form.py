"""The form, its old one, and the fit. Joules per output token, GPUs only, on H100 SXM.

src/energy/unknown_model.cc computes the same; its constants are the ones that this program fits (a test compares them).
"""
import math

# Shapes of models from their size: shapes.py derives them from the catalog, and `run` says where they differ.
LAYERS = (17.7, 0.24, 0.08)  # layers = 17.7 active^0.24 total^0.08
KV_GB = (82e-6, 0.30)  # GB per token of context = 82e-6 active^0.30, at 16 bits
# Of a mixture of experts: share of the experts that one token uses, times total / active. The rest of the active
# parameters is attention and what every token uses.
EXPERTS = 0.60

# What the rows are like, for a caller who says nothing: chat.
CONTEXT, PROMPT = 600, 0.2  # tokens in context while generating; prompt tokens per token generated

# name: (expected, sigma of ln). The expectations are from the card's data sheet and from how engines work, not from the
# rows; the fit may leave them as far as the rows ask for. The first six are the form, the others bridge to rows of
# another card or an older engine and are not used afterwards.
PRIORS = {
    # 490 W (0.7 TDP) over 75 % of 3.35 TB/s
    "byte": (0.195, 0.2),  # J per GB read from memory
    # ten kernels of 8 us, at 300 W
    "launch": (0.024, 0.4),  # J per layer, GPU and step
    # small operations of each token in each layer, and the exchange between GPUs: not known beforehand
    "token": (0.0006, 0.8),  # J per layer, GPU and token
    # 2 FLOP, 60 % of 989 TFLOPS, 650 W
    "flop": (0.0022, 0.4),  # J per token generated and 1e9 active parameters
    "prefill": (0.0022, 0.4),  # J per prompt token and 1e9 active parameters
    # small matrices reach 60 % of the bandwidth where large ones reach 75 %, and the GPU with the busiest experts is waited for
    "experts": (1.2, 0.2),  # times "byte" for the weights of experts
    "chat_prompt": (150, 0.4), "code_prompt": (1800, 0.4), "old_code_prompt": (150, 0.4),  # tokens; the tables have none
    "hybrid_context": (0.3, 0.5),  # share of the layers' context memory that a Mamba hybrid has
    "b200_byte": (1.0, 0.3), "b200_launch": (1.0, 0.3), "b200_token": (1.0, 0.3), "b200_flop": (0.6, 0.3),
    "old_factor": (1.2, 0.3), "old_step": (2.0, 0.7), "old_token": (0.02, 0.7),  # vLLM 0.5.4: slower between the steps
}  # fmt: skip
NAMES = list(PRIORS)
FORM = NAMES[:6]
HYBRID, B200, OLD = (NAMES.index(n) for n in ("hybrid_context", "b200_byte", "old_factor"))
WEIGHT_OF_PRIOR, HUBER = 0.3, 0.1


def old_form(row):
    return math.exp(-1.141 + 0.202 * math.log(row.active) - 0.526 * math.log(row.batch) + 0.469 * math.log(row.gpus)
                    + 0.405 * math.log(row.total * row.bits / 8))  # fmt: skip


def is_8_bit_mixture(row):
    """Measured ones behave in two ways that no size tells apart (docs/estimates.md): judged, but not fitted on."""
    return row.active < row.total and 7 < row.bits < 9


def features(row, batch, context, prompt):
    """What each constant of the form is multiplied with; the prefill's per prompt token of one output token."""
    share = min(1.0, EXPERTS * row.active / row.total)
    dense = max(0.0, (row.active - share * row.total) / (1 - share))
    experts = (row.total - dense) * (1 - (1 - share) ** batch)
    if row.active == row.total:
        dense, experts = row.total, 0
    gb = row.bits / 8
    layers = LAYERS[0] * row.active ** LAYERS[1] * row.total ** LAYERS[2] * row.gpus
    kv = KV_GB[0] * row.active ** KV_GB[1] * context
    return dense * gb / batch, experts * gb / batch, kv, layers / batch, layers, row.active, row.active * prompt


def estimate(constants, row, batch=None, context=CONTEXT, prompt=PROMPT):
    """constants: those of FORM. What a user would get who tells parameters, bits, GPUs and batch."""
    dense, experts, kv, step, layers, flop, prefill = features(row, batch or row.batch, context, prompt)
    byte, launch, token, c_flop, c_prefill, c_experts = constants
    return byte * (dense + c_experts * experts + kv) + launch * step + token * layers + c_flop * flop + c_prefill * prefill


# Of ln, from what was left out; 90 % of it lies within exp(-+1.645 sigma).
SIGMA = 0.19
SIGMA_8_BIT_MIXTURE = 0.50
OUTSIDE = 1.5  # times sigma, where no row is near


def sigma(row):
    value = SIGMA_8_BIT_MIXTURE if is_8_bit_mixture(row) else SIGMA
    inside = (8 <= row.batch <= 2048 and row.gpus <= 8 and 2.5 <= row.active and row.total <= 500 and row.bits <= 16
              and row.bits >= (8 if row.active == row.total else 4))  # fmt: skip
    return value if inside else value * OUTSIDE


class Fit:
    """Least squares on ln joules with a Huber loss, and the priors; Levenberg-Marquardt on the logs of the constants."""

    def __init__(self, rows):
        rows = [r for r in rows if not is_8_bit_mixture(r)]
        counts = {}
        for r in rows:
            counts[self.group(r)] = counts.get(self.group(r), 0) + 1
        weights = [counts[self.group(r)] ** -0.25 for r in rows]  # a model with many rows says little new with each
        mean = sum(weights) / len(weights)
        self.rows = [(self.known(r), math.log(r.joules), w / mean * (0.6 if r.gpu == "B200" else 1)) for r, w in zip(rows, weights)]
        self.logs = [math.log(PRIORS[n][0]) for n in NAMES]
        self.solve()

    @staticmethod
    def group(row):
        return row.model, row.generation, row.gpu

    @staticmethod
    def known(row):
        dense, experts, kv, step, layers, flop, _ = features(row, row.running, 1, 0)
        prompt = "chat_prompt" if row.task != "code" else "code_prompt" if row.generation == "v3" else "old_code_prompt"
        return (row.gpu == "B200", row.generation == "v2", row.kind == "hybrid", NAMES.index(prompt), row.out,
                row.gpus**0.5, row.running, dense, experts, kv, step, layers, flop)  # fmt: skip

    @staticmethod
    def predict(c, row):
        b200, old, hybrid, prompt, out, root, running, dense, experts, kv, step, layers, flop = row
        tokens = c[prompt]
        kv *= (tokens + out / 2) * (c[HYBRID] if hybrid else 1)
        parts = [c[0] * (dense + c[5] * experts + kv), c[1] * step, c[2] * layers, c[3] * flop + c[4] * flop * tokens / out]
        joules = sum(p * c[B200 + i] for i, p in enumerate(parts)) if b200 else sum(parts)
        return joules * c[OLD] + (c[OLD + 1] / running + c[OLD + 2]) * root if old else joules

    def residuals(self, logs):
        c = [math.exp(x) for x in logs]
        return [math.log(self.predict(c, r)) - ln for r, ln, _ in self.rows]

    def cost(self, logs, found):
        robust = sum(w * w * 2 * HUBER**2 * (math.sqrt(1 + (x / HUBER) ** 2) - 1) for x, (_, _, w) in zip(found, self.rows))
        return robust + sum((WEIGHT_OF_PRIOR * (x - math.log(PRIORS[n][0])) / PRIORS[n][1]) ** 2 for x, n in zip(logs, NAMES))

    def solve(self):
        n, damping = len(NAMES), 1e-3
        found = self.residuals(self.logs)
        cost = self.cost(self.logs, found)
        for _ in range(60):
            columns = []
            for i in range(n):
                moved = list(self.logs)
                moved[i] += 1e-4
                columns.append([(a - b) / 1e-4 for a, b in zip(self.residuals(moved), found)])
            weights = [w * w / math.sqrt(1 + (x / HUBER) ** 2) for x, (_, _, w) in zip(found, self.rows)]
            normal = [[sum(w * a * b for w, a, b in zip(weights, columns[i], columns[j])) for j in range(n)] for i in range(n)]
            gradient = [-sum(w * a * x for w, a, x in zip(weights, columns[i], found)) for i in range(n)]
            for i, name in enumerate(NAMES):
                pull = (WEIGHT_OF_PRIOR / PRIORS[name][1]) ** 2
                normal[i][i] += pull
                gradient[i] -= pull * (self.logs[i] - math.log(PRIORS[name][0]))
            while damping < 1e9:
                step = solve([[v + (damping * v if i == j else 0) for j, v in enumerate(line)] for i, line in enumerate(normal)], gradient)
                tried = [x + s for x, s in zip(self.logs, step)]
                new = self.residuals(tried)
                if (better := self.cost(tried, new)) < cost:
                    break
                damping *= 4
            else:
                return
            done = cost - better < 1e-9 * cost
            self.logs, found, cost, damping = tried, new, better, damping / 6
            if done:
                return

    @property
    def constants(self):
        return [math.exp(x) for x in self.logs]

    @property
    def form(self):
        return self.constants[: len(FORM)]


def solve(matrix, right):
    """Gauss with pivots."""
    m = [list(line) + [r] for line, r in zip(matrix, right)]
    n = len(m)
    for i in range(n):
        pivot = max(range(i, n), key=lambda k: abs(m[k][i]))
        m[i], m[pivot] = m[pivot], m[i]
        for k in range(i + 1, n):
            f = m[k][i] / m[i][i]
            for j in range(i, n + 1):
                m[k][j] -= f * m[i][j]
    x = [0.0] * n
    for i in reversed(range(n)):
        x[i] = (m[i][n] - sum(m[i][j] * x[j] for j in range(i + 1, n))) / m[i][i]
    return x
