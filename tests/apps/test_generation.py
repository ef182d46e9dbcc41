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

from nlp_apps import generation, sentiment, translation
from nlp_apps.decoding.sampling_config import SamplingConfig
from nlp_apps.decoding.text_stream import TextStream
from nlp_apps.errors import UsageError
from nlp_apps.generation import predict
from nlp_apps.tasks.generation_task import load, unigram_loss
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


def answer(*words: Any) -> str:
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
    assert summary["data"]["train"]["pieces"] == 400


def test_training_prints_the_scores_that_there_are(trained: Trained) -> None:
    names = [line.split()[0] for line in trained.printed.splitlines()]
    assert names[3:] == [
        *("validation.loss", "validation.perplexity", "validation.nats_per_character"),
    ]


def test_evaluate_gives_the_scores_of_the_training(trained: Trained) -> None:
    found = json.loads(answer("evaluate", trained.run, "--split", "validation", "--json"))
    summary = json.loads((trained.run / "summary.json").read_text(encoding="utf-8"))
    assert found["loss"] == pytest.approx(summary["scores"]["validation"]["loss"], rel=1e-5)
    fails(
        command("evaluate", trained.run),
        2,
        f"{trained.run}: the recipe has no test text (data.test).",
    )


def test_a_run_trained_in_half_precision_answers_in_single_precision(
    trained: Trained, tmp_path: Path
) -> None:
    changes = ("--set", "training.mixed_precision=true", "--set", "training.epochs=1")
    words = ["train", trained.corpus / "cats.toml", "--run-dir", tmp_path / "run", *changes]
    result = run(generation.APP, words)
    assert result.code == 0, result.err
    summary = json.loads((tmp_path / "run" / "summary.json").read_text("utf-8"))
    found = json.loads(answer("evaluate", tmp_path / "run", "--split", "validation", "--json"))
    assert found["loss"] == pytest.approx(summary["scores"]["validation"]["loss"], rel=1e-5)
    writer, _ = load(tmp_path / "run")
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
    text = answer("predict", trained.run, "a dog", "--top-k", 1)
    assert text == "a dog ran home\n"


def test_the_same_seed_gives_the_same_text_and_another_another(trained: Trained) -> None:
    words = ("predict", trained.run, "", "--temperature", 2.0, "--top-p", 1.0)
    first = answer(*words, "--seed", 7)
    assert first == answer(*words, "--seed", 7)
    assert len({answer(*words, "--seed", seed) for seed in range(4)}) > 1


def test_no_text_at_all_is_an_empty_prompt(trained: Trained) -> None:
    assert answer("predict", trained.run) == answer("predict", trained.run, "")
    assert answer("predict", trained.run).strip()


def test_a_line_end_is_a_blank_on_a_line_and_itself_in_json(trained: Trained) -> None:
    assert answer("predict", trained.run, "the cat", "--top-k", 1) == "the cat sat on the mat\n"
    found = json.loads(answer("predict", trained.run, "the cat", "--top-k", 1, "--json"))
    assert found["text"] == "the cat sat\non the mat"
    assert found["continuation"] == " sat\non the mat"
    assert found["log_probability"] <= 0.0


def test_streaming_writes_what_predict_would(trained: Trained) -> None:
    for seed in range(3):
        words = ("predict", trained.run, "", "--seed", seed, "--temperature", 1.5)
        text = json.loads(answer(*words, "--json"))["text"]
        out = answer(*words, "--stream")
        assert out == text + "\n"


def test_streaming_draws_for_each_prompt_what_predict_would(trained: Trained) -> None:
    words = ("predict", trained.run, "a dog", "a dog", "--temperature", 2.0, "--top-p", 1.0)
    found = [json.loads(line)["text"] for line in answer(*words, "--json").splitlines()]
    assert found[0] != found[1]
    assert answer(*words, "--stream") == "".join(f"{text}\n" for text in found)


