"""The gates of the cells while they take a step, for looking at; training never computes them here.

Letters in shapes: B batch, U units, G gates a cell computes at once.
"""

from collections.abc import Callable, Sequence

import tensorflow as tf

from nlp_apps.blocks.cells import CIFG, GRU, LSTM, Cell, Peephole, State

Gates = dict[str, tf.Tensor]
"""Each gate by its name, <float>[..., U], from 0 (closed) to 1 (open)."""


def gates(
    cell: type[Cell],
    projected: tf.Tensor,
    recurrent: tf.Tensor,
    state: State,
    after: State,
    parameters: Sequence[tf.Tensor],
) -> Gates:
    """What the gates were when a cell went from one state to the next.

    Args:
        cell: one of `GATED`.
        projected: <float>[..., G*U], the input's share of every gate, bias included.
        recurrent: <float>[..., G*U], the last output's share of every gate.
        state: the last state, each <float>[..., U].
        after: the new state, as `cell.advance` gives it.
        parameters: the cell's further weights.

    Raises:
        ValueError: the cell has no gates.
    """
    if cell not in GATED:
        raise ValueError(f"a cell with gates is needed; got {cell.__name__}")
    return GATED[cell](projected, recurrent, state, after, parameters)


def _lstm(
    projected: tf.Tensor,
    recurrent: tf.Tensor,
    state: State,
    after: State,
    parameters: Sequence[tf.Tensor],
) -> Gates:
    """i, f, o = sigmoid(W x + R h + b)."""
    i, f, _, o = tf.split(projected + recurrent, 4, axis=-1)
    return {"input": tf.sigmoid(i), "forget": tf.sigmoid(f), "output": tf.sigmoid(o)}


def _peephole(
    projected: tf.Tensor,
    recurrent: tf.Tensor,
    state: State,
    after: State,
    parameters: Sequence[tf.Tensor],
) -> Gates:
    """As `_lstm`, but i and f see the old cell state and o the new."""
    peep_i, peep_f, peep_o = parameters
    i, f, _, o = tf.split(projected + recurrent, 4, axis=-1)
    return {
        "input": tf.sigmoid(i + peep_i * state[1]),
        "forget": tf.sigmoid(f + peep_f * state[1]),
        "output": tf.sigmoid(o + peep_o * after[1]),
    }


def _cifg(
    projected: tf.Tensor,
    recurrent: tf.Tensor,
    state: State,
    after: State,
    parameters: Sequence[tf.Tensor],
) -> Gates:
    """As `_lstm`, with i = 1 - f."""
    f, _, o = tf.split(projected + recurrent, 3, axis=-1)
    f = tf.sigmoid(f)
    return {"input": 1.0 - f, "forget": f, "output": tf.sigmoid(o)}


def _gru(
    projected: tf.Tensor,
    recurrent: tf.Tensor,
    state: State,
    after: State,
    parameters: Sequence[tf.Tensor],
) -> Gates:
    """z, r = sigmoid(W x + R h + b); an open update gate keeps the old state."""
    z, r, _ = tf.split(projected + recurrent + parameters[0], 3, axis=-1)
    return {"update": tf.sigmoid(z), "reset": tf.sigmoid(r)}


GATED: dict[type[Cell], Callable[..., Gates]] = {
    LSTM: _lstm,
    Peephole: _peephole,
    CIFG: _cifg,
    GRU: _gru,
}
"""Cells that have gates, and how they are computed."""
