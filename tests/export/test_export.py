"""A SavedModel takes and gives strings, answers as the run does, and needs only TensorFlow."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow_serving.apis import prediction_log_pb2

import nlp_apps
from nlp_apps.export import export_run as exports
from nlp_apps.export import parity
from nlp_apps.export.saved_model.signatures import is_empty
from nlp_apps.inference.saved_model import SavedModel
from nlp_apps.text import normalize
from tests import tiny_runs
from tests.commands import assert_alike, fails, run
from tests.tiny_models import Made

TASKS = ("translation", "sentiment", "generation")
TEXTS = (
    "the old house",
    "tea",
    "the sea and the moon sleeps and a new green house runs and the sun the sun a house of tea",
    "Ünïcode → 日本語 🙂 never seen",
    "  two   blanks ",
    "the moon\nsleeps\r\n\nin winter\u2028the sea",
)
SIGNATURES = {
    "translation": {"serving_default", "greedy", "nbest", "align"},
    "sentiment": {"serving_default", "probabilities", "attend"},
    "generation": {"serving_default", "score"},
}


@pytest.fixture(scope="module", params=TASKS)
def task(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", autouse=True)
def few_texts() -> Iterator[None]:
    """Parity over fewer texts than a user gets: these models are loaded and asked often enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parity, "NUM_TEXTS", 10)
        patch.setattr(parity, "TIMED_TEXTS", 2)
        yield


@pytest.fixture(scope="module")
def trained(task: str, tiny_run: Made) -> Path:
    return tiny_run(task)


@pytest.fixture(scope="module")
def exported(task: str, tiny_saved_model: Made) -> Path:
    """The SavedModel of a tiny run."""
    return tiny_saved_model(task)


@pytest.fixture(scope="module")
def model(task: str, exported: Path) -> SavedModel:
    return SavedModel(exported, task)


def meta_graph(folder: Path) -> Any:
    model = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    return model.meta_graphs[0]


def op_names(folder: Path) -> set[str]:
    graph = meta_graph(folder).graph_def
    functions = [node for function in graph.library.function for node in function.node_def]
    return {node.op for node in [*graph.node, *functions]}


# What is written ---------------------------------------------------------------------------------


def test_the_signatures_take_and_give_what_the_design_says(task: str, exported: Path) -> None:
    found = meta_graph(exported).signature_def
    assert SIGNATURES[task] <= set(found)
    for name in SIGNATURES[task]:
        text = found[name].inputs["text"]
        assert text.dtype == tf.string.as_datatype_enum
        assert [dim.size for dim in text.tensor_shape.dim] == [-1]
    outputs = {
        name: tf.dtypes.as_dtype(info.dtype).name
        for name, info in found["serving_default"].outputs.items()
    }
    inputs = set(found["serving_default"].inputs)
    if task == "translation":
        assert (inputs, outputs) == ({"text"}, {"translation": "string", "score": "float32"})
    elif task == "sentiment":
        assert (inputs, outputs) == ({"text"}, {"label": "string", "probability": "float32"})
    else:
        own = {"temperature", "top_k", "top_p", "max_tokens", "seed"}
        assert inputs == {"text", *own}
        assert set(found["serving_default"].defaults) == own
        assert outputs["text"] == "string"


def test_no_op_is_foreign_or_bound_to_a_device(exported: Path) -> None:
    found = op_names(exported)
    for part in ("PyFunc", "Sentencepiece", "Cudnn", "XlaLaunch", "HashTable", "Lookup"):
        assert not [name for name in found if part in name]
    # A SavedModel of TensorFlow's own ops has nothing to register.
    assert {name for name in found if not hasattr(tf.raw_ops, name)} <= {
        name for name in found if name.startswith("__inference") or name == "Assert"
    }


def test_weights_are_stored_once(task: str, trained: Path, exported: Path) -> None:
    summary = json.loads((trained / "summary.json").read_text(encoding="utf-8"))
    reader = tf.train.load_checkpoint(str(exported / "variables" / "variables"))
    shapes = reader.get_variable_to_shape_map()
    dtypes = reader.get_variable_to_dtype_map()
    floats = sum(int(np.prod(shapes[name])) for name in shapes if dtypes[name] == tf.float32)
    assert summary["parameters"] <= floats <= summary["parameters"] + 2000  # the pieces' scores


def test_the_parity_report_tells_what_was_compared(task: str, exported: Path) -> None:
    report = json.loads((exported / "parity.json").read_text(encoding="utf-8"))["saved_model"]
    names = {
        "translation": {"greedy", "beam"},
        "sentiment": {"probabilities"},
        "generation": {"draw", "score"},
    }[task]
    assert set(report["checks"]) == set(report["milliseconds_per_text"]) == names
    for sizes in report["checks"].values():
        for size in ("batch_1", "batch_32"):
            assert sizes[size]["passed"]
            assert sizes[size]["num_equal"] == sizes[size]["texts"] == 40
    files = [path for path in exported.rglob("*") if path.is_file() and path.name != "parity.json"]
    assert report["bytes"] == sum(path.stat().st_size for path in files)


