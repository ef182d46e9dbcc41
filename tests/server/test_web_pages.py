"""The files of the pages over HTTP: which are served, with which headers."""

import re
from pathlib import Path

import pytest

from nlp_apps.litert import model_index
from tests import toy_server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one .tflite, its golden outputs, and files that must not be served."""
    (tmp_path / "tiny" / ".hidden").mkdir(parents=True)
    names = ("tiny.tflite", "golden.json", "vectors.json", "secret.txt")
    for name in (*names, ".hidden/h.tflite", ".dot.tflite"):
        (tmp_path / "tiny" / name).write_bytes(b"content")
    (tmp_path / "secret.tflite").write_bytes(b"content")
    return tmp_path / "tiny"


def test_only_models_and_their_golden_outputs_are_served(folder: Path) -> None:
    assert set(model_index.find([folder])) == {"tiny.tflite"}
    with toy_server.serving(folder) as toy:
        for name, content_type in (
            ("tiny.tflite", "application/octet-stream"),
            ("golden.json", "application/json"),
            ("vectors.json", "application/json"),
        ):
            response = toy_server.get(toy.app, f"/device/{name}")
            assert (response.status, response.body) == (200, b"content")
            assert response.headers["content-type"] == content_type
        for name in (
            "secret.txt",
            ".dot.tflite",
            ".hidden/h.tflite",
            "../secret.tflite",
            "/etc/passwd",
            "web/../../README.md",
            "web/browser_page/../../../README.md",
            "web/package.json",
        ):
            assert toy_server.get(toy.app, f"/device/{name}").status == 404, name


def test_unchanged_files_are_not_sent_again(folder: Path) -> None:
    with toy_server.serving(folder) as toy:
        for path in ("tiny.tflite", "web/browser_page/index.html", "web/litert/model.js"):
            first = toy_server.get(toy.app, f"/device/{path}")
            assert first.headers["cache-control"] == "no-cache"
            etag = {"if-none-match": first.headers["etag"]}
            assert toy_server.get(toy.app, f"/device/{path}", etag).status == 304


def test_webassembly_has_its_content_type_and_the_page_may_run_it(
    folder: Path, tmp_path: Path
) -> None:
    core = tmp_path / "modules" / "@litertjs" / "core"
    core.mkdir(parents=True)
    (core / "litert.wasm").write_bytes(b"\0asm")
    with toy_server.serving(folder, node_modules=tmp_path / "modules") as toy:
        path = "/device/web/node_modules/@litertjs/core/litert.wasm"
        assert toy_server.get(toy.app, path).headers["content-type"] == "application/wasm"
        page = toy_server.get(toy.app, "/device/web/browser_page/")
    policy = page.headers["content-security-policy"]
    assert re.search(r"script-src 'self' 'wasm-unsafe-eval' 'sha256-[\w+/]{43}='$", policy)
    assert "unsafe-inline" not in policy


def test_missing_packages_are_not_found(folder: Path, tmp_path: Path) -> None:
    with toy_server.serving(folder, node_modules=tmp_path / "none") as toy:
        path = "/device/web/node_modules/@litertjs/core/dist/index.js"
        assert toy_server.get(toy.app, path).status == 404


def test_models_need_the_token_and_the_page_does_not(folder: Path) -> None:
    with toy_server.serving(folder, token="sesame") as toy:
        status = {
            path: toy_server.get(toy.app, f"/device/{path}").status
            for path in (
                "",
                "web/browser_page/",
                "web/browser_page/browser-page.js",
                "models.json",
                "tiny.tflite",
            )
        }
        authorized = {"authorization": "Bearer sesame"}
        opened = toy_server.get(toy.app, "/device/tiny.tflite", authorized).status
    assert list(status.values()) == [307, 200, 200, 401, 401]
    assert opened == 200


def test_device_redirects_to_the_browser_page(folder: Path) -> None:
    with toy_server.serving(folder) as toy:
        for path in ("/device", "/device/"):
            response = toy_server.get(toy.app, path)
            assert response.headers["location"] == "/device/web/browser_page/"
