"""TensorFlow Datasets as a source: opened, prepared where it must be, and refused quickly offline.

TFDS retries a download for more than three minutes before it gives up, even where there is no
network at all. Here a data set that is prepared never touches the network, and one that is not asks
first, for a few seconds, whether the machine that holds its files answers.
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
_SECONDS_TO_ANSWER = 5.0  # for the machine with the files, before it counts as out of reach
_RETRIES = 4  # about 6 s of waiting in all; TFDS's own 10 wait for more than 200 s


class TfdsSplit:
    """One split of a data set, ready to be read in its fixed order.

    Args:
        source: `tfds:NAME/CONFIG:SPLIT`, with a version if wanted: `tfds:NAME/CONFIG:1.0.0:SPLIT`.
        tfds_dir: where prepared data sets are; None for TFDS's own default,
            `~/tensorflow_datasets`. A data set that is not there is downloaded and prepared in it.

    Attributes:
        source: as given.
        identity: `tfds:NAME/CONFIG:VERSION:SPLIT`, which says exactly what was read.
        text_keys: the names of its text features, in alphabetical order.
        keys: the names of all its features, in alphabetical order.
        supervised_keys: the names of input and answer that the data set proposes; None where it
            does not propose two plain features.

    Raises:
        UsageError: the source is not written like that.
        WorkError: there is no such data set or split, or it can be neither read nor prepared.
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
        """The names of a feature's classes; None where it is no class label."""
        feature = self._features[key]
        return list(feature.names) if isinstance(feature, tfds.features.ClassLabel) else None

    def where(self, number: int) -> str:
        """Names an example, counted from 1, for a message."""
        return f"{self.source}, example {number}"

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Reads the examples, in the same order every time.

        Yields:
            One dictionary an example; text is `bytes`, numbers are NumPy scalars.

        Raises:
            WorkError: there is no such split, it holds nothing, or its files are damaged.
        """
        try:
            dataset = self._builder.as_dataset(split=self._split, shuffle_files=False)
        except Exception as error:
            splits = ", ".join(sorted(self._builder.info.splits))
            raise WorkError(
                f"{self.source}: no split {self._split!r}, or none that can be sliced so; the data "
                f"set has: {splits}."
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
                    f"({first_line(error)}). Remove that folder and run again."
                ) from error
            empty = False
            yield example
        if empty:
            raise WorkError(f"{self.source}: the split is empty. Choose another.")


def _builder(source: str, name: str, tfds_dir: Path | None) -> tfds.core.DatasetBuilder:
    data_dir = None if tfds_dir is None else os.path.expanduser(tfds_dir)
    try:
        return tfds.builder(name, data_dir=data_dir)
    except registered.DatasetNotFoundError as error:
        raise WorkError(
            f"{source}: TensorFlow Datasets {tfds.__version__} has no data set of this name, and "
            f"none is prepared in {data_dir or tfds.core.constants.DATA_DIR}. Check the name, or "
            "set data.tfds_dir to where it is prepared."
        ) from error
    except Exception as error:  # every builder checks its configuration in its own way
        raise WorkError(
            f"{source}: TensorFlow Datasets cannot open it ({first_line(error)}). Check the name "
            "after the slash and the version."
        ) from error


def _prepare(source: str, builder: tfds.core.DatasetBuilder) -> None:
    """Downloads and prepares a data set; what it prints goes to standard error."""
    logger.warning(
        "%s is not prepared in %s: downloading and preparing it now.", source, builder.data_dir
    )
    try:
        with contextlib.redirect_stdout(sys.stderr), _asking_first():
            builder.download_and_prepare()
    except NlpAppsError:
        raise
    except Exception as error:  # whatever a builder out of 445 may raise
        raise WorkError(
            f"{source} is not prepared in {builder.data_dir} and cannot be prepared "
            f"({first_line(error)}). Prepare it where the network is, and set data.tfds_dir to "
            "that folder."
        ) from error


@contextlib.contextmanager
def _asking_first() -> Iterator[None]:
    """Makes TFDS ask whether a machine answers before it downloads from it, and give up sooner.

    Both names are private to TFDS; a test notices when they go. What is in TFDS's download cache
    needs no network and passes.
    """
    open_url, retries = downloader._open_url, downloader.MAX_RETRIES

    def ask_first(url: str, **kwargs: Any) -> Any:
        require_answer(url)
        return open_url(url, **kwargs)

    downloader._open_url, downloader.MAX_RETRIES = ask_first, min(retries, _RETRIES)
    try:
        yield
    finally:
        downloader._open_url, downloader.MAX_RETRIES = open_url, retries


def require_answer(url: str, seconds: float = _SECONDS_TO_ANSWER) -> None:
    """Checks that the machine of a URL, or the proxy that stands before it, takes a connection.

    Args:
        url: where to download from.
        seconds: how long to wait; looking up the name counts too.

    Raises:
        ConnectionError: it does not.
    """
    parts = urllib.parse.urlsplit(url)
    host = parts.hostname or ""
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy and not urllib.request.proxy_bypass(host):
        parts = urllib.parse.urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    default_port = {"https": 443, "ftp": 21}.get(parts.scheme, 80)
    address = (parts.hostname or "", parts.port or default_port)
    problems: list[str] = ["no answer"]

    def connect() -> None:
        try:
            socket.create_connection(address, timeout=seconds).close()
            problems.clear()
        except OSError as error:
            problems[:] = [str(error)]

    # In a thread, because looking up a name cannot be given a time limit.
    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(seconds)
    if problems:
        raise ConnectionError(f"no network: {host} cannot be reached: {problems[0]}")
