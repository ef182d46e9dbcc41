"""Tests of nlp_apps.server.batching and nlp_apps.server.lane."""

import re
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nlp_apps.server import lane
from nlp_apps.server.batching import SHORT_SHARE, Queue
from nlp_apps.server.lane import PendingRequest, QueueClosedError, retry_after
from nlp_apps.server.limits import Limits
from nlp_apps.server.model_signatures import Arrays, Signature, Tensor
from nlp_apps.server.predict_request import PredictInputs
from nlp_apps.server.prometheus import QueueMetrics
from nlp_apps.server.request_error import RequestError
from tests.toy_server import texts, texts_signature, until

LIMITS = Limits(max_batch=4, max_queue=10, max_rows=10)
SIGNATURE = texts_signature()
OTHER = texts_signature(name="other")


class Model(QueueMetrics):
    """Returns upper case when `may_return` is set; records its calls and the queue's length."""

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.waiting = 0
        self.may_return = threading.Event()
        self.is_called = threading.Event()

    def run(self, signature: Signature, arrays: Arrays) -> Arrays:
        self.is_called.set()
        assert self.may_return.wait(60)
        if b"bad" in arrays["text"]:
            raise RequestError(400, "bad text")
        return {"out": np.array([text.upper() for text in arrays["text"]], dtype=object)}

    def add_waiting(self, rows: int) -> None:
        self.waiting += rows

    def observe_call(self, rows: int) -> None:
        self.calls.append(rows)


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def queue(model: Model) -> Iterator[Queue]:
    queue = Queue(model.run, LIMITS, model)
    yield queue
    model.may_return.set()
    queue.close()


@pytest.fixture
def calls_of_an_hour(monkeypatch: pytest.MonkeyPatch, model: Model) -> None:
    """Replaces the clock of lanes: every call takes an hour."""
    clock = SimpleNamespace(perf_counter=lambda: 3600.0 * len(model.calls))
    monkeypatch.setattr(lane, "time", clock)


def submit(queue: Queue, *words: str, signature: Signature = SIGNATURE) -> PendingRequest:
    return queue.submit(signature, PredictInputs({"text": texts(*words)}, len(words)))


def hold(queue: Queue, model: Model) -> PendingRequest:
    """Submits a request that the model does not complete before it may."""
    pending = submit(queue, "first")
    assert model.is_called.wait(60)
    return pending


def texts_of(pending: PendingRequest) -> list[str]:
    return [text.decode() for text in pending.future.result(timeout=60)["out"]]


def test_waiting_requests_share_a_call_and_get_their_own_rows(queue: Queue, model: Model):
    first = hold(queue, model)
    pending = [submit(queue, "a"), submit(queue, "b", "c"), submit(queue, "d"), submit(queue, "e")]
    model.may_return.set()
    assert texts_of(first) == ["FIRST"]
    assert [texts_of(one) for one in pending] == [["A"], ["B", "C"], ["D"], ["E"]]
    assert model.calls == [1, 4, 1]


@pytest.mark.usefixtures("calls_of_an_hour")
def test_the_next_requests_of_a_call_share_a_call(queue: Queue, model: Model):
    hold(queue, model)
    pending = [submit(queue, "a"), submit(queue, "b")]
    model.may_return.set()
    assert [texts_of(one) for one in pending] == [["A"], ["B"]]
    pending = [submit(queue, "c"), submit(queue, "d")]  # the thread waits for the second
    assert [texts_of(one) for one in pending] == [["C"], ["D"]]
    assert model.calls == [1, 2, 2]


@pytest.mark.usefixtures("calls_of_an_hour")
def test_a_request_after_a_call_of_one_is_computed_at_once(queue: Queue, model: Model):
    first = hold(queue, model)
    model.may_return.set()
    assert texts_of(first) == ["FIRST"]
    assert texts_of(submit(queue, "a")) == ["A"]
    assert model.calls == [1, 1]


