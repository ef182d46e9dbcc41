"""Tests of the gRPC service, with the stubs of tensorflow-serving-api over a real connection."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import tensorflow as tf

grpc = pytest.importorskip("grpc", reason="the extra grpc is not installed")
pytest.importorskip("grpc_health", reason="the extra grpc is not installed")

from grpc_health.v1 import health_pb2, health_pb2_grpc  # noqa: E402
from tensorflow_serving.apis import (  # noqa: E402
    classification_pb2,
    get_model_metadata_pb2,
    inference_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

from nlp_apps.server.address import bind  # noqa: E402
from nlp_apps.server.app import create_app  # noqa: E402
from nlp_apps.server.grpc_service import GrpcService  # noqa: E402
from nlp_apps.server.limits import Limits  # noqa: E402
from nlp_apps.server.predictions import Predictions  # noqa: E402
from tests.server.conftest import SlowModel  # noqa: E402
from tests.server.responses import samples  # noqa: E402
from tests.toy_server import Toy, fetch, listening, until  # noqa: E402

Code = grpc.StatusCode
TOKEN = (("authorization", "Bearer sesame"),)
SECONDS = 60
LIMITS = Limits(max_text_bytes=1000, max_body_bytes=100_000)


class Running(NamedTuple):
    """A server that listens for REST and gRPC."""

    url: str
    address: str
    channel: Any
    predictions: Predictions

    @property
    def service(self) -> Any:
        return prediction_service_pb2_grpc.PredictionServiceStub(self.channel)

    def predict(self, request: Any, **options: Any) -> Any:
        return self.service.Predict(request, **{"timeout": SECONDS, "metadata": TOKEN, **options})


@contextlib.contextmanager
def running(toy: Toy, limits: Limits, token: str | None = "sesame") -> Iterator[Running]:
    predictions = Predictions(toy.registry, limits, toy.metrics)
    app = create_app(toy.registry, limits, toy.metrics, token, predictions=predictions)
    listener = bind("127.0.0.1", 0)
    address = f"127.0.0.1:{listener.getsockname()[1]}"
    service = GrpcService(predictions, token, listener)
    with listening(app, limits, service) as url, grpc.insecure_channel(address) as channel:
        yield Running(url, address, channel, predictions)


@pytest.fixture
def server(toy: Toy) -> Iterator[Running]:
    """REST and gRPC of the toy models, behind the token `sesame`.

    One server at a time: gRPC's asyncio has one queue of events for all loops of a process.
    """
    with running(toy, LIMITS) as server:
        yield server


def request_of(name: str, signature: str = "", **inputs: Any) -> Any:
    """Returns a PredictRequest."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name = name
    request.model_spec.signature_name = signature
    for key, value in inputs.items():
        request.inputs[key].CopyFrom(
            value if hasattr(value, "tensor_shape") else tf.make_tensor_proto(value)
        )
    return request


def arrays(response: Any) -> dict[str, Any]:
    """Returns the outputs of a response as lists."""
    return {key: tf.make_ndarray(proto).tolist() for key, proto in response.outputs.items()}


def failure(call: Callable[..., Any], *words: Any, **options: Any) -> tuple[Any, str]:
    """Returns status and message of a call that fails."""
    with pytest.raises(grpc.RpcError) as caught:
        call(*words, **options)
    error: Any = caught.value
    return error.code(), error.details()


def test_predict_returns_typed_fields_and_the_version(server: Running):
    response = server.predict(request_of("uppercase", text=["aé", "b"]))
    assert arrays(response) == {"upper": ["Aé".encode(), b"B"], "length": [2, 1]}
    assert response.model_spec.name == "uppercase"
    assert response.model_spec.version.value == 3
    assert response.model_spec.signature_name == "serving_default"
    assert list(response.outputs["length"].int_val) == [2, 1]
    assert not any(proto.tensor_content for proto in response.outputs.values())
    half = server.predict(request_of("half_plus_two", x=np.array([[1.0], [2.0]], np.float32)))
    assert list(half.outputs["y"].float_val) == [2.5, 3.0]


def test_grpc_and_rest_return_the_same(server: Running):
    body = b'{"inputs": {"text": ["a\xc3\xa9", ""]}}'
    headers = {"Authorization": "Bearer sesame", "Content-Type": "application/json"}
    rest = fetch(f"{server.url}/v1/models/uppercase:predict", body, headers).json["outputs"]
    outputs = arrays(server.predict(request_of("uppercase", text=["aé", ""])))
    assert outputs["length"] == rest["length"]
    assert [text.decode() for text in outputs["upper"]] == rest["upper"]


