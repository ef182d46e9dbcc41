"""Keeps TensorFlow's start-up chatter away from the user, and nothing else.

`TF_CPP_MIN_LOG_LEVEL` silences most of it, but a few lines are written from C++ to file descriptor
2 before any setting is read. Those are caught while `tensorflow` is being imported, wherever in the
code that happens, and are shown after all when the import fails.
"""

import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from types import ModuleType


def install() -> None:
    """Makes the first import of TensorFlow in this process a quiet one.

    Values that the user has set in the environment stay. Does nothing when TensorFlow is there.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    waiting = any(isinstance(finder, _TensorFlowFinder) for finder in sys.meta_path)
    if "tensorflow" not in sys.modules and not waiting:
        sys.meta_path.insert(0, _TensorFlowFinder())


@contextlib.contextmanager
def native_stderr_held_back() -> Iterator[None]:
    """Holds back what native code writes to file descriptor 2.

    What Python writes to `sys.stderr` still shows. What was held back is dropped when the block
    ends well or is interrupted, and written when it raises anything else.
    """
    try:
        kept = os.dup(2)
    except OSError:  # There is no standard error at all.
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
            raise  # the user knows why
        except BaseException:
            held.seek(0)
            real.write(held.read())
            raise
        finally:
            os.dup2(kept, 2)
            # `redirected` stays open: a logger that was set up meanwhile may hold on to it.
            if redirected is not None and sys.stderr is redirected:
                sys.stderr = stream


class _TensorFlowFinder(importlib.abc.MetaPathFinder):
    """Finds `tensorflow` once, with a loader that runs it quietly, and then steps aside."""

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
    """Runs another loader with native chatter held back."""

    def __init__(self, loader: importlib.abc.Loader) -> None:
        self._loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        # TensorFlow reads its own __loader__ and __spec__: give it the real ones.
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        with native_stderr_held_back():
            self._loader.exec_module(module)
