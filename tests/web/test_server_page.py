"""Tests of the server's page, in headless Chromium: our server, over models that are functions."""

import contextlib
import json
import random
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp_apps.explain.words import join
from nlp_apps.server.loaded_model import LoadedModel
from nlp_apps.server.model_signatures import Arrays, Signature, Tensor
from nlp_apps.server.request_error import bad_request
from nlp_apps.server.web_pages import WEB
from tests import toy_server

pytest.importorskip("selenium", reason="selenium is missing: pip install selenium")
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
CHROMEDRIVER = shutil.which("chromedriver")

needs_chromium = pytest.mark.skipif(
    not (CHROMIUM and CHROMEDRIVER),
    reason="chromium or chromedriver is missing: apt-get install chromium chromium-driver",
)
PATIENCE = 60.0  # seconds; other work may share the processor

# Models ------------------------------------------------------------------------------------------

# Bytes are one character, pieces are joined into words, "" fills up.
EURO = ["<0xE2>", "<0x82>", "<0xAC>"]
SOURCE = [*["▁Das", "▁Garten", "haus", "▁kostet", "▁5", "▁"], *EURO, ".", "</s>"]
TARGET = [*["▁The", "▁gard", "en", "▁house", "▁costs", "▁"], *EURO, "5", ".", "</s>"]
SENTENCE = "Das Gartenhaus kostet 5 €."
TRANSLATION = "The garden house costs €5."
ATTENTION = np.random.default_rng(1).dirichlet(np.ones(len(SOURCE)), len(TARGET))

LABELS = ("poor", "mixed", "good")
PROBABILITIES = (0.0625, 0.125, 0.8125)
ENDS_AFTER = 40  # tokens that the language model writes, whatever is asked for


def strings(value: Any) -> np.ndarray[Any, Any]:
    """Nested lists of `str` as TensorFlow has them."""
    array = np.array(value, dtype=object)
    return np.vectorize(str.encode, otypes=[object])(array) if array.size else array


def refuse_second(text: str) -> None:
    """Fails, for texts that ask for it, at a question that is not the first of a text."""
    if "first only" in text:
        raise bad_request("The second question failed.")


def translate(signature: str, arrays: Arrays) -> Arrays:
    (text,) = (value.decode() for value in arrays["text"])
    if "refuse" in text:
        raise bad_request("The model cannot answer these inputs.")
    answer = TRANSLATION if text == SENTENCE else text.upper()
    if signature == "nbest":
        refuse_second(text)
        said = [answer, f"{answer} So."]
        if "blanks" in text:
            said += [one.replace(" ", blank) for one in said for blank in ("\u00a0", "  ")]
        scores = np.log(np.array([[0.5, *[0.25] * (len(said) - 1)]], np.float32))
        return {"translations": strings([said]), "scores": scores}
    found = {"translation": strings([answer]), "score": np.log(np.array([0.5], np.float32))}
    if signature != "align":
        return found
    source, target, weights = SOURCE, TARGET, ATTENTION
    if text != SENTENCE:
        source = [*(f"▁{word}" for word in text.split()), "</s>"]
        target = [*(f"▁{word}" for word in answer.split()), "</s>"]
        weights = np.eye(len(source))
    weights = np.pad(weights, [(0, 2), (0, 1)]).astype(np.float32)
    return found | {
        "source_pieces": strings([[*source, ""]]),
        "target_pieces": strings([[*target, "", ""]]),
        "attention": weights[None],
    }


def judge(signature: str, arrays: Arrays) -> Arrays:
    (text,) = (value.decode() for value in arrays["text"])
    if signature == "probabilities":
        probabilities = np.array([PROBABILITIES], np.float32)
        return {"labels": strings([LABELS]), "probabilities": probabilities}
    refuse_second(text)
    pieces = [piece for word in text.split() for piece in (f"▁{word[:3]}", word[3:]) if piece]
    weights = np.arange(1.0, len(pieces) + 1)
    return {
        "label": strings(["good"]),
        "probability": np.array([PROBABILITIES[-1]], np.float32),
        "pieces": strings([[*pieces, "", ""]]),
        "weights": np.array([[*(weights / weights.sum() / 2), 0, 0]], np.float32),
    }


