"""The state of the process before a model is built."""

import keras

from nlp_apps.blocks.recurrent import has_gpu


def set_up(seed: int, *, mixed_precision: bool = False) -> None:
    """Seeds every random generator and sets the precision, before a model is built."""
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy("mixed_bfloat16" if mixed_precision and has_gpu() else "float32")
