"""What a model of a given size looks like inside, from the models of the catalog (data/models.yaml): no joule is in it."""
import math
import re

from form import solve


def read(path):
    """One dictionary of numbers per distinct shape."""
    shapes = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("  - {"):
            row = {key: float(value) for key, value in re.findall(r"(\w+): (-?[\d.]+)[,} ]", line)}
            if "hybrid" not in line:  # its layers and its context memory are of another kind
                shapes[row["total_b"], row["layers"], row["kv_bytes"]] = row
    return list(shapes.values())


def regression(columns, right):
    """Coefficients, and the standard deviation of what is left."""
    normal = [[sum(a * b for a, b in zip(x, y)) for y in columns] for x in columns]
    found = solve(normal, [sum(a * b for a, b in zip(x, right)) for x in columns])
    rest = [y - sum(c * v for c, v in zip(found, line)) for y, line in zip(right, zip(*columns))]
    return found, math.sqrt(sum(v * v for v in rest) / len(rest))


def derive(shapes):
    """{what: (constants, sigma of ln, number of shapes)}"""
    ln = lambda key, rows=shapes: [math.log(r[key]) for r in rows]
    ones = [1.0] * len(shapes)
    layers, layers_sigma = regression([ones, ln("active_b"), ln("total_b")], ln("layers"))
    kv, kv_sigma = regression([ones, ln("active_b")], ln("kv_bytes"))
    mixtures = [r for r in shapes if "experts" in r]
    shares = [math.log(r["active_experts"] / r["experts"] / (r["active_b"] / r["total_b"])) for r in mixtures]
    share = sum(shares) / len(shares)
    share_sigma = math.sqrt(sum((s - share) ** 2 for s in shares) / len(shares))
    return {"layers": ((math.exp(layers[0]), layers[1], layers[2]), layers_sigma, len(shapes)),
            "context memory, bytes per token": ((math.exp(kv[0]), kv[1]), kv_sigma, len(shapes)),
            "share of experts that a token uses, times total / active": ((math.exp(share),), share_sigma, len(mixtures))}  # fmt: skip