def write(signature: str, arrays: Arrays) -> Arrays:
    (text,) = (value.decode() for value in arrays["text"])
    if "w" in text or signature == "score":
        refuse_second(text)
    if signature == "score":
        pieces = [*re.findall(r"\n| ?[^ \n]+", text), *EURO, ""]
        nats = np.array([[*([0.5] * (len(pieces) - 4)), 1.0, 2.0, 0.25, 0.0]], np.float32)
        perplexity = np.array([12.34], np.float32)
        return {"pieces": strings([pieces]), "nats": nats, "perplexity": perplexity}
    time.sleep(0.5 if arrays["top_k"][0] else 0.05)  # So that there is something to stop.
    asked, seed = int(arrays["max_tokens"][0]), int(arrays["seed"][0])
    so_far = text.count("w")
    count = min(asked, max(ENDS_AFTER - so_far, 0)) if arrays["top_k"][0] == 0 else asked
    new = "".join(f" w{seed}" for _ in range(count))
    return {
        "text": strings([text + new]),
        "continuation": strings([new]),
        "tokens": np.array([count], np.int32),
        "log_probability": np.array([-1.0], np.float32),
        "ended": np.array([count < asked or so_far + count == ENDS_AFTER]),
    }


OUTPUTS = (
    "translation score translations scores source_pieces target_pieces attention "
    "label probability labels probabilities pieces weights "
    "text continuation tokens log_probability ended nats perplexity"
)


def signatures(names: str, inputs: dict[str, str] | None = None) -> dict[str, Signature]:
    """Signatures that take a text a row, and more; of any outputs they say nothing."""
    taken = {"text": Tensor("text", "string", (None,))}
    for name, dtype in (inputs or {}).items():
        taken[name] = Tensor(name, dtype, (None,))
    given = {name: Tensor(name, "string", None) for name in OUTPUTS.split()}
    return {name: Signature(name, taken, given) for name in names.split()}


KNOBS = {
    "temperature": "float32",
    "top_k": "int32",
    "top_p": "float32",
    "max_tokens": "int32",
    "seed": "int64",
}
DEFAULTS = {"temperature": 0.8, "top_k": 0, "top_p": 0.95, "max_tokens": 64, "seed": 7}
TRANSLATOR = {"task": "translation", "recipe": "translation-tiny", "languages": ["de", "en"]}
WRITER = {"task": "generation", "defaults": DEFAULTS, "most_tokens": 512}

Function = Callable[[str, Arrays], Arrays]
MODELS: dict[str, tuple[dict[str, Any], dict[str, Signature], Function]] = {
    "garden": (TRANSLATOR, signatures("serving_default greedy nbest align"), translate),
    "blind": ({"task": "translation"}, signatures("serving_default greedy nbest"), translate),
    "reviews": (
        {"task": "sentiment", "labels": LABELS},
        signatures("serving_default probabilities attend"),
        judge,
    ),
    "tales": (WRITER, signatures("serving_default", KNOBS) | signatures("score"), write),
    "unknown": ({}, signatures("serving_default"), translate),
}


class Fake(LoadedModel):
    """A model that is a function of Python."""

    def run(self, signature: Signature, arrays: Arrays) -> Arrays:
        answer: Arrays = self.loaded(signature.name, arrays)
        return answer


def load(folder: Path) -> LoadedModel:
    card, described, function = MODELS[folder.parent.name]
    return Fake(described, {}, card, function)


@contextlib.contextmanager
def serve(folder: Path, *names: str, **settings: Any) -> Iterator[tuple[str, toy_server.Toy]]:
    """The address of a server of some of the models, and what it is made of."""
    for name in names:
        toy_server.fake_folder(folder / name, "1")
    with (
        toy_server.serving(folder, loader=load, **settings) as toy,
        toy_server.listening(toy.app) as address,
    ):
        yield address, toy


# Browser -----------------------------------------------------------------------------------------


