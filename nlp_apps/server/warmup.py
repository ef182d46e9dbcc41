"""A version's first calls, before anybody waits for them.

assets.extra/tf_serving_warmup_requests is TF Serving's: a TFRecord file of `PredictionLog` protocol
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
from nlp_apps.server.model_signatures import Signature
from nlp_apps.server.predict_request import DEFAULT_SIGNATURE, Arrays, complete
from nlp_apps.server.request_error import RequestError

FILE = Path("assets.extra") / "tf_serving_warmup_requests"

MAX_RECORDS = 1000  # TF Serving's limit

TEXT = b"Hello."
"""What a signature is asked that takes one text, when there is no file."""


def warm_up(
    folder: Path,
    signatures: dict[str, Signature],
    run: Callable[[Signature, Arrays], Arrays],
) -> None:
    """Makes a version's first calls: those of its file, or one short text a signature.

    Args:
        folder: the version's folder.
        signatures: what it can be asked.
        run: calls it.

    Raises:
        WorkError: the file asks for a signature that the version does not have.
        RequestError: a request of the file fails. That the short text fails says nothing.
        Exception: TensorFlow's or protobuf's, when the file is damaged.
    """
    if (folder / FILE).is_file():
        for signature, arrays in _recorded(folder / FILE, signatures):
            run(signature, arrays)
        return
    for signature in signatures.values():
        asked = [tensor for tensor in signature.inputs.values() if tensor.default is None]
        if len(asked) == 1 and asked[0].dtype == "string" and asked[0].shape == (None,):
            text = np.array([TEXT], dtype=object)
            with contextlib.suppress(RequestError):
                run(signature, complete({asked[0].name: text}, signature).arrays)


def _recorded(path: Path, signatures: dict[str, Signature]) -> Iterator[tuple[Signature, Arrays]]:
    """The requests of a warm-up file."""
    records = tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
    for record in islice(records, MAX_RECORDS):
        request = prediction_log_pb2.PredictionLog.FromString(record).predict_log.request
        name = request.model_spec.signature_name or DEFAULT_SIGNATURE
        if not request.inputs:
            continue  # A log of another kind: classify, regress.
        if name not in signatures:
            raise WorkError("The warm-up file asks for a signature that is not there.")
        arrays = {key: tf.make_ndarray(value) for key, value in request.inputs.items()}
        yield signatures[name], complete(arrays, signatures[name]).arrays
