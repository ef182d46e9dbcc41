"""Tests of the command line with an app that needs no TensorFlow."""

import contextlib
import io
import json
import logging
import os
import resource
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp_apps import __main__ as entry
from nlp_apps import generation, resources, sentiment, translation
from nlp_apps.cli import command_line
from nlp_apps.cli.text_io import answer_lines, to_json, to_table
from nlp_apps.errors import UsageError, WorkError
from nlp_apps.text.normalize import one_line

ROOT = Path(__file__).parents[2]


class FakeApp:
    """Records what the command line asks for."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.failure: BaseException | None = None
        self.app = command_line.App(
            name="translation",
            default_recipe="translation-phrasebook",
            default_model="translation-tatoeba-en-fr",
            description="A fake.",
            train=self.train,
            told=("bleu",),
            evaluate=self.evaluate,
            predict=self.predict,
        )

    def train(
        self,
        recipe_path: str,
        data_dir: str | None,
        run_dir: str | None,
        overrides: Sequence[str],
        resume: bool,
    ) -> Mapping[str, Any]:
        self.calls.append((recipe_path, data_dir, run_dir, tuple(overrides), resume))
        if self.failure:
            raise self.failure
        return {
            "run": "runs/x",
            "train_seconds": 60.5,
            "tokens_per_second": 4000.0,
            "parameters": 1000,
            "scores": {"test": {"bleu": 70.123, "chrf": 80.5}},
        }

    def evaluate(self, run: str, split: str, data_dir: str | None) -> Mapping[str, Any]:
        self.calls.append((run, split, data_dir))
        return {"bleu": np.float32(41.5), "pairs": 1000, "loss": float("nan")}

    def predict(self, model: str, texts: Iterable[str]) -> Iterator[Mapping[str, Any]]:
        self.calls.append(model)
        if self.failure:
            raise self.failure
        for text in texts:
            yield {"translation": text.upper(), "score": np.float32(-0.5)}

    def run(self, *words: str) -> int:
        return command_line.main(self.app, words)


@pytest.fixture
def fake() -> FakeApp:
    return FakeApp()


def give_stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


# ---- train


def test_train_without_recipe_takes_the_default(fake: FakeApp):
    assert fake.run("train") == 0
    assert fake.calls == [("translation-phrasebook", None, None, (), False)]


def test_train_passes_every_flag_on(fake: FakeApp):
    words = "train a.toml --data-dir d --run-dir r --set model.units=3 --set x.y=z --resume"
    assert fake.run(*words.split()) == 0
    assert fake.calls == [("a.toml", "d", "r", ("model.units=3", "x.y=z"), True)]


def test_resume_takes_the_recipe_of_the_run(fake: FakeApp, tmp_path: Path):
    (tmp_path / "recipe.toml").touch()
    assert fake.run("train", "--resume", "--run-dir", str(tmp_path)) == 0
    assert [call[0] for call in fake.calls] == [str(tmp_path / "recipe.toml")]


def test_where_no_run_is_nothing_is_resumed_and_no_default_is_trained(
    fake: FakeApp, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    for folder in (tmp_path, tmp_path / "typo"):
        assert fake.run("train", "--resume", "--run-dir", str(folder)) == 2
        assert capsys.readouterr().err == (
            f"nlp-apps: error: {folder}: no run there to go on with (no recipe.toml in it). Give "
            "the folder that train wrote, or a RECIPE to begin with.\n"
        )
    assert not fake.calls


def test_resume_with_a_recipe_may_begin_in_a_new_folder(fake: FakeApp, tmp_path: Path):
    assert fake.run("train", "a.toml", "--resume", "--run-dir", str(tmp_path / "new")) == 0
    assert fake.calls == [("a.toml", None, str(tmp_path / "new"), (), True)]


def test_train_prints_what_it_made(fake: FakeApp, capsys: pytest.CaptureFixture[str]):
    fake.run("train")
    assert capsys.readouterr().out == (
        "run                runs/x\n"
        "train_seconds      60.50\n"
        "tokens_per_second  4000.00\n"
        "test.bleu          70.12\n"
    )


# ---- evaluate


def test_evaluate_prints_a_table(fake: FakeApp, capsys: pytest.CaptureFixture[str]):
    assert fake.run("evaluate", "runs/x") == 0
    assert fake.calls == [("runs/x", "test", None)]
    assert capsys.readouterr().out == "bleu   41.50\npairs  1,000\nloss   not known\n"


def test_evaluate_json_is_one_object_on_the_last_line(
    fake: FakeApp, capsys: pytest.CaptureFixture[str]
):
    assert fake.run("evaluate", "runs/x", "--split", "validation", "--json") == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert json.loads(last) == {"bleu": 41.5, "pairs": 1000, "loss": None}


# ---- predict


def test_predict_answers_its_words_one_a_line(fake: FakeApp, capsys: pytest.CaptureFixture[str]):
    assert fake.run("predict", "runs/x", "good morning", "bye") == 0
    assert capsys.readouterr().out == "GOOD MORNING\nBYE\n"


def test_predict_takes_flags_before_between_and_after_texts(
    fake: FakeApp, capsys: pytest.CaptureFixture[str]
):
    for words in (["--json", "m", "hi"], ["m", "--json", "hi"], ["m", "hi", "--json"]):
        assert fake.run("predict", *words) == 0
        assert json.loads(capsys.readouterr().out) == {"translation": "HI", "score": -0.5}


def test_predict_takes_texts_that_look_like_flags_after_two_dashes(
    fake: FakeApp, capsys: pytest.CaptureFixture[str]
):
    assert fake.run("predict", "m", "--", "-x", "--json") == 0
    assert capsys.readouterr().out == "-X\n--JSON\n"


def test_a_blank_line_is_answered_with_a_blank_line_and_not_asked(
    fake: FakeApp, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    lines = tmp_path / "lines.txt"
    lines.write_bytes(b"\n\na\r\n  \n\nb\n\n")
    assert fake.run("predict", "m", "--input", str(lines)) == 0
    assert capsys.readouterr().out == "\n\nA\n\n\nB\n\n"
    assert fake.run("predict", "m", "--json", "--input", str(lines)) == 0
    rows = [json.loads(line)["translation"] for line in capsys.readouterr().out.splitlines()]
    assert rows == ["", "", "A", "", "", "B", ""]


def test_only_line_feeds_end_an_input_line(
    fake: FakeApp, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    give_stdin(monkeypatch, "a\u2028b\x85c\rd\ne".encode())
    assert fake.run("predict", "m", "--input", "-") == 0
    assert capsys.readouterr().out == "A B C D\nE\n"


def test_an_empty_input_gives_no_lines(
    fake: FakeApp, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    give_stdin(monkeypatch, b"")
    assert fake.run("predict", "m", "--input", "-") == 0
    assert capsys.readouterr().out == ""


def test_output_is_written_whole_or_not_at_all(
    fake: FakeApp, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    source, target = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_text("a\nb\n")
    assert fake.run("predict", "m", "--input", str(source), "--output", str(target)) == 0
    assert target.read_bytes() == b"A\nB\n"
    source.write_bytes(b"c\n\xff\n")
    assert fake.run("predict", "m", "--input", str(source), "--output", str(target)) == 1
    assert target.read_bytes() == b"A\nB\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.txt", "out.txt"]
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"nlp-apps: error: {source}, line 2: is not UTF-8 (byte 0xff).\n"


def test_input_is_read_as_it_is_needed():
    taken = []

    def texts() -> Iterator[str]:
        for text in ("a", "", "b", "c"):
            taken.append(text)
            yield text

    def predict(real: Iterable[str]) -> Iterator[Mapping[str, Any]]:
        for text in real:
            yield {"t": text}

    lines = answer_lines(predict, texts(), key="t", as_json=False)
    assert next(lines) == "a"
    assert taken == ["a"]
    assert list(lines) == ["", "b", "c"]


def test_batches_keep_the_order_and_the_blanks():
    def predict(real: Iterable[str]) -> Iterator[Mapping[str, Any]]:
        for text in list(real):  # All at once, as a batch reader does.
            yield {"t": text}

    lines = answer_lines(predict, ["", "a", "", "", "b", ""], key="t", as_json=False)
    assert list(lines) == ["", "a", "", "", "b", ""]


def test_an_app_that_loses_an_answer_is_caught():
    with pytest.raises(RuntimeError, match="fewer answers than texts"):
        list(
            answer_lines(
                lambda texts: [{"t": "a"} for _ in list(texts)[1:]], "ab", key="t", as_json=False
            )
        )
    with pytest.raises(RuntimeError, match="more answers than texts"):
        list(
            answer_lines(
                lambda texts: [{"t": "a"} for _ in [*texts, ""]], "ab", key="t", as_json=False
            )
        )


@pytest.mark.parametrize("app", [translation, sentiment, generation])
def test_one_text_is_no_list_of_texts(app: Any):
    with pytest.raises(UsageError, match=r"received one text\. Write \[text\]"):
        next(iter(app.predict("no such model", "good")))


def test_line_breaks_in_an_answer_become_spaces_and_json_stays_on_one_line():
    assert one_line("a\r\nb\nc\u2029d") == "a b c d"
    text = to_json({"t": "a\nb\u2028c\x85d é"})
    assert len(text.splitlines()) == 1
    assert json.loads(text) == {"t": "a\nb\u2028c\x85d é"}


def test_json_has_plain_numbers():
    value = {"a": np.int64(3), "b": np.array([1.5, np.inf]), "c": (True, None), "d": Path("x")}
    assert json.loads(to_json(value)) == {"a": 3, "b": [1.5, None], "c": [True, None], "d": "x"}


def test_a_table_of_nothing_is_empty():
    assert to_table({}) == ""


# ---- errors


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "choose a verb: train, evaluate, predict"),
        (["trian"], "invalid choice: 'trian'"),
        (["train", "--unknown"], "unrecognized arguments: --unknown"),
        (["train", "--data", "x"], "unrecognized arguments: --data"),
        (["evaluate"], "the following arguments are required: RUN"),
        (["evaluate", "r", "--split", "dev"], "invalid choice: 'dev'"),
        (
            ["predict", "runs/m"],
            "nothing to answer: give TEXT, --input FILE, or --input - for stdin.",
        ),
        (["predict", "m", "hi", "--input", "f"], "give TEXT or --input FILE, not both."),
    ],
)
def test_a_wrong_command_ends_with_2_and_at_most_two_lines(
    fake: FakeApp, capsys: pytest.CaptureFixture[str], words: list[str], message: str
):
    assert fake.run(*words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("nlp-apps: error: ")
    assert message in captured.err
    assert captured.err.count("\n") <= 2
    assert fake.calls == []


@pytest.mark.parametrize(
    ("failure", "code", "message"),
    [
        (WorkError("a.tsv, line 3: bad"), 1, "nlp-apps: error: a.tsv, line 3: bad\n"),
        (UsageError("x.toml: bad"), 2, "nlp-apps: error: x.toml: bad\n"),
        (KeyboardInterrupt(), 130, "nlp-apps: interrupted\n"),
        (OSError(28, "No space left", "/f"), 1, "nlp-apps: error: /f: No space left\n"),
        (
            ValueError("first\nsecond"),
            1,
            "nlp-apps: unexpected error: ValueError: first; run again with --debug for the "
            "traceback\n",
        ),
        (
            KeyError(),
            1,
            "nlp-apps: unexpected error: KeyError: no message; run again with --debug for the "
            "traceback\n",
        ),
    ],
)
def test_a_failure_is_one_line_with_its_exit_code(
    fake: FakeApp,
    capsys: pytest.CaptureFixture[str],
    failure: BaseException,
    code: int,
    message: str,
):
    fake.failure = failure
    assert fake.run("train") == code
    assert capsys.readouterr().err == message


@pytest.mark.parametrize("words", [["--debug", "train"], ["train", "--debug"]])
def test_debug_shows_the_traceback(
    fake: FakeApp, capsys: pytest.CaptureFixture[str], words: list[str]
):
    fake.failure = WorkError("bad")
    assert fake.run(*words) == 1
    err = capsys.readouterr().err
    assert err.startswith("Traceback (most recent call last):")
    assert err.endswith("nlp-apps: error: bad\n")


def test_an_input_that_is_not_there_is_an_error(fake: FakeApp, capsys: pytest.CaptureFixture[str]):
    assert fake.run("predict", "m", "--input", "/no/such") == 1
    err = capsys.readouterr().err
    assert err == "nlp-apps: error: --input /no/such: cannot be read: No such file or directory.\n"


def test_what_the_library_logs_reaches_stderr(fake: FakeApp, capsys: pytest.CaptureFixture[str]):
    fake.run("train")
    logging.getLogger("nlp_apps.text.readers.pairs").warning("3 lines skipped")
    logging.getLogger("nlp_apps.training.loop").info("round 1")
    assert capsys.readouterr().err == "nlp-apps: warning: 3 lines skipped\nnlp-apps: round 1\n"


# ---- the process


def python(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **options,
    )


def test_help_answers_at_once_and_without_tensorflow():
    words = ["-X", "importtime", "-m", "nlp_apps", "--help"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = python(*words)
    # A tenth of a second; of processor time, for the machine may be busy.
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 1.5
    assert done.returncode == 0
    assert "translation" in done.stdout
    for heavy in ("tensorflow", "keras", "pydantic", "numpy"):
        assert f" {heavy}\n" not in done.stderr


def test_version_is_told():
    done = python("-m", "nlp_apps", "--version")
    assert done.stdout.startswith("nlp-apps 0.")


@pytest.mark.parametrize("words", [[], ["translate"], ["--verbose"]])
def test_an_unknown_app_ends_with_2(capsys: pytest.CaptureFixture[str], words: list[str]):
    assert entry.main(words) == 2
    err = capsys.readouterr().err
    assert err.startswith("nlp-apps: error: ")
    assert "translation" in err


SCRIPT = """
import sys
from nlp_apps import resources
from nlp_apps.cli import command_line
from nlp_apps.io import quiet_tensorflow
def predict(model, texts):
    for text in texts:
        yield {"translation": text * 1000}
