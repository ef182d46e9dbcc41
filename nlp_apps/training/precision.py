"""The precision of a training, decided once: for the layers and for the training step."""

from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

from nlp_apps.blocks.mixed_precision import MANY_ROWS, mixed_precision
from nlp_apps.blocks.recurrent import has_gpu
from nlp_apps.recipe.training_section import Training


class Precision(NamedTuple):
    """The precision of a training.

    On a GPU, the LSTM and GRU are cuDNN's, which XLA cannot compile, and mixed precision is a
    policy of the layers. On a CPU it is a way to trace the step: see `blocks.mixed_precision`.

    Attributes:
        policy: dtype policy of the layers.
        jit_compile: compile with XLA.
        is_mixed: trace the step in mixed precision.
    """

    policy: str
    jit_compile: bool
    is_mixed: bool

    def has_many_rows(self, num_rows: int) -> bool:
        """Checks whether batches with this number of rows have a trace of their own."""
        return self.is_mixed and num_rows >= MANY_ROWS

    def tracing(self, many_rows: bool) -> AbstractContextManager[None]:
        """Returns the context in which the training step is traced."""
        return mixed_precision(self.jit_compile, many_rows) if self.is_mixed else nullcontext()


def precision_of(settings: Training) -> Precision:
    """Returns the precision of a recipe's [training] on this machine."""
    gpu, mixed = has_gpu(), settings.mixed_precision
    return Precision(
        policy="mixed_bfloat16" if mixed and gpu else "float32",
        jit_compile=settings.jit_compile and not gpu,
        is_mixed=mixed and not gpu,
    )
