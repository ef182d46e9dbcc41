"""Fixtures of the page tests: Chromium, and both pages over models of all tasks."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver

from nlp_apps import sentiment
from nlp_apps.export import file_export
from nlp_apps.server import web_pages
from tests.commands import run
from tests.tiny_models import Made
from tests.web import fake_models
from tests.web.chromium import Page, chromium
from tests.web.lite_models import TASKS, serve


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    with chromium(tmp_path_factory.mktemp("chromium")) as driver:
        yield driver


@pytest.fixture(scope="session")
def server_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    models = tmp_path_factory.mktemp("models")
    with fake_models.serve(models, *fake_models.MODELS) as (address, _):
        yield address


@pytest.fixture
def server_page(driver: webdriver.Chrome, server_address: str) -> Page:
    return Page(driver, server_address, fake_models.OF_TASK, f"{server_address}web")


@pytest.fixture(scope="session")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with LiteRT.js: in nlp_apps/web, or installed by npm for the tests."""
    installed = web_pages.WEB / "node_modules"
    if (installed / "@litertjs" / "core").is_dir():
        return installed
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("LiteRT.js is missing: npm install --prefix nlp_apps/web")
    folder = tmp_path_factory.mktemp("npm")
    shutil.copy(web_pages.WEB / "package.json", folder)
    words = ["install", "--no-audit", "--no-fund", "--fetch-retries=0", "--prefix", str(folder)]
    try:
        done = subprocess.run(
            [npm, *words], capture_output=True, text=True, timeout=120, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip("npm did not install LiteRT.js within 120 s")
    if done.returncode:
        pytest.skip(f"npm cannot install LiteRT.js: {done.stderr.strip().splitlines()[-1]}")
    return folder / "node_modules"


@pytest.fixture(scope="session")
def lite_models(tmp_path_factory: pytest.TempPathFactory, tiny_run: Made, tiny_lite: Made) -> Path:
    """A folder of tiny models TASK/TASK.tflite; the classifier has int8 weights."""
    folder = tmp_path_factory.mktemp("models")
    for task in ("translation", "generation"):
        shutil.copytree(tiny_lite(task).parent, folder / task)
        (folder / task / "tiny.tflite").rename(folder / task / f"{task}.tflite")
    with pytest.MonkeyPatch.context() as patch:
        # test_tflite.py compares a file with its run.
        quality = {"name": "quality", "model": 0.0, "tflite": 0.0}
        report = {"tflite": {"checks": {}, "quality": quality}}
        patch.setattr(file_export, "prove", lambda *_: report)
        words = ["--format", "tflite", "--quantize", "dynamic", "--to", folder / "sentiment"]
        done = run(sentiment.APP, ["export", tiny_run("sentiment"), *words])
    assert done.code == 0, done.err
    return folder


@pytest.fixture(scope="session")
def browser_address(lite_models: Path, node_modules: Path) -> Iterator[str]:
    with serve(lite_models, node_modules=node_modules) as address:
        yield address


@pytest.fixture
def browser_page(driver: webdriver.Chrome, browser_address: str) -> Page:
    models = {task: f"{task}/{task}.tflite" for task in TASKS}
    web = browser_address.removesuffix("/browser_page/")
    return Page(driver, browser_address, models, web)


@pytest.fixture(params=["server_page", "browser_page"])
def page(request: pytest.FixtureRequest) -> Page:
    """Each of both pages."""
    found: Page = request.getfixturevalue(request.param)
    return found
