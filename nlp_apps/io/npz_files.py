"""Writes `.npz` files whose time stamps do not depend on the clock.

NumPy writes the present time, which a ZIP archive cannot hold if the clock is before 1980.
"""

import zipfile
from collections.abc import Mapping
from os import PathLike
from typing import BinaryIO

import numpy as np

TIMESTAMP = (1980, 1, 1, 0, 0, 0)


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
