"""Unusual environments: a command works, or ends in one line."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from nlp_apps.io.atomic_files import atomic_folder, atomic_write_text
from nlp_apps.io.leftovers import remove_leftovers
from nlp_apps.io.npz_files import write_npz
from nlp_apps.io.process_start import is_command
from tests.attack.attacked import ROOT, Outcome, assert_refused, run, run_command
from tests.attack.test_tflite_files import SHIPPED

MODEL = next(path for path in sorted(SHIPPED.glob("sentiment*/*.tflite")))
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
PREDICT = [sys.executable, "-m", "nlp_apps", "sentiment", "predict", str(MODEL), "good soup"]


def in_shell(line: str, command: list[str] = PREDICT, **environment: str) -> Outcome:
    """Runs a command by a line of the shell, in which `"$@"` is the command."""
    return run_command(["sh", "-c", line, "sh", *command], environment=environment)


def test_an_ascii_locale_reads_and_writes_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "f\u00f6lder \u65e5\u672c"
    folder.mkdir()
    model, source, output = folder / "m\u00f6del.tflite", folder / "t\u00ebxt", folder / "\u00f6ut"
    model.write_bytes(MODEL.read_bytes())
    source.write_text("The caf\u00e9 was good.\n", encoding="utf-8")
    words: list[str | Path] = ["sentiment", "predict", model]
    words += ["--input", source, "--output", output]
    done = run(words, environment=ASCII)
    assert (done.code, done.err) == (0, "")
    assert len(output.read_text(encoding="utf-8").splitlines()) == 1


def test_a_character_that_standard_output_lacks_is_escaped(tmp_path: Path) -> None:
    source = tmp_path / "t\u00ebxt.tsv"
    source.write_text("good\tHot soup.\nbad\tCold soup.\n", encoding="utf-8")
    done = run(["sentiment", "inspect", source], environment={"PYTHONIOENCODING": "ascii"})
    assert (done.code, done.err) == (0, "")
    assert "t\\u00ebxt.tsv" in done.out


def test_a_file_name_that_is_not_utf8_is_read(tmp_path: Path) -> None:
    model = tmp_path / os.fsdecode(b"m\xff.tflite")
    model.write_bytes(MODEL.read_bytes())
    done = run(["sentiment", "predict", model, "good soup"])
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("kilobytes", [20_000, 60_000])
def test_little_memory_is_one_line(kilobytes: int) -> None:
    assert_refused(in_shell(f'ulimit -v {kilobytes}; exec "$@"'), "not enough memory")


def test_tensorflow_is_not_imported_into_too_little_address_space() -> None:
    code = "import sys; sys.argv[0] = 'nlp-apps'; import nlp_apps; import tensorflow"
    done = in_shell('ulimit -v 2500000; exec "$@"', [sys.executable, "-c", code])
    assert done.code == 1
    assert "TensorFlow needs at least 4,096 MB" in done.err
    assert done.err.count("\n") == 1, done.err


def test_without_a_home_a_model_predicts_and_a_tilde_is_a_name() -> None:
    assert in_shell('unset HOME; exec "$@"').code == 0
    assert in_shell('exec "$@"', HOME="/proc").code == 0
    inspect = [sys.executable, "-m", "nlp_apps", "sentiment", "inspect", "~nobody-here/x.tsv"]
    assert_refused(in_shell('unset HOME; exec "$@"', inspect), "no file '~nobody-here/x.tsv'")


@pytest.mark.skipif(not Path("/proc").exists(), reason="needs a home that nobody can write")
def test_a_home_that_cannot_be_written_is_no_warning_of_a_picture() -> None:
    code = (
        "import sys; from nlp_apps.cli.guard import guarded\n"
        "def work(): from matplotlib import font_manager\n"
        "sys.exit(guarded(work))\n"
    )
    done = in_shell('exec "$@"', [sys.executable, "-c", code], HOME="/proc")
    assert (done.code, done.err) == (0, "")


def test_a_clock_before_1980_writes_arrays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 0.0)
    write_npz(tmp_path / "a.npz", {"a": np.arange(3)}, compress=True)
    with np.load(tmp_path / "a.npz") as found:
        assert found["a"].tolist() == [0, 1, 2]


# Standard streams ---------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(("line", "number"), [(">/dev/full", errno.ENOSPC), (">&-", errno.EBADF)])
def test_standard_output_full_or_closed_is_one_line(line: str, number: int) -> None:
    done = in_shell(f'exec "$@" {line}')
    assert_refused(done, f"standard output: {os.strerror(number)}")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("line", ["2>/dev/full", "2>&-"])
def test_standard_error_full_or_closed_changes_no_result(line: str) -> None:
    command = [sys.executable, "-m", "nlp_apps", "sentiment", "predict", "good soup"]
    done = in_shell(f'exec "$@" {line}', command)
    assert done.code == 0
    assert done.out.startswith("positive"), done.out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_wrong_command_keeps_its_code_when_standard_error_is_full() -> None:
    command = [sys.executable, "-m", "nlp_apps", "sentiment", "--wrong"]
    assert in_shell('exec "$@" 2>/dev/full', command).code == 2


# Interrupts ---------------------------------------------------------------------------------------

INTERRUPT_AT_IMPORT = """
import os, signal, sys

class Finder:
    def find_spec(self, name, path, target=None):
        if name == os.environ["INTERRUPT_AT"]:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Finder())
