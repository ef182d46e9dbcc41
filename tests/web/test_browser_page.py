"""The browser's page: predictions on this device, downloads, files of the user, errors."""

import functools
import http.server
import json
import re
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from nlp_apps.server import web_pages
from tests.web.chromium import Page, needs_chromium
from tests.web.lite_models import MAX_TOKENS, SEED, TASKS, python_predictions, serve

# The fixtures train and export three models.
pytestmark = [needs_chromium, pytest.mark.timeout(600)]

# Predictions -------------------------------------------------------------------------------------


def test_a_translation_has_alternatives_attention_and_time(
    browser_page: Page, lite_models: Path
) -> None:
    text, page = "the old house and the sea", browser_page
    page.open(page.models["translation"])
    page.paste(text)
    page.until(lambda: page.all(".heatmap") and page.all("[data-part=list] li"))
    ((best, _, alternatives),) = python_predictions(lite_models, "translation", text)
    assert page.texts("[data-part=translation]") == [best]
    stats = page.texts("[data-part=stats]")[0]
    assert re.fullmatch(r"[\d.]+% probability per token · [\d,.]+\sms", stats)
    assert page.texts("[data-part=list] .name") == [one for one, _ in alternatives if one != best]
    assert page.texts(".heatmap thead th") == [*text.split(), "(end)"]
    assert re.search(r"recipe tiny · [\d,]+\sKB · 32.bit weights", page.one("#summary").text)


def test_a_classification_has_bars_and_highlighted_words(
    browser_page: Page, lite_models: Path
) -> None:
    text, page = "the old house, quiet", browser_page
    page.open(page.models["sentiment"])
    page.paste(text)
    page.until(lambda: page.all(".word"))
    ((label, probabilities),) = python_predictions(lite_models, "sentiment", text)
    assert page.texts("[data-part=label]") == [label]
    found = [float(one.rstrip("%")) for one in page.texts("[data-part=bars] .number")]
    assert found == pytest.approx([100 * one for one in probabilities], abs=0.2)
    assert max(page.weights()) == 1.0


def test_a_text_is_generated_as_in_python(browser_page: Page, lite_models: Path) -> None:
    page = browser_page
    page.open(page.models["generation"])
    page.set(seed=SEED, max_tokens=MAX_TOKENS)
    # The slider has steps; its value counts.
    max_tokens = int(page.one("#max_tokens").get_attribute("value") or 0)
    page.paste("the sea")
    page.part("text").send_keys(Keys.CONTROL, Keys.ENTER)
    page.until(lambda: page.part("generate").text == "Generate" and "token" in page.words)
    ((continuation, count, *_),) = python_predictions(lite_models, "generation", "the sea")
    assert max_tokens == MAX_TOKENS
    assert page.texts("[data-part=output]") == [f"the sea{continuation}"]
    assert page.part("stats").text.startswith(f"{count} tokens · ")


def test_a_long_text_is_truncated_at_a_word_with_a_note(browser_page: Page) -> None:
    page = browser_page
    page.open(page.models["translation"])
    page.paste("the green house sleeps " * 60)
    page.until(lambda: page.part("note").text)
    note = re.search(r"translated (\d+) of 1379 characters", page.words)
    assert note
    assert int(note[1]) < 1379 and int(note[1]) % 23 in (3, 9, 15, 22)  # the end of a word


@pytest.mark.parametrize("task", ["translation", "sentiment"])
def test_spaces_at_the_ends_of_a_text_are_no_reason_for_a_note(
    browser_page: Page, task: str
) -> None:
    page = browser_page
    page.open(page.models[task])
    page.paste("  the sea \u200f\n ")
    page.until(lambda: page.part("stats").text)
    assert page.part("note").text == ""


def test_an_empty_text_has_no_prediction_and_odd_characters_have_one(browser_page: Page) -> None:
    page = browser_page
    page.open(page.models["sentiment"])
    page.paste("\ud83d \udc00 \U0001f634")
    page.until(lambda: page.all(".word"))
    page.paste(" \n ")
    page.shows("The prediction appears here as you type.")
    assert page.one("#notice").text == ""


