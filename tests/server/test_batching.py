"""Tests of nlp_apps.server.batching: what shares a call, and what becomes of the rest."""

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from nlp_apps.server.batching import PendingRequest, Queue, QueueClosedError, retry_after
from nlp_apps.server.limits import Limits
from nlp_apps.server.model_signatures import Signature, Tensor
from nlp_apps.server.predict_request import Arrays, PredictInputs
from nlp_apps.server.request_error import RequestError
from tests.toy_server import texts, texts_signature, until

LIMITS = Limits(max_batch=4, max_queue=10, max_rows=10)
SIGNATURE = texts_signature()
OTHER = texts_signature(name="other")


class Model:
    """Shouts, but only when it is let; remembers the rows of its calls and what the meter said."""

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.depths: list[int] = []
        self.may_go = threading.Event()
        self.is_in = threading.Event()

    def run(self, signature: Signature, arrays: Arrays) -> Arrays:
        self.is_in.set()
        assert self.may_go.wait(60)
        if b"bad" in arrays["text"]:
            raise RequestError(400, "bad text")
        return {"out": np.array([text.upper() for text in arrays["text"]], dtype=object)}

    def waiting(self, rows: int) -> None:
        self.depths.append(rows)

    def called(self, rows: int) -> None:
        self.calls.append(rows)


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
def queue(model: Model) -> Iterator[Queue]:
    queue = Queue(model.run, LIMITS, model)
    yield queue
    model.may_go.set()
    queue.close()


def ask(queue: Queue, *words: str, signature: Signature = SIGNATURE) -> PendingRequest:
    return queue.submit(signature, PredictInputs({"text": texts(*words)}, len(words)))


def hold(queue: Queue, model: Model) -> PendingRequest:
    """Gives the model one job, which it does not end before it is let."""
    job = ask(queue, "first")
    assert model.is_in.wait(60)
    return job


def told(job: PendingRequest) -> list[str]:
    return [text.decode() for text in job.future.result(timeout=60)["out"]]


def test_what_waits_shares_a_call_and_everyone_gets_their_own_rows(queue: Queue, model: Model):
    first = hold(queue, model)
    jobs = [ask(queue, "a"), ask(queue, "b", "c"), ask(queue, "d"), ask(queue, "e")]
    model.may_go.set()
    assert told(first) == ["FIRST"]
    assert [told(job) for job in jobs] == [["A"], ["B", "C"], ["D"], ["E"]]
    assert model.calls == [1, 4, 1]


def test_a_job_that_does_not_fit_waits_and_smaller_ones_go_along(queue: Queue, model: Model):
    hold(queue, model)
    jobs = [ask(queue, "a", "b"), ask(queue, "c", "d", "e"), ask(queue, "f")]
    model.may_go.set()
    assert [told(job) for job in jobs] == [["A", "B"], ["C", "D", "E"], ["F"]]
    assert model.calls == [1, 3, 3]


def test_another_signature_or_another_inner_shape_has_its_own_call(queue: Queue, model: Model):
    hold(queue, model)
    jobs = [ask(queue, "a"), ask(queue, "b", signature=OTHER), ask(queue, "c")]
    model.may_go.set()
    assert [told(job) for job in jobs] == [["A"], ["B"], ["C"]]
    assert model.calls == [1, 2, 1]

    shape = (None, None)
    wide = Signature("w", {"x": Tensor("x", "float32", shape)}, {"y": Tensor("y", "", (None, 1))})
    pair, triple = (PredictInputs({"x": np.zeros((1, width))}, 1) for width in (2, 3))
    assert PendingRequest(wide, pair).fits(PendingRequest(wide, pair))
    assert not PendingRequest(wide, pair).fits(PendingRequest(wide, triple))


def test_outputs_as_wide_as_the_widest_row_are_not_shared(queue: Queue, model: Model):
    signature = texts_signature(mergeable=False)
    hold(queue, model)
    jobs = [ask(queue, "a", signature=signature), ask(queue, "b", signature=signature)]
    model.may_go.set()
    assert [told(job) for job in jobs] == [["A"], ["B"]]
    assert model.calls == [1, 1, 1]


def test_more_rows_than_a_batch_are_answered_in_several_calls(queue: Queue, model: Model):
    model.may_go.set()
    words = [f"w{number}" for number in range(10)]
    assert told(ask(queue, *words)) == [word.upper() for word in words]
    assert model.calls == [4, 4, 2]


def test_long_texts_share_a_call_only_as_far_as_its_padded_bytes_go(model: Model):
    queue = Queue(model.run, Limits(max_batch=4, max_batch_bytes=100), model)
    hold(queue, model)
    long, short = "x" * 40, "y"
    jobs = [ask(queue, short), ask(queue, long), ask(queue, short), ask(queue, long, long, long)]
    model.may_go.set()
    assert [told(job) for job in jobs] == [["Y"], ["X" * 40], ["Y"], ["X" * 40] * 3]
    # The first two are 2 x 40 bytes; a third row would make 120 of them.
    assert model.calls == [1, 2, 1, 2, 1]
    queue.close()


def test_only_the_guilty_request_fails(queue: Queue, model: Model):
    hold(queue, model)
    jobs = [ask(queue, "a"), ask(queue, "bad"), ask(queue, "c", "d")]
    model.may_go.set()
    assert told(jobs[0]) == ["A"]
    assert told(jobs[2]) == ["C", "D"]
    with pytest.raises(RequestError, match="bad text"):
        told(jobs[1])
    assert model.calls == [1, 4, 1, 1, 2]


