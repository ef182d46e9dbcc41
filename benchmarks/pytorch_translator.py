"""The translator of `nlp_apps.networks.translator` in PyTorch, written with its own layers.

Bidirectional LSTM encoder of two layers, LSTM decoder of two layers with multi-head attention after
the first, tied output, variational dropout. Letters in shapes: B batch, S source length, T target
length, D units, V vocabulary.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.translator_sizes import DROPOUT, EMBEDDING, HEADS, UNITS, VOCABULARY

BOS = 2

State = tuple[Tensor, Tensor]


class VariationalDropout(nn.Module):
    """Drops features, the same ones at every position: <float>[B, T, D] -> <float>[B, T, D]."""

    def forward(self, values: Tensor) -> Tensor:
        """Drops in training only."""
        if not self.training:
            return values
        keep = torch.rand(values.shape[0], 1, values.shape[2], device=values.device) >= DROPOUT
        return values * keep.to(values.dtype) / (1.0 - DROPOUT)


class Translator(nn.Module):
    """Encoder, bridge and decoder with attention."""

    def __init__(self) -> None:
        super().__init__()
        self.source = nn.Embedding(VOCABULARY, EMBEDDING)
        self.target = nn.Embedding(VOCABULARY, EMBEDDING)
        self.encoder = nn.ModuleList(
            nn.LSTM(width, UNITS // 2, batch_first=True, bidirectional=True)
            for width in (EMBEDDING, UNITS)
        )
        self.bridge = nn.Linear(UNITS, 4 * UNITS)
        self.decoder = nn.ModuleList(
            nn.LSTM(width, UNITS, batch_first=True) for width in (EMBEDDING, 2 * UNITS)
        )
        self.query, self.key, self.value, self.out = (
            nn.Linear(UNITS, UNITS, bias=False) for _ in range(4)
        )
        self.features = nn.Linear(2 * UNITS, EMBEDDING)
        self.output_bias = nn.Parameter(torch.zeros(VOCABULARY))
        self.drop = VariationalDropout()

    def forward(self, source: Tensor, target_in: Tensor) -> Tensor:
        """<int64>[B, S] and <int64>[B, T] -> logits <float>[B, T, V]."""
        memory = self._encode(source)
        logits, _ = self._decode(target_in, self._first_states(memory), self._prepare(memory))
        return logits

    def greedy(self, source: Tensor, length: int) -> Tensor:
        """Decodes the most probable token at every step: <int64>[B, S] -> <int64>[B, length]."""
        memory = self._encode(source)
        states, prepared = self._first_states(memory), self._prepare(memory)
        token = torch.full_like(source[:, :1], BOS)
        tokens = []
        for _ in range(length):
            logits, states = self._decode(token, states, prepared)
            token = logits.argmax(dim=-1)
            tokens.append(token)
        return torch.cat(tokens, dim=1)

    def _encode(self, source: Tensor) -> Tensor:
        memory = self.drop(self.source(source))
        for index, layer in enumerate(self.encoder):
            below = memory
            memory = layer(memory)[0]
            memory = self.drop(memory + below if index else memory)
        return memory

    def _first_states(self, memory: Tensor) -> list[State]:
        """Returns h and c of each layer, each <float>[1, B, D]."""
        parts = torch.tanh(self.bridge(memory.mean(dim=1)))[None].chunk(4, dim=-1)
        h_1, c_1, h_2, c_2 = (part.contiguous() for part in parts)
        return [(h_1, c_1), (h_2, c_2)]

    def _prepare(self, memory: Tensor) -> State:
        """Returns keys and values, each <float>[B, heads, S, D / heads]."""
        return _split_heads(self.key(memory)), _split_heads(self.value(memory))

    def _decode(
        self, target_in: Tensor, states: list[State], prepared: State
    ) -> tuple[Tensor, list[State]]:
        """Returns logits <float>[B, T, V] and the states after the last token."""
        first, state_1 = self.decoder[0](self.drop(self.target(target_in)), states[0])
        first = self.drop(first)
        context = functional.scaled_dot_product_attention(
            _split_heads(self.query(first)), *prepared
        )
        context = self.out(context.transpose(1, 2).flatten(-2))
        second, state_2 = self.decoder[1](torch.cat([first, context], dim=-1), states[1])
        second = self.drop(second + first)
        features = self.drop(self.features(torch.cat([second, context], dim=-1)))
        logits = functional.linear(features, self.target.weight, self.output_bias)
        return logits, [state_1, state_2]


def _split_heads(values: Tensor) -> Tensor:
    """<float>[B, T, D] -> <float>[B, heads, T, D / heads]."""
    return values.unflatten(-1, (HEADS, -1)).transpose(1, 2)
