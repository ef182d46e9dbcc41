"""`text.constraint_lines` and `text.aligned_translation` as TensorFlow operations.

Letters in shapes: N sentences, M constraints of all sentences in sequence, T target length, U
tokens of the longest target without those that a constraint does not write.
"""

import tensorflow as tf

from nlp_apps.export.graph_text.graph_constraints import ConstraintTexts, GraphConstraints
from nlp_apps.text.constrained_text import MAX_TARGET_CHARACTERS
from nlp_apps.text.constraint_lines import LINE
from nlp_apps.text.protected_spans import MAX_SPANS
from nlp_apps.text.special_ids import PAD

MAX_CHARACTERS = MAX_TARGET_CHARACTERS + 8 * MAX_SPANS
"""Characters of the targets of a sentence, also those that replace spans. Each token of them is a
step of the search."""

FIELDS = 5
"""Fields of a line: start, end, digits, length, target with output."""


def read_constraints(lines: tf.Tensor) -> ConstraintTexts:
    """Reads the constraints of sentences, <string>[N]; the first of each, up to the limits."""
    lines = tf.strings.unicode_transcode(lines, "UTF-8", "UTF-8")
    found = tf.strings.split(lines, "\n")
    values, rows = found.values, found.value_rowids()
    is_valid = tf.strings.regex_full_match(values, LINE)
    values, rows = tf.boolean_mask(values, is_valid), tf.boolean_mask(rows, is_valid)
    fields = tf.reshape(
        tf.strings.split(values, "\t", maxsplit=FIELDS - 1).flat_values, (-1, FIELDS)
    )
    starts, ends, lengths = (
        tf.strings.to_number(fields[:, column], tf.int32) for column in (0, 1, 3)
    )
    digits = tf.strings.bytes_split(fields[:, 2])
    digits = tf.equal(tf.reshape(digits.flat_values, (-1, 3)), "1")
    texts = fields[:, 4]
    lengths = tf.minimum(lengths, tf.strings.length(texts, "UTF8_CHAR"))
    first = tf.searchsorted(rows, rows)
    columns = tf.range(tf.size(rows)) - first
    before = tf.cumsum(lengths, exclusive=True)
    is_chosen = before + lengths - tf.gather(before, first) <= MAX_CHARACTERS
    is_chosen &= columns < MAX_SPANS
    constraints = ConstraintTexts(
        places=tf.stack([tf.cast(rows, tf.int32), columns], axis=1),
        starts=starts,
        ends=ends,
        targets=tf.strings.substr(texts, tf.zeros_like(lengths), lengths, "UTF8_CHAR"),
        outputs=tf.strings.substr(texts, lengths, tf.strings.length(texts), "UTF8_CHAR"),
        is_reserved=digits[:, 0],
        is_capital=digits[:, 1],
        is_attached=digits[:, 2],
    )
    return ConstraintTexts(*(tf.boolean_mask(one, is_chosen) for one in constraints))


def target_tokens(
    constraints: GraphConstraints, coded: tf.Tensor, found: ConstraintTexts, size: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Finds the characters of target tokens: see `aligned_translation.read_target_tokens`.

    Args:
        constraints: puts constraints in place.
        coded: <int32>[N, T], of `beam_search`.
        found: the constraints.
        size: <int32>[], constraints of a sentence.

    Returns:
        Translations <string>[N], ends <int32>[N, T] and owners <int32>[N, T].
    """
    owners = constraints.owners(coded)
    before = tf.pad(owners, [[0, 0], [1, 0]])[:, :-1]
    is_written = tf.not_equal(coded, PAD) & (tf.equal(owners, 0) | tf.not_equal(owners, before))
    written = tf.ragged.boolean_mask(coded, is_written).to_tensor(PAD)
    missing = tf.maximum(1 - tf.shape(written)[1], 0)  # without sentences
    written = tf.pad(written, [[0, 0], [0, missing]], constant_values=PAD)  # [N, U]
    longest = tf.shape(written)[1]
    is_in = tf.sequence_mask(tf.range(longest + 1), longest)  # [U + 1, U]
    texts = constraints.put_back(tf.where(is_in, written[:, None], PAD), found, size)
    lengths = tf.strings.length(texts, "UTF8_CHAR")  # [N, U + 1]
    ends = tf.gather(lengths, tf.cumsum(tf.cast(is_written, tf.int32), axis=1), batch_dims=1)
    return texts[:, -1], ends, owners
