"""A `.tflite` needs only LiteRT, answers as the run does, and is not written unless it does."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from nlp_apps.blocks.cells import CELLS
from nlp_apps.decoding import sampling
from nlp_apps.decoding.sampling import uniform_noise
from nlp_apps.export import parity
from nlp_apps.export.saved_model.signatures import append_eos
from nlp_apps.export.tflite import convert
from nlp_apps.export.tflite.deduplicate import deduplicate
from nlp_apps.export.tflite.lite_sentiment import LiteSentiment
from nlp_apps.export.tflite.lite_top_k_top_p import top_k_top_p_filter
from nlp_apps.export.tflite.lite_translation import LiteTranslation
from nlp_apps.inference import artefacts
from nlp_apps.inference.text_classifier import TextClassifier
from nlp_apps.inference.text_translator import TextTranslator
from nlp_apps.litert.lite_generator import uniform
from nlp_apps.litert.lite_model import LiteModel, split_text
from nlp_apps.litert.metadata import read_metadata, read_pieces
from nlp_apps.networks.classifier import Classifier
from nlp_apps.networks.translator import Translator
from nlp_apps.recipe.decoding_section import TranslationDecoding
from nlp_apps.recipe.export_section import SentimentExport, TranslationExport
from nlp_apps.text.special_ids import NEG_INF
from nlp_apps.text.tokenizer import Tokenizer, train_tokenizer
from tests import tiny_runs
from tests.commands import assert_alike, run
from tests.tiny_models import Made

TASKS = ("translation", "sentiment", "generation")
TEXTS = (
    "the old house",
    "tea",
    "the sea and the moon sleeps and a new green house runs",
    "Ünïcode → 日本語 🙂 never seen",
    "  two   blanks ",
    "the moon\nsleeps\r\n\nin winter\u2028the sea",
)
SIGNATURES = {
    "translation": {"greedy", "beam", "encode", "decode_step", "decode_step_beam"},
    "sentiment": {"classify"},
    "generation": {"prefill", "step", "sample", "score"},
}


@pytest.fixture(params=TASKS)
def task(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def file(task: str, tiny_lite: Made) -> Path:
    return tiny_lite(task)


def trained(file: Path) -> Path:
    """The run that a file was made of."""
    return Path(json.loads((file.parent / "parity.json").read_text())["run"])


def read(content: bytes) -> Any:
    return schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))


def op_names(model: Any) -> set[str]:
    names = {code: name for name, code in vars(schema.BuiltinOperator).items()}
    codes = {max(one.builtinCode, one.deprecatedBuiltinCode) for one in model.operatorCodes}
    return {names[code] for code in codes}


# The file --------------------------------------------------------------------------------------


def test_it_has_the_promised_signatures(task: str, file: Path):
    found = Interpreter(str(file)).get_signature_list()
    assert set(found) == SIGNATURES[task] | {"tokenize", "detokenize"}


def test_it_has_builtin_operations_and_static_shapes_and_no_variables(file: Path):
    model = read(file.read_bytes())
    names = op_names(model)
    assert "CUSTOM" not in names
    assert not {name for name in names if "VAR" in name or "VARIABLE" in name}
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            assert not tensor.isVariable
            for shape in (tensor.shape, tensor.shapeSignature):
                assert shape is None or (np.asarray(shape) >= 0).all(), tensor.name


def test_weights_lie_in_it_once_and_where_they_should(file: Path):
    content = file.read_bytes()
    model = schema.Model.GetRootAs(content, 0)
    base = np.frombuffer(content, np.uint8).__array_interface__["data"][0]
    seen = set()
    for index in range(model.BuffersLength()):
        data = model.Buffers(index).DataAsNumpy()
        if isinstance(data, np.ndarray) and data.size > 512:
            assert (data.__array_interface__["data"][0] - base) % 16 == 0
            assert data.tobytes() not in seen
            seen.add(data.tobytes())
    assert seen


def test_a_slim_file_says_the_same(file: Path):
    content = file.read_bytes()
    assert deduplicate(content) == deduplicate(deduplicate(content))
    assert abs(len(deduplicate(content)) - len(content)) < 20_000  # the metadata is not in it


def test_the_card_says_what_hosts_must_know(task: str, file: Path):
    metadata = read_metadata(file)
    assert metadata["task"] == task
    assert metadata["quantize"] == "none"
    assert metadata["special_ids"] == {"pad": 0, "unknown": 1, "bos": 2, "eos": 3}
    assert len(read_pieces(file)) == metadata["vocabulary"]
    assert {"translation": "languages", "sentiment": "labels", "generation": "state"}[
        task
    ] in metadata


def test_parity_says_how_it_was_proven(file: Path):
    report = json.loads((file.parent / "parity.json").read_text())["tflite"]
    for sizes in report["checks"].values():
        assert sizes["batch_1"]["num_equal"] == sizes["batch_1"]["texts"] > 0
        assert sizes["batch_1"]["passed"]
    assert report["quality"]["passed"]
    assert report["bytes"] == file.stat().st_size
    assert report["milliseconds_per_text"]


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
def test_the_same_run_gives_the_same_bytes(task: str, file: Path, tmp_path: Path, few: None):
    words = ["export", trained(file), "--to", tmp_path / "tiny", "--format", "tflite"]
    done = run(tiny_runs.APPS[task], [*words, "--quantize", "none"])
    assert done.code == 0, done.err
    assert (tmp_path / "tiny" / "tiny.tflite").read_bytes() == file.read_bytes()


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parity, "NUM_TEXTS", 20)
    monkeypatch.setattr(parity, "TIMED_TEXTS", 4)


@pytest.mark.parametrize("task", ["generation"], indirect=True)
@pytest.mark.parametrize("quantize", ["float16", "dynamic"])
def test_rounded_weights_make_it_smaller_and_as_good(
    task: str, file: Path, tmp_path: Path, few: None, quantize: str
):
    words = ["export", trained(file), "--to", tmp_path / "tiny", "--format", "tflite"]
    done = run(tiny_runs.APPS[task], [*words, "--quantize", quantize])
    assert done.code == 0, done.err
    small = tmp_path / "tiny" / "tiny.tflite"
    assert small.stat().st_size < file.stat().st_size
    assert read_metadata(small)["quantize"] == quantize
    quality = json.loads((small.parent / "parity.json").read_text())["tflite"]["quality"]
    assert quality["name"] == "nats_per_token"
    assert abs(quality["model"] - quality["tflite"]) < 0.01


# Answers ---------------------------------------------------------------------------------------


def test_predict_answers_as_the_run_does(task: str, file: Path):
    app = tiny_runs.APPS[task]
    ours = run(app, ["predict", file, *TEXTS, "--json"])
    wanted = run(app, ["predict", trained(file), *TEXTS, "--json"])
    assert ours.code == 0, ours.err
    assert ours.err == ""
    pairs = list(zip(ours.out.splitlines(), wanted.out.splitlines(), strict=True))
    assert len(pairs) == len(TEXTS)
    for mine, theirs in pairs:
        assert_alike(json.loads(mine), json.loads(theirs))


def test_a_folder_with_one_file_is_that_file(file: Path, tmp_path: Path):
    assert artefacts.find(str(file.parent)) == ("tflite", file)
    for name in ("one.tflite", "two.tflite"):
        (tmp_path / name).write_bytes(b"")
    assert artefacts.find(str(tmp_path)) == ("run", tmp_path)  # Which of them is not said.


def test_generation_streams_scores_and_takes_flags(tiny_lite: Made):
    file = tiny_lite("generation")
    flags = ["--seed", 7, "--temperature", 1.5, "--top-k", 9, "--max-tokens", 9]
    app = tiny_runs.APPS["generation"]
    for more in ([], ["--stream"], ["--num-samples", 3]):
        ours = run(app, ["predict", file, "the sea", *flags, *more])
        assert ours.code == 0, ours.err
        assert ours.out == run(app, ["predict", trained(file), "the sea", *flags, *more]).out
    done = run(app, ["predict", file, "the sea", "--repetition-penalty", 3])
    assert done.code == 2
    assert "repetition_penalty is fixed at 1.2 in this .tflite" in done.err
    scored = run(app, ["score", file, "the sea and", "moon"])
    assert scored.out == run(app, ["score", trained(file), "the sea and", "moon"]).out


def test_random_numbers_are_those_of_the_graph():
    numbers = np.arange(50, dtype=np.int32)
    for seed, step in ((1, 0), (2**31 - 1, 17), (12345, 4000)):
        wanted = uniform_noise(tf.constant(seed), tf.constant(step), tf.constant(numbers)).numpy()
        assert [uniform(seed, step, number) for number in numbers.tolist()] == wanted.tolist()


def test_the_likeliest_tokens_are_those_of_a_sort():
    random = np.random.default_rng(0)
    halved = tf.function(top_k_top_p_filter, reduce_retracing=True)
    for _ in range(60):
        spread = random.choice([0.1, 1.0, 3.0])
        logits = (random.normal(size=(1, 700)) * spread).astype(np.float32)
        logits[0, :3] = NEG_INF
        top_k = tf.constant([random.choice([0, 1, 5, 300, 699, 700, 705])], tf.int32)
        top_p = tf.constant([random.choice([1.0, 0.95, 0.5, 0.999, 1e-6])], tf.float32)
        kept = halved(tf.constant(logits), top_k, top_p).numpy() > NEG_INF / 2
        wanted = sampling.top_k_top_p_filter(tf.constant(logits), top_k, top_p).numpy()
        other = kept != (wanted > NEG_INF / 2)
        # Rounding may move the bound by a token.
        assert tf.nn.softmax(logits).numpy()[other].sum() < 2e-3 * (other.sum() <= 1)


def test_attention_says_where_each_token_looked(tiny_lite: Made):
    model = LiteModel(tiny_lite("translation"), "translation")
    ids = np.zeros((1, model.metadata["tokens"]), np.int32)
    tokens = model.encode("the old house")
    ids[0, : len(tokens)] = tokens
    for signature, count in (("greedy", "count"), ("beam", "counts")):
        found = model.run(signature, ids=ids)
        length = int(found[count].reshape(-1)[0])
        weights = found["attention"][0]
        np.testing.assert_allclose(weights[:length].sum(axis=1), 1.0, atol=1e-5)
        assert not weights[length:].any()
        assert not weights[:, len(tokens) + 1 :].any()


def test_a_host_that_searches_by_itself_finds_what_greedy_finds(tiny_lite: Made):
    model = LiteModel(tiny_lite("translation"), "translation")
    ids = np.zeros((1, model.metadata["tokens"]), np.int32)
    tokens = model.encode("the old house")
    ids[0, : len(tokens)] = tokens
    wanted = model.run("greedy", ids=ids)
    encoded = model.run("encode", ids=ids)
    memory = {name: encoded[name] for name in ("memory", "keys", "length")}
    found: list[int] = []
    token, state = np.array([2], np.int32), encoded["state"]
    while not found or found[-1] != 3:
        output = model.run("decode_step", token=token, state=state, **memory)
        state = output["state"]
        token = output["log_probabilities"].argmax(axis=1).astype(np.int32)
        found.append(int(token[0]))
        if len(found) == wanted["count"][0] - 1:
            found.append(3)  # at the limit the search ends an answer
    assert found == wanted["ids"][0, : wanted["count"][0]].tolist()


# Texts of any kind -----------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", " ", "\ud800 a \udfff", "\U0010ffff\u0378", "🙂" * 20])
def test_any_text_has_tokens_and_an_answer(task: str, file: Path, text: str):
    model = LiteModel(file, task)
    wanted = "".join("\ufffd" if 0xD800 <= ord(one) <= 0xDFFF else one for one in text)
    tokenizer = Tokenizer.load(trained(file) / "tokenizer.model")
    encode = tokenizer.encode_documents if task == "generation" else tokenizer.encode
    ids = encode([wanted])[0]
    assert model.encode(text) == ids
    assert model.decode(ids) == tokenizer.decode_document(ids)


def test_a_word_without_end_is_cut_anywhere_and_answered(task: str, file: Path):
    app = tiny_runs.APPS[task]
    done = run(app, ["predict", file, "🙂" * 300, "--json"])
    assert done.code == 0, done.err
    fits = 300
    if task == "translation":  # which says how much of a text it had room for
        fits = int(re.findall(r"first (\d+) characters", done.err)[0])
        assert 0 < fits < 300
    wanted = run(app, ["predict", trained(file), "🙂" * fits, "--json"])
    key = app.prediction_key
    assert json.loads(done.out)[key] == json.loads(wanted.out)[key]


def test_long_texts_are_cut_between_words():
    assert split_text("one two three", 8) == ["one two", " three"]
    assert split_text("one  two", 5) == ["one", "  two"]
    assert split_text("abcdefgh", 3) == ["abc", "def", "gh"]
    assert split_text("one\ntwo", 4) == ["one", "\ntwo"]
    assert "".join(split_text(" ".join(map(str, range(999))), 64)) == " ".join(map(str, range(999)))


def test_a_long_text_has_the_tokens_of_the_whole(task: str, file: Path):
    model = LiteModel(file, task)
    text = " ".join(tiny_runs.WORDS * 20)
    ids = Tokenizer.load(trained(file) / "tokenizer.model").encode([text])[0]
    assert len(text) > 2 * model.metadata["characters"]
    assert model.encode(text) == ids
    assert model.decode(ids) == text


def test_a_translation_of_a_text_that_is_too_long_is_reported(tiny_lite: Made):
    text = " ".join(tiny_runs.WORDS * 20)
    done = run(tiny_runs.APPS["translation"], ["predict", tiny_lite("translation"), text])
    assert done.code == 0
    assert re.search(rf"{len(text)} characters exceeds the \d+ tokens .* first \d+ char", done.err)


def test_ids_that_no_vocabulary_has_do_no_harm(task: str, file: Path):
    model = LiteModel(file, task)
    ids = np.full((1, model.metadata["tokens"]), 2**31 - 1, np.int32)
    ids[0, ::2] = -5
    assert model.run("detokenize", ids=ids)["count"][0] == 0


# Files that are none ---------------------------------------------------------------------------


def test_files_that_are_no_model_are_refused(task: str, file: Path, tmp_path: Path):
    content = file.read_bytes()
    app = tiny_runs.APPS[task]
    damaged = "not a .tflite of this package"
    for name, bad in {
        "empty": b"",
        "text": b"no model at all",
        "short": content[: len(content) // 2],
        "foreign": deduplicate(content),
    }.items():
        path = tmp_path / f"{name}.tflite"
        path.write_bytes(bad)
        done = run(app, ["predict", path, "hello"])
        assert (done.code, done.out) == (2, ""), name
        assert damaged in done.err
    (tmp_path / "cut.tflite").write_bytes(content[200:])
    assert run(app, ["predict", tmp_path / "cut.tflite", "hello"]).code in (1, 2)
    other = tiny_runs.APPS[TASKS[TASKS.index(task) - 1]]
    done = run(other, ["predict", file, "hello"])
    assert done.code == 2
    assert f"{file}: " in done.err and f"this is a {task} model" in done.err


# The proof -------------------------------------------------------------------------------------


def export_words(file: Path, folder: Path) -> list[Any]:
    words = ["export", trained(file), "--to", folder, "--format", "tflite"]
    return [*words, "--quantize", "none"]


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
def test_a_file_that_answers_otherwise_is_not_kept(
    task: str, file: Path, tmp_path: Path, few: None, monkeypatch: pytest.MonkeyPatch
):
    classify = LiteSentiment._classify

    def wrong(self: Any, ids: tf.Tensor) -> Any:
        found = classify(self, ids)
        return {**found, "probabilities": found["probabilities"][:, ::-1]}

    monkeypatch.setattr(LiteSentiment, "_classify", wrong)
    done = run(tiny_runs.APPS[task], export_words(file, tmp_path / "tiny"))
    assert done.code == 1
    assert "predictions of the .tflite differ from the run's" in done.err
    assert not list(tmp_path.iterdir())


def test_texts_that_are_too_long_for_windows_are_named_as_the_cause_and_the_remedy_helps(
    tiny_run: Made, tmp_path: Path, few: None
):
    folder = tmp_path / "run"
    shutil.copytree(tiny_run("sentiment"), folder)
    validation = (tiny_run("sentiment").parent / "validation.tsv").read_text("utf-8").splitlines()
    texts = [line.split("\t")[1] for line in validation]
    lengths = [len(ids) for ids in Tokenizer.load(folder / "tokenizer.model").encode(texts)]
    recipe = folder / "recipe.toml"
    recipe.write_text(recipe.read_text("utf-8").replace("max_tokens = 96", "max_tokens = 8"))
    words = ["export", folder, "--to", tmp_path / "tiny", "--format", "tflite", "--quantize"]
    for quantize in ("none", "dynamic"):
        done = run(tiny_runs.APPS["sentiment"], [*words, quantize])
        assert done.code == 1, quantize
        cause = re.search(
            r"(\d+) of 40 texts have more than the 8 tokens .* Set max_tokens = (\d+) under "
            r"\[export\] in (.*) and export again;[^.]*\.(.*)",
            done.err,
        )
        assert cause, done.err
        assert int(cause[1]) == sum(length > 8 for length in lengths)
        assert cause[2] == str(max(lengths))
        assert cause[3] == str(recipe)
        assert ("--quantize" in cause[4]) == (quantize != "none")
    recipe.write_text(
        recipe.read_text("utf-8").replace("max_tokens = 8", f"max_tokens = {max(lengths)}")
    )
    done = run(tiny_runs.APPS["sentiment"], [*words, "none"])
    assert done.code == 0, done.err


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
def test_a_converter_that_crashes_is_an_error(
    task: str, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def crash(words: Sequence[str], **kwargs: Any) -> Any:
        code = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
        return started([sys.executable, "-c", code], **kwargs)

    started = subprocess.run
    monkeypatch.setattr(subprocess, "run", crash)
    done = run(tiny_runs.APPS[task], export_words(file, tmp_path / "tiny"))
    assert done.code == 1
    assert "the TFLite converter failed (signal 11)" in done.err
    assert not list(tmp_path.iterdir())


# Every kind of network -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return train_tokenizer([" ".join(tiny_runs.WORDS)], kind="words", vocabulary_size=290)


def converted(signatures: Any, name: str, tmp_path: Path) -> Callable[..., Any]:
    """A signature of a model that was not trained, in LiteRT."""
    signatures.functions = {name: signatures.functions[name]}
    source, target = tmp_path / "saved_model", tmp_path / "model.tflite"
    tf.saved_model.save(signatures, str(source), signatures=signatures.traced())
    convert.convert(str(source), str(target), "none", [name])
    return Interpreter(str(target)).get_signature_runner(name)


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_reads_as_in_training(cell: str, tokenizer: Tokenizer, tmp_path: Path):
    tf.keras.utils.set_random_seed(1)
    model = Classifier(
        290, 2, embedding_size=6, units=8, cell=cell, num_layers=2, layer_norm=cell == "gru"
    )
    model.build()
    classifier = TextClassifier(model, tokenizer, ["a", "b"], max_length=12)
    room = SentimentExport(max_characters=64, max_tokens=16)
    classify = converted(LiteSentiment(classifier, room), "classify", tmp_path)
    for text in ("the sea", "sun " * 30):
        ids = np.zeros((1, 16), np.int32)
        tokens = tokenizer.encode([text])[0][:16]
        ids[0, : len(tokens)] = tokens
        source = append_eos(tf.constant(ids[:, :11]), tf.constant([min(len(tokens), 11)]))
        if len(tokens) > 11:
            both = np.concatenate([ids[:, :5], ids[:, -6:]], axis=1)
            source = append_eos(tf.constant(both), tf.constant([11]))
        wanted = tf.nn.softmax(model.logits_and_weights(source)[0]).numpy()
        np.testing.assert_allclose(classify(ids=ids)["probabilities"], wanted, atol=1e-5)


@pytest.mark.parametrize(
    "how",
    [
        {"attention": "multi_head", "num_heads": 2, "tie_embeddings": False, "cell": "gru"},
        {"attention": "additive", "layer_norm": True, "share_embeddings": True},
        {"attention": "none", "bidirectional": False, "num_layers": 1, "cell": "cifg"},
    ],
)
def test_every_attention_translates_as_in_training(
    how: dict[str, Any], tokenizer: Tokenizer, tmp_path: Path
):
    tf.keras.utils.set_random_seed(2)
    model = Translator(290, 290, embedding_size=6, units=8, **how)
    model.build()
    decoding = TranslationDecoding(beam_size=3, max_length=10, no_repeat_ngram_size=2)
    translator = TextTranslator(model, tokenizer, tokenizer, decoding)
    wanted = list(translator.translate(["the sea and the moon"]))[0]
    room = TranslationExport(max_characters=64, max_tokens=16)
    beam = converted(LiteTranslation(translator, room), "beam", tmp_path)
    ids = np.zeros((1, 16), np.int32)
    tokens = tokenizer.encode(["the sea and the moon"])[0]
    ids[0, : len(tokens)] = tokens
    found = beam(ids=ids)
    assert tokenizer.decode(found["ids"][0])[0] == wanted.text
    np.testing.assert_allclose(found["scores"][0, 0], wanted.score, atol=1e-4)
    assert ("attention" in found) == (how["attention"] != "none")
