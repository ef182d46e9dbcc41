"""Warm-up: the first calls of a version, before it receives requests.

assets.extra/tf_serving_warmup_requests is TF Serving's file: a TFRecord of `PredictionLog` protocol
buffers.
"""

import contextlib
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from nlp_apps.errors import WorkError
from nlp_apps.server.model_signatures import Arrays, Signature
from nlp_apps.server.predict_request import DEFAULT_SIGNATURE, fill_defaults
from nlp_apps.server.request_error import RequestError

FILE = Path("assets.extra") / "tf_serving_warmup_requests"

MAX_RECORDS = 1000  # TF Serving's limit

TEXT = b"Hello."
"""Input of a signature with one required text, if there is no warm-up file."""


def warm_up(
    folder: Path,
    signatures: dict[str, Signature],
    run: Callable[[Signature, Arrays], Arrays],
) -> None:
    """Runs the requests of the warm-up file; without one, a short text for each signature.

    Args:
        folder: NAME/VERSION.
        signatures: the signatures by name.
        run: calls a signature.

    Raises:
        WorkError: the file names a signature that the model does not have.
        RequestError: a request of the file fails. A failure of the short text is ignored.
        Exception: an error of TensorFlow or protobuf about a damaged file.
    """
    if (folder / FILE).is_file():
        for signature, arrays in _recorded_requests(folder / FILE, signatures):
            run(signature, arrays)
        return
    for signature in signatures.values():
        required = [tensor for tensor in signature.inputs.values() if tensor.default is None]
        if len(required) == 1 and required[0].dtype == "string" and required[0].shape == (None,):
            text = np.array([TEXT], dtype=object)
            with contextlib.suppress(RequestError):
                run(signature, fill_defaults({required[0].name: text}, signature).arrays)


def _recorded_requests(
    path: Path, signatures: dict[str, Signature]
) -> Iterator[tuple[Signature, Arrays]]:
    """Reads the requests of a warm-up file."""
    records = tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
    for record in islice(records, MAX_RECORDS):
        request = prediction_log_pb2.PredictionLog.FromString(record).predict_log.request
        name = request.model_spec.signature_name or DEFAULT_SIGNATURE
        if not request.inputs:
            continue  # A classify or regress log.
        if name not in signatures:
            raise WorkError("The warm-up file names a signature that the model does not have.")
        arrays = {key: tf.make_ndarray(value) for key, value in request.inputs.items()}
        yield signatures[name], fill_defaults(arrays, signatures[name]).arrays
