"""One version of a model in memory: loaded, warmed up, called, unloaded."""

import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from nlp_apps.errors import WorkError
from nlp_apps.io.bounded_files import MAX_METADATA_BYTES, read_json
from nlp_apps.io.literal_path import literal_path
from nlp_apps.io.saved_model_operations import require_harmless
from nlp_apps.server import model_signatures
from nlp_apps.server.markup_signature import MARKUP, MarkupSignature, keeps_markup
from nlp_apps.server.model_signatures import Arrays, Signature
from nlp_apps.server.request_error import bad_request
from nlp_apps.server.warmup import warm_up

CARD = Path("assets.extra") / "nlp_apps.json"

# Matches the message that a model's author wrote into an assertion of the graph. TensorFlow's own
# messages, "Condition x < y did not hold", stay in the log.
_ASSERTION = re.compile(r"assertion failed: \[(?!Condition )b?'?([^\]\n]{1,200}?)'?\]")

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class LoadedModel:
    """A SavedModel in memory.

    Attributes:
        signatures: The signatures that can be called, by name; also `markup`.
        metadata: All signature definitions, in the form of TF Serving's `/metadata`.
        card: The model's own description: its task, languages, licence.
        loaded: TensorFlow's object, which holds the weights; None after `unload`.
        markup: The signature that the server adds to a translator that keeps tags.
    """

    signatures: dict[str, Signature]
    metadata: dict[str, Any]
    card: dict[str, Any]
    loaded: Any
    markup: MarkupSignature | None = None

    def __post_init__(self) -> None:
        """Adds the signature `markup` to a translator that keeps tags."""
        if keeps_markup(self.card, self.signatures):
            self.markup = MarkupSignature(self.card, self._run_graph)
            self.signatures = {**self.signatures, MARKUP: self.markup.signature}

    def run(self, signature: Signature, arrays: Arrays) -> Arrays:
        """Calls a signature.

        Raises:
            RequestError: 400, the graph rejects the inputs; with the message of the model's author
                if the graph has one.
            Exception: any other error of TensorFlow.
        """
        try:
            if self.markup and signature is self.markup.signature:
                return self.markup.run(arrays)
            return self._run_graph(signature.name, arrays)
        except tf.errors.InvalidArgumentError as error:
            _log.debug("signature %s rejects its inputs: %s", signature.name, error.message)
            assertion = _ASSERTION.search(error.message)
            reason = f" {assertion[1]}." if assertion else ""
            raise bad_request(f"The model rejects these inputs.{reason}") from error

    def _run_graph(self, name: str, arrays: Arrays) -> Arrays:
        """Calls a signature of the SavedModel."""
        inputs = self.signatures[name].inputs
        tensors = {
            key: tf.constant(array, dtype=inputs[key].dtype) for key, array in arrays.items()
        }
        outputs = self.loaded.signatures[name](**tensors)
        # Strings as objects, because NumPy's own strings drop trailing NULs.
        types = {key: object if t.dtype == tf.string else None for key, t in outputs.items()}
        return {key: np.asarray(t.numpy(), types[key]) for key, t in outputs.items()}

    def unload(self) -> None:
        """Releases the weights, also if a slow request still refers to this object."""
        self.loaded = None


def load(folder: Path, *, trust: bool = False) -> LoadedModel:
    """Loads a version and warms it up.

    Args:
        folder: NAME/VERSION.
        trust: load it without a check of its operations.

    Returns:
        The model, ready for requests.

    Raises:
        WorkError: the folder holds no SavedModel that can be served, or one with operations that
            reach outside the model. The message is for clients
            and holds no path.
        Exception: an error of TensorFlow about a damaged SavedModel.
    """
    if not trust:
        require_harmless(folder)
    declared, metadata = model_signatures.read(folder)
    with literal_path(folder) as path:
        loaded = tf.saved_model.load(str(path))
    signatures = {name: found for name, found in declared.items() if name in loaded.signatures}
    if not signatures:
        raise WorkError("The SavedModel has no signature that can be called.")
    model = LoadedModel(signatures, metadata, _read_card(folder), loaded)
    warm_up(folder, signatures, model.run)
    return model


def _read_card(folder: Path) -> dict[str, Any]:
    """Reads the model's description; returns {} if it is missing or unreadable."""
    try:
        card = read_json(folder / CARD, MAX_METADATA_BYTES)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        _log.warning("%s cannot be read: %s", folder / CARD, error)
        return {}
    if not isinstance(card, dict):
        _log.warning("%s must hold a JSON object", folder / CARD)
        return {}
    return card
