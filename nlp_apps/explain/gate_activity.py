"""What the gates of a language model do while it reads a text.

Letters in shapes: T tokens, C gates of all layers.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from nlp_apps.blocks.gates import GATED
from nlp_apps.errors import UsageError
from nlp_apps.inference.text_generator import TextGenerator, show_tokens
from nlp_apps.plots.report import Heatmap
from nlp_apps.text.special_ids import BOS


@dataclass(frozen=True)
class OpenGates:
    """How far gates were open.

    Attributes:
        tokens: T, of the text, as they stand in it.
        names: C, for instance "layer 1 forget".
        values: <float64>[T, C], from 0 to 1: the mean over a layer's units at the token's step.
    """

    tokens: tuple[str, ...]
    names: tuple[str, ...]
    values: np.ndarray


def open_gates(writer: TextGenerator, text: str) -> OpenGates:
    """Reads a text from its start and says how far the gates were open at each token.

    Raises:
        UsageError: the model's cell has no gates.
    """
    decoder = writer.model.decoder
    if decoder.stack[0].cell not in GATED:
        raise UsageError(
            'this model has no gates to show (model.cell = "rnn"). Leave --gates out, or train one '
            'with model.cell = "lstm", "peephole", "cifg" or "gru".'
        )

    @tf.function(autograph=False)
    def read(token: tf.Tensor, state: Any) -> tuple[Any, dict[str, tf.Tensor]]:
        state, layers = decoder.gates(token, state)
        return state, {
            f"layer {number} {name}": tf.reduce_mean(tf.cast(gate, tf.float32))
            for number, layer in enumerate(layers, start=1)
            for name, gate in layer.items()  # each gate <float>[1, 1, U]
        }

    (token_ids,) = writer.tokenizer.encode_documents([text])
    state = tf.nest.map_structure(lambda value: value[:, None], writer.model.initial_state(1))
    rows = []
    for token in [BOS, *token_ids]:
        state, row = read(tf.constant([[token]], tf.int32), state)
        rows.append([float(value) for value in row.values()])
    tokens = show_tokens(writer.tokenizer, token_ids)
    return OpenGates(tuple(tokens), tuple(row), np.array(rows[1:], np.float64))


def heatmap(found: OpenGates) -> Heatmap:
    """A row for each token; the colours go from the most closed to the most open."""
    low = math.floor(float(found.values.min(initial=1.0)) * 20) / 20
    high = math.ceil(float(found.values.max(initial=0.0)) * 20) / 20
    return Heatmap(
        "Gates: 0 closed, 1 open",
        [token.strip(" ") or "\u2423" for token in found.tokens],
        found.names,
        found.values.tolist(),
        row_name="token \u2193",
        column_name="mean over the units of a layer \u2192",
        low=low,
        high=max(high, low + 0.05),
    )