@pytest.mark.parametrize("flags", [("--json",), ("--output", "text.txt")])
def test_a_stream_goes_to_the_terminal_and_nowhere_else(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    fails(command("predict", trained.run, "a dog", "--stream", *flags), 2, "--stream", flags[0])
    assert not list(tmp_path.iterdir())


def test_a_line_break_of_a_prompt_reaches_the_model(trained: Trained) -> None:
    words = ("--top-k", 1, "--max-tokens", 8, "--json")
    found = json.loads(answer("predict", trained.run, "the cat sat\non", *words))
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
def test_nothing_is_shown_that_a_stop_string_takes_back(stop: str) -> None:
    text = TextStream(Letters(), "", [stop])

    def tokens() -> Iterator[None]:
        for letter in "Hello World!":
            if not text.ended:
                text.add(ord(letter), 0.0)
                yield

    shown = "".join(text.stream(tokens()))
    assert shown == text.continuation() == "Hello World!".split(stop)[0]


@pytest.mark.parametrize("given", [{"temperature": 2.0}, {"num_samples": 3}, {"on_text": print}])
def test_a_search_refuses_what_is_for_drawing(
    trained: Trained, tmp_path: Path, given: dict[str, Any]
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(trained.run, folder)
    recipe = (folder / "recipe.toml").read_text("utf-8")
    assert "beam_size = 1" in recipe
    (folder / "recipe.toml").write_text(recipe.replace("beam_size = 1", "beam_size = 2"), "utf-8")
    (name,) = given
    with pytest.raises(UsageError, match=f"{name} has no part in a search"):
        list(predict(str(folder), ["a dog"], **given))


def test_samples_differ_and_do_not_depend_on_how_many_there_are(trained: Trained) -> None:
    words = ("predict", trained.run, "", "--temperature", 2.0, "--json", "--num-samples")
    many = [one["text"] for one in json.loads(answer(*words, 4))["samples"]]
    few = [one["text"] for one in json.loads(answer(*words, 2))["samples"]]
    more = [one["text"] for one in json.loads(answer(*words, 70))["samples"]]  # in two batches
    assert more[:4] == many
    assert many[:2] == few
    assert len(set(many)) > 1


def test_a_text_does_not_depend_on_the_prompts_beside_it(trained: Trained) -> None:
    words = ("predict", trained.run, "--temperature", 1.5)
    together = answer(*words, "a dog", "the cat sat on").splitlines()
    assert together[0] == answer(*words, "a dog").splitlines()[0]


def test_a_text_ends_before_a_stop_string(trained: Trained) -> None:
    words = ("predict", trained.run, "the cat", "--top-k", 1, "--stop", "on the")
    assert json.loads(answer(*words, "--json"))["text"] == "the cat sat\n"
    assert answer(*words, "--stream") == "the cat sat\n\n"


def test_a_text_is_cut_at_max_tokens(trained: Trained) -> None:
    found = json.loads(answer("predict", trained.run, "a d", "--max-tokens", 3, "--json"))
    assert found["tokens"] == 3
    assert len(found["continuation"]) == 3


def test_a_prompt_may_have_any_length(trained: Trained) -> None:
    prompt = "a dog ran home " * 100
    assert answer("predict", trained.run, prompt, "--max-tokens", 1).startswith(prompt.strip())


def test_a_long_prompt_leaves_the_state_of_a_whole_reading(trained: Trained) -> None:
    writer, _ = load(trained.run)
    ids = writer.tokenizer.encode_documents(["we went to sea " * 40])[0]
    together = writer._state_after([ids, ids[:300], ids[:5]])
    for row, part in enumerate((ids, ids[:300], ids[:5])):
        alone = writer.model.decoder(np.array([part]))[1]
        np.testing.assert_allclose(together[0][0][row], alone[0][0][0], atol=1e-5)


def test_no_ngram_occurs_twice_where_that_is_asked(trained: Trained) -> None:
    writer, _ = load(trained.run)
    ((one,),) = writer.generate(
        [""], SamplingConfig(top_k=1, no_repeat_ngram_size=3), max_tokens=60
    )
    ids = writer.tokenizer.encode_documents([one.text])[0]
    ngrams = [tuple(ids[start : start + 3]) for start in range(len(ids) - 2)]
    assert len(ngrams) == len(set(ngrams))


def test_beam_search_draws_nothing_and_may_repeat_the_last_token_of_a_prompt(
    trained: Trained,
) -> None:
    writer, _ = load(trained.run)
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
        ("--stop", "", "stop must not be empty: every text would end before it began."),
    ],
)
def test_a_value_out_of_range_is_told(
    trained: Trained, flag: str, value: str, message: str
) -> None:
    result = command("predict", trained.run, "a", f"{flag}={value}")
    assert result.code == 2
    assert result.out == ""
    assert message in result.err


