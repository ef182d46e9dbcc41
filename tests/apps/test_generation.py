"""The generation app from end to end, on a text of three sentences over and over.

One small model is trained once for the whole file; most tests use it.
"""

import json
import random
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from nlp_apps import generation
from nlp_apps.decoding.sampling_config import SamplingConfig
from nlp_apps.decoding.text_stream import TextStream
from nlp_apps.errors import UsageError
from nlp_apps.generation import predict
from nlp_apps.tasks.generation_task import unigram_loss
from nlp_apps.tasks.run import load
from nlp_apps.text.byte_tokens import decode_byte_tokens
from tests.commands import Result, fails, run

RECIPE = """
task = "generation"
[data]
train = "train.txt"
validation = "validation.txt"
test = "none"
document_separator = "\\n\\n"
[tokenizer]
kind = "characters"
vocabulary_size = 320
[model]
embedding_size = 16
units = 48
num_layers = 1
dropout = 0.0
weight_drop = 0.1
[training]
epochs = 6
batch_tokens = 256
sequence_length = 16
learning_rate = 0.02
warmup_steps = 8
ema_decay = 0.9
jit_compile = false
[decoding]
max_tokens = 40
"""
SENTENCES = ("the cat sat\non the mat", "a dog ran home", "we went to sea")


class Trained(NamedTuple):
    corpus: Path
    run: Path
    printed: str


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    corpus = tmp_path_factory.mktemp("corpus")
    choose = random.Random(1)
    for name, count in (("train", 400), ("validation", 30)):
        text = "\n\n".join(choose.choice(SENTENCES) for _ in range(count))
        (corpus / f"{name}.txt").write_text(text + "\n", encoding="utf-8")
    (corpus / "cats.toml").write_text(RECIPE, encoding="utf-8")
    folder = tmp_path_factory.mktemp("runs") / "cats"
    result = run(generation.APP, ["train", "cats.toml", "--run-dir", folder], corpus)
    assert result.code == 0, result.err
    return Trained(corpus, folder, result.out)


def command(*words: Any) -> Result:
    return run(generation.APP, words)


def stdout(*words: Any) -> str:
    result = command(*words)
    assert result.code == 0, result.err
    return result.out


# Training and scores -----------------------------------------------------------------------------


def test_it_learns_more_than_frequencies(trained: Trained) -> None:
    summary = json.loads((trained.run / "summary.json").read_text(encoding="utf-8"))
    found = summary["scores"]["validation"]
    assert found["loss"] < 0.3 * summary["baselines"]["validation"]["unigram_loss"]
    assert set(summary["scores"]) == {"validation"}  # there is no test text
    assert found["perplexity"] == pytest.approx(np.exp(found["loss"]))
    assert summary["data"]["train"]["documents"] == 400


def test_training_prints_the_scores_that_there_are(trained: Trained) -> None:
    names = [line.split()[0] for line in trained.printed.splitlines()]
    assert names[3:] == [
        *("validation.loss", "validation.perplexity", "validation.nats_per_character"),
    ]


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


def test_training_against_drawn_tokens_learns_and_is_scored_against_all(
    trained: Trained, tmp_path: Path
) -> None:
    words = ["train", "cats.toml", "--run-dir", tmp_path / "run", "--set"]
    result = run(generation.APP, [*words, "training.num_sampled=30"], trained.corpus)
    assert result.code == 0, result.err
    summary = json.loads((tmp_path / "run" / "summary.json").read_text(encoding="utf-8"))
    whole = json.loads((trained.run / "summary.json").read_text(encoding="utf-8"))
    assert summary["scores"]["validation"]["loss"] < whole["scores"]["validation"]["loss"] + 0.15


def test_the_baseline_is_the_entropy_of_the_frequencies() -> None:
    train = np.array([5, 5, 5, 6])
    # counts plus one over 7 ids: 4/11 and 2/11
    wanted = -(np.log(4 / 11) + np.log(2 / 11)) / 2
    assert unigram_loss(train, np.array([5, 6]), 7) == pytest.approx(wanted)


# Writing -----------------------------------------------------------------------------------------


def test_it_continues_a_prompt_in_the_words_it_knows(trained: Trained) -> None:
    text = stdout("predict", trained.run, "a dog", "--top-k", 1)
    assert text == "a dog ran home\n"