app = command_line.App("translation", "r", "m", "d", None, (), None, predict)
raise SystemExit(command_line.main(app, ["predict", "m", "--input", "-"]))
"""


def test_a_reader_that_stops_early_is_no_error():
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        process.stdin.write(b"hello\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"hello" * 1000 + b"\n"
        process.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(b"hello\n" * 1000)
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk always full")
@pytest.mark.parametrize(
    "script",
    [
        SCRIPT,
        "from nlp_apps.cli.command_line import guarded; "
        "raise SystemExit(guarded(lambda: print('hello')))",
    ],
    ids=["at once", "at the end"],
)
def test_a_full_disk_below_standard_output_is_told_as_such(script: str):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            input=b"hello\n",
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    told = b"nlp-apps: error: standard output: No space left on device\n"
    assert (done.returncode, done.stderr) == (1, told)


def test_an_error_of_no_file_is_not_laid_on_standard_output(
    fake: FakeApp, capsys: pytest.CaptureFixture[str]
):
    fake.failure = OSError(28, "No space left")
    assert fake.run("train") == 1
    assert capsys.readouterr().err == "nlp-apps: error: No space left\n"


def test_tensorflow_starts_without_a_word():
    code = (
        "from nlp_apps.io.quiet_tensorflow import install; install(); import keras, os, sys;"
        "print('python speaks', file=sys.stderr); os.write(2, b'native too\\n')"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TF_")}
    done = python("-c", code, env=environment)
    assert done.returncode == 0
    assert done.stderr == "python speaks\nnative too\n"


FAKE_TENSORFLOW = """
import os, sys
os.write(2, b"chatter\\n")
print("python speaks", file=sys.stderr)
if os.environ.get("BROKEN"):
    raise ImportError("libsomething.so.3 is missing")
