"""Tests of the recall experiment and its plot."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.blocks.cells.cell_registry import CELLS
from nlp_apps.errors import WorkError
from nlp_apps.experiments import recall, recall_task
from nlp_apps.experiments.recall_task import QUESTION, RecallNetwork, Sequences, Settings
from nlp_apps.plots import recall_curves
from nlp_apps.text.special_ids import PAD

ROOT = Path(__file__).parents[2]
EVERY_CELL = pytest.mark.parametrize("cell", CELLS)
PNG = b"\x89PNG\r\n\x1a\n"


def generator(seed=0):
    return np.random.default_rng(seed)


def is_distractor(tokens):
    return (tokens > recall_task.NUM_SYMBOLS) & (tokens < QUESTION)


def tiny(**others):
    return Settings(
        **{
            "cells": ("lstm",),
            "gaps": (2,),
            "units": 4,
            "steps": 1,
            "learning_rate": 0.003,
            "seed": 1,
            "train_on": "stream",
            **others,
        }
    )


# The task -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [False, True], ids=["in a stream", "first"])
def test_a_sequence_is_a_symbol_its_gap_of_distractors_and_a_question(first):
    gaps = generator().integers(1, 8, 200)
    batch = recall_task.sequences(generator(), gaps, time=9, first=first)
    assert batch.token_ids.shape == (200, 9)
    for row, length, answer, gap in zip(*batch, gaps, strict=True):
        start = length - 2 - gap
        assert row[start] == 1 + answer
        assert is_distractor(row[:start]).all()
        assert is_distractor(row[start + 1 : length - 1]).all()
        assert row[length - 1] == QUESTION
        assert (row[length:] == PAD).all()
        assert (start == 0) if first else (length == 9)


def test_every_symbol_and_every_distractor_comes_up():
    batch = recall_task.sequences(generator(), np.full(400, 5), time=7)
    assert set(batch.symbols) == set(range(recall_task.NUM_SYMBOLS))
    assert set(batch.token_ids[:, 1:6].flat) == set(range(1 + recall_task.NUM_SYMBOLS, QUESTION))


@pytest.mark.parametrize("gap", [0, 8])
def test_a_gap_that_does_not_fit_is_refused(gap):
    with pytest.raises(ValueError, match=f"between 1 and time - 2 = 7, received {gap} to {gap}"):
        recall_task.sequences(generator(), np.full(3, gap), time=9)


def gaps_of(batch):
    starts = np.argmax(
        (batch.token_ids > PAD) & (batch.token_ids <= recall_task.NUM_SYMBOLS), axis=1
    )
    return batch.lengths - 2 - starts


@pytest.mark.parametrize("how", recall.TRAIN_ON)
def test_practice_has_the_gaps_it_is_named_for(how):
    random = generator()
    batches = [recall_task.training_batch(random, 20, how) for _ in range(40)]
    gaps = np.concatenate([gaps_of(batch) for batch in batches])
    if how == "fixed":
        assert set(gaps) == {20}
        return
    assert set(gaps) == set(range(1, 21))
    # Even in the logarithm: ln 2 / ln 21 = 22.8% of 1,280 rows have a gap of 1, plus or minus 1.2%.
    assert np.mean(gaps == 1) == pytest.approx(np.log(2) / np.log(21), abs=0.05)
    starts_with_symbol = np.mean([(batch.token_ids[:, 0] <= 8).mean() for batch in batches])
    assert starts_with_symbol == 1.0 if how == "first" else starts_with_symbol < 0.1


# The network --------------------------------------------------------------------------------------


def test_an_lstm_learns_a_gap_of_five_and_a_restart_forgets_it():
    settings = tiny(gaps=(5,), units=16, steps=400)
    network = RecallNetwork("lstm", 16, seed=1)
    held_out, fresh = (
        recall_task.sequences(generator(seed), np.full(250, 5), time=7) for seed in (1, 2)
    )
    before = network.accuracy(fresh)
    assert before < 0.3
    steps = recall_task.train(network, 5, settings, held_out)
    assert steps < 400
    assert steps % recall_task.CHECK_STEPS == 0
    assert network.accuracy(fresh) > 0.97
    network.reset()
    assert network.accuracy(fresh) == before
    assert recall_task.train(network, 5, settings, held_out) == steps


def test_accuracy_counts_the_rows_of_every_part():
    network = RecallNetwork("rnn", 4, seed=1)
    batch = recall_task.sequences(generator(), np.full(2 * recall_task.HELD_OUT, 2), time=4)
    named = np.argmax(network.logits(*map(tf.constant, batch[:2])).numpy(), axis=-1)
    assert network.accuracy(batch) == np.mean(named == batch.symbols)
    right = Sequences(batch.token_ids, batch.lengths, named.astype(np.int32))
    assert network.accuracy(right) == 1.0


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def test_gradient_norms_of_an_rnn_are_those_worked_out_by_hand():
    network = RecallNetwork("rnn", 3, seed=1)
    batch = recall_task.sequences(generator(), np.full(5, 4), time=6)
    weights = [np.asarray(weight, np.float64) for weight in network.weights]
    kernel, recurrent_kernel, bias, output, output_bias = weights
    states = [np.zeros((5, 3))]
    for tokens in batch.token_ids.T:
        states.append(np.tanh(kernel[tokens] + states[-1] @ recurrent_kernel + bias))
    error = softmax(states[-1] @ output + output_bias) - np.eye(8)[batch.symbols]
    d_state = error @ output.T
    expected = [np.linalg.norm(d_state, axis=1).mean()]
    for after in states[:1:-1]:
        d_state = (d_state * (1.0 - after**2)) @ recurrent_kernel.T
        expected.append(np.linalg.norm(d_state, axis=1).mean())
    norms = network.gradient_norms(batch)
    assert norms.shape == (6,)
    np.testing.assert_allclose(norms, expected, rtol=1e-6)


@EVERY_CELL
def test_gradient_norms_are_those_by_the_state_that_a_run_starts_from(cell):
    network = RecallNetwork(cell, 4, seed=1)
    batch = recall_task.sequences(generator(), np.full(3, 6), time=8)
    inputs = tf.one_hot(batch.token_ids, recall_task.NUM_TOKENS)
    distance = 5
    _, state = network.recurrent(inputs[:, :-distance])
    with tf.GradientTape() as tape:
        tape.watch(state)
        _, last = network.recurrent(inputs[:, -distance:], initial_state=state)
        logits = network.output(last[0])
        loss = tf.reduce_sum(recall_task.cross_entropy(batch.symbols, logits))
    gradients = np.concatenate([value.numpy() for value in tape.gradient(loss, state)], axis=-1)
    expected = np.linalg.norm(gradients, axis=-1).mean()
    assert network.gradient_norms(batch)[distance] == pytest.approx(expected, rel=1e-4)


def test_gradient_norms_follow_training():
    network = RecallNetwork("gru", 4, seed=1)
    batch = recall_task.sequences(generator(), np.full(3, 2), time=4)
    before = network.gradient_norms(batch)
    network.step(*map(tf.constant, batch))
    assert np.abs(network.gradient_norms(batch) - before).max() > 1e-4
    network.reset()
    np.testing.assert_array_equal(network.gradient_norms(batch), before)


def test_a_loss_of_nan_ends_the_training():
    with pytest.raises(WorkError, match="rnn, gap 2: the loss became NaN or infinite at step 2"):
        recall_task.run(tiny(cells=("rnn",), steps=2, learning_rate=float("nan")))


# The command --------------------------------------------------------------------------------------


def test_the_command_prints_and_writes_the_results(tmp_path, capsys, monkeypatch):
    asked = []
    result = recall_task.Result(
        accuracy={"rnn": {1: 1.0, 3: 0.125}, "gru": {1: 0.999, 3: 0.5}},
        steps={"rnn": {1: 50, 3: 70}, "gru": {1: 70, 3: 70}},
        before={"rnn": [2.0, 1.0, 0.5, 0.02, 0.0], "gru": [4.0, 1.0, 1e-3, 1e-90, 1e-99]},
        after={"rnn": [2.0, 3.0, 4.0, 5.0, 6.0], "gru": [1.0, 1.0, 1.0, 1.0, 1.0]},
    )

    def run(settings):
        asked.append(settings)
        return result

    monkeypatch.setattr(recall_task, "run", run)
    folder = tmp_path / "new" / "folder"
    words = (
        "--cells rnn gru rnn --gaps 3 1 3 --units 5 --steps 70 --seed 7 --train-on first "
        "--learning-rate 0.5 --to"
    )
    assert recall.main([*words.split(), str(folder)]) == 0
    assert asked == [
        Settings(
            ("rnn", "gru"),
            (1, 3),
            units=5,
            steps=70,
            learning_rate=0.5,
            seed=7,
            train_on="first",
        )
    ]
    *lines, last = capsys.readouterr().out.splitlines()
    assert lines == [
        "accuracy on 1,000 new sequences; random guesses: 12.5%",
        "gap       1      3",
        "rnn  100.0%  12.5%",
        "gru   99.9%  50.0%",
        "",
        "gradient norm before training, as a share of the norm at distance 0",
        "distance        1        3",
        "rnn       5.0e-01  1.0e-02",
        "gru       2.5e-01  2.5e-91",
        "",
        "gradient norm after training up to gap 3, as a share of the norm at distance 0",
        "distance        1        3",
        "rnn       1.5e+00  2.5e+00",
        "gru       1.0e+00  1.0e+00",
        "",
    ]
    assert last.startswith("done in ")
    content = json.loads((folder / "recall.json").read_text())
    assert content["settings"]["gaps"] == [1, 3]
    assert content["chance"] == 0.125
    assert content["accuracy"]["gru"] == {"1": 0.999, "3": 0.5}
    assert content["steps"]["rnn"] == {"1": 50, "3": 70}
    assert content["before"]["gru"] == result.before["gru"]
    assert content["after"]["rnn"] == result.after["rnn"]
    assert (folder / "recall.png").read_bytes().startswith(PNG)
    assert sorted(os.listdir(folder)) == ["recall.json", "recall.png"]


def test_results_depend_on_the_settings_only(tmp_path):
    whole = recall_task.run(tiny(cells=("rnn",), gaps=(1, 3), steps=2))
    words = "--cells rnn --gaps 3 --units 4 --steps 2 --seed 1 --to"
    assert recall.main([*words.split(), str(tmp_path)]) == 0
    content = json.loads((tmp_path / "recall.json").read_text())
    assert content["steps"] == {"rnn": {"3": 2}}
    assert content["accuracy"] == {"rnn": {"3": whole.accuracy["rnn"][3]}}
    assert content["before"] == whole.before
    assert content["after"] == whole.after
    assert len(whole.after["rnn"]) == 5  # distances 0 to 4, the symbol's
    assert whole.before != whole.after


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--cells", "elman"], "argument --cells: invalid choice: 'elman' (choose from "),
        (["--gaps", "10", "0"], "argument --gaps: must be an integer, at least 1 and at most "),
        (["--gaps", "ten"], "must be an integer, at least 1 and at most 10000, received 'ten'"),
        (["--units", "1.5"], "must be an integer, at least 1 and at most 2048, received '1.5'"),
        (["--steps", "-3"], "argument --steps: "),
        (["--seed", str(2**32)], "at least 0 and at most 4294967295, received '4294967296'"),
        (["--gaps", "100000000000"], "at least 1 and at most 10000, received '100000000000'"),
        (["--units", "100000000"], "at least 1 and at most 2048, received '100000000'"),
        (
            ["--gaps", "10", "1000", "--units", "1001"],
            "the longest of --gaps times --units must be at most 1,000,000 (memory), received 1000 "
            "times 1001",
        ),
        (["--learning-rate", "0"], "--learning-rate: must be a positive number, received '0'"),
        (["--learning-rate", "nan"], "--learning-rate: must be a positive number, received 'nan'"),
        (["--train-on", "hard"], "argument --train-on: invalid choice: 'hard'"),
        (["--practice", "first"], "--practice is now --train-on."),
        (["lstm"], "unrecognized arguments: lstm"),
    ],
)
def test_a_wrong_command_is_refused_in_two_lines(words, complaint, capsys):
    assert recall.main(words) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("nlp-apps: error: ")
    assert complaint in lines[0]
    assert lines[1:] == ["See nlp-apps recall --help"]


def test_a_folder_that_cannot_be_written_is_refused_before_training(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(recall_task, "run", lambda settings: pytest.fail("trained"))
    (tmp_path / "file").write_text("in the way")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        assert recall.main(["--to", str(folder)]) == 1
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 1
        assert lines[0].startswith(f"nlp-apps: error: cannot write {folder}: a ")


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from nlp_apps.experiments import recall; code = recall.main(['--help']); "
        "print(code, *sorted({m.split('.')[0] for m in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("usage: nlp-apps recall")
    exit_code, *modules = done.stderr.split()
    assert exit_code == "0"
    assert not {"tensorflow", "keras", "numpy", "matplotlib"} & set(modules)


# The picture --------------------------------------------------------------------------------------


def test_shares_are_relative_to_distance_zero():
    assert recall_curves.shares([4.0, 2.0, 0.0]) == [1.0, 0.5, 0.0]
    assert recall_curves.shares([0.0, 0.0]) == [0.0, 0.0]


def test_a_picture_of_one_gap_and_a_gradient_that_vanishes_is_drawn(tmp_path):
    path = tmp_path / "recall.png"
    norms = {"rnn": [1.0, 1e-3, 1e-300, 0.0], "lstm": [0.0, 0.0, 0.0, 0.0]}
    accuracy = {"rnn": {2: 0.125}, "lstm": {2: 1.0}}
    recall_curves.draw(accuracy, norms, norms, chance=0.125, path=path)
    assert path.read_bytes().startswith(PNG)