def test_a_request_that_does_not_fit_waits_and_smaller_ones_join_the_call(
    queue: Queue, model: Model
):
    hold(queue, model)
    pending = [submit(queue, "a", "b"), submit(queue, "c", "d", "e"), submit(queue, "f")]
    model.may_return.set()
    assert [texts_of(one) for one in pending] == [["A", "B"], ["C", "D", "E"], ["F"]]
    assert model.calls == [1, 3, 3]


def test_another_signature_or_inner_shape_has_its_own_call(queue: Queue, model: Model):
    hold(queue, model)
    pending = [submit(queue, "a"), submit(queue, "b", signature=OTHER), submit(queue, "c")]
    model.may_return.set()
    assert [texts_of(one) for one in pending] == [["A"], ["B"], ["C"]]
    assert model.calls == [1, 2, 1]

    shape = (None, None)
    wide = Signature("w", {"x": Tensor("x", "float32", shape)}, {"y": Tensor("y", "", (None, 1))})
    pair, triple = (PredictInputs({"x": np.zeros((1, width))}, 1) for width in (2, 3))
    assert PendingRequest(wide, pair).fits(PendingRequest(wide, pair))
    assert not PendingRequest(wide, pair).fits(PendingRequest(wide, triple))


def test_requests_whose_outputs_are_padded_do_not_share_a_call(queue: Queue, model: Model):
    signature = texts_signature(mergeable=False)
    hold(queue, model)
    pending = [submit(queue, "a", signature=signature), submit(queue, "b", signature=signature)]
    model.may_return.set()
    assert [texts_of(one) for one in pending] == [["A"], ["B"]]
    assert model.calls == [1, 1, 1]


def test_more_rows_than_a_batch_are_computed_in_several_calls(queue: Queue, model: Model):
    model.may_return.set()
    words = [f"w{number}" for number in range(10)]
    assert texts_of(submit(queue, *words)) == [word.upper() for word in words]
    assert model.calls == [4, 4, 2]


def test_long_texts_share_a_call_up_to_max_batch_bytes(model: Model):
    # The calls of short requests have 200 / 2 bytes.
    queue = Queue(model.run, Limits(max_batch=4, max_batch_bytes=200), model)
    hold(queue, model)
    long, short = "x" * 40, "y"
    pending = [
        submit(queue, short),
        submit(queue, long),
        submit(queue, short),
    ]
    model.may_return.set()
    assert [texts_of(one) for one in pending] == [["Y"], ["X" * 40], ["Y"]]
    # The second call has 2 x 40 bytes; a third row would make it 120.
    assert model.calls == [1, 2, 1]
    queue.close()


def test_a_short_request_does_not_wait_for_a_long_one(model: Model):
    long_may_return = threading.Event()

    def run(signature: Signature, arrays: Arrays) -> Arrays:
        if len(arrays["text"][0]) > 100:
            assert long_may_return.wait(60)
        return model.run(signature, arrays)

    model.may_return.set()
    queue = Queue(run, Limits(max_batch_bytes=100 * SHORT_SHARE, max_queue=4, max_rows=4), model)
    long = [submit(queue, "x" * 101), submit(queue, *["x" * 101] * 3)]
    assert texts_of(submit(queue, "a")) == ["A"]
    assert texts_of(submit(queue, *"bcde")) == list("BCDE")  # The other lane is full.
    assert not any(one.future.done() for one in long)
    long_may_return.set()
    assert [len(texts_of(one)) for one in long] == [1, 3]
    queue.close()
    assert model.waiting == 0


def test_the_cost_of_generated_text_counts(model: Model):
    def generation(tokens: int) -> PredictInputs:
        return PredictInputs({"text": texts("a"), "max_tokens": np.array([tokens], np.int32)}, 1)

    assert generation(0).row_cost < generation(100).row_cost < generation(4000).row_cost
    assert generation(-5).row_cost == generation(0).row_cost
    queue = Queue(model.run, Limits(), model)
    short, long = (
        queue.submit(SIGNATURE, generation(100)),
        queue.submit(SIGNATURE, generation(4000)),
    )
    assert queue._lane(short.inputs) is not queue._lane(long.inputs)
    model.may_return.set()
    queue.close()


