"""Silences the log lines that TensorFlow writes during its import.

`TF_CPP_MIN_LOG_LEVEL` silences most of them, but C++ code writes a few to file descriptor 2 before
it reads any setting. These are held back while `tensorflow` is being imported, in any module,
and written if the import fails. After it, TensorFlow's Python code logs errors only.
"""

import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from types import ModuleType

from nlp_apps.errors import WorkError

LEVEL = "TF_CPP_MIN_LOG_LEVEL"
"""Environment variable of the lowest level that TensorFlow's C++ code logs; 3: fatal errors."""

SET_HERE = "NLP_APPS_SET_LOG_LEVEL"
"""Environment variable that says that `LEVEL` is not the user's; subprocesses inherit both."""

MIN_ADDRESS_SPACE = 4 << 30
"""Bytes of address space below which TensorFlow may abort: its import alone takes 1.7 GB."""


def install() -> None:
    """Silences the first import of TensorFlow in this process.

    Environment variables that the user has set are unchanged. Has no effect once TensorFlow is
    imported.
    """
    if LEVEL not in os.environ:
        os.environ[LEVEL] = os.environ[SET_HERE] = "3"
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    installed = any(isinstance(finder, _TensorFlowFinder) for finder in sys.meta_path)
    if "tensorflow" not in sys.modules and not installed:
        sys.meta_path.insert(0, _TensorFlowFinder())


def remove() -> None:
    """Undoes `install`, so that TensorFlow logs as usual if it is not imported yet."""
    if os.environ.pop(SET_HERE, None):
        os.environ.pop(LEVEL, None)
    sys.meta_path[:] = [f for f in sys.meta_path if not isinstance(f, _TensorFlowFinder)]


@contextlib.contextmanager
def hold_back_native_stderr() -> Iterator[None]:
    """Holds back the output of native code to file descriptor 2.

    Python's own output to `sys.stderr` is written at once. The held output is dropped when the
    block ends or is interrupted, and written when the block raises another exception.
    """
    try:
        kept = os.dup(2)
    except OSError:  # the process has no standard error
        yield
        return
    with os.fdopen(kept, "wb", buffering=0) as real, tempfile.TemporaryFile() as held:
        stream = sys.stderr
        redirected = None
        with contextlib.suppress(AttributeError, OSError, ValueError):
            stream.flush()
            if stream.fileno() == 2:
                redirected = open(os.dup(kept), "w", encoding=stream.encoding, buffering=1)  # noqa: SIM115
                sys.stderr = redirected
        os.dup2(held.fileno(), 2)
        try:
            yield
        except KeyboardInterrupt:
            raise
        except BaseException:
            held.seek(0)
            real.write(held.read())
            raise
        finally:
            os.dup2(kept, 2)
            # `redirected` stays open: a logger configured in the block may still refer to it.
            if redirected is not None and sys.stderr is redirected:
                sys.stderr = stream


def _require_address_space() -> None:
    """Raises WorkError if `ulimit -v` is too low for TensorFlow, which would abort the process."""
    if sys.platform == "win32":
        return
    import resource

    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit != resource.RLIM_INFINITY and limit < MIN_ADDRESS_SPACE:
        raise WorkError(
            f"TensorFlow needs at least {MIN_ADDRESS_SPACE >> 20:,} MB of address space, and "
            f"ulimit -v allows {limit >> 20:,} MB. Raise it (ulimit -v unlimited)."
        )


class _TensorFlowFinder(importlib.abc.MetaPathFinder):
    """Finds `tensorflow` once, with a loader that runs it quietly, and then removes itself."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = _QuietLoader(spec.loader)
        return spec


class _QuietLoader(importlib.abc.Loader):
    """Runs another loader and holds back the output of native code."""

    def __init__(self, loader: importlib.abc.Loader) -> None:
        self._loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        # TensorFlow reads its own __loader__ and __spec__: set the real ones.
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        _require_address_space()
        with hold_back_native_stderr():
            self._loader.exec_module(module)
        if os.environ.get(LEVEL) == "3":
            logging.getLogger("tensorflow").setLevel(logging.ERROR)
