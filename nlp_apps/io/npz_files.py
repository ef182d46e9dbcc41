"""`.npz` archives of NumPy: a damaged one is one kind of error, time stamps are always the same.

NumPy writes the present time, which a ZIP archive cannot hold if the clock is before 1980.
"""

import zipfile
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import BinaryIO

import numpy as np

from nlp_apps.errors import first_line
from nlp_apps.io.bounded_files import open_regular

TIMESTAMP = (1980, 1, 1, 0, 0, 0)


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


def write_npz(
    file: str | PathLike[str] | BinaryIO,
    arrays: Mapping[str, np.ndarray],
    *,
    compress: bool = False,
) -> None:
    """Writes arrays as `numpy.savez` or `numpy.savez_compressed` does; never as pickles.

    Args:
        file: the path, or a stream.
        arrays: name -> array of any shape.
        compress: whether to compress them.
    """
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            info = zipfile.ZipInfo(f"{name}.npy", TIMESTAMP)
            info.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
            with archive.open(info, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.asanyarray(array), allow_pickle=False)