def test_the_same_seed_returns_the_same_text_and_another_seed_another_text(
    trained: Trained,
) -> None:
    words = ("predict", trained.run, "", "--temperature", 2.0, "--top-p", 1.0)
    first = stdout(*words, "--seed", 7)
    assert first == stdout(*words, "--seed", 7)
    assert len({stdout(*words, "--seed", seed) for seed in range(4)}) > 1


def test_no_text_at_all_is_an_empty_prompt(trained: Trained) -> None:
    assert stdout("predict", trained.run) == stdout("predict", trained.run, "")
    assert stdout("predict", trained.run).strip()


def test_a_newline_is_printed_as_a_space_and_kept_in_json(trained: Trained) -> None:
    assert stdout("predict", trained.run, "the cat", "--top-k", 1) == "the cat sat on the mat\n"
    found = json.loads(stdout("predict", trained.run, "the cat", "--top-k", 1, "--json"))
    assert found["text"] == "the cat sat\non the mat"
    assert found["continuation"] == " sat\non the mat"
    assert found["log_probability"] <= 0.0


def test_streaming_writes_the_text_of_predict(trained: Trained) -> None:
    for seed in range(3):
        words = ("predict", trained.run, "", "--seed", seed, "--temperature", 1.5)
        text = json.loads(stdout(*words, "--json"))["text"]
        out = stdout(*words, "--stream")
        assert out == text + "\n"


def test_streaming_samples_for_each_prompt_as_predict_does(trained: Trained) -> None:
    words = ("predict", trained.run, "a dog", "a dog", "--temperature", 2.0, "--top-p", 1.0)
    found = [json.loads(line)["text"] for line in stdout(*words, "--json").splitlines()]
    assert found[0] != found[1]
    assert stdout(*words, "--stream") == "".join(f"{text}\n" for text in found)


