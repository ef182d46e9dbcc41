"""The names of the recurrent cells and the sizes of their weights, without Keras.

A line here registers a cell: `nlp_apps.blocks.cells.NAME` is its module. Recipes, command lines and
estimates use these names without importing TensorFlow.
"""

from typing import TYPE_CHECKING, Literal, NamedTuple


class CellSize(NamedTuple):
    """The size of a cell's matrices.

    Attributes:
        input_matrices: number of matrices of input size times units.
        recurrent_matrices: number of matrices of units times units.
    """

    input_matrices: float
    recurrent_matrices: float


CELL_SIZES: dict[str, CellSize] = {
    "lstm": CellSize(4, 4),
    "gru": CellSize(3, 3),
    "rnn": CellSize(1, 1),
    "peephole": CellSize(4, 4),
    "cifg": CellSize(3, 3),
    "mogrifier": CellSize(4 + 5 / 8, 4 + 5 / 8),
    "min_lstm": CellSize(3, 0),
    "min_gru": CellSize(2, 0),
    "slstm": CellSize(4, 4),
}
"""The cells by the value of `model.cell`."""

LETTER_CELL = "conv_lstm"
"""A value of `model.cell` of classifiers: the encoder reads letters (`blocks.letter_encoder`)."""

if TYPE_CHECKING:
    CellName = str
    ClassifierCellName = str
else:
    CellName = Literal[tuple(CELL_SIZES)]
    ClassifierCellName = Literal[(*CELL_SIZES, LETTER_CELL)]
