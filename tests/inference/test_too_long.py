"""A text that is longer than the model accepts is reported on every path."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

import nlp_apps
from nlp_apps.export.saved_model.sentiment_signatures import SentimentSignatures
from nlp_apps.inference.text_classifier import TextClassifier
from nlp_apps.litert.lite_classifier import LiteClassifier
from nlp_apps.networks.classifier import Classifier
from nlp_apps.text.tokenizer import train_tokenizer
from tests import tiny_runs
from tests.commands import run
from tests.tiny_models import Made
from tests.tiny_runs import WORDS

SHORT, LONG = "the sea", " ".join(WORDS * 9)
"""The second one has more tokens than `data.max_length`, and than the `.tflite` reads."""

PATHS = ("tiny_run", "tiny_saved_model", "tiny_lite")


@pytest.mark.parametrize("kind", PATHS)
def test_a_long_text_is_reported_in_python_and_by_the_command(
    kind: str, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    made: Made = request.getfixturevalue(kind)
    path = made("translation")
    with caplog.at_level(logging.WARNING, "nlp_apps"):
        found = nlp_apps.load(path).predict([f" {SHORT} ", LONG])
    assert [one.too_long for one in found] == [False, True]
    (warning,) = [one.getMessage() for one in caplog.records if "longer" in one.getMessage()]
    assert warning.startswith("text 2: ") and "data.max_length" in warning

    lines = tmp_path / "lines.txt"
    lines.write_text(f"{SHORT}\n\n{LONG}\n")
    done = run(tiny_runs.APPS["translation"], ["predict", path, "--input", lines, "--json"])
    assert done.code == 0, done.err
    assert done.err.count("longer than the model accepts") == 1 and "line 3: " in done.err
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [row.get("too_long") for row in rows] == [False, None, True]


@pytest.mark.parametrize("truncation", ["head", "tail", "both", "windows"])
def test_a_classifier_reports_a_text_of_which_it_reads_a_part(truncation: str) -> None:
    tokenizer = train_tokenizer([" ".join(WORDS)], kind="words", vocabulary_size=310)
    model = Classifier(tokenizer.vocabulary_size, 2, embedding_size=6, units=8, num_layers=1)
    model.build()
    classifier = TextClassifier(model, tokenizer, ["a", "b"], max_length=5, truncation=truncation)
    texts = ["", "the sea the sea", " the sea the sea\n", "the sea the sea the"]
    expected = [False, False, False, truncation != "windows"]
    assert [one.too_long for one in classifier.predict(texts)] == expected
    signatures = SentimentSignatures(classifier)
    for name in ("serving_default", "probabilities"):
        found = signatures.functions[name](tf.constant(texts))["too_long"]
        assert found.numpy().tolist() == expected


@pytest.mark.parametrize(
    ("metadata", "num_read"),
    [
        ({"truncation": "both", "max_length": 5}, 4),
        ({"truncation": "both", "max_length": 50}, 8),
        ({"truncation": "windows", "max_length": 5}, 8),
        ({"truncation": "head"}, 8),  # version 0.1.0
    ],
)
def test_a_tflite_reads_as_many_tokens_as_its_graph(
    metadata: dict[str, Any], num_read: int
) -> None:
    classifier = LiteClassifier.__new__(LiteClassifier)
    classifier.model = type("Model", (), {"max_tokens": 8, "metadata": metadata})()
    assert classifier._num_read() == num_read


def test_a_text_in_windows_is_read_whole_unless_a_tflite_is_too_small(
    tiny_run: Made, tiny_saved_model: Made, tiny_lite: Made
) -> None:
    text = " ".join(WORDS)
    for made in (tiny_run, tiny_saved_model, tiny_lite):
        assert not nlp_apps.load(made("sentiment")).predict([text])[0].too_long
    assert nlp_apps.load(tiny_lite("sentiment")).predict([LONG])[0].too_long