def test_requests_of_several_calls_have_turns(queue: Queue, model: Model):
    hold(queue, model)
    order: list[object] = []
    pending = [submit(queue, *"abcdefghi"), submit(queue, *"j")]
    for one in pending:
        one.future.add_done_callback(order.append)
    model.may_return.set()
    assert [texts_of(one) for one in pending] == [list("ABCDEFGHI"), ["J"]]
    assert model.calls == [1, 4, 1, 4, 1]
    assert order == [pending[1].future, pending[0].future]


def test_parts_that_do_not_fit_are_an_error_of_one_request(model: Model):
    widths = iter((1, 2, 1, 1, 1))

    def run(signature: Signature, arrays: Arrays) -> Arrays:
        return {"out": np.zeros((len(arrays["text"]), next(widths)))}

    queue = Queue(run, LIMITS, model)
    with pytest.raises(RequestError, match="The model failed"):
        submit(queue, *"abcdefgh").future.result(timeout=60)
    assert submit(queue, "a").future.result(timeout=60)["out"].shape == (1, 1)
    assert model.waiting == 0
    queue.close()


@pytest.mark.parametrize("wanted", [np.nan, np.inf])
def test_a_number_of_tokens_that_is_no_integer_costs_nothing(wanted: float):
    inputs = PredictInputs({"text": texts("a"), "max_tokens": np.array([wanted], np.float32)}, 1)
    assert inputs.row_cost == inputs.row_bytes


def test_a_failure_in_a_later_call_ends_the_whole_request(queue: Queue, model: Model):
    model.may_return.set()
    pending = submit(queue, *"abcd", "bad", *"efgh")
    with pytest.raises(RequestError, match="bad text"):
        texts_of(pending)
    assert model.waiting == 0
    assert texts_of(submit(queue, "i")) == ["I"]


def test_only_the_request_that_causes_a_failure_fails(queue: Queue, model: Model):
    hold(queue, model)
    pending = [submit(queue, "a"), submit(queue, "bad"), submit(queue, "c", "d")]
    model.may_return.set()
    assert texts_of(pending[0]) == ["A"]
    assert texts_of(pending[2]) == ["C", "D"]
    with pytest.raises(RequestError, match="bad text"):
        texts_of(pending[1])
    assert model.calls == [1, 4, 1, 1, 2]


def test_requests_run_alone_if_an_output_lacks_rows(model: Model):
    def first_only(signature: Signature, arrays: Arrays) -> Arrays:
        model.run(signature, arrays)
        return {"out": arrays["text"][:1]}

    queue = Queue(first_only, LIMITS, model)
    hold(queue, model)
    pending = [submit(queue, "a"), submit(queue, "b")]
    model.may_return.set()
    assert [texts_of(one) for one in pending] == [["a"], ["b"]]
    queue.close()


@pytest.mark.parametrize("shape", [(), (1,), (1, 2), None])
def test_an_output_over_all_rows_covers_one_request_only(
    model: Model, shape: tuple[int, ...] | None
):
    outputs = {"out": Tensor("out", "string", (None,)), "sum": Tensor("sum", "int64", shape)}
    signature = Signature("s", SIGNATURE.inputs, outputs)

    def run(signature: Signature, arrays: Arrays) -> Arrays:
        total = sum(int(text) for text in arrays["text"])
        return {**model.run(signature, arrays), "sum": np.broadcast_to(total, shape or ())}

    queue = Queue(run, LIMITS, model)
    hold_signature = Signature("first", signature.inputs, signature.outputs)
    held = submit(queue, "0", signature=hold_signature)
    assert model.is_called.wait(60)
    pending = [submit(queue, *words, signature=signature) for words in ("1", "20", "3456789")]
    model.may_return.set()
    sums = [one.future.result(timeout=60)["sum"].ravel()[0] for one in (held, *pending)]
    assert sums == [0, 1, 2, 3 + 4 + 5 + 6 + 7 + 8 + 9]
    assert [texts_of(one) for one in pending] == [["1"], ["2", "0"], list("3456789")]
    assert model.calls == [1, 1, 2, 7]
    queue.close()