def test_an_output_without_a_row_for_each_request_is_asked_for_alone(model: Model):
    def first_only(signature: Signature, arrays: Arrays) -> Arrays:
        model.run(signature, arrays)
        return {"out": arrays["text"][:1]}

    queue = Queue(first_only, LIMITS, model)
    hold(queue, model)
    jobs = [ask(queue, "a"), ask(queue, "b")]
    model.may_go.set()
    assert [told(job) for job in jobs] == [["a"], ["b"]]
    queue.close()


@pytest.mark.parametrize("shape", [(), (1,), (1, 2), None])
def test_an_output_of_all_rows_is_of_the_rows_of_one_request_alone(
    model: Model, shape: tuple[int, ...] | None
):
    outputs = {"out": Tensor("out", "string", (None,)), "sum": Tensor("sum", "int64", shape)}
    signature = Signature("s", SIGNATURE.inputs, outputs)

    def run(signature: Signature, arrays: Arrays) -> Arrays:
        total = sum(int(text) for text in arrays["text"])
        return {**model.run(signature, arrays), "sum": np.broadcast_to(total, shape or ())}

    queue = Queue(run, LIMITS, model)
    hold_signature = Signature("first", signature.inputs, signature.outputs)
    held = ask(queue, "0", signature=hold_signature)
    assert model.is_in.wait(60)
    jobs = [ask(queue, *words, signature=signature) for words in ("1", "20", "3456789")]
    model.may_go.set()
    sums = [job.future.result(timeout=60)["sum"].ravel()[0] for job in (held, *jobs)]
    assert sums == [0, 1, 2, 3 + 4 + 5 + 6 + 7 + 8 + 9]
    assert [told(job) for job in jobs] == [["1"], ["2", "0"], list("3456789")]
    assert model.calls == [1, 1, 2, 7]
    queue.close()


def test_a_long_request_whose_answer_is_not_by_rows_is_asked_whole(model: Model):
    def distinct(signature: Signature, arrays: Arrays) -> Arrays:
        model.run(signature, arrays)
        return {"out": np.unique(arrays["text"])}

    model.may_go.set()
    queue = Queue(distinct, LIMITS, model)
    assert told(ask(queue, *"abcdabca")) == list("abcd")
    assert told(ask(queue, *"aabcda")) == list("abcd")
    assert model.calls == [4, 4, 8, 4, 6]
    queue.close()


def test_a_full_queue_refuses_and_says_when_to_come_back(queue: Queue, model: Model):
    hold(queue, model)
    kept = ask(queue, *"abcdefgh")
    ask(queue, "i", "j")
    with pytest.raises(RequestError) as error:
        ask(queue, "k")
    assert error.value.status == 503
    assert error.value.retry_after is not None
    assert error.value.retry_after >= 1
    assert error.value.message == (
        "The server is busy: 10 rows wait, and at most 10 may. Try again later."
    )
    model.may_go.set()
    assert told(kept) == list("ABCDEFGH")
    assert told(ask(queue, "k")) == ["K"]


@pytest.mark.parametrize(
    ("rows", "seconds_per_call", "wait"),
    [(0, 0.0, 1), (256, 0.2, 2), (256, 0.75, 6), (1, 2.5, 3), (33, 2.5, 5), (256, 60.0, 30)],
)
def test_when_to_come_back_counts_calls_and_not_rows(rows: int, seconds_per_call: float, wait: int):
    assert retry_after(rows, seconds_per_call, Limits(max_batch=32, timeout=30)) == wait


def test_a_dropped_job_is_not_computed_and_makes_room(queue: Queue, model: Model):
    hold(queue, model)
    dropped, kept = ask(queue, *"abcdefgh"), ask(queue, "i", "j")
    queue.drop(dropped)
    assert model.depths[-1] == 2
    late = ask(queue, *"klmnopqr")
    model.may_go.set()
    assert told(kept) == ["I", "J"]
    assert told(late) == list("KLMNOPQR")
    assert model.calls == [1, 2, 4, 4]
    assert not dropped.future.done()


def test_a_long_job_that_is_dropped_stops_between_its_calls(queue: Queue, model: Model):
    job = ask(queue, *"abcdefgh")
    assert model.is_in.wait(60)
    queue.drop(job)
    model.may_go.set()
    with pytest.raises(RequestError):
        told(job)
    assert model.calls == [4]


def test_closing_answers_what_waits_and_takes_no_more(queue: Queue, model: Model):
    first = hold(queue, model)
    second = ask(queue, "a")
    closing = threading.Thread(target=queue.close)
    closing.start()

    def is_closed() -> bool:
        try:
            queue.drop(ask(queue, "b"))
        except QueueClosedError:
            return True
        return False

    until(is_closed)
    model.may_go.set()
    closing.join(60)
    assert told(first) == ["FIRST"]
    assert told(second) == ["A"]


def test_many_threads_get_exactly_their_own_answers(model: Model):
    model.may_go.set()
    queue = Queue(model.run, Limits(max_batch=8, max_queue=10_000), model)
    wrong: list[Any] = []

    def client(number: int) -> None:
        for turn in range(50):
            words = [f"{number}-{turn}-{row}-x" for row in range(1 + (number + turn) % 5)]
            if told(ask(queue, *words)) != [word.upper() for word in words]:
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
