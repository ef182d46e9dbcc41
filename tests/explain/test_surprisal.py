"""Tests of the surprisal of words, and of gate activity."""

import math

import keras
import numpy as np
import pytest

import nlp_apps
from nlp_apps.explain import surprisal
from nlp_apps.explain.gate_activity import gate_activity
from nlp_apps.plots.report import Heatmap


def test_surprisals_of_words_add_up_to_minus_log_p_of_the_text(writer_run):
    writer = nlp_apps.load(writer_run)
    text = "The quick fox.\n\nDon't forget\u20ac!"
    found = surprisal.word_surprisals(writer, text)
    token_ids = writer.tokenizer.encode_documents([text])[0]
    logits = writer.model({"target_in": np.array([[2, *token_ids[:-1]]], np.int32)})
    log_p = keras.ops.log_softmax(logits).numpy()[0]
    wanted = -sum(float(row[token]) for row, token in zip(log_p, token_ids, strict=True))
    assert found.nats.sum() == pytest.approx(wanted, rel=1e-5)
    assert found.perplexity == pytest.approx(math.exp(wanted / len(token_ids)), rel=1e-5)
    assert [word.text for word in found.words] == [
        *("The", "quick", "fox", ".", "\n", "\n"),
        *("Don't", "forget", "\u20ac!"),
    ]


def test_the_most_surprising_word_has_the_full_bar(writer_run):
    writer = nlp_apps.load(writer_run)
    explained = surprisal.explain(writer, "The quick fox.")
    words = next(part for part in explained.report.parts if hasattr(part, "words")).words
    assert max(word.bar for word in words) == 1.0
    most = max(words, key=lambda word: word.bar)
    assert explained.rows[1][0] == most.text
    assert [word.highlight for word in words] == [word.bar for word in words]


def test_the_gates_of_a_token_are_those_of_its_step(writer_run):
    writer = nlp_apps.load(writer_run)
    found = gate_activity(writer, "The fox.\nIt")
    token_ids = writer.tokenizer.encode_documents(["The fox.\nIt"])[0]
    assert "".join(found.tokens) == "The fox.\nIt"
    assert found.values.shape == (len(token_ids), 6)
    initial = writer.model.decoder.get_initial_state(1)
    state = keras.tree.map_structure(lambda value: value[:, None], initial)
    for token in [2, *token_ids]:
        state, layers = writer.model.decoder.gates(np.array([[token]], np.int32), state)
    for name in ("input", "forget", "output"):
        column = found.names.index(f"layer 2 {name}")
        wanted = float(np.mean(layers[1][name]))
        assert found.values[-1, column] == pytest.approx(wanted, abs=1e-6)
    assert np.ptp(found.values, axis=0).max() > 1e-3


def test_every_cell_with_gates_has_a_heatmap(make_writer):
    for cell, names in (
        ("gru", ["update", "reset"]),
        ("cifg", ["input", "forget", "output"]),
        ("peephole", ["input", "forget", "output"]),
        ("mogrifier", ["input", "forget", "output"]),
        ("min_lstm", ["input", "forget"]),
        ("slstm", ["input", "forget", "output"]),
    ):
        writer = nlp_apps.load(make_writer(cell))
        (found,) = [
            part
            for part in surprisal.explain(writer, "fox", gates=True).report.parts
            if isinstance(part, Heatmap)
        ]
        wanted = [f"layer {layer} {name}" for layer in (1, 2) for name in names]
        assert list(found.columns) == wanted
        values = np.array(found.values)
        assert 0.0 <= found.low <= values.min() <= values.max() <= found.high <= 1.0
