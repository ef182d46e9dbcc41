"""A loop over rows that end one by one: rows that have ended are left out of later steps.

Letters in shapes: B rows at the start, N rows that are computed.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

KEPT_SHARE = 0.75
"""Rows are left out when this share or less of those computed is open. A larger share saves more
steps of closed rows, but each time copies the variables of the open ones."""

Advance = Callable[[tf.Tensor, Any, Any, Any], tuple[Any, Any]]
"""(time <int32>[], results, rows, constants) -> new results and rows."""

IsOpen = Callable[[tf.Tensor, Any, Any, Any], tf.Tensor]
"""The same arguments -> <bool>[N], whether a row needs a further step."""


def run_until_closed(
    advance: Advance,
    is_open: IsOpen,
    results: Any,
    rows: Any,
    constants: Any,
    *,
    longest: int | tf.Tensor,
    leave_out: bool,
) -> Any:
    """Runs steps until every row is closed.

    Args:
        advance: computes a step. It changes no result of a row that is closed.
        is_open: whether rows need a further step; a closed row stays closed.
        results: nested tensors, each [B, ...].
        rows: nested tensors, each [B, ...], that only the steps need.
        constants: nested tensors, each [B, ...], that no step changes.
        longest: the largest number of steps.
        leave_out: leave closed rows out; if False, N is always B. Needs functions that accept any
            N, and use no other tensors of B rows.

    Returns:
        The last results.
    """

    def run(
        time: tf.Tensor, results: Any, rows: Any, constants: Any, num_closed: int | tf.Tensor
    ) -> tuple[tf.Tensor, Any, Any]:
        """Runs steps until no more than `num_closed` rows are open."""

        def has_enough(time: tf.Tensor, results: Any, rows: Any) -> tf.Tensor:
            found = is_open(time, results, rows, constants)
            return tf.math.count_nonzero(found, dtype=tf.int32) > num_closed

        def step(time: tf.Tensor, results: Any, rows: Any) -> tuple[tf.Tensor, Any, Any]:
            return (time + 1, *advance(time, results, rows, constants))

        last: tuple[tf.Tensor, Any, Any] = tf.while_loop(
            has_enough, step, (time, results, rows), maximum_iterations=longest
        )
        return last

    if not leave_out:
        return run(tf.constant(0), results, rows, constants, 0)[1]

    def stage(
        time: tf.Tensor,
        places: tf.Tensor,
        all_results: Any,
        results: Any,
        rows: Any,
        constants: Any,
    ) -> tuple[Any, ...]:
        size = tf.cast(tf.size(places), tf.float32)
        fewest = tf.cast(tf.math.floor(KEPT_SHARE * size), tf.int32)
        time, results, rows = run(time, results, rows, constants, fewest)
        all_results = tf.nest.map_structure(
            lambda whole, part: tf.tensor_scatter_nd_update(whole, places[:, None], part),
            all_results,
            results,
        )
        still_open = tf.where(is_open(time, results, rows, constants))[:, 0]
        kept = tf.nest.map_structure(
            lambda value: tf.gather(value, still_open), (places, results, rows, constants)
        )
        return (time, kept[0], all_results, *kept[1:])

    count = tf.shape(tf.nest.flatten(results)[0])[0]
    variables = (tf.constant(0), tf.range(count), results, results, rows, constants)
    shapes = tf.nest.map_structure(
        lambda value: tf.TensorShape([None, *value.shape[1:]]) if value.shape.rank else value.shape,
        variables,
    )
    return tf.while_loop(
        lambda _time, places, *_: tf.size(places) > 0, stage, variables, shape_invariants=shapes
    )[2]