class Page:
    """A tab of Chromium."""

    def __init__(self, driver: webdriver.Chrome, address: str) -> None:
        self.driver = driver
        self.address = address

    def open(self, model: str = "", address: str = "") -> None:
        """Opens the page afresh, and waits until it shows something to use."""
        self.driver.get("about:blank")
        self.driver.get(f"{address or self.address}/" + (f"#model={model}" if model else ""))
        self.until(lambda: self.all("#panel textarea, #panel .card"))

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def part(self, name: str) -> WebElement:
        return self.one(f"[data-part={name}]")

    def texts(self, selector: str) -> list[str]:
        """What elements say, seen or not."""
        script = "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)"
        found: list[str] = self.driver.execute_script(script, selector)
        return found

    def tints(self, selector: str) -> list[float]:
        """How strongly words are tinted, from 0 to 1."""
        script = """
          const words = [...document.querySelectorAll(arguments[0])];
          return words.map((word) => Number(getComputedStyle(word).getPropertyValue("--tint-of")));
        """
        found: list[float] = self.driver.execute_script(script, selector)
        return found

    def type(self, text: str) -> None:
        """Types into the text field what it shall hold."""
        field = self.one("#text")
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(text)

    def press(self, *keys: str) -> None:
        """Presses keys, wherever the focus is."""
        self.driver.switch_to.active_element.send_keys(*keys)

    @property
    def focused(self) -> str:
        """The id of what has the focus, or its text."""
        script = "const e = document.activeElement; return e.id || e.textContent"
        return str(self.driver.execute_script(script))

    def until(self, holds: Callable[[], Any]) -> Any:
        """Waits until something is so; gives it."""
        end = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(WebDriverException):  # Not there yet, or gone already.
                found = holds()
                if found:
                    return found
            if time.monotonic() > end:
                raise AssertionError(f"not so after {PATIENCE} s; the page says: {self.words}")
            time.sleep(0.03)

    def says(self, text: str, selector: str = "main") -> None:
        """Waits until a text can be read."""
        self.until(lambda: text in self.one(selector).text)

    def sees(self, selector: str) -> None:
        """Waits until something is shown."""
        self.until(lambda: self.one(selector).is_displayed())

    @property
    def words(self) -> str:
        return self.one("main").text

    def width(self, pixels: int | None) -> None:
        """Makes the window a phone's; None: gives it back its size."""
        if pixels is None:
            self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
            return
        size = {"width": pixels, "height": 740, "deviceScaleFactor": 1, "mobile": True}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def module(self, name: str, function: str, *values: Any) -> Any:
        """Calls what a JavaScript module of the page exports, once for each value."""
        script = f"""
          const [values, done] = arguments;
          import("/web/{name}").then((module) => done(values.map(module.{function})));
        """
        return self.driver.execute_async_script(script, values)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("models"), *MODELS) as (address, _):
        yield address


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    assert CHROMIUM
    options = Options()
    options.binary_location = CHROMIUM
    for flag in (
        "--headless",
        "--no-sandbox",  # Chromium does not run as root otherwise.
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--lang=en",
        "--window-size=1200,900",
        f"--user-data-dir={tmp_path_factory.mktemp('chromium')}",
    ):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(CHROMEDRIVER))
    try:
        yield driver
    finally:
        driver.quit()


@pytest.fixture
def page(driver: webdriver.Chrome, address: str) -> Page:
    return Page(driver, address)


# Translation -------------------------------------------------------------------------------------


@needs_chromium
def test_a_translation_appears_as_one_types_with_others_and_its_time(page: Page) -> None:
    page.open("garden")
    assert page.texts("[data-part=source], [data-part=target]") == ["German", "English"]
    page.type("tea <b>&amp;</b>")
    page.says("TEA <B>&AMP;</B>", "[data-part=translation]")
    assert re.fullmatch(
        r"50\.0 % probability per token · answered in [\d,.]+ ms", page.part("figures").text
    )
    page.until(lambda: page.texts("[data-part=list] .name") == ["TEA <B>&AMP;</B> So."])
    assert page.texts("[data-part=list] .number") == ["25.0 %"]


