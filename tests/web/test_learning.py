"""The browser's page learns: suggested words, a neural cache, and labels of a classifier."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.remote.webelement import WebElement

from tests.web.chromium import Page, needs_chromium
from tests.web.lite_models import approx

pytestmark = [needs_chromium, pytest.mark.timeout(600)]

OWN = "the sea sleeps. the sea runs and the moon sleeps. " * 8
BEGUN = ("", "the ", "the s", "the sea.", "x" * 60)

PYTHON = """
import json, sys
from pathlib import Path
from nlp_apps.litert.lite_classifier import LiteClassifier
from nlp_apps.litert.lite_generator import LiteGenerator
from nlp_apps.litert.lite_keyboard import LiteKeyboard
folder, own, begun = json.load(sys.stdin)
of = lambda task: Path(folder) / task / f"{task}.tflite"
keyboard = LiteKeyboard(LiteGenerator(of("generation")))
suggest = lambda: [[list(one) for one in keyboard.suggest(text)] for text in begun]
before = suggest()
nats = keyboard.learn(own).nats.tolist()
classifier = LiteClassifier(of("sentiment"))
label = classifier.model.metadata["labels"][-1]
for text in ("the old house", "tea"):
    classifier.learn(text, label)
(found,) = classifier.predict(["the old house"])
print(json.dumps([before, nats, suggest(), list(found.probabilities.values())]))
"""

JAVASCRIPT = """
const [paths, own, begun, done] = arguments;
const at = (path) => new URL(path, location.href);
(async () => {
  const { loadRuntime } = await import(at("../litert/runtime.js"));
  const { loadPredictor } = await import(at("../litert/predictor.js"));
  const { Keyboard } = await import(at("../litert/keyboard.js"));
  const load = async (path) => {
    const bytes = await (await fetch(at(path))).arrayBuffer();
    return loadPredictor(await loadRuntime(), new Uint8Array(bytes));
  };
  const keyboard = new Keyboard(await load(paths.generation));
  const suggest = async () => {
    const found = [];
    for (const text of begun) {
      const words = await keyboard.suggest(text);
      found.push(words.map(({ word, probability }) => [word, probability]));
    }
    return found;
  };
  const before = await suggest();
  const nats = [];
  for await (const part of keyboard.learn(own)) nats.push(...part.nats);
  const classifier = await load(paths.sentiment);
  const label = classifier.model.metadata.labels.at(-1);
  for (const text of ["the old house", "tea"]) await classifier.learn(text, label);
  const { probabilities } = await classifier.classify("the old house");
  return JSON.stringify([before, nats, await suggest(), probabilities]);
})().then(done, (error) => done(String(error)));
"""


def python(folder: Path) -> list[Any]:
    done = subprocess.run(
        [sys.executable, "-c", PYTHON],
        input=json.dumps([str(folder), OWN, BEGUN]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[Any] = json.loads(done.stdout)
    return found


def test_javascript_learns_and_suggests_as_python(browser_page: Page, lite_models: Path) -> None:
    page = browser_page
    page.open(page.models["generation"])
    paths = {task: f"../../{page.models[task]}" for task in ("generation", "sentiment")}
    found = page.driver.execute_async_script(JAVASCRIPT, paths, OWN, BEGUN)
    assert approx(python(lite_models)) == json.loads(found)


def test_words_appear_while_typing_and_a_click_writes_one(browser_page: Page) -> None:
    page = browser_page
    page.open(page.models["generation"])
    page.paste("the s")
    page.until(lambda: "".join(page.texts(".suggestions button")).startswith("s"))
    words = page.texts(".suggestions button")
    word = words[0]
    page.one(".suggestions button").click()
    page.until(lambda: page.part("text").get_attribute("value") == f"the {word} ")
    page.until(lambda: page.texts(".suggestions button") != words)


def test_own_text_lowers_the_perplexity_and_can_be_forgotten(browser_page: Page) -> None:
    page = browser_page
    page.open(page.models["generation"])
    page.part("own").send_keys(OWN)
    page.part("learn").click()
    page.until(lambda: "Perplexity" in page.part("learned").text)
    text = page.part("learned").text
    match = re.search(r"without the cache: ([\d.,]+); with it: ([\d.,]+)\.", text)
    assert match and float(match[2]) < float(match[1])
    page.displays(".falling svg")
    page.part("forget").click()
    page.until(lambda: not page.part("learned").text)


def test_a_corrected_label_is_learned(browser_page: Page) -> None:
    page = browser_page
    page.open(page.models["sentiment"])
    page.paste("the old house, quiet")
    page.until(lambda: page.all(".word"))
    (label,) = page.texts("[data-part=label]")
    labels = [one for one in page.texts(".teach button") if not one.startswith("Forget")]
    other = next(one for one in labels if one and one != label)

    def button() -> WebElement | None:
        found = [one for one in page.all(".teach button") if one.text == other]
        return found[0] if found and found[0].is_enabled() else None

    def teach() -> bool:
        page.until(button)
        (found,) = [one for one in page.all(".teach button") if one.text == other]
        found.click()
        return bool(page.texts("[data-part=label]") == [other])

    for _ in range(20):
        if teach():
            break
    page.until(lambda: page.texts("[data-part=label]") == [other])
    next(one for one in page.all(".teach button") if one.text.startswith("Forget")).click()
    page.until(lambda: page.texts("[data-part=label]") == [label])
