"""Writes signatures as a SavedModel that any stock TensorFlow loads and serves."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from nlp_apps.export.saved_model.signatures import Signatures
from nlp_apps.litert.metadata import METADATA_FILE

WARM_UP_FILE = "tf_serving_warmup_requests"
"""File in `assets.extra` with the requests that TF Serving runs before a version serves."""


def next_version(folder: Path) -> Path:
    """Returns the folder of the version after the newest one: 1, 2, 3, ..."""
    found = folder.iterdir() if folder.is_dir() else ()
    versions = [int(path.name) for path in found if path.name.isdecimal()]
    return folder / str(max(versions, default=0) + 1)


def write(
    signatures: Signatures, folder: Path, metadata: Mapping[str, Any], example: str, name: str
) -> None:
    """Writes a SavedModel.

    Args:
        signatures: the functions and their weights.
        folder: an empty folder.
        metadata: content of `assets.extra/nlp_apps.json`.
        example: a text for the warm-up requests of every signature.
        name: the name of the model on a server.
    """
    tf.saved_model.save(signatures, str(folder), signatures=dict(signatures.functions))
    extra = folder / "assets.extra"
    extra.mkdir()
    content = json.dumps(metadata, indent=2, ensure_ascii=False) + "\n"
    (extra / METADATA_FILE).write_text(content, "utf-8")
    saved = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    with tf.io.TFRecordWriter(str(extra / WARM_UP_FILE)) as writer:
        for signature in signatures.functions:
            defaults = dict(saved.meta_graphs[0].signature_def[signature].defaults)
            if "to" in saved.meta_graphs[0].signature_def[signature].inputs:
                defaults["to"] = tf.make_tensor_proto(next(iter(metadata["target_languages"])))
            for num_rows in (1, 8):
                request = _request(name, signature, [example] * num_rows, defaults)
                writer.write(request.SerializeToString())


def _request(name: str, signature: str, texts: Sequence[str], defaults: Mapping[str, Any]) -> Any:
    """Returns a request with a row of every input per text, as the batching of TF Serving needs."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name = name
    request.model_spec.signature_name = signature
    request.inputs["text"].CopyFrom(tf.make_tensor_proto(texts))
    for key, value in defaults.items():
        rows = np.repeat(tf.make_ndarray(value), len(texts))
        request.inputs[key].CopyFrom(tf.make_tensor_proto(rows))
    log = prediction_log_pb2.PredictLog(request=request)
    return prediction_log_pb2.PredictionLog(predict_log=log)


def size(folder: Path) -> int:
    """Returns the bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
