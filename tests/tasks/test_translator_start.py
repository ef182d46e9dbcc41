"""Translators that start from a file of another translator, from end to end."""

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nlp_apps import translation
from nlp_apps.errors import WorkError
from nlp_apps.networks.pretrained_weights import PretrainedWeights, weight_name
from nlp_apps.pretraining.save_start import main, save_start
from nlp_apps.recipe import load as recipes
from nlp_apps.tasks.run import load
from nlp_apps.tasks.settle import CANDIDATES, find_start
from nlp_apps.tasks.translation_task import TranslationTask
from nlp_apps.text.corpus import Corpus, Pair
from nlp_apps.text.language import reads
from nlp_apps.training.run_folder import RunFolder
from tests.commands import run

WORDS = {
    "the": ("le", "der"),
    "small": ("petit", "kleine"),
    "garden": ("jardin", "Garten"),
    "window": ("volet", "Laden"),
    "station": ("terminus", "Bahnhof"),
    "tomorrow": ("demain", "morgen"),
    "closes": ("ferme", "schliesst"),
    "opens": ("ouvre", "offnet"),
}
"""English words with a French and a German one."""

SIZES = """
[model]
embedding_size = 12
units = 16
num_layers = 1
attention = "dot"
"""
RECIPE = """
task = "translation"
[data]
train = "pairs.tsv"
validation = "pairs.tsv"
test = "pairs.tsv"
max_length = 32
[tokenizer]
shared_vocabulary = {shared}
{model}
[training]
max_steps = 3
batch_tokens = 256
num_buckets = 1
jit_compile = false
monitor = "loss"
[decoding]
beam_size = 1
max_length = 20
"""