@needs_chromium
def test_the_heatmap_has_the_weights_of_whole_words(page: Page) -> None:
    page.open("garden")
    page.type(SENTENCE)
    page.says(TRANSLATION, "[data-part=translation]")
    columns = {"Das": [0], "Gartenhaus": [1, 2], "kostet": [3], "5": [4], "€.": [5, 6, 7, 8, 9]}
    rows = {"The": [0], "garden": [1, 2], "house": [3], "costs": [4], "€": [5, 6, 7, 8]}
    columns["(end)"], rows["5"], rows["."], rows["(end)"] = [10], [9], [10], [11]
    assert page.texts(".map thead th") == list(columns)
    assert page.texts(".map tbody th") == list(rows)
    sums = np.stack([ATTENTION[:, own].sum(axis=1) for own in columns.values()], axis=1)
    wanted = np.stack([sums[own].mean(axis=0) for own in rows.values()])
    tips = [cell.get_attribute("title") or "" for cell in page.all(".map tbody td")]
    assert tips[1].startswith("The – Gartenhaus: ")
    found = np.array([float(tip.rsplit(": ")[-1]) for tip in tips]).reshape(wanted.shape)
    np.testing.assert_allclose(found, wanted, atol=6e-4)
    assert page.texts(".map tbody td") == [f"{value:.2f}" for value in wanted.ravel()]


@needs_chromium
def test_a_word_of_the_translation_lights_up_where_it_looked(page: Page) -> None:
    page.open("garden")
    page.type("one two three")
    page.until(lambda: page.texts("[role=option]") == ["ONE", "TWO", "THREE", "(end)"])
    page.driver.execute_script("arguments[0].focus()", page.all("[role=option]")[1])
    assert page.one(".told").text == "TWO looked at two 100 %"
    ends = page.all(".word")[3::4]
    assert [end.text for end in ends] == ["(end)", "(end)"]
    for unsaid in (page.one(".told"), *ends):  # Is not copied with the words.
        assert unsaid.value_of_css_property("user-select") == "none"
    assert page.tints(".named:nth-child(2) .word") == [0, 1, 0, 0]
    assert page.texts("tr.chosen th") == ["TWO"]


@needs_chromium
def test_a_translator_without_attention_shows_none(page: Page) -> None:
    page.open("blind")
    page.type("tea")
    page.says("TEA So.")
    assert page.texts("[data-part=source], [data-part=target]") == ["Text", "Translation"]
    assert not page.all(".map")
    assert "Where it looked" not in page.words


@needs_chromium
def test_pieces_are_joined_as_the_pictures_of_explain_join_them(page: Page) -> None:
    choose = random.Random(1)
    alphabet = ["▁", "a", "bc", "'", ".", "é", "e\u0301", "日", "\n", "5", "<0xE2>", "<0x82>"]
    alphabet += ["<0xAC>", "<0xF0>", "€", "-", "\u200d", "ا", "▁well", "known▁", "_", "<0x41>"]
    cases = [choose.choices(alphabet, k=choose.randint(0, 12)) for _ in range(400)]
    page.open("garden")
    found = page.module("shared/words.js", "join", *cases)
    for pieces, words in zip(cases, found, strict=True):
        wanted = [vars(word) for word in join(pieces)]
        assert words == wanted, pieces


@needs_chromium
def test_ways_to_say_it_that_differ_in_blanks_are_one(page: Page) -> None:
    page.open("garden")
    page.type("no blanks")
    page.until(lambda: page.texts("[data-part=list] .name") == ["NO BLANKS So."])


# Sentiment ---------------------------------------------------------------------------------------


@needs_chromium
def test_a_judgement_has_its_probabilities_as_bars_and_its_words_tinted(page: Page) -> None:
    page.open("reviews")
    page.type("good soup, really")
    page.says("good", "[data-part=label]")
    assert page.texts(".bars .name") == list(LABELS)
    assert page.texts(".bars .number") == ["6.3 %", "12.5 %", "81.3 %"]
    assert page.texts(".bars .best .name") == ["good"]
    page.until(lambda: page.texts(".word") == ["good", "soup,", "really"])
    # Their pieces have 1 and 2, 3 and 4, 5 and 6 of 42.
    assert page.tints(".word") == pytest.approx([3 / 11, 7 / 11, 1.0], abs=1e-3)
    assert page.all(".word")[1].get_attribute("title") == "had 17 % of the attention"
    assert page.texts(".rows td") == ["7.1 %", "16.7 %", "26.2 %"]


# Generation --------------------------------------------------------------------------------------