@pytest.mark.parametrize("flags", [("--json",), ("--output", "text.txt")])
def test_a_stream_goes_to_the_terminal_and_nowhere_else(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    fails(command("predict", trained.run, "a dog", "--stream", *flags), 2, "--stream", flags[0])
    assert not list(tmp_path.iterdir())


def test_a_line_break_of_a_prompt_reaches_the_model(trained: Trained) -> None:
    words = ("--top-k", 1, "--max-tokens", 8, "--json")
    found = json.loads(stdout("predict", trained.run, "the cat sat\non", *words))
    assert found["prompt"] == "the cat sat\non"
    (wanted,) = predict(str(trained.run), ["the cat sat\non"], top_k=1, max_tokens=8)
    assert found["continuation"] == wanted["continuation"]


class Letters:
    """A tokenizer whose ids are code points."""

    def encode_documents(self, texts: Sequence[str]) -> list[list[int]]:
        return [[ord(letter) for letter in text] for text in texts]

    def decode_document(self, token_ids: Iterable[int]) -> str:
        return "".join(chr(index) for index in token_ids if index > 3)


@pytest.mark.parametrize("stop", ["lo", "Hello World", "d!", "none of it"])
def test_the_stream_withholds_the_text_of_a_stop_string(stop: str) -> None:
    text = TextStream(Letters(), "", [stop])

    def tokens() -> Iterator[None]:
        for letter in "Hello World!":
            if not text.ended:
                text.add(ord(letter), 0.0)
                yield

    shown = "".join(text.stream(tokens()))
    assert shown == text.continuation() == "Hello World!".split(stop)[0]


@pytest.mark.parametrize("options", [{"temperature": 2.0}, {"num_samples": 3}, {"on_text": print}])
def test_a_search_refuses_sampling_options(
    trained: Trained, tmp_path: Path, options: dict[str, Any]
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(trained.run, folder)
    recipe = (folder / "recipe.toml").read_text("utf-8")
    assert "beam_size = 1" in recipe
    (folder / "recipe.toml").write_text(recipe.replace("beam_size = 1", "beam_size = 2"), "utf-8")
    (name,) = options
    with pytest.raises(UsageError, match=f"{name} .*decoding.beam_size = 2"):
        list(predict(str(folder), ["a dog"], **options))


def test_samples_differ_and_do_not_depend_on_their_number(trained: Trained) -> None:
    words = ("predict", trained.run, "", "--temperature", 2.0, "--json", "--num-samples")
    many = [one["text"] for one in json.loads(stdout(*words, 4))["samples"]]
    few = [one["text"] for one in json.loads(stdout(*words, 2))["samples"]]
    more = [one["text"] for one in json.loads(stdout(*words, 70))["samples"]]  # in two batches
    assert more[:4] == many
    assert many[:2] == few
    assert len(set(many)) > 1


def test_a_text_does_not_depend_on_the_prompts_beside_it(trained: Trained) -> None:
    words = ("predict", trained.run, "--temperature", 1.5)
    together = stdout(*words, "a dog", "the cat sat on").splitlines()
    assert together[0] == stdout(*words, "a dog").splitlines()[0]


def test_a_text_ends_before_a_stop_string(trained: Trained) -> None:
    words = ("predict", trained.run, "the cat", "--top-k", 1, "--stop", "on the")
    assert json.loads(stdout(*words, "--json"))["text"] == "the cat sat\n"
    assert stdout(*words, "--stream") == "the cat sat\n\n"


def test_a_text_ends_at_max_tokens(trained: Trained) -> None:
    found = json.loads(stdout("predict", trained.run, "a d", "--max-tokens", 3, "--json"))
    assert found["tokens"] == 3
    assert len(found["continuation"]) == 3


def test_a_prompt_may_have_any_length(trained: Trained) -> None:
    prompt = "a dog ran home " * 100
    assert stdout("predict", trained.run, prompt, "--max-tokens", 1).startswith(prompt.strip())


def test_a_long_prompt_leaves_the_state_of_a_whole_reading(trained: Trained) -> None:
    writer = load(trained.run).predictor()
    ids = writer.tokenizer.encode_documents(["we went to sea " * 40])[0]
    together = writer._state_after([ids, ids[:300], ids[:5]])
    for row, part in enumerate((ids, ids[:300], ids[:5])):
        alone = writer.model.decoder(np.array([part]))[1]
        np.testing.assert_allclose(together[0][0][row], alone[0][0][0], atol=1e-5)


def test_no_ngram_occurs_twice_with_no_repeat_ngram_size(trained: Trained) -> None:
    writer = load(trained.run).predictor()
    ((one,),) = writer.generate(
        [""], SamplingConfig(top_k=1, no_repeat_ngram_size=3), max_tokens=60
    )
    ids = writer.tokenizer.encode_documents([one.text])[0]
    ngrams = [tuple(ids[start : start + 3]) for start in range(len(ids) - 2)]
    assert len(ngrams) == len(set(ngrams))


def test_beam_search_draws_nothing_and_may_repeat_the_last_token_of_a_prompt(
    trained: Trained,
) -> None:
    writer = load(trained.run).predictor()
    ((beam,),) = writer.generate(["the ca"], SamplingConfig(), beam_size=2)
    assert "a" in beam.continuation
    (again,) = next(
        iter(writer.generate(["the ca"], SamplingConfig(temperature=9.0), beam_size=2, seed=5))
    )
    assert again == beam


@pytest.mark.parametrize(
    ("flag", "value", "message"),
    [
        ("--temperature", "0", "temperature must be above 0 and at most 100"),
        ("--temperature", "-1", "temperature must be above 0 and at most 100"),
        ("--temperature", "nan", "temperature must be above 0 and at most 100"),
        ("--top-p", "0", "top_p must be above 0 and at most 1, received 0.0."),
        ("--top-p", "1.5", "top_p must be above 0 and at most 1, received 1.5."),
        ("--top-k", "-1", "top_k must be at least 0 and at most 1,000,000,000, received -1."),
        ("--top-k", "9" * 20, "top_k must be at least 0 and at most 1,000,000,000, received 9999"),
        ("--repetition-penalty", "0.5", "repetition_penalty must be at least 1 and at most 100"),
        ("--max-tokens", "0", "max_tokens must be at least 1 and at most 1,000,000, received 0."),
        ("--max-tokens", "9" * 20, "max_tokens must be at least 1 and at most 1,000,000"),
        ("--num-samples", "0", "num_samples must be at least 1 and at most 1,000,000, received 0."),
        ("--stop", "", "stop must not be empty"),
    ],
)
def test_a_value_out_of_range_is_an_error(
    trained: Trained, flag: str, value: str, message: str
) -> None:
    result = command("predict", trained.run, "a", f"{flag}={value}")
    assert result.code == 2
    assert result.out == ""
    assert message in result.err


# Scoring -----------------------------------------------------------------------------------------


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
