"""gRPC messages to a server in this process, with models in Python."""

import contextlib
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import grpc
from tensorflow.core.framework import tensor_pb2
from tensorflow_serving.apis import get_model_metadata_pb2, predict_pb2

from nlp_apps.server.address import bind
from nlp_apps.server.app import create_app
from nlp_apps.server.grpc_service import GrpcService
from nlp_apps.server.limits import Limits
from nlp_apps.server.predictions import Predictions
from tests.attack.generated.attack import MAX_SECONDS, Attack, Input
from tests.attack.generated.mutations import mutate
from tests.attack.python_models import load
from tests.server.request_bodies import text
from tests.toy_server import fake_folder, listening, serving

SERVICE = "/tensorflow.serving.PredictionService/"
CALLS = (
    *(f"{SERVICE}Predict",) * 12,
    *(f"{SERVICE}GetModelMetadata",) * 4,
    *(f"{SERVICE}{name}" for name in ("Classify", "Regress", "MultiInference", "Nothing")),
    *("/tensorflow.serving.ModelService/GetModelStatus",) * 2,
    "/tensorflow.serving.ModelService/HandleReloadConfigRequest",
    *("/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"),
)
TOKEN = (("authorization", "Bearer sesame"),)
LIMITS = Limits(max_text_bytes=500, max_body_bytes=400_000)
Code = grpc.StatusCode
MEANT = (
    *(Code.OK, Code.INVALID_ARGUMENT, Code.NOT_FOUND, Code.UNIMPLEMENTED, Code.UNAVAILABLE),
    *(Code.RESOURCE_EXHAUSTED, Code.UNAUTHENTICATED, Code.DEADLINE_EXCEEDED),
)


class GrpcCalls(Attack):
    """Sends mutated messages."""

    name = "grpc"
    share = 0.05
    batch = 64

    def __enter__(self) -> "GrpcCalls":
        self._stack = contextlib.ExitStack()
        enter = self._stack.enter_context
        folder = fake_folder(self.folder, "uppercase/1", "numbers/1")
        toy = enter(serving(folder, LIMITS, loader=_load))
        predictions = Predictions(toy.registry, LIMITS, toy.metrics)
        app = create_app(toy.registry, LIMITS, toy.metrics, "sesame", predictions=predictions)
        listener = bind("127.0.0.1", 0)
        self._address = f"127.0.0.1:{listener.getsockname()[1]}"
        enter(listening(app, LIMITS, GrpcService(predictions, "sesame", listener)))
        self._channel = enter(grpc.insecure_channel(self._address))
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def make(self, draw: random.Random) -> Input:
        call = draw.choice(CALLS)
        if "Metadata" in call or "Status" in call:
            message = get_model_metadata_pb2.GetModelMetadataRequest()
            message.metadata_field.append(draw.choice(("signature_def", "signature_def", "x")))
        else:
            message = predict_pb2.PredictRequest()
            _fill(draw, message)
        message.model_spec.name = draw.choice(("uppercase", "uppercase", "numbers", "none", ""))
        if draw.random() < 0.2:
            message.model_spec.version.value = draw.choice((1, 2, -1, 2**63 - 1))
        elif draw.random() < 0.1:
            message.model_spec.version_label = draw.choice(("stable", ""))
        if draw.random() < 0.3:
            message.model_spec.signature_name = draw.choice(("serving_default", "x", "\0"))
        content = message.SerializeToString()
        if draw.random() < 0.6:
            content = mutate(draw, content)
        token = "" if draw.random() < 0.02 else "token"
        return Input((call, token), {"message.pb": content})

    def run(self, inputs: Sequence[Input]) -> list[str]:
        calls = [
            self._channel.unary_unary(one.call[0]).future(
                one.files["message.pb"],
                timeout=MAX_SECONDS,
                metadata=TOKEN if one.call[1] else (),
            )
            for one in inputs
        ]
        return [_problem(call) for call in calls]

    def problem_at_the_end(self) -> str:
        message = predict_pb2.PredictRequest()
        message.model_spec.name = "uppercase"
        message.inputs["text"].dtype = 7
        message.inputs["text"].tensor_shape.dim.add().size = 1
        message.inputs["text"].string_val.append(b"intact")
        call = self._channel.unary_unary(f"{SERVICE}Predict")
        content = call(message.SerializeToString(), timeout=60, metadata=TOKEN)
        outputs = predict_pb2.PredictResponse.FromString(content).outputs
        found = list(outputs["out"].string_val)
        return "" if found == [b"INTACT"] else f"the last prediction is {found}"


def _load(version: Path) -> Any:
    return load(version, trust=False)


def _fill(draw: random.Random, message: Any) -> None:
    """Adds inputs, mostly valid ones."""
    for name in draw.choice((["text"], ["text"], ["numbers"], ["text", "numbers"], ["x"], [])):
        tensor: Any = tensor_pb2.TensorProto()
        count = draw.choice((0, 1, 2, 3, 30))
        if name == "text":
            tensor.dtype = 7
            texts = [text(draw).encode("utf-8", "surrogatepass") for _ in range(count)]
            tensor.string_val.extend(texts)
        else:
            tensor.dtype = 2
            values = [draw.choice((0.5, float("nan"), 1e308)) for _ in range(count)]
            if draw.random() < 0.3:
                tensor.tensor_content = draw.randbytes(8 * count)
            else:
                tensor.double_val.extend(values)
        if draw.random() < 0.1:
            tensor.dtype = draw.choice((*range(30), 101, 107))
        for _ in range(draw.choice((0, 1, 1, 1, 1, 2, 9))):
            odd = (0, 1, -1, 2**31, 2**62, 2**63 - 1)
            size = draw.choice(odd) if draw.random() < 0.2 else count
            tensor.tensor_shape.dim.add().size = size
        tensor.tensor_shape.unknown_rank = draw.random() < 0.03
        message.inputs[name].CopyFrom(tensor)
    if draw.random() < 0.2:
        message.output_filter.append(draw.choice(("out", "out", "x", "")))


def _problem(call: Any) -> str:
    code = call.code()  # Waits.
    return "" if code in MEANT else f"{code.name}: {call.details()[:300]}"
