"""TensorFlow Datasets: a split of a data set, downloaded and prepared if necessary.

A prepared data set needs no network. Before a download, the server is tried for a few seconds:
without a network, TFDS itself retries for more than three minutes.
"""

import contextlib
import logging
import os
import re
import socket
import sys
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds
from tensorflow_datasets.core import registered
from tensorflow_datasets.core.download import downloader

from nlp_apps.errors import NlpAppsError, UsageError, WorkError, first_line

logger = logging.getLogger(__name__)

# NAME[/CONFIG][:VERSION]:SPLIT, where SPLIT may hold colons itself: train[:10%].
_SOURCE = re.compile(
    r"tfds:(?P<name>[A-Za-z_]\w*(?:/[^:\s]+)?(?::[\d*]+\.[\d*]+\.[\d*]+)?):(?P<split>[A-Za-z_]\S*)"
)
_CONNECT_SECONDS = 5.0  # timeout of the trial connection
_MAX_RETRIES = 4  # about 6 s in all; the 10 of TFDS need more than 200 s


class TfdsSplit:
    """A split of a data set, read in its fixed order.

    Args:
        source: `tfds:NAME/CONFIG:SPLIT`, optionally with a version:
            `tfds:NAME/CONFIG:1.0.0:SPLIT`.
        tfds_dir: folder of prepared data sets; None for the default of TFDS,
            `~/tensorflow_datasets`. A missing data set is downloaded and prepared there.

    Attributes:
        source: the argument.
        identity: `tfds:NAME/CONFIG:VERSION:SPLIT`, the exact data set.
        text_keys: names of the text features, in alphabetical order.
        keys: names of all features, in alphabetical order.
        supervised_keys: names of input and target that the data set proposes; None unless they are
            two plain features.

    Raises:
        UsageError: the source has another form.
        WorkError: the data set or the split does not exist, or cannot be read or prepared.
    """

    def __init__(self, source: str, *, tfds_dir: Path | None = None) -> None:
        match = _SOURCE.fullmatch(source)
        if match is None:
            raise UsageError(
                f"{source!r} is not a TFDS source. Write tfds:NAME/CONFIG:SPLIT, for example "
                "tfds:ted_hrlr_translate/pt_to_en:train."
            )
        self.source = source
        self._split = match["split"]
        self._builder = _builder(source, match["name"], tfds_dir)
        if not self._builder.is_prepared():
            _prepare(source, self._builder)
        info = self._builder.info
        self.identity = f"tfds:{info.full_name.rpartition('/')[0]}:{info.version}:{self._split}"
        features = info.features
        self.text_keys: list[str] = sorted(
            key
            for key, feature in getattr(features, "items", dict[str, Any]().items)()
            if isinstance(feature, tfds.features.Text)
        )
        self._features = features
        self.keys: list[str] = sorted(getattr(features, "keys", dict[str, Any]().keys)())
        proposed = info.supervised_keys
        self.supervised_keys: tuple[str, str] | None = None
        if proposed and len(proposed) == 2 and all(isinstance(key, str) for key in proposed):
            self.supervised_keys = (proposed[0], proposed[1])

    def class_names(self, key: str) -> list[str] | None:
        """Returns the class names of a feature; None if it is no class label."""
        feature = self._features[key]
        return list(feature.names) if isinstance(feature, tfds.features.ClassLabel) else None

    def location(self, number: int) -> str:
        """Returns source and example number, counted from 1, for a message."""
        return f"{self.source}, example {number}"

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Reads the examples, always in the same order.

        Yields:
            A dictionary for each example; text is `bytes`, numbers are NumPy scalars.

        Raises:
            WorkError: the split does not exist, is empty, or its files are damaged.
        """
        try:
            dataset = self._builder.as_dataset(split=self._split, shuffle_files=False)
        except Exception as error:
            splits = ", ".join(sorted(self._builder.info.splits))
            raise WorkError(
                f"{self.source}: no split {self._split!r}, or a slice that TFDS refuses. The "
                f"data set has: {splits}."
            ) from error
        examples = iter(tfds.as_numpy(dataset))
        empty = True
        while True:
            try:
                example = next(examples)
            except StopIteration:
                break
            except Exception as error:
                raise WorkError(
                    f"{self.source}: the prepared files in {self._builder.data_dir} are damaged "
                    f"({first_line(error)}). Delete that folder and run again."
                ) from error
            empty = False
            yield example
        if empty:
            raise WorkError(f"{self.source}: the split is empty. Name another.")


def _builder(source: str, name: str, tfds_dir: Path | None) -> tfds.core.DatasetBuilder:
    data_dir = None if tfds_dir is None else os.path.expanduser(tfds_dir)
    try:
        return tfds.builder(name, data_dir=data_dir)
    except registered.DatasetNotFoundError as error:
        raise WorkError(
            f"{source}: TensorFlow Datasets {tfds.__version__} has no data set of this name, and "
            f"{data_dir or tfds.core.constants.DATA_DIR} has none. Check the name, or set "
            "data.tfds_dir to the folder of the prepared data set."
        ) from error
    except Exception as error:  # every builder checks its configuration in a way of its own
        raise WorkError(
            f"{source}: TensorFlow Datasets cannot open it ({first_line(error)}). Check the name "
            "after the slash and the version."
        ) from error


def _prepare(source: str, builder: tfds.core.DatasetBuilder) -> None:
    """Downloads and prepares a data set; TFDS prints to standard error."""
    logger.warning(
        "%s is not prepared in %s: downloading and preparing it.", source, builder.data_dir
    )
    try:
        with contextlib.redirect_stdout(sys.stderr), _connecting_first():
            builder.download_and_prepare()
    except NlpAppsError:
        raise
    except Exception as error:  # each of the 445 builders raises its own
        raise WorkError(
            f"{source} is not prepared in {builder.data_dir} and cannot be prepared "
            f"({first_line(error)}). Prepare it on a machine with a network, and set data.tfds_dir "
            "to that folder."
        ) from error


@contextlib.contextmanager
def _connecting_first() -> Iterator[None]:
    """Makes TFDS try a connection before each download, and retry less often.

    Both names are private to TFDS; a test fails if they disappear. Files in the download cache need
    no network.
    """
    open_url, retries = downloader._open_url, downloader.MAX_RETRIES

    def connect_first(url: str, **kwargs: Any) -> Any:
        require_connection(url)
        return open_url(url, **kwargs)

    downloader._open_url, downloader.MAX_RETRIES = connect_first, min(retries, _MAX_RETRIES)
    try:
        yield
    finally:
        downloader._open_url, downloader.MAX_RETRIES = open_url, retries


def require_connection(url: str, seconds: float = _CONNECT_SECONDS) -> None:
    """Checks that the host of a URL, or its proxy, accepts a connection.

    Args:
        url: address of a download.
        seconds: timeout, name resolution included.

    Raises:
        ConnectionError: no connection within the timeout.
    """
    parts = urllib.parse.urlsplit(url)
    host = parts.hostname or ""
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy and not urllib.request.proxy_bypass(host):
        parts = urllib.parse.urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    default_port = {"https": 443, "ftp": 21}.get(parts.scheme, 80)
    address = (parts.hostname or "", parts.port or default_port)
    problems: list[str] = ["timeout"]

    def connect() -> None:
        try:
            socket.create_connection(address, timeout=seconds).close()
            problems.clear()
        except OSError as error:
            problems[:] = [str(error)]

    # In a thread, because name resolution has no timeout.
    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(seconds)
    if problems:
        raise ConnectionError(f"no network: {host} cannot be reached: {problems[0]}")
