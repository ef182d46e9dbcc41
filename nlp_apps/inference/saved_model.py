"""A SavedModel that `export` wrote; needs no model class and no recipe.

Letters in shapes: B texts.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from nlp_apps.errors import UsageError, WorkError, first_line
from nlp_apps.inference.saved_model_metadata import read_metadata
from nlp_apps.io import stages
from nlp_apps.io.literal_path import literal_path
from nlp_apps.io.saved_model_operations import require_harmless

CHUNK = 1024
"""Texts read ahead, to be sorted by length."""

BATCH_SIZE = 64
"""Texts per batch."""


class SavedModel:
    """A loaded SavedModel.

    Args:
        folder: the folder of a version, which contains `saved_model.pb`.
        task: the expected task.
        trust: load it without a check of its operations.

    Attributes:
        folder: the folder.
        metadata: the content of `assets.extra/nlp_apps.json`.
        loaded: result of `tf.saved_model.load`.

    Raises:
        UsageError: the folder is of another task or another program.
        WorkError: it cannot be loaded, or has operations that reach outside the model.
    """

    def __init__(self, folder: Path, task: str, *, trust: bool = False):
        self.folder = folder
        self.metadata = read_metadata(folder)
        found = self.metadata["task"]
        if found != task:
            raise UsageError(
                f"{folder}: a {task} model is required, but this is a {found} model. Use the app "
                f"{found}."
            )
        try:
            if not trust:
                require_harmless(folder)
            with literal_path(folder) as path:
                self.loaded = tf.saved_model.load(str(path))
        except WorkError as error:
            raise WorkError(f"{folder}: {error}") from None
        except (OSError, ValueError, KeyError, tf.errors.OpError) as error:
            raise WorkError(f"{folder}: cannot load the SavedModel: {first_line(error)}") from None

    def run(
        self, signature: str, texts: Sequence[str], inputs: Mapping[str, Any] | None = None
    ) -> dict[str, np.ndarray]:
        """Runs a signature on one batch.

        Args:
            signature: its name.
            texts: B texts.
            inputs: further inputs, each with B values or one; the others get the model's defaults.

        Returns:
            Every output, strings as `bytes`.
        """
        function = self.loaded.signatures[signature]
        _, specs = function.structured_input_signature
        values = {
            name: tf.constant(value, specs[name].dtype) for name, value in (inputs or {}).items()
        }
        for name in specs:
            if name != "text" and name not in values:
                default = self.metadata["defaults"][name]
                values[name] = tf.constant(default, specs[name].dtype, (1,))
        text = tf.constant([one.encode() for one in texts], tf.string, (len(texts),))
        return {name: value.numpy() for name, value in function(text=text, **values).items()}

    def rows(
        self,
        signature: str,
        texts: Iterable[str],
        inputs: Mapping[str, Iterable[Any]] | None = None,
        *,
        batch_size: int = BATCH_SIZE,
    ) -> Iterator[dict[str, Any]]:
        """Runs a signature on any number of texts, in order; reads `CHUNK` texts ahead.

        Args:
            signature: its name.
            texts: the texts.
            inputs: further inputs, one value per text; may be endless.
            batch_size: texts per batch.

        Yields:
            The row of every output for each text, strings as `str`.
        """
        texts = iter(texts)
        columns = {name: iter(values) for name, values in (inputs or {}).items()}
        while chunk := list(islice(texts, CHUNK)):
            values_of = {name: list(islice(one, len(chunk))) for name, one in columns.items()}
            order = sorted(range(len(chunk)), key=lambda index: -len(chunk[index]))
            found: dict[int, dict[str, Any]] = {}
            for start in range(0, len(order), batch_size):
                members = order[start : start + batch_size]
                part = {
                    name: [values[index] for index in members] for name, values in values_of.items()
                }
                outputs = self.run(signature, [chunk[index] for index in members], part)
                lists = {name: _to_python(value) for name, value in outputs.items()}
                for row, index in enumerate(members):
                    found[index] = {name: values[row] for name, values in lists.items()}
                stages.report_part(start + len(members), len(order))
            yield from (found[index] for index in range(len(chunk)))


def _to_python(value: Any) -> Any:
    """Returns an output as nested lists of numbers or strings."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, np.ndarray) and value.dtype == object:
        return [_to_python(one) for one in value]
    return value.tolist()
