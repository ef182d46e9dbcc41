"""One version of a model in memory: loaded, warmed up, and called."""

import json
import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from nlp_apps.errors import WorkError
from nlp_apps.server import model_signatures as saved
from nlp_apps.server.model_signatures import Signature
from nlp_apps.server.predict_request import Arrays
from nlp_apps.server.request_error import invalid
from nlp_apps.server.warmup import warm_up

CARD = Path("assets.extra") / "nlp_apps.json"

# Of an assertion in the graph the words that the model's maker wrote; "Condition x < y did not
# hold" are TensorFlow's.
_ASSERTION = re.compile(r"assertion failed: \[(?!Condition )b?'?([^\]\n]{1,200}?)'?\]")

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class LoadedModel:
    """A loaded SavedModel.

    Attributes:
        signatures: What it can be asked, by name.
        metadata: All signature definitions, as TF Serving tells them.
        card: What the model says of itself: its task and what else its maker wrote.
        loaded: What TensorFlow loaded; it holds the weights.
    """

    signatures: dict[str, Signature]
    metadata: dict[str, Any]
    card: dict[str, Any]
    loaded: Any

    def run(self, signature: Signature, arrays: Arrays) -> Arrays:
        """Calls a signature.

        Raises:
            RequestError: 400, the model's graph refused the inputs; with its maker's reason where
                it gives one.
            Exception: whatever TensorFlow says when it fails otherwise.
        """
        tensors = {
            name: tf.constant(array, dtype=signature.inputs[name].dtype)
            for name, array in arrays.items()
        }
        try:
            outputs = self.loaded.signatures[signature.name](**tensors)
            # Texts as objects, because NumPy's own strings lose the NULs at their end.
            types = {name: object if t.dtype == tf.string else None for name, t in outputs.items()}
            return {name: np.asarray(t.numpy(), types[name]) for name, t in outputs.items()}
        except tf.errors.InvalidArgumentError as error:
            _log.debug("signature %s refused its inputs: %s", signature.name, error.message)
            said = _ASSERTION.search(error.message)
            reason = f" {said[1]}." if said else ""
            raise invalid(f"The model cannot answer these inputs.{reason}") from error


def load(folder: Path) -> LoadedModel:
    """Loads a version and warms it up.

    Args:
        folder: NAME/VERSION.

    Returns:
        The version, ready to answer.

    Raises:
        WorkError: it is no SavedModel that can be served, in words that hold no path.
        Exception: whatever else TensorFlow says of a damaged one.
    """
    described, metadata = saved.read(folder)
    loaded = tf.saved_model.load(str(folder))
    signatures = {name: found for name, found in described.items() if name in loaded.signatures}
    if not signatures:
        raise WorkError("The SavedModel has no signature that can be called.")
    servable = LoadedModel(signatures, metadata, _card(folder), loaded)
    warm_up(folder, signatures, servable.run)
    return servable


def _card(folder: Path) -> dict[str, Any]:
    """What the model says of itself; nothing when it says nothing that can be read."""
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        _log.warning("%s cannot be read: %s", folder / CARD, error)
        return {}
    if not isinstance(card, dict):
        _log.warning("%s must hold a JSON object", folder / CARD)
        return {}
    return card