def test_it_is_warmed_up_with_every_signature(task: str, exported: Path) -> None:
    path = exported / "assets.extra" / "tf_serving_warmup_requests"
    logs = [
        prediction_log_pb2.PredictionLog.FromString(record.numpy()).predict_log.request
        for record in tf.data.TFRecordDataset(str(path))
    ]
    assert {log.model_spec.name for log in logs} == {"tiny"}
    assert {log.model_spec.signature_name for log in logs} == SIGNATURES[task]
    found = meta_graph(exported).signature_def
    for log in logs:
        signature = found[log.model_spec.signature_name]
        assert set(signature.inputs) == set(log.inputs)
        rows = {tuple(size.size for size in each.tensor_shape.dim) for each in log.inputs.values()}
        assert rows in ({(1,)}, {(8,)})  # TF Serving batches no others.


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
def test_another_export_is_the_next_version(task: str, trained: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    for name in ("1", "7"):
        (folder / name).mkdir(parents=True)
        (folder / name / "something").write_text("of somebody else")
    done = run(tiny_runs.APPS[task], ["export", trained, "--to", folder])
    assert done.code == 0, done.err
    assert str(folder / "8") in done.out
    assert sorted(path.name for path in folder.iterdir()) == ["1", "7", "8"]
    assert (folder / "8" / "saved_model.pb").is_file()


@pytest.mark.parametrize("to", [".", "inner/.."])
def test_a_model_is_called_as_its_folder_however_that_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str
) -> None:
    monkeypatch.chdir(tmp_path)
    plan: Any = None
    monkeypatch.setattr(exports, "make_plan", lambda *_, **__: plan)
    monkeypatch.setitem(exports.EXPORTERS, "tflite", lambda plan, folder, _: {"name": folder.name})
    assert exports.export("run", to, ["tflite"]) == {"tflite": {"name": tmp_path.name}}


# Answers -----------------------------------------------------------------------------------------


def test_predict_answers_from_a_savedmodel_as_from_the_run(
    task: str, trained: Path, exported: Path
) -> None:
    app = tiny_runs.APPS[task]
    flags = ["--num-samples", 2, "--seed", 5, "--stop", "x"] if task == "generation" else []
    wanted = run(app, ["predict", trained, "--json", *flags, *TEXTS])
    found = run(app, ["predict", exported.parent, "--json", *flags, *TEXTS])
    assert found.code == 0, found.err
    for line, other in zip(wanted.out.splitlines(), found.out.splitlines(), strict=True):
        assert_alike(json.loads(other), json.loads(line))


@pytest.mark.parametrize("task", ["generation"], indirect=True)
def test_a_stop_string_ends_text_and_figures_as_in_the_run(
    task: str, trained: Path, exported: Path
) -> None:
    app, words = tiny_runs.APPS[task], ["--seed", 3, "--max-tokens", 40, "--json", "tea"]
    whole = json.loads(run(app, ["predict", trained, *words]).out)
    assert whole["tokens"] > 10
    middle = len(whole["continuation"]) // 2
    stop = whole["continuation"][middle : middle + 2]
    wanted = json.loads(run(app, ["predict", trained, "--stop", stop, *words]).out)
    assert 0 < wanted["tokens"] < whole["tokens"]
    found = json.loads(run(app, ["predict", exported, "--stop", stop, *words]).out)
    assert_alike(found, wanted)


@pytest.mark.parametrize("task", ["generation"], indirect=True)
def test_the_text_is_utf_8_whatever_the_prompt_was(task: str, exported: Path) -> None:
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


def test_it_answers_in_a_process_that_has_nothing_of_this_package(
    task: str, trained: Path, exported: Path
) -> None:
    code = (
        "import sys, tensorflow as tf\n"
        "f = tf.saved_model.load(sys.argv[1]).signatures['serving_default']\n"
        "extra = {}\n"
        "if 'seed' in f.structured_input_signature[1]:\n"
        "    extra = dict(temperature=tf.constant([0.8]), top_k=tf.constant([0]),\n"
        "                 top_p=tf.constant([0.95]), max_tokens=tf.constant([12]),\n"
        "                 seed=tf.constant([1], tf.int64))\n"
        "out = f(text=tf.constant([sys.argv[2]]), **extra)\n"
        "assert not [m for m in sys.modules if m.split('.')[0] in ('nlp_apps', 'sentencepiece')]\n"
        "print(out[sys.argv[3]][0].numpy().decode())"
    )
    name = {"translation": "translation", "sentiment": "label", "generation": "text"}[task]
    done = subprocess.run(
        [sys.executable, "-c", code, str(exported), TEXTS[0], name],
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    )
    wanted = run(tiny_runs.APPS[task], ["predict", trained, "--json", TEXTS[0]])
    assert done.stdout == json.loads(wanted.out)[name] + "\n"
    assert "gradient" not in done.stderr