# Scoring -----------------------------------------------------------------------------------------


def test_surprisals_add_up_to_the_text(trained: Trained) -> None:
    found = json.loads(answer("score", trained.run, "a dog ran home", "--json"))
    assert "".join(token["token"] for token in found["tokens"]) == "a dog ran home"
    total = sum(token["nats"] for token in found["tokens"])
    assert found["nats"] == pytest.approx(total, abs=1e-2)
    assert found["perplexity"] == pytest.approx(np.exp(found["nats"] / len(found["tokens"])))


def test_characters_in_bytes_are_told_as_characters(trained: Trained) -> None:
    text = "a caf\u00e9 \u4f60 \U0001f642"
    found = json.loads(answer("score", trained.run, text, "--json"))["tokens"]
    assert "".join(token["token"] for token in found) == text
    assert decode_byte_tokens(["a", "<0xC3>", "<0xA9>", "b"]) == ["a", "", "\u00e9", "b"]
    assert decode_byte_tokens(["<0xC3>", "a", "<0xFF>"]) == ["\ufffd", "a", "\ufffd"]
    assert decode_byte_tokens(["<0xE4>", "<0xBD>"]) == ["", "\ufffd"]
    assert decode_byte_tokens(["a", "<0xE2>", "<0x96>", "<0x81>", "b"]) == ["a", "", "", " ", "b"]
    assert decode_byte_tokens([]) == []


def test_long_texts_are_scored_with_the_state_carried_on(trained: Trained) -> None:
    writer, _ = load(trained.run)
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
    out = answer("score", trained.run, "--input", path, "--top", 1).splitlines()
    assert out[-1].split("\t")[1:] == ["6", "zqx error 500"]
    found = json.loads(answer("score", trained.run, "--input", path, "--json"))
    assert [row["text"] for row in found["lines"]] == lines
    assert found["nats"] == pytest.approx(sum(row["nats"] for row in found["lines"]))


def test_what_cannot_be_scored_is_told(trained: Trained, tmp_path: Path) -> None:
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


# Starting from a language model ------------------------------------------------------------------

START = """
task = "sentiment"
[data]
train = "moods.tsv"
validation = "moods.tsv"
test = "moods.tsv"
[tokenizer]
kind = "characters"
vocabulary_size = 320
[model]
embedding_size = 16
units = 48
num_layers = 1
bidirectional = false
init_from = "{run}"
[training]
epochs = 1
jit_compile = false
batch_tokens = 300
"""


@pytest.fixture
def moods(trained: Trained, tmp_path: Path) -> Path:
    (tmp_path / "moods.tsv").write_text("good\ta dog ran\nbad\twe went\n", encoding="utf-8")
    (tmp_path / "moods.toml").write_text(START.format(run=trained.run), encoding="utf-8")
    return tmp_path


def test_a_classifier_starts_with_the_layers_of_a_language_model(
    trained: Trained, moods: Path
) -> None:
    from nlp_apps.recipe import load as recipes
    from nlp_apps.tasks.sentiment_task import JOB
    from nlp_apps.training.run_folder import RunFolder

    result = run(sentiment.APP, ["train", "moods.toml", "--run-dir", "run"], moods)
    assert result.code == 0, result.err
    summary = json.loads((moods / "run" / "summary.json").read_text(encoding="utf-8"))
    assert summary["init_from"]["run"] == str(trained.run)
    assert summary["init_from"]["part"] == "encoder"
    recipe = recipes.load(moods / "moods.toml", task="sentiment")
    parts = JOB.load_parts(recipe, RunFolder(moods / "run"))
    model = JOB.make_model(recipe, parts)
    JOB.start(recipe, parts, model)
    writer, _ = load(trained.run)
    mine, its = model.encoder, writer.model.decoder
    np.testing.assert_array_equal(
        mine.embedding.table.get_weights()[0], its.embedding.table.get_weights()[0]
    )
    for left, right in zip(
        mine.stack[0].trainable_variables, its.stack[0].trainable_variables, strict=True
    ):
        np.testing.assert_array_equal(left.numpy(), right.numpy())
    ids = np.array([[2, *writer.tokenizer.encode_documents(["a dog ran home"])[0]]])
    wanted = its.stack[0](its.embedding(ids))[0]
    np.testing.assert_allclose(mine(ids), wanted, atol=1e-5)
    assert summary["init_from"]["weights"] == sum(
        int(np.prod(v.shape)) for v in [*its.embedding.table.weights, *its.stack[0].weights]
    )


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("model.units", "64", "model.units is 64 here, but 48 in the language model in"),
        ("model.bidirectional", "true", "Set model.bidirectional = false."),
        ("tokenizer.vocabulary_size", "400", "Set tokenizer.vocabulary_size to 320."),
        ("model.init_from", "nowhere", "nowhere"),
    ],
)
def test_a_start_that_does_not_fit_is_told(moods: Path, key: str, value: str, message: str) -> None:
    words = ["train", "moods.toml", "--run-dir", "run", "--set", f"{key}={value}"]
    result = run(sentiment.APP, words, moods)
    assert result.code in (1, 2)
    assert message in result.err
    assert result.err.count("\n") == 1