def test_omitted_inputs_have_defaults_and_one_value_stands_for_all(server: Running):
    response = server.predict(
        request_of("uppercase", "parameters", text=["a", "b"], seed=np.array([9]))
    )
    assert arrays(response) == {"said": [b"a|0.50|9", b"b|0.50|9"]}
    request = request_of("uppercase", text=["a"])
    request.inputs["text"].tensor_shape.dim[0].size = 3
    assert arrays(server.predict(request))["upper"] == [b"A", b"A", b"A"]


def test_output_filter_and_version(server: Running):
    request = request_of("uppercase", text=["a"])
    request.model_spec.version.value = 3
    request.output_filter.append("upper")
    assert arrays(server.predict(request)) == {"upper": [b"A"]}
    request.output_filter.append("upper")
    assert failure(server.predict, request)[0] == Code.INVALID_ARGUMENT
    request.output_filter[1] = "lower"
    code, message = failure(server.predict, request)
    assert code == Code.INVALID_ARGUMENT and "there is no output 'lower'" in message
    request.model_spec.version.value = 4
    assert failure(server.predict, request)[0] == Code.NOT_FOUND


def test_metadata_has_the_signatures(server: Running):
    request = get_model_metadata_pb2.GetModelMetadataRequest()
    request.model_spec.name = "uppercase"
    call = server.service.GetModelMetadata
    assert failure(call, request, metadata=TOKEN)[0] == Code.INVALID_ARGUMENT
    request.metadata_field.append("signature_def")
    assert failure(call, request)[0] == Code.UNAUTHENTICATED
    response = call(request, metadata=TOKEN, timeout=SECONDS)
    assert response.model_spec.version.value == 3
    found = get_model_metadata_pb2.SignatureDefMap()
    assert response.metadata["signature_def"].Unpack(found)
    text = found.signature_def["serving_default"].inputs["text"]
    assert text.dtype == tf.string.as_datatype_enum and text.tensor_shape.dim[0].size == -1
    assert found.signature_def["parameters"].defaults["seed"].int64_val == [7]
    request.metadata_field[0] = "files"
    assert failure(call, request, metadata=TOKEN)[0] == Code.INVALID_ARGUMENT


@pytest.mark.parametrize(
    "metadata",
    [
        (),
        (("authorization", "Bearer wrong"),),
        (("authorization", "sesame"),),
        (("authorization", "Bearer "),),
        (*TOKEN, *TOKEN),
        (*TOKEN, ("authorization", "Bearer wrong")),
    ],
)
def test_a_call_needs_exactly_one_right_token(server: Running, metadata: Any):
    code, message = failure(server.predict, request_of("uppercase", text=["a"]), metadata=metadata)
    assert code == Code.UNAUTHENTICATED
    assert message == "This server requires 'authorization: Bearer TOKEN'."


@pytest.mark.parametrize(
    ("inputs", "code", "message"),
    [
        ({"text": ["a"] * 1000}, Code.INVALID_ARGUMENT, "more than 128 rows"),
        ({"text": ["a" * 1001]}, Code.INVALID_ARGUMENT, "--max-text-bytes"),
        ({"text": [1.5]}, Code.INVALID_ARGUMENT, "must have type string, not float32"),
        ({"text": "a"}, Code.INVALID_ARGUMENT, "must have 1 axes, not 0"),
        ({"text": [["a"]]}, Code.INVALID_ARGUMENT, "must have 1 axes, not 2"),
        ({"text": np.array([], object)}, Code.INVALID_ARGUMENT, "has no rows"),
        ({"words": ["a"]}, Code.INVALID_ARGUMENT, "there is no input 'words'"),
        ({}, Code.INVALID_ARGUMENT, "Input 'text' is missing"),
        ({"text": ["a" * 999] * 110}, Code.RESOURCE_EXHAUSTED, "larger than max"),
    ],
)
def test_a_wrong_input_is_one_line(server: Running, inputs: Any, code: Any, message: str):
    if "text" in inputs and isinstance(inputs["text"], np.ndarray):
        inputs = {"text": tf.make_tensor_proto(inputs["text"], dtype=tf.string)}
    found, text = failure(server.predict, request_of("uppercase", **inputs))
    assert found == code
    assert message in text and "\n" not in text
    assert arrays(server.predict(request_of("uppercase", text=["a"])))["upper"] == [b"A"]


