import numpy as np
import tensorflow as tf

from nlp_apps.decoding.open_rows import run_until_closed

LIMITS = np.array([3, 11, 1, 5, 2, 2, 0, 7, 4, 1])


def count_to_limits(*, leave_out):
    """Counts each row to its limit; also returns the number of rows of every step."""
    sizes = []

    def note(size):
        sizes.append(int(size))

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.int32)])
    def run(limits):
        def advance(time, results, rows, constants):
            tf.py_function(note, [tf.size(rows)], [])
            is_open = rows < constants
            step = tf.cast(is_open, tf.int32)
            return results + step[:, None] * constants[:, None], rows + step

        zeros = tf.zeros_like(limits)
        return run_until_closed(
            advance,
            lambda _time, _results, rows, constants: rows < constants,
            tf.repeat(zeros[:, None], 2, axis=1),
            zeros,
            limits,
            longest=tf.reduce_max(limits),
            leave_out=leave_out,
        )

    return run(tf.constant(LIMITS, tf.int32)).numpy(), sizes


def test_rows_that_are_left_out_keep_their_results():
    found, sizes = count_to_limits(leave_out=True)
    np.testing.assert_array_equal(found, np.repeat(LIMITS[:, None] ** 2, 2, axis=1))
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) == LIMITS.max()
    assert sizes[0] == 10
    assert sizes[-1] == 1


def test_all_rows_are_computed_if_none_may_be_left_out():
    found, sizes = count_to_limits(leave_out=False)
    np.testing.assert_array_equal(found, np.repeat(LIMITS[:, None] ** 2, 2, axis=1))
    assert sizes == [10] * LIMITS.max()
