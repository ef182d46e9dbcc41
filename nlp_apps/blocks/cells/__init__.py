"""Recurrent cells: one file a cell, registered in `cell_sizes.py`."""