@needs_chromium
def test_a_text_appears_in_steps_until_it_ends(page: Page) -> None:
    page.open("tales")
    assert [page.one(f"#{name}").get_attribute("value") for name in KNOBS] == [
        str(DEFAULTS[name]) for name in KNOBS
    ]
    assert page.texts("output") == ["0.8", "all", "0.95", "64"]
    page.type("once")
    page.part("write").click()
    page.says("the text ended by itself")
    # 16, 16 and 8 tokens, each step with a seed of its own.
    steps = " w7" * 16 + " w8" * 16 + " w9" * 8
    assert page.part("story").text == "once" + steps
    assert page.part("figures").text.startswith("40 tokens · ")
    assert page.part("write").text == "Write"


@needs_chromium
def test_writing_stops_at_a_press(page: Page) -> None:
    page.open("tales")
    page.driver.execute_script(
        "document.querySelector('#top_k').value = 5;"
        "document.querySelector('#max_tokens').value = 512"  # so that it would go on for long
    )
    page.type("once")
    page.press(Keys.CONTROL, Keys.ENTER)
    page.says("w7")
    page.press(Keys.ESCAPE)
    page.says("stopped", "[data-part=figures]")
    story = page.part("story").text
    time.sleep(0.7)
    assert page.part("story").text == story
    assert 0 < story.count("w") < 512
    assert page.part("write").text == "Write"


@needs_chromium
def test_another_seed_writes_another_text_at_once(page: Page) -> None:
    page.open("tales")
    surprise = next(button for button in page.all("button") if button.text == "Surprise me")
    surprise.click()
    page.says("ended by itself")
    seed = page.one("#seed").get_attribute("value")
    assert page.part("story").text.split()[0] == f"w{seed}"


@needs_chromium
def test_a_text_is_tinted_by_how_surprising_each_token_was(page: Page) -> None:
    page.open("tales")
    page.type("one")
    page.part("write").click()
    page.says("ended by itself")
    page.part("tint").click()
    page.says("perplexity 12.3", "[data-part=figures]")
    words = page.all(".word")
    assert [word.text for word in words[:2]] == ["one", "w7"]
    tips = [words[0].get_attribute("title"), words[-1].get_attribute("title")]
    assert tips[0] == "0.5 nats: it had a probability of 60.7 %"
    assert (words[-1].text, tips[1]) == ("€", "3.25 nats: it had a probability of 3.9 %")
    assert page.tints(".word")[-1] == pytest.approx(3.25 / 8, abs=1e-3)
    page.part("tint").click()
    page.until(lambda: not page.all(".word"))
    assert page.part("story").text.startswith("one w7")


@needs_chromium
def test_writing_that_breaks_off_is_kept_and_tried_again(page: Page) -> None:
    page.open("tales")
    page.type("one")
    page.part("write").click()
    page.says("ended by itself")
    page.part("tint").click()
    page.says("perplexity")
    page.type("first only")
    page.press(Keys.CONTROL, Keys.ENTER)
    page.says("The second question failed.", "#notice")
    figures = page.part("figures").text
    assert figures.startswith("16 tokens · ")
    assert figures.endswith("s · broken off")
    assert page.part("story").text == "first only" + " w7" * 16
    page.type("three")
    page.one("#notice button").click()
    page.says("perplexity", "[data-part=figures]")  # It was written again, and not only tinted.
    assert " w9" in page.part("story").text
    assert page.one("#notice").text == ""


@needs_chromium
def test_clearing_a_text_clears_what_went_wrong_with_it(page: Page) -> None:
    page.open("tales")
    page.type("first only")
    page.press(Keys.CONTROL, Keys.ENTER)
    page.says("The second question failed.", "#notice")
    page.part("clear").click()
    page.says("The text appears here as it is written.")
    assert page.one("#notice").text == ""


@needs_chromium
def test_a_seed_out_of_range_is_refused_and_not_replaced(page: Page) -> None:
    page.open("tales")
    for seed in ("-1", str(2**31), ""):
        page.one("#seed").clear()
        page.one("#seed").send_keys(seed)
        page.part("write").click()
        assert page.focused == "seed"
        assert page.part("write").text == "Write"
        assert "The text appears here" in page.words
    page.one("#seed").send_keys("0", Keys.ENTER)
    page.says("w0")


