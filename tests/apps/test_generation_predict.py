"""Prediction of the generation app: prompts, sampling, streams, search."""

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp_apps.decoding.sampling_config import SamplingConfig
from nlp_apps.decoding.text_stream import TextStream
from nlp_apps.errors import UsageError
from nlp_apps.generation import predict
from nlp_apps.tasks.run import load
from tests.apps import cats
from tests.apps.cats import command, stdout
from tests.apps.trained_run import Trained
from tests.commands import fails


@pytest.fixture(scope="module")
def trained(shelf: Path) -> Trained:
    return cats.train(shelf)


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
    together = writer.state_after([ids, ids[:300], ids[:5]])
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


def test_beam_search_is_compiled_once_and_continues_each_prompt(trained: Trained) -> None:
    prompts = ["the ca", "we went to", ""]
    writer = load(trained.run).predictor()
    together = [beams[0] for beams in writer.generate(prompts, SamplingConfig(), beam_size=2)]
    assert [search.experimental_get_tracing_count() for search in writer._searches.values()] == [1]
    for prompt, found in zip(prompts, together, strict=True):
        alone = load(trained.run).predictor().generate([prompt], SamplingConfig(), beam_size=2)
        assert found == next(iter(alone))[0]


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