def test_a_wrong_model_spec_is_an_error(server: Running):
    request = request_of("uppercase", "none", text=["a"])
    code, message = failure(server.predict, request)
    assert code == Code.INVALID_ARGUMENT and '"none" not found in signature def' in message
    request = request_of("uppercase", text=["a"])
    request.model_spec.version_label = "stable"
    code, message = failure(server.predict, request)
    assert code == Code.INVALID_ARGUMENT and "version label: stable" in message
    assert failure(server.predict, request_of("nowhere", text=["a"]))[0] == Code.NOT_FOUND
    code, message = failure(server.predict, predict_pb2.PredictRequest())
    assert code == Code.INVALID_ARGUMENT and message.startswith("Missing ModelSpec")


def test_a_short_message_cannot_stand_for_a_large_array(server: Running):
    request = request_of("half_plus_two", x=np.array([[1.0]], np.float32))
    for size, message in ((2**40, "too many values"), (100_000, "--max-body-bytes")):
        request.inputs["x"].tensor_shape.dim[0].size = size
        request.inputs["x"].tensor_content = b""
        request.inputs["x"].float_val[:] = [1.0]
        code, text = failure(server.predict, request)
        assert code == Code.INVALID_ARGUMENT and message in text


def test_bytes_that_are_no_message_are_refused(server: Running):
    call = server.channel.unary_unary("/tensorflow.serving.PredictionService/Predict")
    code, message = failure(call, b"\xff" * 100, metadata=TOKEN, timeout=SECONDS)
    assert (code, message) == (Code.INVALID_ARGUMENT, "The message cannot be parsed.")
    none = server.channel.stream_unary("/tensorflow.serving.PredictionService/Predict")
    code, message = failure(none, iter(()), metadata=TOKEN, timeout=SECONDS)
    assert (code, message) == (Code.INVALID_ARGUMENT, "The call has no message.")


def test_a_compressed_message_is_never_decompressed(server: Running):
    # 5 MB that are 5 KB when they are compressed.
    request = request_of("uppercase", text=["a" * 5_000_000])
    with grpc.insecure_channel(server.address) as channel:
        call = prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict
        code, message = failure(
            call, request, metadata=TOKEN, timeout=SECONDS, compression=grpc.Compression.Gzip
        )
    assert code == Code.UNIMPLEMENTED
    assert "gzip" in message.lower()


def test_messages_without_a_token_reserve_no_memory(server: Running):
    call = server.channel.unary_unary("/tensorflow.serving.PredictionService/Predict")
    message = b"x" * 90_000
    calls = [call.future(message, timeout=SECONDS) for _ in range(100)]
    assert {found.code() for found in calls} == {Code.UNAUTHENTICATED}
    assert server.predictions.budget.used == 0
    server.predict(request_of("uppercase", text=["a"]))


def test_a_stalled_health_check_gets_its_response(server: Running):
    never = threading.Event()

    def messages() -> Iterator[bytes]:
        never.wait(SECONDS)
        yield from ()

    call = server.channel.stream_unary("/grpc.health.v1.Health/Check")
    assert call(messages(), timeout=SECONDS) == b"\x08\x01"
    never.set()


def test_the_other_calls_are_unimplemented(server: Running):
    for call, request in (
        (server.service.Classify, classification_pb2.ClassificationRequest()),
        (server.service.Regress, regression_pb2.RegressionRequest()),
        (server.service.MultiInference, inference_pb2.MultiInferenceRequest()),
        (server.channel.unary_unary("/tensorflow.serving.Nothing/Call"), b""),
    ):
        assert failure(call, request, metadata=TOKEN)[0] == Code.UNIMPLEMENTED
    assert (
        failure(server.service.Classify, classification_pb2.ClassificationRequest())[0]
        == Code.UNAUTHENTICATED
    )


def test_health_needs_no_token(server: Running):
    health = health_pb2_grpc.HealthStub(server.channel)
    response = health.Check(health_pb2.HealthCheckRequest(), timeout=SECONDS)
    assert response.status == health_pb2.HealthCheckResponse.SERVING


