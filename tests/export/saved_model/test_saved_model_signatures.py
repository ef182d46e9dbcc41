"""Signatures of a SavedModel accept any text and predict the same as the run."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import nlp_apps
from nlp_apps.export.graph_text.graph_normalize import is_empty
from nlp_apps.inference.saved_model import SavedModel
from nlp_apps.text import normalize
from tests.export.saved_model import SIGNATURES, TEXTS


def test_batches_of_any_size_are_accepted_also_empty_ones(task: str, model: SavedModel) -> None:
    for name in SIGNATURES[task]:
        assert all(len(value) == 0 for value in model.run(name, []).values())
        one = [model.run(name, [text]) for text in TEXTS]
        many = model.run(name, TEXTS)
        for row, alone in enumerate(one):
            for key, value in alone.items():
                inside: Any = (row, *(slice(0, size) for size in value.shape[1:]))
                part = many[key][inside]
                if value.dtype == object:
                    np.testing.assert_array_equal(part, value[0])
                else:
                    np.testing.assert_allclose(part, value[0], atol=1e-4)


def test_an_empty_text_has_no_prediction_unless_it_is_a_prompt(
    task: str, model: SavedModel
) -> None:
    for empty in ("", " ", "\t", " \u3000\n\x85\xa0\u2028\x1c"):
        for name in SIGNATURES[task]:
            beside = model.run(name, ["tea", empty])
            for key, value in beside.items():
                if task == "generation":
                    continue
                default: set[Any] = {b""} if value.dtype == object else {0.0}
                if key != "labels":
                    assert set(np.ravel(value[1]).tolist()) <= default, (name, key)
    if task == "generation":
        assert model.run("serving_default", [""])["text"][0]
        assert model.run("score", [""])["perplexity"][0] == 1.0


def test_white_space_is_that_of_python() -> None:
    letters = [chr(number) for number in range(0x4000)]  # all there is
    found = is_empty(tf.constant([letter.encode() for letter in letters])).numpy()
    assert [
        x for x, empty in zip(letters, found, strict=True) if empty != normalize.is_empty(x)
    ] == []


def test_bytes_that_are_not_utf_8_are_accepted(task: str, model: SavedModel) -> None:
    name = {"translation": "align", "sentiment": "attend", "generation": "score"}[task]
    broken = [b"tea \xff\xfe house", b"a\x00b", b"\xf0\x9f\x99"]
    sound = [text.decode("utf-8", "replace") for text in broken]
    found = model.loaded.signatures[name](text=tf.constant(broken))
    for key, wanted in model.run(name, sound).items():
        if wanted.dtype == object:
            np.testing.assert_array_equal(found[key].numpy(), wanted)


@pytest.mark.parametrize("task", ["generation"], indirect=True)
def test_the_text_is_utf_8_for_every_prompt(task: str, exported: Path) -> None:
    model = SavedModel(exported, task)
    prompts = [b"\xff\xfe\x80", b"abc\xc3", b"\xed\xa0\x80", "\ufefft\u00e9\x00".encode()]
    found = model.loaded.signatures["serving_default"](
        text=tf.constant(prompts),
        max_tokens=tf.constant([2]),
        seed=tf.constant([1], tf.int64),
        temperature=tf.constant([1.0]),
        top_k=tf.constant([0]),
        top_p=tf.constant([1.0]),
    )["text"].numpy()
    for prompt, text in zip(prompts, found, strict=True):
        assert text.decode("utf-8").startswith(prompt.decode("utf-8", "replace"))


# Each task ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", ["translation"], indirect=True)
def test_alignments_are_those_of_the_run(trained: Path, model: SavedModel) -> None:
    translator = nlp_apps.load(trained)
    found = model.run("align", TEXTS)
    for row, text in enumerate(TEXTS):
        wanted = translator.align(text)
        pieces = [translator.source_tokenizer.vocabulary[index] for index in wanted.source_ids]
        size, width = len(wanted.target_ids), len(wanted.source_ids)
        assert [piece.decode() for piece in found["source_pieces"][row][:width]] == pieces
        assert not any(found["source_pieces"][row][width:])
        weights = found["attention"][row]
        np.testing.assert_allclose(weights[:size, :width], wanted.weights, atol=1e-4)
        np.testing.assert_allclose(weights.sum(axis=1)[:size], 1.0, atol=1e-4)
        assert not weights[size:].any()


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
def test_weights_of_words_are_those_of_their_windows(trained: Path, model: SavedModel) -> None:
    from nlp_apps.text.batches.token_texts import truncate

    classifier = nlp_apps.load(trained)
    found = model.run("attend", TEXTS)
    for row, text in enumerate(TEXTS):
        (token_ids,) = classifier.tokenizer.encode([classifier.normalize(text)])
        windows = truncate(token_ids, classifier.max_length, classifier.truncation)
        pooled = classifier.pool(windows)
        wanted = np.concatenate([one.weights[:-1] for one in pooled]) / len(windows)
        np.testing.assert_allclose(found["weights"][row][: len(wanted)], wanted, atol=1e-5)
        pieces = [classifier.tokenizer.vocabulary[index] for index in token_ids]
        assert [piece.decode() for piece in found["pieces"][row][: len(wanted)]] == pieces


@pytest.mark.parametrize("task", ["generation"], indirect=True)
def test_a_text_depends_on_its_own_seed_and_settings_alone(model: SavedModel) -> None:
    prompts = ["the sea", "the sea", "a", "the sea"]
    together = model.run(
        "serving_default",
        prompts,
        {
            "seed": [3, 4, 3, 3],
            "temperature": [1.0, 1.0, 2.0, 1.0],
            "top_k": [0, 5, 3, 0],
            "top_p": [1.0, 0.9, 1.0, 1.0],
            "max_tokens": [9, 4, 12, 9],
        },
    )
    assert together["text"][0] == together["text"][3] != together["text"][1]
    assert together["tokens"].tolist()[1] <= 4 < together["tokens"].tolist()[2] <= 12
    alone = model.run(
        "serving_default",
        ["a"],
        {"seed": [3], "temperature": [2.0], "top_k": [3], "top_p": [1.0], "max_tokens": [12]},
    )
    assert alone["text"][0] == together["text"][2]


@pytest.mark.parametrize("task", ["generation"], indirect=True)
def test_an_output_marks_texts_that_reached_eos(model: SavedModel) -> None:
    seeds = list(range(20))
    found = model.run("serving_default", [""] * 20, {"seed": seeds, "max_tokens": [12]})
    assert found["ended"].dtype == bool and found["ended"].sum() > 0
    lengths = found["tokens"].tolist()
    for cut in (0, 1):
        limits = [max(length - cut, 1) for length in lengths]
        again = model.run("serving_default", [""] * 20, {"seed": seeds, "max_tokens": limits})
        for row, (length, ended) in enumerate(zip(lengths, found["ended"], strict=True)):
            assert again["ended"][row] == (ended and limits[row] == length)


@pytest.mark.parametrize("task", ["generation"], indirect=True)
@pytest.mark.parametrize(
    ("name", "value"),
    [("temperature", 0.0), ("top_p", 1.5), ("top_p", 0.0), ("top_k", -1), ("max_tokens", 0)],
)
def test_a_setting_out_of_range_is_an_error_that_names_it(
    model: SavedModel, name: str, value: Any
) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"{name} must be"):
        model.run("serving_default", ["tea"], {name: [value]})
