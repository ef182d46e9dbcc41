"""Tests of nlp_apps.serve: the command, its errors and its stop."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.server.responses import sample
from tests.toy_server import fake_folder, fetch, until, write_endless, write_half_plus_two

ROOT = Path(__file__).parents[2]

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"

SLOW = json.dumps({"signature_name": "slow", "instances": [30_000]}).encode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_half_plus_two(folder / "half_plus_two" / "1")
    return folder


def start(*words: str | Path, **environment: str) -> subprocess.Popen[str]:
    """Starts `python -m nlp_apps.serve`."""
    return subprocess.Popen(
        [sys.executable, "-m", "nlp_apps.serve", *map(str, words)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def run(*words: str | Path, **environment: str) -> tuple[int, str, str]:
    """Returns exit code, output and errors of a command that ends by itself."""
    process = start(*words, **environment)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


@contextlib.contextmanager
def command(*words: str | Path, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Yields the running command, when it is ready, and its URL."""
    process = start(*words, "--port", "0", **environment)
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        place = r"(http://127\.0\.0\.1:\d+), API reference at /docs"
        found = re.fullmatch(rf"{TIME} INFO {place}\n", line)
        assert found, line
        deadline = time.monotonic() + 120
        while True:
            with contextlib.suppress(OSError):
                if fetch(f"{found[1]}/ready").status == 200:
                    break
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.1)
        yield process, found[1]
    finally:
        process.kill()
        process.communicate()


def test_help_imports_nothing_heavy():
    program = "import nlp_apps.serve, sys; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    heavy = {"tensorflow", "keras", "numpy", "pydantic", "starlette", "uvicorn", "google"}
    assert not heavy & set(done.stdout.split())
    code, out, err = run("--help")
    assert (code, err) == (0, "")
    assert "--max-text-bytes" in out


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["{folder}/none"], 1, "{folder}/none: is not a folder"),
        (["{folder}/empty"], 1, "{folder}/empty: holds no NAME/VERSION/saved_model.pb"),
        (["{folder}/empty/m.onnx"], 1, "{folder}/empty/m.onnx: one file is not served. Export a"),
        (["{folder}/empty/m.tflite"], 1, "{folder}/empty/m.tflite: one file is not served. Export"),
        (["{folder}", "--max-batch", "0"], 2, "--max-batch must be more than 0, not 0."),
        (["{folder}", "--poll", "0"], 2, "--poll must be more than 0 and finite, not 0.0."),
        (["{folder}", "--poll", "inf"], 2, "--poll must be more than 0 and finite, not inf."),
        (["{folder}", "--poll", "nan"], 2, "--poll must be more than 0 and finite, not nan."),
        (["{folder}", "--timeout", "nan"], 2, "--timeout must be more than 0 and finite, not nan."),
        (["{folder}", "--port", "70000"], 2, "--port must be between 0 and 65535, not 70000."),
        (["{folder}", "--port", "-1"], 2, "--port must be between 0 and 65535, not -1."),
        (["{folder}", "--threads", "0"], 2, "--threads must be at least 1, not 0."),
        (["{folder}", "--host", "192.0.2.1"], 1, "--host 192.0.2.1 --port 8501: cannot listen"),
        (["{folder}", "--token-file", "{folder}/none"], 1, "--token-file {folder}/none: cannot be"),
    ],
)
def test_a_wrong_command_is_an_error_of_one_line(
    folder: Path, words: Sequence[str], code: int, message: str
):
    (folder / "empty").mkdir(exist_ok=True)
    if words[0].endswith((".onnx", ".tflite")):
        (folder / words[0].removeprefix("{folder}/")).touch()
    ended, out, err = run(*(word.format(folder=folder) for word in words))
    assert (ended, out) == (code, "")
    assert err.startswith(f"nlp-apps: error: {message.format(folder=folder)}")
    assert err.count("\n") == 1


def test_a_port_in_use_is_an_error(folder: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, err = run(folder, "--port", str(port))
    assert code == 1
    place = f"--host 127.0.0.1 --port {port}"
    assert re.fullmatch(f"nlp-apps: error: {place}: .*: Address already in use.*\n", err)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_completes_accepted_requests_and_exits_with_0(folder: Path, number: signal.Signals):
    with command(folder, "--max-batch", "1", NLP_APPS_TOKEN="sesame") as (process, url):
        headers = {"Authorization": "Bearer sesame"}
        assert fetch(f"{url}/v1/models").status == 401
        with ThreadPoolExecutor(6) as pool:
            path = f"{url}/v1/models/half_plus_two:predict"
            responses = [pool.submit(fetch, path, SLOW, headers) for _ in range(6)]
            until(lambda: accepted(f"{url}/metrics", headers) == 6)
            process.send_signal(number)
            results = [response.result() for response in responses]
        out, err = process.communicate(timeout=60)
        assert [result.json for result in results] == [{"predictions": [30_000]}] * 6
        assert process.returncode == 0
        assert out == ""
        assert "Z INFO stopping: accepted requests are completed first\n" in err
        assert "Traceback" not in err
        with pytest.raises(OSError):
            fetch(f"{url}/health")


def test_a_stop_before_the_first_model_is_loaded_exits_with_0(folder: Path):
    process = start(folder, "--port", "0")
    try:
        assert process.stderr is not None
        assert "API reference at /docs" in process.stderr.readline()
        process.terminate()  # TensorFlow is being imported.
        assert process.wait(timeout=120) == 0
        assert "Traceback" not in process.stderr.read()
    finally:
        process.kill()
        process.communicate()


def test_a_stop_does_not_wait_for_a_load_that_does_not_end(folder: Path, tmp_path: Path):
    shutil.copytree(folder / "half_plus_two", tmp_path / "half_plus_two")
    with command(tmp_path, "--timeout", "2", "--poll", "0.1") as (process, url):
        write_endless(tmp_path / "endless" / "1")

        def is_loading() -> bool:
            response = fetch(f"{url}/v1/models/endless")
            return response.status == 200 and b"LOADING" in response.body

        until(is_loading)
        process.terminate()
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0
        assert "a version is still loading after 2 s: abandoned\n" in err


def test_a_server_that_waits_for_models_refuses_connections_until_one_is_active(
    folder: Path, tmp_path: Path
):
    fake_folder(tmp_path, "half_plus_two/1")  # A version that does not load.
    process = start(tmp_path, "--wait-for-models", "--poll", "0.1", "--port", "0")
    try:
        assert process.stderr is not None
        url = re.search(r"http://\S+?(?=,)", process.stderr.readline())
        assert url is not None
        assert "half_plus_two version 1" in process.stderr.readline()
        with pytest.raises(OSError, match="refused"):
            fetch(f"{url[0]}/health")
        shutil.copytree(folder / "half_plus_two" / "1", tmp_path / ".2")
        (tmp_path / ".2").rename(tmp_path / "half_plus_two" / "2")
        responses = []

        def is_accepted() -> bool:
            with contextlib.suppress(OSError):
                responses.append(fetch(f"{url[0]}/ready"))
            return bool(responses)

        until(is_accepted)
        assert responses[0].status == 200
        process.terminate()
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
        process.communicate()


def accepted(url: str, headers: dict[str, str]) -> float:
    """Returns the rows that wait and the calls, which have one row each."""
    text = fetch(url, headers=headers).body.decode()
    return sample(text, "nlp_apps_batch_rows_count{") + sample(text, "nlp_apps_queue_rows{")
