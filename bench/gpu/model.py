"""A model of Llama 3.1's shape with random weights, in plain PyTorch. Needs torch; nothing else here imports it.

The joules of a multiplication depend a little on its operands (zeros draw less): weights and activations are drawn from a
normal distribution, as trained ones nearly are. What the tokens are does not matter.
"""
import dataclasses
import math

import torch
import torch.nn.functional as F


@dataclasses.dataclass(frozen=True)
class Shape:
    layers: int = 32
    hidden: int = 4096
    heads: int = 32
    kv_heads: int = 8
    head: int = 128
    inner: int = 14336
    vocabulary: int = 128256

    @property
    def parameters(self):
        attention = self.hidden * self.head * 2 * (self.heads + self.kv_heads)
        return self.layers * (attention + 3 * self.hidden * self.inner + 2 * self.hidden) + 2 * self.vocabulary * self.hidden + self.hidden

    def kv_bytes(self, bytes_per_value=2):
        """Of one token of context."""
        return 2 * self.layers * self.kv_heads * self.head * bytes_per_value


LLAMA_8B = Shape()


class Model:
    def __init__(self, shape, device, dtype, longest):
        self.shape, self.device, self.dtype = shape, device, dtype
        torch.manual_seed(1)
        s = shape
        weight = lambda rows, columns: torch.randn(rows, columns, device=device, dtype=dtype).mul_(1 / math.sqrt(columns))
        ones = lambda: torch.ones(s.hidden, device=device, dtype=dtype)
        self.embedding, self.output, self.norm = weight(s.vocabulary, s.hidden), weight(s.vocabulary, s.hidden), ones()
        self.layers = [{"qkv": weight((s.heads + 2 * s.kv_heads) * s.head, s.hidden), "out": weight(s.hidden, s.heads * s.head),
                        "gate_up": weight(2 * s.inner, s.hidden), "down": weight(s.hidden, s.inner),
                        "norm1": ones(), "norm2": ones()} for _ in range(s.layers)]  # fmt: skip
        angle = torch.outer(torch.arange(longest, dtype=torch.float32), 500_000.0 ** (-torch.arange(0, s.head, 2, dtype=torch.float32) / s.head))
        self.cos, self.sin = (torch.cat([f(angle)] * 2, -1).to(device, dtype) for f in (torch.cos, torch.sin))

    def normed(self, x, weight):
        return F.rms_norm(x, (self.shape.hidden,), weight, 1e-5)

    @staticmethod
    def turned(x, cos, sin):
        a, b = x.chunk(2, -1)
        return x * cos + torch.cat((-b, a), -1) * sin

    def heads_of(self, layer, x, begin):
        """[batch, heads, tokens, head] of query, key and value, turned to their positions from `begin` on."""
        s = self.shape
        batch, tokens, _ = x.shape
        q, k, v = F.linear(x, layer["qkv"]).view(batch, tokens, -1, s.head).transpose(1, 2).split((s.heads, s.kv_heads, s.kv_heads), 1)
        cos, sin = self.cos[begin : begin + tokens], self.sin[begin : begin + tokens]
        return self.turned(q, cos, sin), self.turned(k, cos, sin), v

    def mixed(self, layer, x, attention):
        s = self.shape
        x = x + F.linear(attention.transpose(1, 2).reshape(x.shape[0], x.shape[1], s.heads * s.head), layer["out"])
        gate, up = F.linear(self.normed(x, layer["norm2"]), layer["gate_up"]).chunk(2, -1)
        return x + F.linear(F.silu(gate) * up, layer["down"])

    def cache(self, batch, context):
        s = self.shape
        like = lambda: torch.randn(batch, s.kv_heads, context, s.head, device=self.device, dtype=self.dtype)
        return [(like(), like()) for _ in range(s.layers)]

    def prefill(self, tokens, cache=None):
        """Logits of the last of [batch, tokens]; keys and values go into the cache, which may be longer."""
        s = self.shape
        x = F.embedding(tokens, self.embedding)
        for i, layer in enumerate(self.layers):
            q, k, v = self.heads_of(layer, self.normed(x, layer["norm1"]), 0)
            if cache is not None:
                cache[i][0][:, :, : k.shape[2]].copy_(k)
                cache[i][1][:, :, : v.shape[2]].copy_(v)
            repeat = s.heads // s.kv_heads
            attention = F.scaled_dot_product_attention(q, k.repeat_interleave(repeat, 1), v.repeat_interleave(repeat, 1), is_causal=True)
            x = self.mixed(layer, x, attention)
        return F.linear(self.normed(x[:, -1], self.norm), self.output)

    def decode(self, tokens, cache, position):
        """Logits of [batch] tokens at this position, which is the cache's last; attention reads all of it."""
        s = self.shape
        x = F.embedding(tokens, self.embedding).unsqueeze(1)
        for layer, (keys, values) in zip(self.layers, cache):
            q, k, v = self.heads_of(layer, self.normed(x, layer["norm1"]), position)
            keys[:, :, position : position + 1].copy_(k)
            values[:, :, position : position + 1].copy_(v)
            # The queries that share a key stand where a prompt's tokens would: nothing is repeated, nothing masked.
            grouped = q.reshape(q.shape[0], s.kv_heads, s.heads // s.kv_heads, s.head)
            attention = F.scaled_dot_product_attention(grouped, keys, values)
            x = self.mixed(layer, x, attention.reshape(q.shape[0], s.heads, 1, s.head))
        return F.linear(self.normed(x[:, 0], self.norm), self.output)


def decode_step(model, batch, context):
    """A function that makes one step: each of `batch` requests, with `context` tokens in its cache, gets its next token."""
    cache, tokens = model.cache(batch, context), torch.randint(model.shape.vocabulary, (batch,), device=model.device)

    @torch.inference_mode()
    def step():
        tokens.copy_(model.decode(tokens, cache, context - 1).argmax(-1))

    if model.device.type != "cuda":
        return step
    # As engines do it: the step's some hundred kernels are recorded once and started together.
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()

    def replay(_=step):  # step owns the cache and the tokens to which the recording points
        graph.replay()

    return replay


def prefill_step(model, batch, prompt):
    """A function that computes `batch` prompts of `prompt` tokens."""
    tokens = torch.randint(model.shape.vocabulary, (batch, prompt), device=model.device)

    @torch.inference_mode()
    def step():
        model.prefill(tokens)

    return step
