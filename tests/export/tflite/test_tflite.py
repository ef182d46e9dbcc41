"""A `.tflite` needs only LiteRT and predicts the same as the run."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from nlp_apps.export.tflite.deduplicate import deduplicate
from nlp_apps.inference import artefacts
from nlp_apps.litert.file_model import split_text
from nlp_apps.litert.lite_model import LiteModel
from nlp_apps.litert.lite_translator import LiteTranslator
from nlp_apps.litert.metadata import read_metadata, read_pieces
from nlp_apps.text.tokenizer import Tokenizer
from tests import tiny_runs
from tests.commands import assert_alike, run
from tests.export.tflite import TASKS, trained
from tests.tiny_models import Made

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
    "sentiment": {"classify", "classify_learned", "learn"},
    "generation": {"prefill", "step", "sample", "score", "learn", "suggest"},
}


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


def test_weights_are_stored_once_and_aligned(file: Path):
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


def test_deduplication_is_idempotent(file: Path):
    content = file.read_bytes()
    assert deduplicate(content) == deduplicate(deduplicate(content))
    assert abs(len(deduplicate(content)) - len(content)) < 20_000  # the metadata is not in it


def test_the_metadata_has_the_keys_that_hosts_need(task: str, file: Path):
    metadata = read_metadata(file)
    assert metadata["task"] == task
    assert metadata["quantize"] == "none"
    assert metadata["special_ids"] == {"pad": 0, "unknown": 1, "bos": 2, "eos": 3}
    assert len(read_pieces(file)) == metadata["vocabulary"]
    assert {"translation": "languages", "sentiment": "labels", "generation": "state"}[
        task
    ] in metadata


# Predictions -------------------------------------------------------------------------------------


def test_it_predicts_the_same_as_the_run(task: str, file: Path):
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
    assert artefacts.find(str(file.parent)) == ("file", file)
    for name in ("one.tflite", "two.tflite", "one.onnx"):
        (tmp_path / name).write_bytes(b"")
    assert artefacts.find(str(tmp_path)) == ("run", tmp_path)  # Which of them is not said.
    (tmp_path / "two.tflite").rename(tmp_path / ".two.tflite")
    (tmp_path / "folder.tflite").mkdir()
    assert artefacts.find(str(tmp_path)) == ("file", tmp_path / "one.tflite")


def test_generation_streams_scores_and_accepts_flags(tiny_lite: Made):
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


def test_attention_sums_to_one_over_the_source(tiny_lite: Made):
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


def test_a_search_by_the_host_equals_greedy(tiny_lite: Made):
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
            found.append(3)  # at the limit the search ends
    assert found == wanted["ids"][0, : wanted["count"][0]].tolist()


# Texts of any kind -----------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", " ", "\ud800 a \udfff", "\U0010ffff\u0378", "🙂" * 20])
def test_any_text_has_the_tokens_of_the_run(task: str, file: Path, text: str):
    model = LiteModel(file, task)
    wanted = "".join("\ufffd" if 0xD800 <= ord(one) <= 0xDFFF else one for one in text)
    tokenizer = Tokenizer.load(trained(file) / "tokenizer.model")
    encode = tokenizer.encode_documents if task == "generation" else tokenizer.encode
    ids = encode([wanted])[0]
    assert model.encode(text) == ids
    assert model.decode(ids) == tokenizer.decode_document(ids)


def test_an_endless_word_is_split_anywhere(task: str, file: Path):
    app = tiny_runs.APPS[task]
    done = run(app, ["predict", file, "🙂" * 300, "--json"])
    assert done.code == 0, done.err
    fits = 300
    if task == "translation":
        token_ids, too_long = LiteTranslator(file)._encode("🙂" * 300)
        fits = len(Tokenizer.load(trained(file) / "tokenizer.model").decode([token_ids])[0])
        assert too_long and 0 < fits < 300
    wanted = run(app, ["predict", trained(file), "🙂" * fits, "--json"])
    key = app.prediction_key
    if task == "sentiment":
        # Probabilities near 1/3: the part that the file reads may have another label.
        key = "probabilities"
        assert json.loads(done.out)[key] == pytest.approx(json.loads(wanted.out)[key], abs=0.02)
        return
    assert json.loads(done.out)[key] == json.loads(wanted.out)[key]


def test_long_texts_are_split_between_words():
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
    assert "TEXT 1: the text is longer than the model accepts" in done.err


def test_ids_that_no_vocabulary_has_do_no_harm(task: str, file: Path):
    model = LiteModel(file, task)
    ids = np.full((1, model.metadata["tokens"]), 2**31 - 1, np.int32)
    ids[0, ::2] = -5
    assert model.run("detokenize", ids=ids)["count"][0] == 0


# Foreign files ---------------------------------------------------------------------------


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