if os.environ.get("INTERRUPTED"):
    raise KeyboardInterrupt
"""


@pytest.mark.parametrize("broken", ["", "1"])
def test_chatter_is_dropped_unless_the_import_fails(tmp_path: Path, broken: str):
    (tmp_path / "tensorflow.py").write_text(FAKE_TENSORFLOW)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from nlp_apps.io.quiet_tensorflow import install; install(); install()\n"
        "import tensorflow\n"
        "assert tensorflow.__spec__.loader is tensorflow.__loader__\n"
        "assert type(tensorflow.__loader__).__name__ == 'SourceFileLoader'\n"
        "assert not any('TensorFlow' in type(f).__name__ for f in sys.meta_path)\n"
    )
    done = python("-c", code, env={**os.environ, "BROKEN": broken})
    assert done.returncode == (1 if broken else 0)
    assert done.stderr.startswith("python speaks\n")
    assert ("chatter\n" in done.stderr) is bool(broken)
    assert ("libsomething.so.3 is missing" in done.stderr) is bool(broken)


def test_chatter_is_dropped_when_the_import_is_interrupted(tmp_path: Path):
    (tmp_path / "tensorflow.py").write_text(FAKE_TENSORFLOW)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from nlp_apps.cli import command_line\n"
        "def work(): import tensorflow\n"
        "raise SystemExit(command_line.guarded(work))\n"
    )
    done = python("-c", code, env={**os.environ, "INTERRUPTED": "1"})
    told = "python speaks\nnlp-apps: interrupted\n"
    assert (done.returncode, done.stderr) == (130, told)


@pytest.mark.parametrize(
    ("words", "texts"),
    [
        (["Where is the station?"], ["WHERE IS THE STATION?"]),
        (["Hello"], ["HELLO"]),
        (["Good day", "Hello"], ["GOOD DAY", "HELLO"]),
    ],
)
def test_without_a_model_the_one_that_ships_is_asked(
    fake: FakeApp,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    words: Any,
    texts: Any,
    monkeypatch: pytest.MonkeyPatch,
):
    shipped = tmp_path / "shipped" / "translation-tatoeba-en-fr"
    shipped.mkdir(parents=True)
    (shipped / "translation-tatoeba-en-fr.tflite").touch()
    monkeypatch.setattr(resources, "shipped_folder", lambda name: tmp_path)
    assert fake.run("predict", *words) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == texts
    assert fake.calls == [str(shipped / "translation-tatoeba-en-fr.tflite")]
    assert err == "nlp-apps: no model named: asking translation-tatoeba-en-fr, which ships\n"


@pytest.mark.parametrize("words", [["runs/typo", "Hello"], ["typo", "Hello"], ["typo.tflite"]])
def test_a_word_that_must_be_a_model_is_not_taken_for_a_text(fake: FakeApp, words: list[str]):
    fake.run("predict", *words, *([] if len(words) > 1 else ["Hello"]))
    assert fake.calls == [words[0]]


def test_an_install_without_models_says_so(
    fake: FakeApp,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(resources, "shipped_folder", lambda name: tmp_path)
    assert fake.run("predict", "Good day") == 2
    assert "default model translation-tatoeba-en-fr is missing" in capsys.readouterr().err
