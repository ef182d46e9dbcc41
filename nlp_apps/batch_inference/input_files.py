"""Input files: paths, folders, globs and URLs, and their formats by suffix."""

import contextlib
import glob
import gzip
import os
import zlib
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, NamedTuple

from nlp_apps.errors import UsageError, WorkError, first_line
from nlp_apps.io.bounded_files import open_regular

FORMATS = ("text", "tsv", "csv", "jsonl", "parquet")
"""Formats of `--format`."""

_SUFFIXES = {
    **{".tsv": "tsv", ".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"},
    **{".parquet": "parquet", ".txt": "text"},
}
_MAGIC = "*?["


class InputFile(NamedTuple):
    """A file to predict.

    Attributes:
        path: path or URL.
        format: one of `FORMATS`.
    """

    path: str
    format: str


def find_inputs(names: Sequence[str], format: str | None, output: str) -> list[InputFile]:
    """Returns the files of paths, folders, globs and URLs, each once, sorted within each name.

    A folder stands for all files below it whose suffix is known; hidden files and those whose name
    begins with `_` are ignored.

    Args:
        names: the names.
        format: the format of every file; None: that of its suffix, text for an unknown one.
        output: the output folder, which no input folder may contain.

    Raises:
        UsageError: a name has no file, the package of a URL is not installed, or the format of a
            file cannot be read.
    """
    paths: dict[str, None] = {}
    for name in names:
        found = _of_url(name) if is_url(name) else _of_path(name, output)
        paths.update(dict.fromkeys(found))
    return [InputFile(path, format or _format_of(path)) for path in paths]


def is_url(name: str) -> bool:
    """Checks whether a name is a URL, such as `s3://bucket/file.txt`, and not a path."""
    return "://" in name


@contextlib.contextmanager
def open_input(path: str) -> Iterator[IO[bytes]]:
    """Opens a file or URL, unpacked if its name ends in `.gz`.

    Raises:
        WorkError: it cannot be read, also while the block reads.
    """
    with named_errors(path), contextlib.ExitStack() as streams:
        stream: Any = streams.enter_context(
            _filesystem(path).open(path, "rb") if is_url(path) else open_regular(path)
        )
        if path.lower().endswith(".gz"):
            stream = streams.enter_context(gzip.GzipFile(fileobj=stream, mode="rb"))
        yield stream


def identity(path: str) -> list[Any]:
    """Returns values that change when a file is written: its size, and its time if it has one."""
    with named_errors(path):
        if is_url(path):
            info = _filesystem(path).info(path)
            changing = ("ETag", "etag", "mtime", "last_modified", "LastModified", "md5Hash")
            return [info.get("size"), *(str(info[key]) for key in changing if key in info)]
        found = os.stat(path)
        return [found.st_size, found.st_mtime_ns]


@contextlib.contextmanager
def named_errors(path: str) -> Iterator[None]:
    """Converts the errors of reading a file in the block to a `WorkError` that names it."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise WorkError(
            f"{path}: not a gzip file, or a damaged one ({first_line(error)}). Copy it again."
        ) from error
    except OSError as error:
        raise WorkError(
            f"{path}: cannot be read ({error.strerror or first_line(error)}). Check that the file "
            "exists and is readable."
        ) from error


def _of_path(name: str, output: str) -> list[str]:
    """Returns the files of a path, folder or glob."""
    if os.path.isdir(name):
        if not is_url(output) and Path(output).resolve().is_relative_to(Path(name).resolve()):
            raise UsageError(f"{output}: the output is in the input folder {name}. Move it out.")
        below = sorted(path for path in Path(name).rglob("*") if path.is_file())
        found = [str(path) for path in below if _is_visible(path.relative_to(name).parts)]
        found = [path for path in found if _suffix(path) in _SUFFIXES]
        if not found:
            raise UsageError(
                f"{name}: no file of this folder has a known suffix: {', '.join(_SUFFIXES)}."
            )
        return found
    if os.path.exists(name):
        return [name]
    found = sorted(path for path in glob.glob(name, recursive=True) if os.path.isfile(path))
    if not found:
        kind = "no file matches" if set(_MAGIC) & set(name) else "no such file"
        raise UsageError(f"{name}: {kind}. Pass an existing file, folder, glob or URL.")
    return found


def _of_url(name: str) -> list[str]:
    """Returns the files of a URL, which may be a folder or have wildcards."""
    system = _filesystem(name)
    try:
        if set(_MAGIC) & set(name):
            found = [path for path in system.glob(name) if system.isfile(path)]
        elif system.isdir(name):
            found = [path for path in system.find(name) if _suffix(path) in _SUFFIXES]
        else:
            found = [name] if system.exists(name) else []
    except Exception as error:  # Each file system has its own, such as those of its network.
        raise WorkError(f"{name}: cannot be listed ({first_line(error)}).") from error
    if not found:
        raise UsageError(f"{name}: no file matches. Pass an existing file, folder, glob or URL.")
    return sorted(system.unstrip_protocol(path) for path in found)


def _filesystem(url: str) -> Any:
    """Returns the file system of a URL.

    Raises:
        UsageError: fsspec or the package of the protocol is not installed, or there is none.
    """
    if find_spec("fsspec") is None:
        raise UsageError(f"{url}: URLs need fsspec. Run: pip install 'nlp-apps[remote]'")
    import fsspec

    protocol = url.partition("://")[0]
    try:
        return fsspec.filesystem(protocol)
    except (ImportError, ValueError) as error:
        raise UsageError(f"{url}: {first_line(error)}") from None


def _is_visible(parts: Sequence[str]) -> bool:
    return not any(part.startswith((".", "_")) for part in parts)


def _suffix(path: str) -> str:
    return Path(path.lower().removesuffix(".gz")).suffix


def _format_of(path: str) -> str:
    """Returns the format of a file by its suffix.

    Raises:
        UsageError: a format that cannot be split into shards.
    """
    if _suffix(path) in (".json", ".tmx"):
        raise UsageError(
            f"{path}: a {_suffix(path)} file cannot be split. Save it as .jsonl, or pass --format."
        )
    return _SUFFIXES.get(_suffix(path), "text")