@needs_chromium
def test_escape_stops_wherever_the_focus_is(page: Page) -> None:
    page.open("tales")
    page.driver.execute_script(
        "document.querySelector('#top_k').value = 5;"
        "document.querySelector('#max_tokens').value = 512;"
        "document.querySelector('[data-part=write]').click();"
        "document.activeElement.blur()"
    )
    assert page.part("write").text == "Stop"
    page.one("body").send_keys(Keys.ESCAPE)
    page.says("stopped", "[data-part=figures]")
    assert not page.part("figures").text.startswith("·")
    assert page.part("write").text == "Write"


# Whoever uses it ---------------------------------------------------------------------------------


@needs_chromium
def test_the_keyboard_is_enough(page: Page) -> None:
    page.open("garden")
    page.press(Keys.TAB)
    assert page.focused == "model"
    page.press("r")  # The first model that begins so.
    page.says("Judgement")
    page.press(Keys.TAB)
    assert page.focused == "text"
    page.press("good soup tea")
    page.press(Keys.CONTROL, Keys.ENTER)
    # Slow fingers were answered in between, and each answer replaces the words of the one before.
    page.until(
        lambda: (
            page.texts(".word") == ["good", "soup", "tea"]
            and page.part("answer").get_attribute("aria-busy") == "false"
        )
    )
    page.press(Keys.TAB)
    assert page.focused == "good"
    page.press(Keys.ARROW_RIGHT)
    assert page.one(".told").text.startswith("soup had ")
    page.press(Keys.END)
    assert page.one(".told").text.startswith("tea had ")
    page.press(Keys.HOME, Keys.ARROW_LEFT)
    assert page.focused == "good"
    assert page.driver.switch_to.active_element.value_of_css_property("outline-style") == "solid"


@needs_chromium
def test_arrow_keys_go_the_way_the_text_is_written(page: Page) -> None:
    page.open("garden")
    page.type("בית קטן")
    page.until(lambda: page.texts("[role=option]") == ["בית", "קטן", "(end)"])
    assert page.part("translation").value_of_css_property("direction") == "rtl"
    page.driver.execute_script("arguments[0].focus()", page.all("[role=option]")[0])
    page.press(Keys.ARROW_LEFT)
    assert page.focused == "קטן"


@needs_chromium
def test_the_address_keeps_the_model_and_a_task_its_text(page: Page) -> None:
    page.open("blind")
    page.type("tea")
    page.says("TEA")
    for name, heading in (("reviews", "Judgement"), ("garden", "English")):
        page.one(f"#model option[value={name}]").click()
        page.says(heading)
        assert page.driver.current_url == f"{page.address}/#model={name}"
    page.says("TEA", "[data-part=translation]")
    page.driver.refresh()
    page.says("English")
    assert page.one("#model").get_attribute("value") == "garden"
    assert page.texts("optgroup[label=Translation] option") == ["blind", "garden"]


@needs_chromium
@pytest.mark.parametrize("model", ["garden", "reviews", "tales", "unknown"])
def test_nothing_is_wider_than_a_phone(page: Page, model: str) -> None:
    page.width(360)
    try:
        page.open(model)
        if model != "unknown":
            page.type(f"{'long' * 40} " + "and many short words " * 5)
            page.press(Keys.CONTROL, Keys.ENTER)
            page.until(lambda: page.all(".map, .word") or "w7" in page.words)
        wide = "return document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.driver.execute_script(wide)
        if model == "garden":
            scrolls = (
                "const e = document.querySelector('.scrolls'); return e.scrollWidth > e.clientWidth"
            )
            assert page.driver.execute_script(scrolls)
    finally:
        page.width(None)


@needs_chromium
def test_nobody_else_is_asked_and_the_console_is_quiet(page: Page) -> None:
    for kind in ("browser", "performance"):
        page.driver.get_log(kind)  # Forgets what was before.
    for model, wanted in (("garden", ".map"), ("reviews", ".word"), ("tales", "#tint")):
        page.open(model)
        page.type("tea")
        page.press(Keys.CONTROL, Keys.ENTER)
        page.sees(wanted)
    assert page.driver.get_log("browser") == []
    entries = [
        json.loads(entry["message"])["message"] for entry in page.driver.get_log("performance")
    ]
    urls = [
        entry["params"]["request"]["url"]
        for entry in entries
        if entry["method"] == "Network.requestWillBeSent"
    ]
    assert len(urls) > 20
    assert not [url for url in urls if not url.startswith((f"{page.address}/", "about:blank"))]


