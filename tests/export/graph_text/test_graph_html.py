"""Texts are cleaned and normalized equally in training, in predictors and in exported graphs."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.errors import UsageError
from nlp_apps.explain.word_importance import word_importance
from nlp_apps.export.graph_text.graph_html import ENTITIES, clean_html
from nlp_apps.export.graph_text.graph_normalize import is_empty, normalize_input
from nlp_apps.export.saved_model.sentiment_signatures import SentimentSignatures
from nlp_apps.export.tflite.lite_sentiment import LiteSentiment
from nlp_apps.inference.text_classifier import TextClassifier
from nlp_apps.litert import lite_classifier as device
from nlp_apps.networks.classifier import Classifier
from nlp_apps.recipe.export_section import SentimentExport
from nlp_apps.text import normalize
from nlp_apps.text.html import clean
from nlp_apps.text.readers.labelled import read_labelled_texts
from nlp_apps.text.tokenizer import train_tokenizer
from tests.tiny_runs import WORDS

BREAKS = ("\r\n", *"\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")

RAW = (
    "the old house<br /><br />tea and the sea",
    "the <BR>moon&nbsp;sleeps </br> in <br clear='all'/>winter&quot;",
    "a &lt; b &amp;&amp; c &gt; d, &#39;tea&#39;",
    "&lt;br /&gt;the sun &amp;lt; the moon",
    "<b>bold</b> and <brown> stay",
    "nothing to do",
    "  blanks   at both ends  ",
    "\ttea",
    "tea\u3000\x1f\n",
    "\u2581the sea\u2581",
    *(f"the sea{line_break}{line_break}sleeps" for line_break in BREAKS),
    "\u2581 \n",
    "<br>",
    "",
)


def make_classifier(clean_html: bool) -> TextClassifier:
    tf.keras.utils.set_random_seed(1)
    tokenizer = train_tokenizer([" ".join(WORDS)], kind="words", vocabulary_size=290)
    model = Classifier(290, 2, embedding_size=6, units=8, num_layers=1)
    model.build()
    return TextClassifier(model, tokenizer, ["a", "b"], max_length=24, clean_html=clean_html)


def test_the_graph_cleans_as_python_does() -> None:
    texts = [*RAW, *(f"tea{entity}sea" for entity in ENTITIES), "tea\u00a0\u00a0sea"]
    found = clean_html(tf.constant(texts)).numpy()
    assert [text.decode() for text in found] == [clean(text) for text in texts]


def test_bytes_that_are_not_utf_8_are_left_alone() -> None:
    (found,) = clean_html(tf.constant([b"tea \xff<br>sea"])).numpy()
    assert found.startswith(b"tea \xff") and found.endswith(b"sea")


def test_the_graph_reads_a_text_as_python_does() -> None:
    texts = [*RAW, "a\n\n\r\n\tb ", "\x85 \u2028 \xa0"]
    found = normalize_input(tf.constant(texts)).numpy()
    assert [text.decode() for text in found] == [normalize.normalize_input(text) for text in texts]
    (broken,) = normalize_input(tf.constant([b" tea \xff\nsea\n"])).numpy()
    assert broken == b"tea \xff sea"


def test_training_reads_a_text_as_prediction_does(tmp_path: Path) -> None:
    texts = [
        text for text in RAW if not normalize.is_empty(normalize.normalize(text, clean_html=True))
    ]
    rows = "".join(json.dumps({"label": "a", "text": text}) + "\n" for text in texts)
    (tmp_path / "a.jsonl").write_text(rows, encoding="utf-8")
    for cleans in (True, False):
        corpus = read_labelled_texts("a.jsonl", find=tmp_path.joinpath, clean_html=cleans)
        wanted = [make_classifier(cleans).normalize(text) for text in texts]
        assert [example.source for example in corpus.examples] == wanted


def test_the_graph_finds_the_empty_texts_of_python() -> None:
    texts = [*RAW, *BREAKS, "\u2581", "\u2581a", "\u3000\u2581\t", "."]
    found = is_empty(tf.constant(texts)).numpy().tolist()
    assert found == [normalize.is_empty(text) for text in texts]


@pytest.mark.parametrize("clean_html", [True, False])
def test_an_empty_text_has_no_label(clean_html: bool) -> None:
    classifier = make_classifier(clean_html)
    blank, other, markup = classifier.classify(["\u2581 \n", "tea", "<br />&nbsp;"])
    assert blank == ("", 0.0, {"a": 0.0, "b": 0.0}, False)
    assert other.label in ("a", "b")
    assert (markup.label == "") is clean_html
    if clean_html:
        with pytest.raises(UsageError, match="empty without its markup"):
            word_importance(classifier, "<br />&nbsp;")


def test_a_classifier_cleans_if_its_training_text_was_cleaned() -> None:
    cleaned = [clean(text) for text in RAW[:5]]
    cleaning, other = make_classifier(True), make_classifier(False)
    assert list(cleaning.classify(RAW[:5])) == list(other.classify(cleaned))
    assert list(cleaning.classify(RAW[:1])) != list(other.classify(RAW[:1]))
    assert cleaning.normalize("tea&#10;sea\n") == "tea sea"  # one line, as in training
    np.testing.assert_array_equal(cleaning.logits(RAW), other.logits(RAW))  # of plain texts


def test_a_classifier_reads_line_breaks_as_spaces() -> None:
    classifier = make_classifier(False)
    wanted, *found = classifier.classify(f"the sea{one}sleeps" for one in (" ", *BREAKS))
    for answer in found:
        assert answer.probabilities == pytest.approx(wanted.probabilities, abs=1e-6)


def test_a_text_is_cleaned_once_where_it_is_explained() -> None:
    found = word_importance(make_classifier(True), "tea &amp;quot;sea&amp;quot;")
    assert found.text == "tea &quot;sea&quot;"
    (wanted,) = make_classifier(False).classify([found.text])
    assert found.probabilities == pytest.approx(wanted.probabilities, abs=1e-6)


@pytest.mark.parametrize("clean_html", [True, False])
def test_a_saved_model_predicts_the_same_as_the_classifier(clean_html: bool) -> None:
    classifier = make_classifier(clean_html)
    signatures = SentimentSignatures(classifier)
    wanted = [answer.probabilities for answer in classifier.classify(RAW[:-1])]
    found = signatures.functions["probabilities"](tf.constant(RAW))["probabilities"].numpy()
    np.testing.assert_allclose(found[:-1], [list(row.values()) for row in wanted], atol=1e-5)
    assert (found[-1] == 0.0).all()


@pytest.mark.parametrize("clean_html", [True, False])
def test_a_host_of_a_tflite_cleans_where_the_card_says_so(
    clean_html: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = LiteSentiment(make_classifier(clean_html), SentimentExport()).metadata
    assert metadata["clean_html"] is clean_html
    asked: list[str] = []

    class Model:
        def __init__(self, path: Path, task: str, *, threads: int | None = None) -> None:
            self.metadata = {"labels": ["a", "b"], **metadata}
            self.max_tokens = 8

        def encode(self, text: str) -> list[int]:
            asked.append(text)
            return [7]

        def run(self, name: str, **inputs: Any) -> dict[str, np.ndarray]:
            return {"probabilities": np.array([[0.5, 0.5]])}

    monkeypatch.setattr(device, "open_model", Model)
    list(device.LiteClassifier(Path("any")).classify(RAW[:1]))
    assert asked == [clean(RAW[0]) if clean_html else RAW[0]]