@pytest.fixture
def moods_alone(trained: Trained, moods: Path) -> Path:
    """As `moods`, with the recipe of a language model instead of its run."""
    recipe = (trained.corpus / "cats.toml").read_text(encoding="utf-8")
    recipe = recipe.replace("epochs = 6", "epochs = 1")
    (moods / "cats.toml").write_text(recipe, encoding="utf-8")
    for path in trained.corpus.glob("*.txt"):
        text = path.read_text(encoding="utf-8")[:2000]
        (moods / path.name).write_text(text, encoding="utf-8")
    (moods / "moods.toml").write_text(START.format(run="cats.toml"), encoding="utf-8")
    return moods


def as_before_its_first_round(folder: Path) -> None:
    """What is there of a run that was stopped early."""
    shutil.rmtree(folder / "checkpoints")
    for name in ("weights.h5", "summary.json"):
        (folder / name).unlink()


def test_a_classifier_starts_with_a_language_model_that_is_trained_first(
    moods_alone: Path,
) -> None:
    words = ["train", "moods.toml", "--run-dir", "run"]
    result = run(sentiment.APP, words, moods_alone)
    assert result.code == 0, result.err
    folder = moods_alone / "run"
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["init_from"]["run"] == str(folder / "init_from")
    first = json.loads((folder / "init_from" / "summary.json").read_text(encoding="utf-8"))
    assert summary["init_from"]["train_seconds"] == first["train_seconds"]
    assert (folder / "tokenizer.model").read_bytes() == (
        folder / "init_from" / "tokenizer.model"
    ).read_bytes()

    # A run that ended in between goes on with the language model that is there.
    weights = folder / "init_from" / "weights.h5"
    written, scores = weights.stat().st_mtime_ns, summary["scores"]
    as_before_its_first_round(folder)
    (folder / "labels.json").unlink()
    result = run(sentiment.APP, [*words, "--resume"], moods_alone)
    assert result.code == 0, result.err
    assert weights.stat().st_mtime_ns == written
    assert json.loads((folder / "summary.json").read_text())["scores"] == scores

    # With another recipe of it, it does not.
    as_before_its_first_round(folder)
    changed = (moods_alone / "cats.toml").read_text().replace("epochs = ", "epochs = 1")
    (moods_alone / "cats.toml").write_text(changed, encoding="utf-8")
    result = run(sentiment.APP, [*words, "--resume"], moods_alone)
    assert result.code == 2
    assert "the recipe differs from the one the run began with" in result.err
    assert "(run/init_from/recipe.toml)" in result.err


def test_a_refused_training_leaves_the_run_as_it_was(moods_alone: Path) -> None:
    words = ["train", "moods.toml", "--run-dir", "run"]
    assert run(sentiment.APP, words, moods_alone).code == 0
    folder = moods_alone / "run"
    as_before_its_first_round(folder)
    before = {path: path.read_bytes() for path in folder.glob("*.*")}
    result = run(sentiment.APP, [*words, "--set", "training.epochs=2"], moods_alone)
    assert result.code == 2
    assert "run: holds a run already. Go on with --resume" in result.err
    assert {path: path.read_bytes() for path in folder.glob("*.*")} == before

    shutil.rmtree(folder / "init_from" / "checkpoints")  # as if to save room
    result = run(sentiment.APP, words, moods_alone)
    assert result.code == 2
    assert "run: holds a run already. Go on with --resume" in result.err

    # Nor does it go on with a language model of other text.
    with (moods_alone / "train.txt").open("a", encoding="utf-8") as file:
        file.write("one more cat\n")
    result = run(sentiment.APP, [*words, "--resume"], moods_alone)
    assert result.code == 2
    assert "the train text is not what the run began with (train.txt)" in result.err