def write_corpus(folder: Path, *, column: int, model: str = SIZES, shared: str = "false") -> Path:
    """Writes pairs and a recipe; returns the recipe's path."""
    choose = random.Random(7)
    lines = []
    for _ in range(120):
        english = [choose.choice(list(WORDS)) for _ in range(5)]
        other = [WORDS[word][column] for word in english]
        lines.append(f"{' '.join(english)}\t{' '.join(other)}\n")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pairs.tsv").write_text("".join(lines), encoding="utf-8")
    recipe = folder / "cats.toml"
    recipe.write_text(RECIPE.format(model=model, shared=shared), encoding="utf-8")
    return recipe


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns the file of an English to French translator."""
    folder = tmp_path_factory.mktemp("en-fr")
    recipe = write_corpus(folder, column=0)
    result = run(translation.APP, ["train", recipe, "--run-dir", folder / "run"], folder)
    assert result.code == 0, result.err
    main([str(folder / "run"), "--output", str(folder / "translator-en-fr.npz")])
    return folder / "translator-en-fr.npz"


def weights_of(run_folder: Path) -> dict[str, np.ndarray]:
    model = load(run_folder, "translation").model
    return {weight_name(one): np.asarray(one) for one in model.trainable_variables}


def from_file(start: Path) -> str:
    return f'{SIZES}init_encoder_from = "{start}"\ninit_decoder_from = "{start}"\n'


def test_the_file_holds_all_weights_of_the_translator(start: Path) -> None:
    saved = PretrainedWeights.load(start)
    trained = weights_of(start.parent / "run")
    assert saved.weights.keys() == trained.keys()
    for name, weight in trained.items():
        tolerance = 1e-3 + np.abs(weight).max() / 127
        np.testing.assert_allclose(saved.weights[name], weight, atol=tolerance)
    assert saved.target_tokenizer is not None
    assert saved.target_tokenizer.model != saved.tokenizer.model


def test_a_matrix_in_the_file_has_a_byte_for_each_weight(start: Path) -> None:
    with np.load(start) as arrays:
        matrices = [arrays[key] for key in arrays.files if key.startswith("weight:")]
    assert {array.dtype.name for array in matrices if array.ndim == 2} == {"int8"}


def test_a_translator_with_another_target_keeps_all_but_the_target_tokens(
    start: Path, tmp_path: Path
) -> None:
    recipe = write_corpus(tmp_path, column=1, model=from_file(start))
    result = run(translation.APP, ["train", recipe, "--run-dir", tmp_path / "run"], tmp_path)
    assert result.code == 0, result.err
    copied = json.loads((tmp_path / "run" / "warm_start.json").read_text(encoding="utf-8"))
    names = {name for part in copied.values() for name in part["names"]}
    own = {"decoder/embedding/table/embeddings", "decoder/output_bias"}
    assert names == weights_of(start.parent / "run").keys() - own
    source, target = load(tmp_path / "run", "translation").tokenizers()
    saved = PretrainedWeights.load(start)
    assert source.model == saved.tokenizer.model
    assert saved.target_tokenizer is not None
    assert target.model != saved.target_tokenizer.model


def train_corpus(task: TranslationTask, folder: Path) -> Corpus[Pair]:
    return task.read(lambda name: folder / name, ["train"])["train"]


def silent_task(tmp_path: Path, *, column: int, model: str = "") -> TranslationTask:
    recipe = write_corpus(tmp_path, column=column, model=model)
    text = recipe.read_text(encoding="utf-8").replace("shared_vocabulary = false\n", "")
    recipe.write_text(text, encoding="utf-8")
    return TranslationTask(recipes.load(recipe, task="translation"))


def test_a_silent_recipe_starts_from_the_translator_that_reads_its_source(
    start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nlp_apps.tasks.settle.shipped_weights", {"en-fr": start}.get)
    task = silent_task(tmp_path, column=1)
    found = find_start(task, train_corpus(task, tmp_path))
    assert found is not None
    assert found.names == {"init_encoder_from": "en-fr", "init_decoder_from": "en-fr"}
    assert found.settings["model.units"] == 16
    assert found.settings["tokenizer.shared_vocabulary"] is False


def test_a_file_of_weights_that_is_missing_is_named(tmp_path: Path) -> None:
    missing = f'{SIZES}init_encoder_from = "gone.npz"\n'
    recipe = write_corpus(tmp_path, column=0, model=missing)
    result = run(translation.APP, ["train", recipe, "--run-dir", tmp_path / "run"], tmp_path)
    assert result.code == 2
    assert "gone.npz: no such file of pretrained weights." in result.err
    assert not (tmp_path / "run").exists()


def test_a_corpus_that_begins_with_short_texts_is_recognised(start: Path) -> None:
    tokenizer = PretrainedWeights.load(start).tokenizer
    texts = ["x!"] * 600 + ["the small garden closes tomorrow"] * 6000
    assert not reads(tokenizer, texts[:600])
    assert reads(tokenizer, texts)
    assert not reads(tokenizer, [])


def test_a_translator_of_the_source_language_comes_before_one_of_the_target_language(
    start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretrained = PretrainedWeights.load(start)
    assert pretrained.target_tokenizer is not None
    turned = PretrainedWeights(
        "turned",
        pretrained.sizes,
        pretrained.lowercase,
        pretrained.target_tokenizer,
        pretrained.tokenizer,
        pretrained.weights,
        pretrained.description,
    )
    turned.save(tmp_path / "turned.npz")
    files = {"fr-en": tmp_path / "turned.npz", "en-fr": start}
    monkeypatch.setattr("nlp_apps.tasks.settle.shipped_weights", files.get)
    monkeypatch.setitem(CANDIDATES, "translation", ("fr-en", "en-fr"))
    task = silent_task(tmp_path, column=1)
    corpus = train_corpus(task, tmp_path)
    found = find_start(task, corpus)
    assert found is not None and found.names["init_encoder_from"] == "en-fr"
    back = [Pair(pair.target, pair.source) for pair in corpus.examples]
    found = find_start(task, replace(corpus, examples=back))
    assert found is not None and found.names["init_encoder_from"] == "fr-en"


def test_no_start_is_chosen_where_the_recipe_sets_the_sizes(
    start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nlp_apps.tasks.settle.shipped_weights", {"en-fr": start}.get)
    task = silent_task(tmp_path, column=1, model=SIZES)
    assert find_start(task, train_corpus(task, tmp_path)) is None


@pytest.fixture(scope="module")
def shared_start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of an English to French translator with one vocabulary and one embedding."""
    folder = tmp_path_factory.mktemp("shared")
    model = f'{SIZES}share_embeddings = true\ninit_encoder_from = "none"\n'
    recipe = write_corpus(folder, column=0, model=model, shared="true")
    result = run(translation.APP, ["train", recipe, "--run-dir", folder / "run"], folder)
    assert result.code == 0, result.err
    assert not (folder / "run" / "warm_start.json").exists()
    save_start(folder / "run", folder / "start.npz")
    return folder / "start.npz"


def test_a_shared_vocabulary_distinguishes_its_languages(shared_start: Path) -> None:
    found = PretrainedWeights.load(shared_start)
    assert found.is_shared and found.target_tokenizer is found.tokenizer
    english = [" ".join(WORDS)] * 20
    french = [" ".join(words[0] for words in WORDS.values())] * 20
    for texts, tokens, expected in (
        (english, found.source_tokens, True),
        (french, found.source_tokens, False),
        (english, found.target_tokens, False),
        (french, found.target_tokens, True),
    ):
        assert reads(found.tokenizer, texts, tokens=tokens) is expected