"""


@pytest.mark.parametrize(
    "module",
    [
        *("signal", "nlp_apps.io.quiet_tensorflow", "nlp_apps.cli.main", "argparse"),
        *("numpy", "ai_edge_litert"),
    ],
)
def test_an_interrupt_of_an_import_is_one_line(module: str, tmp_path: Path) -> None:
    hook = INTERRUPT_AT_IMPORT
    if module == "signal":  # Forget it, as if nothing had imported it before.
        hook += "os.environ['NUMBER'] = str(int(signal.SIGINT))\ndel sys.modules['signal']\n"
    (tmp_path / "sitecustomize.py").write_text(hook, "utf-8")
    command = [sys.executable, "-m", "nlp_apps.sentiment", "predict", str(MODEL), "good soup"]
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    done = run_command(command, environment={"PYTHONPATH": path, "INTERRUPT_AT": module})
    assert (done.code, done.err) == (130, "nlp-apps: interrupted\n"), done.err


def run_guarded(code: str) -> Outcome:
    """Runs code that defines `work`, and then `work` as a command."""
    start = (
        "import sys; sys.argv[0] = 'nlp-apps'; import nlp_apps, os, signal, time\n"
        "from nlp_apps.cli.guard import guarded\n"
    )
    return run_command([sys.executable, "-c", f"{start}{code}sys.exit(guarded(work))\n"])


def test_an_interrupt_in_a_destructor_is_not_lost() -> None:
    done = run_guarded(
        "class Mean:\n"
        "    def __del__(self): os.kill(os.getpid(), signal.SIGINT); [0 for _ in range(9)]\n"
        "def work():\n"
        "    Mean()\n"
        "    time.sleep(30)\n"
    )
    assert (done.code, done.err) == (130, "nlp-apps: interrupted\n"), done.err
    assert done.seconds < 25


def test_an_interrupt_that_native_code_turns_into_an_error_is_an_interrupt() -> None:
    done = run_guarded(
        "def work():\n"
        "    try: os.kill(os.getpid(), signal.SIGINT); [0 for _ in range(9)]\n"
        "    except KeyboardInterrupt: raise SystemError('a result with an exception set')\n"
    )
    assert (done.code, done.err) == (130, "nlp-apps: interrupted\n"), done.err


def test_a_program_that_imports_the_library_is_unchanged() -> None:
    code = (
        "import signal, sys\n"
        "import nlp_apps.io.interrupts\n"
        "assert signal.getsignal(signal.SIGINT) is signal.default_int_handler\n"
        "assert sys.excepthook is sys.__excepthook__\n"
        "assert sys.unraisablehook is sys.__unraisablehook__\n"
        "print(sys.getfilesystemencoding())\n"
    )
    done = run_command([sys.executable, "-c", code], environment=ASCII)
    assert (done.code, done.out, done.err) == (0, "ascii\n", "")


@pytest.mark.parametrize(
    ("argv", "orig_argv", "expected"),
    [
        (["-m", "predict"], ["python", "-m", "nlp_apps.sentiment", "predict"], True),
        (["-m"], ["python", "-X", "utf8", "-m", "nlp_apps"], True),
        (["-m"], ["python", "-mnlp_apps.serve"], True),
        (["/usr/bin/nlp-apps", "--help"], ["python", "/usr/bin/nlp-apps", "--help"], True),
        (["nlp-apps.exe"], ["python", "nlp-apps.exe"], True),
        (["-m", "nlp_apps"], ["python", "-m", "my_program", "nlp_apps"], False),
        (["-m"], ["python", "-m", "nlp_apps_of_mine"], False),
        (["-m", "a.tflite"], ["python", "-m", "nlp_apps.litert.worker", "a.tflite"], False),
        (["-c"], ["python", "-c", "import nlp_apps"], False),
        (["train.py"], ["python", "train.py"], False),
        ([""], ["python"], False),
    ],
)
def test_only_the_commands_of_this_project_are_prepared(
    argv: list[str], orig_argv: list[str], expected: bool
) -> None:
    assert is_command(argv, orig_argv) is expected


# Leftovers of killed writers ----------------------------------------------------------------------

WRITER = """
import os, sys, time
from pathlib import Path
from nlp_apps.io.atomic_files import atomic_folder
if sys.argv[1] != "same":
    os.setuid(int(sys.argv[1]))
with atomic_folder(lambda: Path("1")) as folder:
    (folder / "part").write_text("half")
    print(folder.name, flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("user", ["same", "65534"])
def test_leftovers_are_removed_only_after_the_death_of_their_writer(
    user: str, tmp_path: Path
) -> None:
    if user != "same" and os.getuid() != 0:
        pytest.skip("only root writes as another user")
    tmp_path.chmod(0o777)
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, user],
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert writer.stdout is not None
    with writer:
        leftover = tmp_path / writer.stdout.readline().strip()
        atomic_write_text(tmp_path / "parity.json", "{}")
        assert remove_leftovers(tmp_path) == 0
        assert (leftover / "part").exists()  # Its writer is alive.
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    with atomic_folder(lambda: tmp_path / "2"):
        assert not leftover.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2", "parity.json"]


def test_a_file_system_without_locks_costs_no_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl")
    calls = []

    def refuse(file: int, operation: int) -> None:
        calls.append(operation)
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    atomic_write_text(tmp_path / "parity.json", "{}")
    assert len(calls) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["parity.json"]


def test_a_folder_that_a_stranger_has_locked_is_written(tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    file = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        (tmp_path / ".tmp-0123abcd.old").write_text("half")
        atomic_write_text(tmp_path / "parity.json", "{}")
    finally:
        os.close(file)
    assert len(list(tmp_path.iterdir())) == 2
    assert remove_leftovers(tmp_path) == 1