def test_a_run_that_has_begun_needs_its_language_model_no_more(
    trained: Trained, moods_alone: Path
) -> None:
    words = ["train", "moods.toml", "--run-dir", "run"]
    assert run(sentiment.APP, words, moods_alone).code == 0
    folder = moods_alone / "run"
    first = (folder / "summary.json").read_text(encoding="utf-8")
    shutil.rmtree(folder / "init_from")
    result = run(sentiment.APP, [*words, "--resume"], moods_alone)
    assert result.code == 0, result.err
    assert json.loads(first) == json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert not (folder / "init_from").exists()


def test_a_run_that_has_begun_needs_no_other_run_either(
    trained: Trained, moods: Path, tmp_path: Path
) -> None:
    shutil.copytree(trained.run, moods / "writer")
    text = START.format(run="writer")
    (moods / "moods.toml").write_text(text, encoding="utf-8")
    words = ["train", "moods.toml", "--run-dir", "run"]
    assert run(sentiment.APP, words, moods).code == 0
    shutil.rmtree(moods / "writer")
    result = run(sentiment.APP, [*words, "--resume"], moods)
    assert result.code == 0, result.err
    result = run(sentiment.APP, ["train", "moods.toml", "--run-dir", "other"], moods)
    assert result.code == 2
    assert "model.init_from: no such run folder, and no recipe 'writer'" in result.err


def test_a_run_goes_on_where_its_files_moved(moods_alone: Path, tmp_path_factory: Any) -> None:
    words = ["train", "moods.toml", "--run-dir", "run"]
    assert run(sentiment.APP, words, moods_alone).code == 0
    as_before_its_first_round(moods_alone / "run")
    moved = tmp_path_factory.mktemp("moved") / "here"
    moods_alone.rename(moved)
    result = run(sentiment.APP, [*words, "--resume", "--data-dir", "."], moved)
    assert result.code == 0, result.err


def test_a_translator_starts_both_sides_with_one_recipe(moods_alone: Path) -> None:
    (moods_alone / "pairs.tsv").write_text("a dog\twe went\nto sea\tthe mat\n", encoding="utf-8")
    recipe = TRANSLATE.format(run="cats.toml")
    (moods_alone / "both.toml").write_text(recipe, encoding="utf-8")
    words = ["train", "both.toml", "--run-dir", "run"]
    result = run(translation.APP, words, moods_alone)
    assert result.code == 0, result.err
    summary = json.loads((moods_alone / "run" / "summary.json").read_text(encoding="utf-8"))
    folders = {summary["init_from"][part]["run"] for part in ("encoder", "decoder")}
    assert folders == {str(moods_alone / "run" / "init_from")}
    assert not (moods_alone / "run" / "init_decoder_from").exists()

    other = (moods_alone / "cats.toml").read_text(encoding="utf-8")
    (moods_alone / "dogs.toml").write_text(other, encoding="utf-8")
    for changes, message in (
        ({"model.init_decoder_from": "dogs.toml"}, "a recipe learns a vocabulary of its own"),
        ({"model.units": "32"}, "model.init_from: model.units is 32 here, but 48"),
        (
            {"model.init_from": "", "model.units": "32"},
            "model.init_decoder_from: model.units is 32 here, but 48",
        ),
        ({"model.init_from": "cat.toml"}, "model.init_from: no such run folder, and no recipe"),
    ):
        flags = [flag for key, value in changes.items() for flag in ("--set", f"{key}={value}")]
        refused = ["train", "both.toml", "--run-dir", "other", *flags]
        result = run(translation.APP, refused, moods_alone)
        assert result.code == 2
        assert message in result.err
        assert not (moods_alone / "other").exists()

    its_run = ("model.init_decoder_from=run/init_from", "tokenizer.character_coverage=0.99")
    flags = [word for change in ("model.init_from=", *its_run) for word in ("--set", change)]
    result = run(translation.APP, ["train", "both.toml", "--run-dir", "last", *flags], moods_alone)
    assert result.code == 2
    told = "model.init_decoder_from: tokenizer.character_coverage is 0.99 here, but 1.0 in"
    assert told in result.err


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model.units": "64"}, "model.units is 64 here, but 48 in the language model in"),
        ({"tokenizer.vocabulary_size": "400"}, "Set tokenizer.vocabulary_size to 320."),
        ({"data.validation": "other.tsv"}, "the label 'mixed' (1 times) does not occur"),
    ],
)
def test_what_does_not_fit_is_told_before_a_language_model_is_trained(
    moods_alone: Path, changes: dict[str, str], message: str
) -> None:
    (moods_alone / "other.tsv").write_text("mixed\ta dog\n", encoding="utf-8")
    words = ["train", "moods.toml", "--run-dir", "run"]
    for key, value in changes.items():
        words += ["--set", f"{key}={value}"]
    result = run(sentiment.APP, words, moods_alone)
    assert result.code in (1, 2)
    assert message in result.err
    assert not (moods_alone / "run" / "init_from").exists()


