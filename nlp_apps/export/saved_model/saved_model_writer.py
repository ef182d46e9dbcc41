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

METADATA_FILE = "nlp_apps.json"
"""In `assets.extra`: what the model is, for people and for the server's page."""

WARM_UP = "tf_serving_warmup_requests"
"""In `assets.extra`: requests that TF Serving runs before a version takes any other."""


def next_version(folder: Path) -> Path:
    """The folder of the version after the newest one: 1, 2, 3, ..."""
    found = folder.iterdir() if folder.is_dir() else ()
    versions = [int(path.name) for path in found if path.name.isdecimal()]
    return folder / str(max(versions, default=0) + 1)


def write(
    signatures: Signatures, folder: Path, metadata: Mapping[str, Any], example: str, name: str
) -> None:
    """Writes a SavedModel.

    Args:
        signatures: what it holds.
        folder: an empty folder.
        metadata: what is said of the model in `assets.extra/nlp_apps.json`.
        example: a text, with which every signature is warmed up.
        name: what a server will call the model.
    """
    tf.saved_model.save(
        signatures,
        str(folder),
        signatures=dict(signatures.functions),
    )
    extra = folder / "assets.extra"
    extra.mkdir()
    (extra / METADATA_FILE).write_text(
        json.dumps(metadata, indent=2, ensure_ascii=False) + "\n", "utf-8"
    )
    found = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    with tf.io.TFRecordWriter(str(extra / WARM_UP)) as writer:
        for signature in signatures.functions:
            defaults = found.meta_graphs[0].signature_def[signature].defaults
            for rows in (1, 8):
                request = _request(name, signature, [example] * rows, defaults)
                writer.write(request.SerializeToString())


def _request(name: str, signature: str, texts: Sequence[str], defaults: Mapping[str, Any]) -> Any:
    """A request with every input: TF Serving batches none whose inputs differ in their rows."""
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
    """Bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
