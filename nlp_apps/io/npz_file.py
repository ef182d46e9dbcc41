"""`.npz` archives of NumPy, read whole; a damaged one is one kind of error."""

from pathlib import Path

import numpy as np

from nlp_apps.errors import first_line
from nlp_apps.io.bounded_files import open_regular


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """Reads the arrays of an archive by name, without pickle.

    Raises:
        ValueError: the file is damaged, or no archive.
        OSError: the file is missing, unreadable or not a regular file.
    """
    with open_regular(path) as stream:
        try:
            with np.load(stream, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
        # zipfile, zlib and the parser of array headers, which are Python literals, raise errors of
        # any type: of passwords, offsets, tokens, recursion, or of memory for a claimed shape.
        except Exception as error:
            raise ValueError(first_line(error)) from None
    if not all(isinstance(array, np.ndarray) for array in arrays.values()):
        raise ValueError("a file in it is no array")
    return arrays