def test_a_long_request_runs_in_one_call_if_an_output_lacks_rows(model: Model):
    def distinct(signature: Signature, arrays: Arrays) -> Arrays:
        model.run(signature, arrays)
        return {"out": np.unique(arrays["text"])}

    model.may_return.set()
    queue = Queue(distinct, LIMITS, model)
    assert texts_of(submit(queue, *"abcdabca")) == list("abcd")
    assert texts_of(submit(queue, *"aabcda")) == list("abcd")
    assert model.calls == [4, 4, 8, 4, 6]
    queue.close()


def test_a_full_queue_raises_503_with_retry_after(queue: Queue, model: Model):
    hold(queue, model)
    kept = submit(queue, *"abcdefgh")
    submit(queue, "i", "j")
    with pytest.raises(RequestError) as error:
        submit(queue, "k")
    assert error.value.status == 503
    assert error.value.retry_after is not None
    assert error.value.retry_after >= 1
    assert re.search("10 rows .* maximum is 10", error.value.message)
    model.may_return.set()
    assert texts_of(kept) == list("ABCDEFGH")
    assert texts_of(submit(queue, "k")) == ["K"]


@pytest.mark.parametrize(
    ("rows", "seconds_per_call", "wait"),
    [(0, 0.0, 1), (256, 0.2, 2), (256, 0.75, 6), (1, 2.5, 3), (33, 2.5, 5), (256, 60.0, 30)],
)
def test_retry_after_counts_calls_not_rows(rows: int, seconds_per_call: float, wait: int):
    assert retry_after(rows, seconds_per_call, Limits(max_batch=32, timeout=30)) == wait


def test_a_dropped_request_is_not_computed_and_leaves_the_queue(queue: Queue, model: Model):
    hold(queue, model)
    dropped, kept = submit(queue, *"abcdefgh"), submit(queue, "i", "j")
    queue.drop(dropped)
    assert model.waiting == 2
    late = submit(queue, *"klmnopqr")
    model.may_return.set()
    assert texts_of(kept) == ["I", "J"]
    assert texts_of(late) == list("KLMNOPQR")
    assert model.calls == [1, 2, 4, 4]
    assert not dropped.future.done()


def test_a_dropped_long_request_stops_between_its_calls(queue: Queue, model: Model):
    pending = submit(queue, *"abcdefgh")
    assert model.is_called.wait(60)
    queue.drop(pending)
    model.may_return.set()
    with pytest.raises(RequestError):
        texts_of(pending)
    assert model.calls == [4]


def test_close_completes_waiting_requests_and_accepts_no_more(queue: Queue, model: Model):
    first = hold(queue, model)
    second = submit(queue, "a")
    closing = threading.Thread(target=queue.close)
    closing.start()

    def is_closed() -> bool:
        try:
            queue.drop(submit(queue, "b"))
        except QueueClosedError:
            return True
        return False

    until(is_closed)
    model.may_return.set()
    closing.join(60)
    assert texts_of(first) == ["FIRST"]
    assert texts_of(second) == ["A"]


def test_many_threads_get_their_own_outputs(model: Model):
    model.may_return.set()
    queue = Queue(model.run, Limits(max_batch=8, max_queue=10_000), model)
    wrong: list[Any] = []

    def client(number: int) -> None:
        for turn in range(50):
            words = [f"{number}-{turn}-{row}-x" for row in range(1 + (number + turn) % 5)]
            if texts_of(submit(queue, *words)) != [word.upper() for word in words]:
                wrong.append(words)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    queue.close()
    assert wrong == []
    assert sum(model.calls) == sum(
        1 + (number + turn) % 5 for number in range(20) for turn in range(50)
    )
