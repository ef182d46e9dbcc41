"""The precision of a training, decided once: for the layers and for the training step."""

from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import tensorflow as tf

from nlp_apps.blocks.recurrent import has_gpu
from nlp_apps.blocks.split_step import MANY_ROWS, split_step
from nlp_apps.recipe.training_section import Training


class Precision(NamedTuple):
    """The precision of a training.

    On a GPU, the LSTM and GRU are cuDNN's, which XLA cannot compile, and mixed precision is a
    policy of the layers. On a CPU it is a way to trace the step: see `blocks.split_step`.

    Attributes:
        policy: dtype policy of the layers.
        jit_compile: compile with XLA.
        products: dtype of the products of a step in parts; None: the step is whole.
    """

    policy: str
    jit_compile: bool
    products: tf.DType | None

    def has_many_rows(self, num_rows: int) -> bool:
        """Checks whether products within recurrences are outside of XLA too: `split_scan`."""
        return self.products == tf.bfloat16 and num_rows >= MANY_ROWS

    def tracing(self, many_rows: bool) -> AbstractContextManager[None]:
        """Returns the context in which the training step is traced."""
        if self.products is None:
            return nullcontext()
        return split_step(self.products, jit_compile=self.jit_compile, many_rows=many_rows)


def precision_of(settings: Training) -> Precision:
    """Returns the precision of a recipe's [training] on this machine."""
    gpu, mixed = has_gpu(), settings.mixed_precision
    products = tf.bfloat16 if mixed else tf.float32
    return Precision(
        policy="mixed_bfloat16" if mixed and gpu else "float32",
        jit_compile=settings.jit_compile and not gpu,
        products=products if not gpu and (mixed or settings.jit_compile) else None,
    )
