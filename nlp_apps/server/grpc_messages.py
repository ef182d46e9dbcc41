"""Messages of TF Serving's PredictionService: requests to inputs, outputs to responses."""

from collections.abc import Sequence
from typing import Any, TypeVar

from google.protobuf import json_format, message
from tensorflow_serving.apis import get_model_metadata_pb2, predict_pb2

from nlp_apps.server import grpc_tensors, predict_request
from nlp_apps.server.limits import Limits
from nlp_apps.server.model_signatures import Arrays, Signature
from nlp_apps.server.model_version import ActiveVersion
from nlp_apps.server.predict_request import DEFAULT_SIGNATURE, PredictInputs
from nlp_apps.server.registry import ModelRegistry
from nlp_apps.server.request_error import RequestError, bad_request

METADATA_FIELD = "signature_def"

_Message = TypeVar("_Message")


def parse(kind: type[_Message], data: bytes) -> _Message:
    """Parses a message.

    Raises:
        RequestError: the bytes are no such message.
    """
    try:
        return kind.FromString(data)  # type: ignore[attr-defined]
    except message.DecodeError:
        raise bad_request("The message cannot be parsed.") from None


def requested_model(request: Any, registry: ModelRegistry) -> tuple[str, int | None]:
    """Returns name and version of the `model_spec` of a request; None: the current version.

    Raises:
        RequestError: there is no model of this name, or it has no such label.
    """
    spec = request.model_spec
    if not request.HasField("model_spec") or not spec.name:
        raise bad_request("Missing ModelSpec: set model_spec.name.")
    choice = spec.WhichOneof("version_choice")
    if choice == "version_label" and spec.version_label:
        return spec.name, registry.number_of(spec.name, spec.version_label)
    return spec.name, spec.version.value if choice == "version" else None


def requested_signature(request: Any) -> str:
    """Returns the name of the signature of a request."""
    return request.model_spec.signature_name or DEFAULT_SIGNATURE


def read_inputs(request: Any, signature: Signature, limits: Limits) -> PredictInputs:
    """Returns the inputs of a signature, checked as those of a JSON body.

    Args:
        request: a PredictRequest.
        signature: the signature to call.
        limits: `max_rows`, `max_text_bytes`, `max_body_bytes` and `max_batch_bytes`.

    Raises:
        RequestError: a name, a shape, a type or a size is wrong.
    """
    predict_request.check_names(request.inputs, signature, "inputs")
    arrays = {
        name: grpc_tensors.to_array(request.inputs[name], signature.inputs[name], limits)
        for name in request.inputs
    }
    return predict_request.complete(arrays, signature, limits)


def output_names(request: Any, signature: Signature) -> Sequence[str]:
    """Returns the outputs of a response: those of `output_filter`, or all.

    Raises:
        RequestError: the signature has no such output, or one is named twice.
    """
    names = request.output_filter
    if not names:
        return list(signature.outputs)
    seen: set[str] = set()
    for name in names:
        shown = name if len(name) <= 40 else name[:37] + "..."
        if name not in signature.outputs:
            raise bad_request(
                f"output_filter: there is no output '{shown}'. Signature '{signature.name}' has "
                f"the outputs {', '.join(signature.outputs)}."
            )
        if name in seen:
            raise bad_request(f"output_filter: output '{shown}' is named twice.")
        seen.add(name)
    return list(names)


def predict_response(
    name: str, number: int, signature: Signature, outputs: Arrays, names: Sequence[str]
) -> bytes:
    """Returns a serialized PredictResponse.

    Args:
        name: the model.
        number: its version.
        signature: the signature that was called.
        outputs: its outputs.
        names: outputs that the response has.

    Raises:
        RequestError: 501, the type of an output has no field.
    """
    response = predict_pb2.PredictResponse()
    _set_spec(response.model_spec, name, number, signature.name)
    for key in names:
        proto = grpc_tensors.to_proto(outputs[key], signature.outputs[key].dtype)
        response.outputs[key].CopyFrom(proto)
    return _serialized(response)


def metadata_response(request: Any, name: str, active: ActiveVersion) -> bytes:
    """Returns a serialized GetModelMetadataResponse.

    Raises:
        RequestError: the request names no metadata, or another kind.
    """
    if not request.metadata_field:
        raise bad_request(f"Set metadata_field to '{METADATA_FIELD}'.")
    for field in request.metadata_field:
        if field != METADATA_FIELD:
            raise bad_request(f"Metadata field {field[:40]} is not supported.")
    response = get_model_metadata_pb2.GetModelMetadataResponse()
    _set_spec(response.model_spec, name, active.number, "")
    definitions = json_format.ParseDict(
        {"signature_def": active.model.metadata}, get_model_metadata_pb2.SignatureDefMap()
    )
    response.metadata[METADATA_FIELD].Pack(definitions)
    return _serialized(response)


def _set_spec(spec: Any, name: str, number: int, signature: str) -> None:
    """Sets the `model_spec` of a response."""
    spec.name = name
    spec.version.value = number
    spec.signature_name = signature


def _serialized(response: Any) -> bytes:
    """Returns the bytes of a message, of at most 2 GiB.

    Raises:
        RequestError: it is larger.
    """
    try:
        return bytes(response.SerializeToString())
    except (message.EncodeError, ValueError):
        raise RequestError(500, "The response is too large for a message.") from None