@pytest.mark.parametrize(("column", "shares"), [(0, True), (1, False)])
def test_a_translator_shares_the_vocabulary_of_its_start_if_both_languages_fit(
    shared_start: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    column: int,
    shares: bool,
) -> None:
    monkeypatch.setattr("nlp_apps.tasks.settle.shipped_weights", {"en-fr": shared_start}.get)
    task = silent_task(tmp_path, column=column)
    found = find_start(task, train_corpus(task, tmp_path))
    assert found is not None
    assert found.settings["tokenizer.shared_vocabulary"] is shares
    assert found.settings["model.share_embeddings"] is shares

    # The whole training: all weights, or all but those of the German tokens, are the start's.
    named = "[model]\n" + "".join(
        f'init_{part}_from = "{shared_start}"\n' for part in ("encoder", "decoder")
    )
    recipe = write_corpus(tmp_path / "named", column=column, model=named)
    text = recipe.read_text(encoding="utf-8").replace("shared_vocabulary = false\n", "")
    recipe.write_text(text, encoding="utf-8")
    result = run(translation.APP, ["train", recipe, "--run-dir", tmp_path / "run"], tmp_path)
    assert result.code == 0, result.err
    trained = load(tmp_path / "run", "translation")
    assert len(trained.tokenizers()) == (1 if shares else 2)
    start = json.loads((tmp_path / "run" / "warm_start.json").read_text(encoding="utf-8"))
    copied = {name for part in start.values() for name in part["names"]}
    names = {weight_name(weight) for weight in trained.model.trainable_variables}
    of_german = {"decoder/output_bias", "decoder/embedding/table/embeddings"}
    assert names - copied == (set() if shares else of_german)


def test_a_start_of_the_encoder_alone_has_the_shared_embedding(
    shared_start: Path, tmp_path: Path
) -> None:
    model = f'{SIZES}share_embeddings = true\ninit_encoder_from = "{shared_start}"\n'
    size = PretrainedWeights.load(shared_start).tokenizer.vocabulary_size
    recipe = write_corpus(tmp_path, column=0, model=model, shared="true")
    text = recipe.read_text(encoding="utf-8")
    text = text.replace("[tokenizer]", f"[tokenizer]\nvocabulary_size = {max(size, 300)}")
    recipe.write_text(text, encoding="utf-8")
    result = run(translation.APP, ["train", recipe, "--run-dir", tmp_path / "run"], tmp_path)
    assert result.code == 0, result.err
    start = json.loads((tmp_path / "run" / "warm_start.json").read_text(encoding="utf-8"))
    assert "decoder/embedding/table/embeddings" in start["init_encoder_from"]["names"]


@pytest.mark.parametrize("number", [300, 600])
def test_a_shared_vocabulary_must_read_both_sides(
    shared_start: Path, tmp_path: Path, number: int
) -> None:
    both = f'init_encoder_from = "{shared_start}"\ninit_decoder_from = "{shared_start}"\n'
    recipe = write_corpus(
        tmp_path, column=1, model=f"{SIZES}embedding_skip = true\nshare_embeddings = true\n{both}"
    )
    text = recipe.read_text(encoding="utf-8")
    size = max(PretrainedWeights.load(shared_start).tokenizer.vocabulary_size, 300)
    text = text.replace("shared_vocabulary = false", f"vocabulary_size = {size}")
    recipe.write_text(text, encoding="utf-8")
    task = TranslationTask(recipes.load(recipe, task="translation"))
    german = [Pair("garden window station", "xq zw Bahnhof morgen Laden qx")] * number
    task.may_lower_vocabulary = True
    (tmp_path / "run").mkdir()
    task.prepare({"train": Corpus(german, 0, "", [])}, RunFolder(tmp_path / "run"))
    start = PretrainedWeights.load(shared_start).tokenizer
    assert task.source_tokenizer.model != start.model


def test_a_damaged_list_of_tokens_is_refused(shared_start: Path, tmp_path: Path) -> None:
    found = PretrainedWeights.load(shared_start)
    assert found.source_tokens is not None
    damaged = replace(found, source_tokens=found.source_tokens[1:])
    damaged.save(tmp_path / "start.npz")
    with pytest.raises(WorkError, match="source_tokens does not fit the tokenizer"):
        PretrainedWeights.load(tmp_path / "start.npz")