def test_a_recipe_that_starts_from_itself_is_an_error(moods_alone: Path) -> None:
    text = (moods_alone / "cats.toml").read_text(encoding="utf-8")
    text = text.replace("weight_drop = 0.1", 'weight_drop = 0.1\nstart_from = "cats.toml"')
    (moods_alone / "cats.toml").write_text(text, encoding="utf-8")
    result = run(generation.APP, ["train", "cats.toml", "--run-dir", "run"], moods_alone)
    assert result.code == 2
    assert "starts from another recipe" in result.err
    assert result.err.count("\n") == 1


def test_a_language_model_goes_on_from_another(trained: Trained, tmp_path: Path) -> None:
    text = (trained.corpus / "cats.toml").read_text(encoding="utf-8")
    text = text.replace("weight_drop = 0.1", f'weight_drop = 0.1\nstart_from = "{trained.run}"')
    (trained.corpus / "more.toml").write_text(text, encoding="utf-8")
    words = ["train", "more.toml", "--run-dir", tmp_path / "more", "--set", "training.epochs=1"]
    result = run(generation.APP, words, trained.corpus)
    assert result.code == 0, result.err
    first = json.loads((trained.run / "metrics.jsonl").read_text().splitlines()[0])
    again = json.loads((tmp_path / "more" / "metrics.jsonl").read_text().splitlines()[0])
    assert again["train_loss"] < 0.5 * first["train_loss"]


TRANSLATE = """
task = "translation"
[data]
train = "pairs.tsv"
validation = "pairs.tsv"
test = "pairs.tsv"
[tokenizer]
kind = "characters"
vocabulary_size = 320
[model]
embedding_size = 16
units = 48
num_layers = 1
bidirectional = false
init_from = "{run}"
init_decoder_from = "{run}"
[training]
epochs = 1
batch_tokens = 200
jit_compile = false
"""


def test_a_translator_starts_both_sides_with_language_models(
    trained: Trained, tmp_path: Path
) -> None:
    from nlp_apps.recipe import load as recipes
    from nlp_apps.tasks.translation_task import JOB
    from nlp_apps.training.run_folder import RunFolder

    (tmp_path / "pairs.tsv").write_text("a dog\twe went\nto sea\tthe mat\n", encoding="utf-8")
    (tmp_path / "both.toml").write_text(TRANSLATE.format(run=trained.run), encoding="utf-8")
    result = run(translation.APP, ["train", "both.toml", "--run-dir", "run"], tmp_path)
    assert result.code == 0, result.err
    summary = json.loads((tmp_path / "run" / "summary.json").read_text(encoding="utf-8"))
    assert set(summary["init_from"]) == {"encoder", "decoder"}
    recipe = recipes.load(tmp_path / "both.toml", task="translation")
    model = JOB.make_model(recipe, JOB.load_parts(recipe, RunFolder(tmp_path / "run")))
    JOB.start(recipe, JOB.load_parts(recipe, RunFolder(tmp_path / "run")), model)
    its = load(trained.run)[0].model.decoder
    for mine in (model.encoder.stack[0], model.decoder.stack[0]):
        for left, right in zip(
            mine.trainable_variables, its.stack[0].trainable_variables, strict=True
        ):
            np.testing.assert_array_equal(left.numpy(), right.numpy())