# What goes wrong ---------------------------------------------------------------------------------


@needs_chromium
def test_a_refusal_is_shown_in_the_words_of_the_server_and_goes_away(page: Page) -> None:
    page.open("garden")
    page.type("tea")
    page.says("TEA", "[data-part=translation]")
    page.type("refuse")
    page.says("It says: The model cannot answer these inputs.", "#notice")
    assert "TEA" not in page.words
    page.type("soup")
    page.says("SOUP", "[data-part=translation]")
    assert page.one("#notice").text == ""
    page.type("")
    page.press(Keys.BACKSPACE)
    page.says("The translation appears here as you type.")


@needs_chromium
@pytest.mark.parametrize(
    ("model", "answer", "more"),
    [
        ("garden", "FIRST ONLY", "[data-part=alternatives]"),
        ("reviews", "good", "[data-part=weights]"),
    ],
)
def test_an_answer_stays_when_what_is_asked_besides_fails(
    page: Page, model: str, answer: str, more: str
) -> None:
    page.open(model)
    page.type("tea")
    page.sees(more)
    page.type("first only")
    page.says("The second question failed.", "#notice")
    assert answer in page.one(".answer").text
    assert not page.one(more).is_displayed()
    page.driver.execute_script("document.querySelector('#notice button').focus()")
    page.press(Keys.ENTER)
    assert page.focused == "text"
    page.says("The second question failed.", "#notice")
    page.type("soup")
    page.sees(more)
    assert page.one("#notice").text == ""


LATE = """
const real = window.fetch;
window.fetch = async (path, options) => {
  // An answer that cannot be called off, and comes long after the one to the next question.
  const answer = await real(path, { ...options, signal: undefined });
  if (options?.body?.includes("early")) {
    while (!window.mayCome) await new Promise((go) => setTimeout(go, 20));
    window.lateHasCome = true;
  }
  return answer;
};
"""


@needs_chromium
def test_a_late_answer_does_not_take_the_place_of_a_newer_one(page: Page) -> None:
    script = page.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": LATE})
    try:
        page.open("garden")
        page.type("early")
        page.press(Keys.CONTROL, Keys.ENTER)
        page.until(lambda: page.part("answer").get_attribute("aria-busy") == "true")
        page.type("newer")
        page.press(Keys.CONTROL, Keys.ENTER)
        page.says("NEWER", "[data-part=translation]")
        page.driver.execute_script("window.mayCome = true")
        page.until(lambda: page.driver.execute_script("return window.lateHasCome"))
        time.sleep(0.1)
        assert page.part("translation").text == "NEWER"
    finally:
        page.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)


@needs_chromium
def test_a_server_that_is_gone_is_told_and_asked_again(page: Page) -> None:
    page.open("garden")
    conditions = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    page.driver.execute_cdp_cmd("Network.enable", {})
    page.driver.execute_cdp_cmd("Network.emulateNetworkConditions", conditions | {"offline": True})
    try:
        page.type("tea")
        page.says("The server does not answer. Is it still running?", "#notice")
    finally:
        page.driver.execute_cdp_cmd(
            "Network.emulateNetworkConditions", conditions | {"offline": False}
        )
    page.one("#notice button").click()
    page.says("TEA", "[data-part=translation]")


@needs_chromium
def test_a_token_is_asked_for_and_kept_for_the_tab(page: Page, tmp_path: Path) -> None:
    with serve(tmp_path, "garden", token="open-sesame") as (address, _):
        page.open(address=address)
        page.says("This server wants a token")
        page.press("wrong", Keys.ENTER)
        page.says("The server did not take this token.", "#notice")
        page.press("open-sesame", Keys.ENTER)
        page.says("English")
        page.open(address=address)
        page.type("tea")
        page.says("TEA")


@needs_chromium
def test_without_a_model_the_page_says_how_to_make_one_and_waits_for_it(
    page: Page, tmp_path: Path
) -> None:
    with serve(tmp_path) as (address, toy):
        page.open(address=address)
        page.says("nlp-apps translation export RUN")
        assert not page.one("#model").is_displayed()
        toy_server.fake_folder(tmp_path / "garden", "1")
        toy.registry.rescan()
        page.says("English")


