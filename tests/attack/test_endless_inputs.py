"""Endless, special and huge inputs end in a message, within bounds of time and memory."""

import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nlp_apps.errors import NlpAppsError
from nlp_apps.text.readers import text_file
from nlp_apps.text.readers.labelled import read_labelled_texts
from nlp_apps.text.readers.text_file import TextFile
from tests.attack.attacked import Outcome, assert_refused, run, run_command
from tests.attack.test_tflite_files import SHIPPED


@pytest.fixture(scope="module")
def model() -> Path:
    """A shipped classifier, which needs no TensorFlow."""
    return next(path for path in sorted(SHIPPED.glob("sentiment*/*.tflite")))


def predict(model: Path, source: str, seconds: float = 60) -> Outcome:
    return run(["sentiment", "predict", model, "--input", source], seconds=seconds)


def test_an_endless_file_is_refused(model: Path) -> None:
    assert_refused(predict(model, "/dev/zero"), "/dev/zero, line 1: longer than", megabytes=500)


def test_an_endless_line_on_standard_input_is_refused(model: Path) -> None:
    code = "import sys\nwhile True: sys.stdout.buffer.write(b'word ' * 1000)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as writer:
        outcome = run(["sentiment", "predict", model, "--input", "-"], stdin=writer.stdout)
        writer.kill()
    assert_refused(outcome, "standard input, line 1: longer than", megabytes=500)


def test_a_long_line_is_truncated_with_a_warning(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "texts.txt"
    path.write_text("good\n" + "very good " * 41_800 + "\nbad\n", encoding="utf-8")
    outcome = predict(model, str(path))
    assert (outcome.code, outcome.out.count("\n")) == (0, 3), outcome
    assert "line 2: only the first 50,000 characters are read" in outcome.err
    assert outcome.megabytes < 500, outcome


def test_a_closed_standard_input_is_one_line(model: Path) -> None:
    command = [sys.executable, "-m", "nlp_apps", "sentiment", "predict", str(model), "--input", "-"]
    outcome = run_command(["sh", "-c", 'exec "$@" <&-', "sh", *command])
    assert_refused(outcome, "standard input is closed")


@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_training_text_is_a_regular_file(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "text.tsv"
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(NlpAppsError, match="not a regular file"):
        list(TextFile(path))


def test_a_packed_line_without_an_end_is_refused_early(tmp_path: Path) -> None:
    """4 GB in 4 MB: 40 members of 100 MB each."""
    member = gzip.compress(bytes(100 << 20).replace(b"\0", b"x"), 6)
    path = tmp_path / "text.tsv.gz"
    path.write_bytes(member * 40)
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from nlp_apps.errors import NlpAppsError\n"
        "from nlp_apps.text.readers.text_file import TextFile\n"
        "try:\n"
        "    list(TextFile(Path(sys.argv[1])))\n"
        "except NlpAppsError as error:\n"
        "    print(error)\n"
    )
    outcome = run_command([sys.executable, "-c", code, str(path)], seconds=30)
    assert "line 1: longer than 67,108,864 bytes" in outcome.out, outcome
    assert outcome.megabytes < 300, outcome


def test_empty_lines_without_end_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.tsv"
    path.write_bytes(b"good\ta text\n" + b"\n" * 1_000_000 + b"good\ta text\n")
    with pytest.raises(NlpAppsError, match="more than 100,000 empty lines"):
        read_labelled_texts(str(path), find=Path)


def test_text_that_needs_half_of_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """10^8 lines need more than that on an ordinary machine; here the machine is small."""
    monkeypatch.setattr(text_file, "machine_bytes", lambda: 2_000_000)
    path = tmp_path / "text.tsv"
    path.write_bytes(b"good\ta text\n" * 10_000)
    with pytest.raises(NlpAppsError, match="line 6173: the text so far needs half of the memory"):
        read_labelled_texts(str(path), find=Path)
