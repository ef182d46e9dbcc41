"""`.npz` archives of NumPy: a damaged one is one kind of error, time stamps are always the same.

NumPy writes the present time, which a ZIP archive cannot hold if the clock is before 1980.
"""

import math
import zipfile
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import BinaryIO

import numpy as np

from nlp_apps.errors import first_line
from nlp_apps.io.bounded_files import open_regular

TIMESTAMP = (1980, 1, 1, 0, 0, 0)

_READ_HEADER = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """Reads the arrays of an archive by name, without pickle.

    Raises:
        ValueError: the file is damaged, or no archive.
        MemoryError: there is not enough memory for an array.
        OSError: the file is missing, unreadable or not a regular file.
    """
    with open_regular(path) as stream:
        try:
            with zipfile.ZipFile(stream) as archive:
                return {
                    info.filename.removesuffix(".npy"): _read_array(archive, info)
                    for info in archive.infolist()
                }
        except MemoryError:
            raise
        # zipfile, zlib and the parser of array headers, which are Python literals, raise errors of
        # any type: of passwords, offsets, tokens, recursion.
        except Exception as error:
            raise ValueError(first_line(error)) from None


def _read_array(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    """Reads an array whose claimed shape fits its file; a wrong one could claim all memory."""
    with archive.open(info) as stream:
        version = np.lib.format.read_magic(stream)
        if version not in _READ_HEADER:
            raise ValueError(f"{info.filename} has the unknown version {version}")
        shape, _, dtype = _READ_HEADER[version](stream)
        if dtype.hasobject:
            raise ValueError(f"{info.filename} holds pickled objects")
        if math.prod(shape) * dtype.itemsize != info.file_size - stream.tell():
            raise ValueError(f"{info.filename} has not the size of its shape")
        stream.seek(0)
        return np.lib.format.read_array(stream, allow_pickle=False)


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
