"""Answers from a SavedModel that `export` wrote; needs no model class and no recipe.

Letters in shapes: B texts.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from nlp_apps.errors import UsageError, WorkError, first_line

CHUNK = 1024
"""Texts read ahead, to be sorted by length."""

BATCH_SIZE = 64
"""Texts answered together."""


class SavedModel:
    """A loaded SavedModel.

    Args:
        folder: the version's folder, with `saved_model.pb` in it.
        task: the app that asks: its name must stand in the model's card.

    Raises:
        UsageError: the model is another app's.
        WorkError: it cannot be loaded.
    """

    def __init__(self, folder: Path, task: str):
        try:
            path = folder / "assets.extra" / "nlp_apps.json"
            self.card: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            found = self.card["task"]
        except (OSError, ValueError, KeyError, TypeError):
            raise UsageError(
                f"{folder}: not a SavedModel of this package (no assets.extra/nlp_apps.json). "
                "Give a folder that export wrote."
            ) from None
        if found != task:
            raise UsageError(f"{folder}: is a model of the app {found}. Ask that one.")
        try:
            self.loaded = tf.saved_model.load(str(folder))
        except (OSError, ValueError, KeyError, tf.errors.OpError) as error:
            raise WorkError(f"{folder}: cannot load the SavedModel: {first_line(error)}") from None

    def ask(
        self, signature: str, texts: Sequence[str], inputs: Mapping[str, Any] | None = None
    ) -> dict[str, np.ndarray]:
        """Runs a signature once.

        Args:
            signature: its name.
            texts: B texts.
            inputs: further inputs, each with B values or one; those left out have the model's own.

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
                values[name] = tf.constant(self.card["defaults"][name], specs[name].dtype, (1,))
        text = tf.constant([one.encode() for one in texts], tf.string, (len(texts),))
        return {name: value.numpy() for name, value in function(text=text, **values).items()}

    def answers(
        self,
        signature: str,
        texts: Iterable[str],
        inputs: Mapping[str, Sequence[Any]] | None = None,
        *,
        batch_size: int = BATCH_SIZE,
    ) -> Iterator[dict[str, Any]]:
        """Answers texts of any number, in order; reads a chunk ahead of what it gives.

        Args:
            signature: its name.
            texts: the texts.
            inputs: further inputs, one value for each text.
            batch_size: texts answered together.

        Yields:
            Each text's row of every output, strings as `str`.
        """
        texts = iter(texts)
        done = 0
        while chunk := list(islice(texts, CHUNK)):
            order = sorted(range(len(chunk)), key=lambda index: -len(chunk[index]))
            found: dict[int, dict[str, Any]] = {}
            for start in range(0, len(order), batch_size):
                members = order[start : start + batch_size]
                part = {
                    name: [values[done + index] for index in members]
                    for name, values in (inputs or {}).items()
                }
                outputs = self.ask(signature, [chunk[index] for index in members], part)
                rows = {name: _plain(value) for name, value in outputs.items()}
                for row, index in enumerate(members):
                    found[index] = {name: values[row] for name, values in rows.items()}
            yield from (found[index] for index in range(len(chunk)))
            done += len(chunk)


def _plain(value: Any) -> Any:
    """An output as Python has it: lists of texts, of numbers, of lists."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, np.ndarray) and value.dtype == object:
        return [_plain(one) for one in value]
    return value.tolist()