def test_a_model_is_verified_against_its_golden_outputs(browser_page: Page) -> None:
    page = browser_page
    page.open(page.models["sentiment"])
    page.one("#details summary").click()
    page.one("#details button").click()
    page.shows("steps match.", "#details")


def test_golden_outputs_of_version_0_1_0_are_read(
    browser_page: Page, lite_models: Path, node_modules: Path, tmp_path: Path
) -> None:
    shutil.copytree(lite_models / "sentiment", tmp_path / "sentiment")
    (tmp_path / "sentiment" / "golden.json").rename(tmp_path / "sentiment" / "vectors.json")
    with serve(tmp_path, node_modules=node_modules) as address:
        browser_page.open(browser_page.models["sentiment"], address)
        browser_page.one("#details summary").click()
        browser_page.one("#details button").click()
        browser_page.shows("steps match.", "#details")


def test_a_static_server_is_enough(
    browser_page: Page, lite_models: Path, node_modules: Path, tmp_path: Path
) -> None:
    page = browser_page
    shutil.copytree(lite_models / "sentiment", tmp_path / "sentiment")
    ignored = shutil.ignore_patterns("node_modules")
    shutil.copytree(web_pages.WEB, tmp_path / "web", ignore=ignored)
    (tmp_path / "web" / "node_modules").symlink_to(node_modules)
    models = json.dumps([{"file": "sentiment/sentiment.tflite"}])
    (tmp_path / "models.json").write_text(models, "utf-8")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *values: Any) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            page.driver.get(f"http://127.0.0.1:{server.server_port}/web/browser_page/")
            page.displays("#text")
            page.paste("tea")
            page.until(lambda: page.all(".word"))
        finally:
            server.shutdown()
            thread.join()


# Errors ------------------------------------------------------------------------------------------


def test_an_invalid_file_is_refused_and_a_file_of_the_user_is_opened(
    browser_page: Page, lite_models: Path, tmp_path: Path
) -> None:
    page, invalid = browser_page, tmp_path / "invalid.tflite"
    invalid.write_bytes(b"TFL3" * 100)
    page.open(page.models["translation"])
    page.one("#file").send_keys(str(invalid))
    page.shows("damaged, or it is not a .tflite of nlp_apps", "#notice")
    assert not page.all("#notice button")
    page.one("#file").send_keys(str(lite_models / "sentiment" / "sentiment.tflite"))
    page.shows("Prediction")
    assert page.one("#notice").text == ""
    assert page.one("#summary").text.startswith("sentiment.tflite · ")


def test_a_deleted_file_is_reported(
    browser_page: Page, lite_models: Path, node_modules: Path, tmp_path: Path
) -> None:
    page = browser_page
    for name in ("first", "gone"):
        (tmp_path / name).mkdir()
        model = lite_models / "sentiment" / "sentiment.tflite"
        shutil.copy(model, tmp_path / name / f"{name}.tflite")
    with serve(tmp_path, node_modules=node_modules) as address:
        page.open("first/first.tflite", address)
        (tmp_path / "gone" / "gone.tflite").unlink()
        page.one("#model option[value='gone/gone.tflite']").click()
        page.shows("gone/gone.tflite: download failed with status 404", "#notice")


def test_without_litert_js_the_page_shows_how_to_install_it(
    browser_page: Page, lite_models: Path, tmp_path: Path
) -> None:
    with serve(lite_models, node_modules=tmp_path) as address:
        browser_page.open(browser_page.models["sentiment"], address)
        browser_page.shows("npm install --prefix nlp_apps/web")


def test_missing_webassembly_is_reported(browser_page: Page) -> None:
    with browser_page.script_first("delete globalThis.WebAssembly"):
        browser_page.open()
        browser_page.shows("WebAssembly is missing", "#notice")


def test_the_token_is_requested_before_models_are_listed(
    browser_page: Page, lite_models: Path, node_modules: Path
) -> None:
    page = browser_page
    with serve(lite_models, node_modules=node_modules, token="open-sesame") as address:
        page.open(address=address)
        page.shows("The server requires a token")
        page.press("open-sesame", Keys.ENTER)
        page.displays("#text")
        assert set(TASKS) <= set(page.texts("#model option"))
