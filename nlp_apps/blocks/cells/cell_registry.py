"""The class of each cell."""

import importlib

from nlp_apps.blocks.cells.cell import Cell
from nlp_apps.blocks.cells.cell_sizes import CELL_SIZES


def _load(name: str) -> type[Cell]:
    """Imports the module of a cell and returns the one cell that it defines."""
    module = importlib.import_module(f"nlp_apps.blocks.cells.{name}")
    (found,) = (
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Cell)
        and value.__module__ == module.__name__
    )
    return found


CELLS: dict[str, type[Cell]] = {name: _load(name) for name in CELL_SIZES}
"""The cell of each recipe name."""


def cells_with_gates() -> str:
    """Returns the names of the cells that have gates, for messages."""
    return ", ".join(name for name, cell in CELLS.items() if cell.gate_names)
