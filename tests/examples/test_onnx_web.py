"""The page in examples/onnx_web runs an `.onnx` in Chromium, equal to Python."""

import functools
import http.server
import json
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium import webdriver

import nlp_apps
from tests.tiny_models import Made
from tests.web.chromium import TIMEOUT, chromium, needs_chromium

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "onnx_web"
TEXT = "the old house sleeps under"

# The fixtures train and export models.
pytestmark = [needs_chromium, pytest.mark.timeout(600)]

COMPARE = """
const [path, golden, done] = arguments;
const at = (path) => new URL(path, location.href);
const bytes = async (path) => new Uint8Array(await (await fetch(at(path))).arrayBuffer());
(async () => {
  const ort = await import("onnxruntime-web/wasm");
  const { OnnxModel } = await import(at("../../nlp_apps/web/onnx/onnx-model.js"));
  const { compareGolden } = await import(at("../../nlp_apps/web/litert/golden.js"));
  const model = await OnnxModel.load(ort, await bytes(path));
  const found = await compareGolden(model, JSON.parse(golden));
  await model.delete();
  done(found);
})().catch((error) => done(String(error)));
"""


@pytest.fixture(scope="module")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with ONNX Runtime Web: in the example, or installed by npm for the tests."""
    if (installed := EXAMPLE / "node_modules").is_dir():
        return installed
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("ONNX Runtime Web is missing: npm install --prefix examples/onnx_web")
    folder = tmp_path_factory.mktemp("npm")
    shutil.copy(EXAMPLE / "package.json", folder)
    words = ["install", "--no-audit", "--no-fund", "--fetch-retries=0", "--prefix", str(folder)]
    try:
        done = subprocess.run(
            [npm, *words], capture_output=True, text=True, timeout=120, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip("npm did not install ONNX Runtime Web within 120 s")
    if done.returncode:
        pytest.skip(f"npm cannot install ONNX Runtime Web: {done.stderr.strip().splitlines()[-1]}")
    return folder / "node_modules"


@pytest.fixture(scope="module")
def site(node_modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example, the code that it imports, and models."""
    folder = tmp_path_factory.mktemp("site")
    leave = shutil.ignore_patterns("node_modules")
    for part in ("examples/onnx_web", "nlp_apps/web"):
        shutil.copytree(ROOT / part, folder / part, ignore=leave)
    (folder / "examples/onnx_web/node_modules").symlink_to(node_modules)
    return folder


class _Quiet(http.server.SimpleHTTPRequestHandler):
    extensions_map = {
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def page(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    handler = functools.partial(_Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with chromium(tmp_path_factory.mktemp("chromium")) as driver:
            driver.get(f"http://127.0.0.1:{server.server_port}/examples/onnx_web/index.html")
            yield driver
        server.shutdown()


def wait_for(page: webdriver.Chrome, holds: Callable[[str], bool]) -> str:
    """Waits until the output of the page has a value, and returns it."""
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        shown = str(page.execute_script("return document.getElementById('prediction').value"))
        if holds(shown):
            return shown
        time.sleep(0.05)
    raise AssertionError(f"timeout; the page shows {shown!r}")


@pytest.mark.parametrize("task", ["sentiment", "translation", "generation"])
def test_every_signature_has_the_outputs_of_python(
    page: webdriver.Chrome, tiny_onnx: Made, site: Path, task: str
):
    file = tiny_onnx(task)
    shutil.copy(file, site / f"examples/onnx_web/{task}.onnx")
    golden = (file.parent / "onnx_golden.json").read_text("utf-8")
    found = page.execute_async_script(COMPARE, f"{task}.onnx", golden)
    assert found["differences"] == []
    assert found["numSteps"] == sum(len(case["steps"]) for case in json.loads(golden)["cases"])


def test_the_page_predicts_like_python(page: webdriver.Chrome, tiny_onnx: Made):
    file = tiny_onnx("sentiment")
    page.find_element("id", "file").send_keys(str(file))
    wait_for(page, lambda shown: shown.endswith("ready"))
    page.find_element("id", "text").send_keys(TEXT, "\n")
    shown = wait_for(page, lambda shown: "%" in shown)
    (expected,) = nlp_apps.load(file).predict([TEXT])
    label, percent = shown.removesuffix(" %").split(", ")
    assert label == expected.label
    assert float(percent) == pytest.approx(100 * expected.probabilities[label], abs=0.06)


def test_a_damaged_file_is_an_error_on_the_page(page: webdriver.Chrome, tmp_path: Path):
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"no model")
    page.find_element("id", "file").send_keys(str(bad))
    assert "damaged" in wait_for(page, lambda shown: "damaged" in shown)
