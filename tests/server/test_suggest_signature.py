"""The server suggests words by the signature `suggest`, within the limits of requests."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from nlp_apps import generation
from nlp_apps.server.limits import Limits
from nlp_apps.server.predict_request import fill_defaults
from tests.tiny_models import Made
from tests.toy_server import Toy, get, post, serving, texts

PREDICT = "/v1/models/board:predict"


@pytest.fixture(scope="module")
def board(tiny_saved_model: Made, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toy]:
    """A server with a tiny language model."""
    folder: Path = tmp_path_factory.mktemp("models")
    shutil.copytree(tiny_saved_model("generation").parent, folder / "board")
    with serving(folder, Limits(max_rows=3, max_queue=8, max_text_bytes=100)) as toy:
        yield toy


def suggest(toy: Toy, *texts: str):
    return post(toy.app, PREDICT, {"signature_name": "suggest", "instances": list(texts)})


def test_words_are_those_of_the_run(board: Toy, tiny_run: Made) -> None:
    keyboard = generation.keyboard(str(tiny_run("generation")))
    texts = ["the ", "the h", ""]
    found = suggest(board, *texts)
    assert found.status == 200
    for text, row in zip(texts, found.json["predictions"], strict=True):
        expected = keyboard.suggest(text, number=6)
        assert [word for word in row["words"] if word] == [one.word for one in expected]
        assert len(row["words"]) == len(row["probabilities"]) == 6
        assert row["probabilities"][: len(expected)] == pytest.approx(
            [one.probability for one in expected], rel=1e-3
        )


def test_requests_share_calls(board: Toy) -> None:
    signature = board.registry.resolve("board").model.signatures["suggest"]
    assert signature.mergeable
    card = get(board.app, "/v1/models/board/card").json
    assert list(card["signatures"]["suggest"]["inputs"]) == ["text"]


def test_the_search_for_words_counts_as_generated_text(board: Toy) -> None:
    signatures = board.registry.resolve("board").model.signatures
    searched, generated = (
        fill_defaults({"text": texts("a", "b")}, signatures[name]) for name in ("suggest", "score")
    )
    assert searched.row_cost > 100 + generated.row_cost


def test_limits_hold(board: Toy) -> None:
    too_many = suggest(board, "a", "b", "c", "d")
    assert too_many.status == 413 and "more than 3 rows" in too_many.json["error"]
    too_long = suggest(board, "x" * 101)
    assert too_long.status == 413 and "the maximum is 100" in too_long.json["error"]
    further = {"signature_name": "suggest", "inputs": {"text": ["a"], "number": [100]}}
    unknown = post(board.app, PREDICT, further)
    assert unknown.status == 400 and "no input 'number'" in unknown.json["error"]
