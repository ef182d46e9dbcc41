"""The state of the process before a model is built."""

import keras


def set_up(seed: int, policy: str = "float32") -> None:
    """Seeds every random generator and sets the dtype policy, before a model is built."""
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy(policy)