@needs_chromium
def test_a_name_in_the_address_that_is_no_models_is_told(page: Page) -> None:
    page.driver.get("about:blank")
    page.driver.get(f"{page.address}/#model=nothere")
    page.says("There is no model nothere here.", "#notice")
    assert page.driver.current_url.endswith("/#model=nothere")
    assert not page.all("#panel *")
    page.one("#model option[value=blind]").click()  # The first one is a choice, too.
    page.says("Translation")
    assert page.driver.current_url.endswith("/#model=blind")
    assert page.one("#notice").text == ""
    page.driver.execute_script("location.hash = 'model=gone'")
    page.says("There is no model gone here.", "#notice")
    assert not page.all("#panel *")


LOADING = """
const real = window.fetch;
window.fetch = async (path, options) => {
  const answer = await real(path, options);
  if (path !== "v1/models" || window.isReady) return answer;
  const { models } = await answer.json();
  models.find((model) => model.name === "reviews").state = "LOADING";
  return new Response(JSON.stringify({ models }));
};
"""


@needs_chromium
def test_a_model_in_the_address_that_is_being_loaded_is_waited_for(page: Page) -> None:
    script = page.driver.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument", {"source": LOADING}
    )
    try:
        page.open("reviews")
        page.says("This model is being loaded")
        assert page.driver.current_url.endswith("/#model=reviews")
        page.driver.execute_script("window.isReady = true")
        page.says("Judgement")
        assert page.driver.current_url.endswith("/#model=reviews")
    finally:
        page.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)


@needs_chromium
def test_the_reference_leaves_the_console_quiet(page: Page) -> None:
    page.driver.get("about:blank")
    page.driver.get_log("browser")
    page.driver.get(f"{page.address}/docs")
    assert page.driver.get_log("browser") == []


@needs_chromium
def test_a_model_that_this_page_does_not_know_is_no_blank_page(page: Page) -> None:
    page.open("unknown")
    page.says("No view for this model")


# Colours -----------------------------------------------------------------------------------------


def luminance(colour: tuple[float, ...]) -> float:
    """Relative luminance, as WCAG 2.2 defines it."""
    shares = [one / 255 for one in colour]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in shares]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def colours() -> dict[str, dict[str, tuple[float, ...]]]:
    """The colours of the style sheet, light and dark."""
    style = (WEB / "shared" / "style.css").read_text(encoding="utf-8")
    found: dict[str, dict[str, tuple[float, ...]]] = {"light": {}, "dark": {}}
    blocks = re.findall(r":root {(.*?)}", style, re.DOTALL)
    for theme, block in zip(found, blocks, strict=True):
        found[theme] |= found["light"]  # What the dark one leaves as it is.
        for name, value in re.findall(r"--([\w-]+): (.*?);", block):
            if re.fullmatch(r"#[0-9a-f]{3}|#[0-9a-f]{6}", value):
                digits = value[1:] if len(value) == 7 else "".join(2 * one for one in value[1:])
                found[theme][name] = tuple(bytes.fromhex(digits))
            elif re.fullmatch(r"\d+ \d+ \d+|[\d.]+", value):
                found[theme][name] = tuple(float(one) for one in value.split())
    return found


INKS = [
    *((ink, ground) for ink in ("ink", "pale", "accent") for ground in ("page", "card")),
    ("on-accent", "accent"),
    ("alarm", "card"),
    ("ink", "alarm-ground"),
    ("ink", "shade"),  # The darkest cell of the heatmap.
    ("ink", "tinted"),  # The word with the strongest tint.
]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_from_its_ground(theme: str) -> None:
    of = colours()[theme]
    (most,) = of["most"]
    of["tinted"] = tuple(most * np.array(of["tint"]) + (1 - most) * np.array(of["card"]))
    found = {pair: contrast(of[pair[0]], of[pair[1]]) for pair in INKS}
    assert not {pair: value for pair, value in found.items() if value < 4.5}
    assert min(contrast(of["field"], of[ground]) for ground in ("page", "card")) >= 3.0