def test_batches_of_any_size_are_answered_none_too(task: str, model: SavedModel) -> None:
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


def test_a_blank_text_has_no_answer_unless_it_is_a_prompt(task: str, model: SavedModel) -> None:
    for blank in ("", " ", "\t", " \u3000\n\x85\xa0\u2028\x1c"):
        for name in SIGNATURES[task]:
            beside = model.run(name, ["tea", blank])
            for key, value in beside.items():
                if task == "generation":
                    continue
                nothing: set[Any] = {b""} if value.dtype == object else {0.0}
                if key != "labels":
                    assert set(np.ravel(value[1]).tolist()) <= nothing, (name, key)
    if task == "generation":
        assert model.run("serving_default", [""])["text"][0]
        assert model.run("score", [""])["perplexity"][0] == 1.0


def test_white_space_is_what_python_says() -> None:
    letters = [chr(number) for number in range(0x4000)]  # all there is
    found = is_empty(tf.constant([letter.encode() for letter in letters])).numpy()
    assert [
        x for x, told in zip(letters, found, strict=True) if told != normalize.is_empty(x)
    ] == []


def test_bytes_that_are_not_utf_8_are_answered(task: str, model: SavedModel) -> None:
    name = {"translation": "align", "sentiment": "attend", "generation": "score"}[task]
    broken = [b"tea \xff\xfe house", b"a\x00b", b"\xf0\x9f\x99"]
    sound = [text.decode("utf-8", "replace") for text in broken]
    found = model.loaded.signatures[name](text=tf.constant(broken))
    for key, wanted in model.run(name, sound).items():
        if wanted.dtype == object:
            np.testing.assert_array_equal(found[key].numpy(), wanted)


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
def test_weights_of_words_are_those_of_the_windows_they_were_read_in(
    trained: Path, model: SavedModel
) -> None:
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
def test_a_text_tells_whether_it_came_to_its_end(model: SavedModel) -> None:
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
def test_a_setting_out_of_range_is_refused_in_words(
    model: SavedModel, name: str, value: Any
) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"{name} must be"):
        model.run("serving_default", ["tea"], {name: [value]})


@pytest.mark.parametrize("task", ["generation"], indirect=True)
def test_what_a_savedmodel_writes_by_default_is_what_it_may_write(
    task: str, exported: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "tiny"
    shutil.copytree(exported, folder)
    path = folder / "assets.extra" / "nlp_apps.json"
    metadata = json.loads(path.read_text("utf-8"))
    metadata["decoding"]["max_tokens"] = metadata["most_tokens"] + 1  # as a recipe may say
    metadata["defaults"]["max_tokens"] = 3
    path.write_text(json.dumps(metadata), "utf-8")
    done = run(tiny_runs.APPS[task], ["predict", folder, "tea", "--json"])
    assert done.code == 0, done.err
    assert json.loads(done.out)["tokens"] <= 3


# What goes wrong ---------------------------------------------------------------------------------


@pytest.mark.parametrize("task", ["sentiment"], indirect=True)
def test_a_model_that_answers_otherwise_is_not_kept(
    task: str, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parity, "MIN_EQUAL", 1.1)
    folder = tmp_path / "models" / "tiny"
    done = run(tiny_runs.APPS[task], ["export", trained, "--to", folder])
    assert done.code == 1
    assert "predictions of the SavedModel differ from the run's" in done.err
    assert not folder.exists()


def test_what_is_no_model_of_this_app_is_told(
    task: str, exported: Path, trained: Path, tmp_path: Path
) -> None:
    other = TASKS[TASKS.index(task) - 1]
    done = run(tiny_runs.APPS[other], ["predict", exported, "tea"])
    assert done.code == 2
    assert f"{exported}: " in done.err and f"this is a {task} model" in done.err
    tf.saved_model.save(tf.Module(), str(tmp_path / "foreign"))
    done = run(tiny_runs.APPS[task], ["predict", tmp_path / "foreign", "tea"])
    assert done.code == 2
    assert re.search(f"{tmp_path / 'foreign'}: .*assets.extra/nlp_apps.json", done.err)
    shutil.copytree(exported, tmp_path / "cut")
    (tmp_path / "cut" / "saved_model.pb").write_bytes(b"\x00nothing")
    done = run(tiny_runs.APPS[task], ["predict", tmp_path / "cut", "tea"])
    assert done.code == 1
    assert done.err.startswith(f"nlp-apps: error: {tmp_path / 'cut'}: cannot load the SavedModel")
    fails(
        run(tiny_runs.APPS[task], ["export", tmp_path / "nothing"]),
        2,
        f"{tmp_path / 'nothing'}: no such run folder. Give the folder that train wrote.",
    )
