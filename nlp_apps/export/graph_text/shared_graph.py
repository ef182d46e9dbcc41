"""Functions that are traced once, and whose graph all signatures that call them share."""

import tensorflow as tf

# Without AutoGraph, which has nothing to convert here and needs seconds to find that out.
on_texts = tf.function(input_signature=[tf.TensorSpec((None,), tf.string)], autograph=False)
"""Decorates a function of texts <string>[B]."""

on_token_ids = tf.function(input_signature=[tf.TensorSpec((None, None), tf.int32)], autograph=False)
"""Decorates a function of token ids <int32>[B, T]."""
