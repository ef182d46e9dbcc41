"""Speed of the same training step in PyTorch, for `training_step.py`.

The Multi30k translator: bidirectional encoder of two layers, LSTM decoder of two layers with
multi-head attention after the first, tied output, variational dropout, label smoothing, clipping,
Adam. It needs PyTorch, not TensorFlow; `training_step.py --pytorch PYTHON` runs it.
"""

import argparse
from contextlib import nullcontext

import torch
from step_worker import run_steps
from torch import Tensor, nn
from torch.nn import functional

VOCABULARY, EMBEDDING, UNITS, HEADS, DROPOUT = 5000, 192, 384, 4, 0.25


def drop(values: Tensor) -> Tensor:
    """Drops features, the same ones at every position: <float>[B, T, D] -> <float>[B, T, D]."""
    keep = torch.rand(values.shape[0], 1, values.shape[2], device=values.device) >= DROPOUT
    return values * keep.to(values.dtype) / (1.0 - DROPOUT)


class Translator(nn.Module):
    """Encoder, bridge and decoder with attention, as `nlp_apps.networks.translator`."""

    def __init__(self) -> None:
        super().__init__()
        self.source = nn.Embedding(VOCABULARY, EMBEDDING)
        self.target = nn.Embedding(VOCABULARY, EMBEDDING)
        widths = [EMBEDDING, UNITS]
        self.encoder = nn.ModuleList(
            nn.LSTM(width, UNITS // 2, batch_first=True, bidirectional=True) for width in widths
        )
        self.bridge = nn.Linear(UNITS, 4 * UNITS)
        self.decoder = nn.ModuleList(
            nn.LSTM(width, UNITS, batch_first=True) for width in (EMBEDDING, 2 * UNITS)
        )
        self.projections = nn.ModuleDict(
            {name: nn.Linear(UNITS, UNITS, bias=False) for name in ("query", "key", "value", "out")}
        )
        self.features = nn.Linear(2 * UNITS, EMBEDDING)
        self.output_bias = nn.Parameter(torch.zeros(VOCABULARY))

    def forward(self, source: Tensor, target_in: Tensor) -> Tensor:
        """<int64>[B, S] and <int64>[B, T] -> logits <float>[B, T, V]."""
        memory = drop(self.source(source))
        for index, layer in enumerate(self.encoder):
            below = memory
            memory = layer(memory)[0]
            memory = drop(memory + below if index else memory)
        states = torch.tanh(self.bridge(memory.mean(dim=1))).chunk(4, dim=-1)
        first = drop(self.target(target_in))
        first = drop(self.decoder[0](first, self._state(states[:2]))[0])
        context = self._attend(first, memory)
        second, _ = self.decoder[1](torch.cat([first, context], dim=-1), self._state(states[2:]))
        second = drop(second + first)
        features = drop(self.features(torch.cat([second, context], dim=-1)))
        return functional.linear(features, self.target.weight, self.output_bias)

    def _attend(self, query: Tensor, memory: Tensor) -> Tensor:
        def heads(values: Tensor) -> Tensor:
            return values.unflatten(-1, (HEADS, -1)).transpose(1, 2)

        context = functional.scaled_dot_product_attention(
            heads(self.projections["query"](query)),
            heads(self.projections["key"](memory)),
            heads(self.projections["value"](memory)),
        )
        return self.projections["out"](context.transpose(1, 2).flatten(-2))

    @staticmethod
    def _state(parts: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        h, c = (part[None].contiguous() for part in parts)
        return h, c


def main() -> None:
    """Runs steps on random tokens on request."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=83)
    parser.add_argument("--length", type=int, default=18)
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--compile", action="store_true")
    arguments = parser.parse_args()

    torch.manual_seed(1)
    model = Translator()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    run = torch.compile(model) if arguments.compile else model
    shape = (arguments.batch, arguments.length)
    source, target_in, target = (torch.randint(4, VOCABULARY, shape) for _ in range(3))
    mixed = torch.autocast("cpu", torch.bfloat16)

    def step() -> float:
        optimizer.zero_grad(set_to_none=True)
        with mixed if arguments.precision == "bfloat16" else nullcontext():
            logits = run(source, target_in)
            loss = functional.cross_entropy(
                logits.flatten(0, 1), target.flatten(), label_smoothing=0.1
            )
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return float(loss.detach())

    run_steps(step)


if __name__ == "__main__":
    main()
