"""Gates of a language model while it reads a text.

Letters in shapes: T tokens, C gates of all layers.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from nlp_apps.blocks.cells.cell_registry import cells_with_gates
from nlp_apps.errors import UsageError
from nlp_apps.inference.text_generator import TextGenerator, token_texts
from nlp_apps.plots.report import Heatmap
from nlp_apps.text.normalize import normalize_document
from nlp_apps.text.special_ids import BOS


@dataclass(frozen=True)
class GateActivity:
    """Mean activation of gates at each token.

    Attributes:
        tokens: T tokens of the text.
        names: C names, for example "layer 1 forget".
        values: <float64>[T, C], from 0 (closed) to 1 (open): the mean over the units of a layer.
    """

    tokens: tuple[str, ...]
    names: tuple[str, ...]
    values: np.ndarray


def gate_activity(generator: TextGenerator, text: str) -> GateActivity:
    """Reads a text from its start and returns the mean activation of the gates at each token.

    Raises:
        UsageError: The cell of the model has no gates.
    """
    decoder = generator.model.decoder
    if not decoder.stack[0].cell.gate_names:
        raise UsageError(
            f'the model has no gates (model.cell = "{decoder.stack[0].cell_name}"). Omit --gates, '
            f"or train a model whose model.cell is one of {cells_with_gates()}."
        )

    @tf.function(autograph=False)
    def read(token: tf.Tensor, state: Any) -> tuple[Any, dict[str, tf.Tensor]]:
        state, layers = decoder.gates(token, state)
        return state, {
            f"layer {number} {name}": tf.reduce_mean(tf.cast(gate, tf.float32))
            for number, layer in enumerate(layers, start=1)
            for name, gate in layer.items()  # each gate <float>[1, 1, U]
        }

    (token_ids,) = generator.tokenizer.encode_documents([normalize_document(text)])
    state = tf.nest.map_structure(lambda value: value[:, None], decoder.get_initial_state(1))
    rows = []
    for token in [BOS, *token_ids]:
        state, row = read(tf.constant([[token]], tf.int32), state)
        rows.append([float(value) for value in row.values()])
    tokens = token_texts(generator.tokenizer, token_ids)
    return GateActivity(tuple(tokens), tuple(row), np.array(rows[1:], np.float64))


def heatmap(found: GateActivity) -> Heatmap:
    """Returns a heatmap with a row for each token; the scale spans the activations."""
    low = math.floor(float(found.values.min(initial=1.0)) * 20) / 20
    high = math.ceil(float(found.values.max(initial=0.0)) * 20) / 20
    return Heatmap(
        "Gates: 0 is closed, 1 is open",
        [token.strip(" ") or "\u2423" for token in found.tokens],
        found.names,
        found.values.tolist(),
        row_title="token \u2193",
        column_title="mean over the units of a layer \u2192",
        low=low,
        high=max(high, low + 0.05),
    )
