"""The generation app from end to end: training, evaluation, scoring."""

import json
from pathlib import Path

import numpy as np
import pytest

from nlp_apps import generation
from nlp_apps.recipe.load import load as load_recipe
from nlp_apps.tasks import settle
from nlp_apps.tasks.run import load
from nlp_apps.tasks.training_run import train
from nlp_apps.text.byte_tokens import decode_byte_tokens
from tests.apps import cats
from tests.apps.cats import command, stdout
from tests.apps.trained_run import Trained
from tests.commands import fails, run


@pytest.fixture(scope="module")
def trained(shelf: Path) -> Trained:
    return cats.train(shelf)


# Training and scores ------------------------------------------------------------------------------


def test_it_learns_more_than_frequencies(trained: Trained) -> None:
    summary = json.loads((trained.run / "summary.json").read_text(encoding="utf-8"))
    found = summary["scores"]["validation"]
    baselines = summary["baselines"]["validation"]
    assert found["loss"] < 0.3 * baselines["token_frequencies"]["loss"]
    assert baselines["5_gram"]["loss"] < 0.5 * baselines["token_frequencies"]["loss"]
    assert found["loss_standard_error"] > 0.0
    assert summary["comparison"]["baseline"] == "5_gram"
    assert set(summary["scores"]) == {"validation"}  # there is no test text
    assert found["perplexity"] == pytest.approx(np.exp(found["loss"]))
    assert summary["data"]["train"]["documents"] == 400


def test_training_prints_the_scores_that_there_are(trained: Trained) -> None:
    rows, table, line = trained.printed.split("\n\n")
    names = [line.split()[0] for line in rows.splitlines()]
    assert names[4:] == [
        *("validation.loss", "validation.perplexity", "validation.nats_per_character"),
    ]
    names = [line[:17].strip() for line in table.splitlines()]
    assert names == ["", "", "model", "token frequencies", "5 gram"]
    assert " on validation: loss " in line


def test_evaluate_returns_the_scores_of_the_training(trained: Trained) -> None:
    found = json.loads(stdout("evaluate", trained.run, "--split", "validation", "--json"))
    summary = json.loads((trained.run / "summary.json").read_text(encoding="utf-8"))
    assert found["loss"] == pytest.approx(summary["scores"]["validation"]["loss"], rel=1e-5)
    fails(
        command("evaluate", trained.run),
        2,
        f"{trained.run}: the recipe has no test text (data.test).",
    )


def test_a_run_trained_in_half_precision_predicts_in_single_precision(
    trained: Trained, tmp_path: Path
) -> None:
    changes = ("--set", "training.mixed_precision=true", "--set", "training.epochs=1")
    words = ["train", trained.corpus / "cats.toml", "--run-dir", tmp_path / "run", *changes]
    result = run(generation.APP, words)
    assert result.code == 0, result.err
    summary = json.loads((tmp_path / "run" / "summary.json").read_text("utf-8"))
    found = json.loads(stdout("evaluate", tmp_path / "run", "--split", "validation", "--json"))
    assert found["loss"] == pytest.approx(summary["scores"]["validation"]["loss"], rel=1e-5)
    writer = load(tmp_path / "run").predictor()
    assert writer.model.compute_dtype == "float32"