def test_calls_are_counted_by_the_status_of_rest(server: Running, toy: Toy):
    name = 'nlp_apps_requests_total{code="200",model="uppercase",signature="serving_default"}'
    refused = 'nlp_apps_requests_total{code="401",model="",signature=""}'
    before = samples(toy)
    server.predict(request_of("uppercase", text=["a"]))
    failure(server.predict, request_of("uppercase", text=["a"]), metadata=())
    until(lambda: samples(toy).get(refused, 0) == before.get(refused, 0) + 1)
    assert samples(toy)[name] == before.get(name, 0) + 1


def test_a_message_that_does_not_arrive_is_late(toy: Toy):
    never = threading.Event()

    def messages() -> Iterator[bytes]:
        never.wait(SECONDS)
        yield from ()

    limits = Limits(timeout=0.5, max_body_bytes=100_000, max_memory=200_000)
    with running(toy, limits) as server:
        call = server.channel.stream_unary("/tensorflow.serving.PredictionService/Predict")
        code, message = failure(call, messages(), metadata=TOKEN, timeout=SECONDS)
        never.set()
        assert code == Code.DEADLINE_EXCEEDED and "--timeout" in message
        assert arrays(server.predict(request_of("uppercase", text=["a"])))["upper"] == [b"A"]
        assert server.predictions.budget.used == 0


def test_a_full_lane_is_unavailable_and_a_deadline_leaves_it(slow_toy: Toy, slow: SlowModel):
    with running(slow_toy, Limits(max_rows=4, max_queue=4, max_batch=2)) as server:
        first = server.service.Predict.future(
            request_of("slow", text=["a"]), metadata=TOKEN, timeout=SECONDS
        )
        until(lambda: bool(slow.calls))
        waiting = server.service.Predict.future(
            request_of("slow", text=["a"] * 4), metadata=TOKEN, timeout=SECONDS
        )
        until(lambda: samples(slow_toy)['nlp_apps_queue_rows{model="slow"}'] == 4)
        with pytest.raises(grpc.RpcError) as caught:
            server.predict(request_of("slow", text=["a"]))
        error: Any = caught.value
        assert error.code() == Code.UNAVAILABLE and "rows are waiting" in error.details()
        assert dict(error.trailing_metadata())["grpc-retry-pushback-ms"].isdigit()
        waiting.cancel()
        until(lambda: samples(slow_toy)['nlp_apps_queue_rows{model="slow"}'] == 0)
        code, _ = failure(server.predict, request_of("slow", text=["a"]), timeout=0.5)
        assert code == Code.DEADLINE_EXCEEDED
        until(lambda: samples(slow_toy)['nlp_apps_queue_rows{model="slow"}'] == 0)
        slow.may_return.set()
        assert arrays(first.result(SECONDS)) == {"out": [b"a"]}
        until(lambda: server.predictions.budget.used == 0)


def test_a_slow_model_is_late(hasty_toy: Toy, slow: SlowModel):
    with running(hasty_toy, Limits(timeout=0.5)) as server:
        code, message = failure(server.predict, request_of("slow", text=["a"]))
        slow.may_return.set()
        assert code == Code.DEADLINE_EXCEEDED and "did not respond within" in message


def test_rest_and_grpc_share_the_places(slow_toy: Toy, slow: SlowModel):
    limits = Limits(max_requests=1)
    with running(slow_toy, limits) as server:
        held = server.service.Predict.future(
            request_of("slow", text=["a"]), metadata=TOKEN, timeout=SECONDS
        )
        until(lambda: bool(slow.calls))
        headers = {"Authorization": "Bearer sesame", "Content-Type": "application/json"}
        body = b'{"instances": ["a"]}'
        assert fetch(f"{server.url}/v1/models/slow:predict", body, headers).status == 503
        assert failure(server.predict, request_of("slow", text=["a"]))[0] == Code.UNAVAILABLE
        slow.may_return.set()
        assert arrays(held.result(SECONDS)) == {"out": [b"a"]}
        until(lambda: fetch(f"{server.url}/v1/models/slow:predict", body, headers).status == 200)


def test_a_stop_completes_accepted_calls(slow_toy: Toy, slow: SlowModel, tmp_path: Path):
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(running(slow_toy, Limits()))
        channel = stack.enter_context(grpc.insecure_channel(server.address))
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        call = stub.Predict.future(request_of("slow", text=["a"]), metadata=TOKEN, timeout=SECONDS)
        until(lambda: bool(slow.calls))
        releaser = threading.Timer(0.5, slow.may_return.set)
        releaser.start()
    # The server has stopped.
    releaser.join()
    assert call.done()
