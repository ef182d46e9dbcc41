"""Adam with decoupled weight decay, and a learning rate for each weight."""

from collections.abc import Sequence
from typing import Any

import keras


class AdamW(keras.optimizers.Adam):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2).

    A step of a weight w with gradient g is w -= rate * (adam(g) + weight_decay * w), where rate is
    the learning rate times the weight's factor. With factors of 1 and without decay it is Keras'
    Adam, bit by bit.

    Args:
        learning_rate: a number or a schedule.
        rate_factors: factor of the learning rate of each weight, in the order of `build`.
        weight_decays: decay of each weight, in the same order; 0: none.
        **adam: other arguments of `keras.optimizers.Adam`.
    """

    def __init__(
        self,
        learning_rate: Any,
        *,
        rate_factors: Sequence[float],
        weight_decays: Sequence[float],
        **adam: Any,
    ):
        super().__init__(learning_rate, **adam)
        self.rate_factors = tuple(rate_factors)
        self.weight_decays = tuple(weight_decays)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Updates one weight."""
        index = self._get_variable_index(variable)
        if (factor := self.rate_factors[index]) != 1.0:
            learning_rate = factor * learning_rate
        if decay := self.weight_decays[index]:
            self.assign_sub(variable, decay * learning_rate * variable)
        super().update_step(gradient, variable, learning_rate)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "rate_factors": self.rate_factors,
            "weight_decays": self.weight_decays,
        }