def test_a_cpu_with_bfloat16_trains_in_mixed_precision_and_resumes_so_elsewhere(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, output = trained.corpus / "cats.toml", str(tmp_path / "run")
    changes = ["training.batch_tokens=512", "training.jit_compile=true", "training.epochs=2"]
    monkeypatch.setattr(settle, "has_fast_bfloat16", lambda: True)
    monkeypatch.setattr(settle, "MIXED_TASKS", ("generation",))
    monkeypatch.setattr(settle, "MIN_MIXED_UNITS", 1)
    summary = train("generation", path, run_dir=output, overrides=changes)
    loss = summary["scores"]["validation"]["loss"]
    assert loss < summary["baselines"]["validation"]["token_frequencies"]["loss"]
    assert load_recipe(tmp_path / "run/recipe.toml", task="generation").training.mixed_precision
    monkeypatch.setattr(settle, "has_fast_bfloat16", lambda: False)
    changes[-1] = "training.epochs=3"
    longer = train("generation", path, run_dir=output, overrides=changes, resume=True)
    assert longer["scores"]["validation"]["loss"] < loss
    assert load_recipe(tmp_path / "run/recipe.toml", task="generation").training.mixed_precision


def test_training_against_drawn_tokens_learns_and_is_scored_against_all(
    trained: Trained, tmp_path: Path
) -> None:
    words = ["train", "cats.toml", "--run-dir", tmp_path / "run", "--set"]
    result = run(generation.APP, [*words, "training.num_sampled=30"], trained.corpus)
    assert result.code == 0, result.err
    summary = json.loads((tmp_path / "run" / "summary.json").read_text(encoding="utf-8"))
    whole = json.loads((trained.run / "summary.json").read_text(encoding="utf-8"))
    assert summary["scores"]["validation"]["loss"] < whole["scores"]["validation"]["loss"] + 0.15


# Scoring ------------------------------------------------------------------------------------------


def test_surprisals_add_up_to_the_text(trained: Trained) -> None:
    found = json.loads(stdout("score", trained.run, "a dog ran home", "--json"))
    assert "".join(token["token"] for token in found["tokens"]) == "a dog ran home"
    total = sum(token["nats"] for token in found["tokens"])
    assert found["nats"] == pytest.approx(total, abs=1e-2)
    assert found["perplexity"] == pytest.approx(np.exp(found["nats"] / len(found["tokens"])))


def test_characters_in_bytes_are_printed_as_characters(trained: Trained) -> None:
    text = "a caf\u00e9 \u4f60 \U0001f642"
    found = json.loads(stdout("score", trained.run, text, "--json"))["tokens"]
    assert "".join(token["token"] for token in found) == text
    assert decode_byte_tokens(["a", "<0xC3>", "<0xA9>", "b"]) == ["a", "", "\u00e9", "b"]
    assert decode_byte_tokens(["<0xC3>", "a", "<0xFF>"]) == ["\ufffd", "a", "\ufffd"]
    assert decode_byte_tokens(["<0xE4>", "<0xBD>"]) == ["", "\ufffd"]
    assert decode_byte_tokens(["a", "<0xE2>", "<0x96>", "<0x81>", "b"]) == ["a", "", "", " ", "b"]
    assert decode_byte_tokens([]) == []


def test_long_texts_are_scored_with_the_state_carried_on(trained: Trained) -> None:
    writer = load(trained.run).predictor()
    text = "we went to sea " * 40
    ids = writer.tokenizer.encode_documents([text])[0]
    (found,) = writer.surprisals([text])
    logits, _ = writer.model.decoder(np.array([[2, *ids[:-1]]]))
    logits = logits.numpy()[0].astype(np.float64)
    logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(found.nats, -logs[np.arange(len(ids)), ids], atol=1e-4)


def test_the_most_surprising_line_of_a_file_is_the_odd_one(
    trained: Trained, tmp_path: Path
) -> None:
    lines = ["a dog ran home"] * 5 + ["zqx error 500"] + ["we went to sea"] * 5
    path = tmp_path / "log.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    out = stdout("score", trained.run, "--input", path, "--top", 1).splitlines()
    assert out[-1].split("\t")[1:] == ["6", "zqx error 500"]
    found = json.loads(stdout("score", trained.run, "--input", path, "--json"))
    assert [row["text"] for row in found["lines"]] == lines
    assert found["nats"] == pytest.approx(sum(row["nats"] for row in found["lines"]))


def test_an_input_without_text_to_score_is_an_error(trained: Trained, tmp_path: Path) -> None:
    fails(command("score", trained.run, " "), 2, "every TEXT is empty")
    fails(
        command("score", trained.run, "a", "--top", "3"),
        2,
        "--top needs --input FILE",
    )
    path = tmp_path / "blank.txt"
    path.write_text("\n \n", encoding="utf-8")
    fails(
        command("score", trained.run, "--input", path),
        2,
        f"--input {path}: contains no text",
    )
