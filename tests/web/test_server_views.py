"""The views of the server's page: translation, sentiment and generation."""

import random
import re
import time

import numpy as np
import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from nlp_apps.explain.words import join
from tests.web.chromium import Page, needs_chromium
from tests.web.fake_models import (
    ATTENTION,
    DEFAULTS,
    LABELS,
    PARAMETERS,
    SENTENCE,
    TRANSLATION,
)

pytestmark = needs_chromium


@pytest.mark.parametrize("task", ["translation", "sentiment"])
def test_a_text_that_is_too_long_has_a_note(server_page: Page, task: str) -> None:
    page = server_page
    page.open(page.models[task])
    page.type("an endless text")
    page.until(lambda: page.part("note").text.startswith("The text is longer than the model"))
    page.paste("tea")
    page.until(lambda: not page.part("note").text)


# Translation -------------------------------------------------------------------------------------


def test_a_translation_appears_while_typing_with_alternatives_and_time(server_page: Page) -> None:
    page = server_page
    page.open("garden")
    assert page.texts("[data-part=source], [data-part=target]") == ["German", "English"]
    page.type("tea <b>&amp;</b>")
    page.shows("TEA <B>&AMP;</B>", "[data-part=translation]")
    stats = page.part("stats").text
    assert re.fullmatch(r"50\.0% probability per token · [\d,.]+ ms", stats)
    page.until(lambda: page.texts("[data-part=list] .name") == ["TEA <B>&AMP;</B> So."])
    assert page.texts("[data-part=list] .number") == ["25.0%"]


def test_a_click_on_an_example_predicts_it(server_page: Page) -> None:
    page = server_page
    page.open("garden")
    assert page.texts(".examples button") == [
        "Ein Mann liest eine Zeitung.",
        "Zwei Hunde spielen im Schnee.",
    ]
    page.one(".examples button").click()
    page.shows("EIN MANN LIEST", "[data-part=translation]")
    assert not page.part("examples").is_displayed()
    page.part("clear").click()
    assert page.part("examples").is_displayed()
    assert not page.part("copy").is_displayed()


def test_a_list_selects_the_target_language(server_page: Page) -> None:
    page = server_page
    page.open("polyglot")
    assert page.texts("[data-part=to] option") == ["French", "German"]
    assert page.texts("[data-part=target]") == ["Translation"]
    page.type("tea")
    page.shows("TEA (fr)", "[data-part=translation]")
    Select(page.part("to")).select_by_visible_text("German")
    page.shows("TEA (de)", "[data-part=translation]")
    assert page.part("translation").get_attribute("lang") == "de"
    models = Select(page.one("#model"))
    models.select_by_value("garden")
    page.shows("TEA", "[data-part=translation]")
    assert not page.part("to").is_displayed()
    models.select_by_value("polyglot")
    page.shows("TEA (de)", "[data-part=translation]")


def test_the_heatmap_shows_weights_of_whole_words(server_page: Page) -> None:
    page = server_page
    page.open("garden")
    page.type(SENTENCE)
    page.shows(TRANSLATION, "[data-part=translation]")
    columns = {"Das": [0], "Gartenhaus": [1, 2], "kostet": [3], "5": [4], "€.": [5, 6, 7, 8, 9]}
    rows = {"The": [0], "garden": [1, 2], "house": [3], "costs": [4], "€": [5, 6, 7, 8]}
    columns["(end)"], rows["5"], rows["."], rows["(end)"] = [10], [9], [10], [11]
    assert page.texts(".heatmap thead th") == list(columns)
    assert page.texts(".heatmap tbody th") == list(rows)
    sums = np.stack([ATTENTION[:, own].sum(axis=1) for own in columns.values()], axis=1)
    expected = np.stack([sums[own].mean(axis=0) for own in rows.values()])
    tips = [cell.get_attribute("title") or "" for cell in page.all(".heatmap tbody td")]
    assert tips[1].startswith("The – Gartenhaus: ")
    found = np.array([float(tip.rsplit(": ")[-1]) for tip in tips]).reshape(expected.shape)
    np.testing.assert_allclose(found, expected, atol=6e-4)
    assert page.texts(".heatmap tbody td") == [f"{value:.2f}" for value in expected.ravel()]


def test_a_selected_word_highlights_the_words_it_attends_to(server_page: Page) -> None:
    page = server_page
    page.open("garden")
    page.type("one two three")
    page.until(lambda: page.texts("[role=option]") == ["ONE", "TWO", "THREE", "(end)"])
    page.driver.execute_script("arguments[0].focus()", page.all("[role=option]")[1])
    assert page.one(".description").text == "TWO attends to: two 100%"
    ends = page.all(".word")[3::4]
    assert [end.text for end in ends] == ["(end)", "(end)"]
    for not_copied in (page.one(".description"), *ends):
        assert not_copied.value_of_css_property("user-select") == "none"
    assert page.weights(".labelled:nth-child(2) .word") == [0, 1, 0, 0]
    assert page.texts("tr.selected th") == ["TWO"]


def test_a_translator_without_attention_shows_none(server_page: Page) -> None:
    page = server_page
    page.open("blind")
    page.type("tea")
    page.shows("TEA So.")
    assert page.texts("[data-part=source], [data-part=target]") == ["Text", "Translation"]
    assert not page.all(".heatmap")
    assert "Attention" not in page.words


def test_subwords_are_joined_to_words_as_explain_joins_them(server_page: Page) -> None:
    choose = random.Random(1)
    alphabet = ["▁", "a", "bc", "'", ".", "é", "e\u0301", "日", "\n", "5", "<0xE2>", "<0x82>"]
    alphabet += ["<0xAC>", "<0xF0>", "€", "-", "\u200d", "ا", "▁well", "known▁", "_", "<0x41>"]
    cases = [choose.choices(alphabet, k=choose.randint(0, 12)) for _ in range(400)]
    server_page.open("garden")
    found = server_page.call("shared/words.js", "join", *cases)
    for pieces, words in zip(cases, found, strict=True):
        expected = [[one.text, one.space_before, one.start, one.end] for one in join(pieces)]
        keys = ("text", "spaceBefore", "start", "end")
        assert [[word[key] for key in keys] for word in words] == expected, pieces


def test_alternatives_that_differ_in_spaces_are_merged(server_page: Page) -> None:
    page = server_page
    page.open("garden")
    page.type("no spaces")
    page.until(lambda: page.texts("[data-part=list] .name") == ["NO SPACES So."])


# Sentiment ---------------------------------------------------------------------------------------


def test_a_classification_has_bars_and_highlighted_words(server_page: Page) -> None:
    page = server_page
    page.open("reviews")
    page.type("good soup, really")
    page.shows("good", "[data-part=label]")
    assert page.texts(".bars .name") == list(LABELS)
    assert page.texts(".bars .number") == ["6.3%", "12.5%", "81.3%"]
    assert page.texts(".bars .best .name") == ["good"]
    page.until(lambda: page.texts(".word") == ["good", "soup,", "really"])
    # The weights of the subwords are 1 and 2, 3 and 4, 5 and 6 of 42.
    assert page.weights() == pytest.approx([3 / 11, 7 / 11, 1.0], abs=1e-3)
    assert page.all(".word")[1].get_attribute("title") == "received 17% of the attention"
    assert page.texts(".rows td") == ["7.1%", "16.7%", "26.2%"]


def test_all_labels_above_their_thresholds_are_shown(server_page: Page) -> None:
    page = server_page
    page.open("topics")
    page.type("good soup")
    page.shows("good, poor", "[data-part=label]")
    assert page.texts(".bars .name") == ["good", "mixed", "poor"]
    assert page.texts(".bars .best .name") == ["good", "poor"]
    assert len(page.all(".bars .with-threshold")) == 3
    page.type(" none")
    page.shows("No label reaches its threshold.", "[data-part=label]")
    assert page.texts(".bars .best .name") == []


# Generation --------------------------------------------------------------------------------------


def test_a_text_is_generated_in_steps_until_it_ends(server_page: Page) -> None:
    page = server_page
    page.open("tales")
    assert [page.one(f"#{name}").get_attribute("value") for name in PARAMETERS] == [
        str(DEFAULTS[name]) for name in PARAMETERS
    ]
    assert page.texts("output") == ["0.8", "all", "0.95", "64"]
    page.type("once")
    page.part("generate").click()
    page.shows("end of text")
    # 16, 16 and 8 tokens, each request with its own seed.
    steps = " w7" * 16 + " w8" * 16 + " w9" * 8
    assert page.part("output").text == "once" + steps
    assert page.part("stats").text.startswith("40 tokens · ")
    assert page.part("generate").text == "Generate"


def test_a_random_seed_generates_another_text_at_once(server_page: Page) -> None:
    page = server_page
    page.open("tales")
    next(button for button in page.all("button") if button.text == "Random").click()
    page.shows("end of text")
    seed = page.one("#seed").get_attribute("value")
    assert page.part("output").text.split()[0] == f"w{seed}"


def test_tokens_are_highlighted_by_their_surprisal(server_page: Page) -> None:
    page = server_page
    page.open("tales")
    page.type("one")
    page.part("generate").click()
    page.shows("end of text")
    page.part("highlight").click()
    page.shows("perplexity 12.3", "[data-part=stats]")
    words = page.all(".word")
    assert [word.text for word in words[:2]] == ["one", "w7"]
    tips = [words[0].get_attribute("title"), words[-1].get_attribute("title")]
    assert tips[0] == "0.5 nats, probability 60.7%"
    assert (words[-1].text, tips[1]) == ("€", "3.25 nats, probability 3.9%")
    assert page.weights()[-1] == pytest.approx(3.25 / 8, abs=1e-3)
    page.part("highlight").click()
    page.until(lambda: not page.all(".word"))
    assert page.part("output").text.startswith("one w7")


def test_an_interrupted_text_is_kept_and_can_be_generated_again(server_page: Page) -> None:
    page = server_page
    page.open("tales")
    page.type("one")
    page.part("generate").click()
    page.shows("end of text")
    page.part("highlight").click()
    page.shows("perplexity")
    page.type("first only")
    page.press(Keys.CONTROL, Keys.ENTER)
    page.shows("The second request failed.", "#notice")
    stats = page.part("stats").text
    assert stats.startswith("16 tokens · ")
    assert stats.endswith("s · interrupted")
    assert page.part("output").text == "first only" + " w7" * 16
    page.type("three")
    page.one("#notice button").click()
    page.shows("perplexity", "[data-part=stats]")  # Generated again, not only highlighted.
    assert " w9" in page.part("output").text
    assert page.one("#notice").text == ""


def test_clearing_the_text_clears_its_error(server_page: Page) -> None:
    page = server_page
    page.open("tales")
    page.type("first only")
    page.press(Keys.CONTROL, Keys.ENTER)
    page.shows("The second request failed.", "#notice")
    page.part("clear").click()
    page.shows("The generated text appears here.")
    assert page.one("#notice").text == ""


def test_a_seed_out_of_range_is_refused(server_page: Page) -> None:
    page = server_page
    page.open("tales")
    for seed in ("-1", str(2**31), ""):
        page.one("#seed").clear()
        page.one("#seed").send_keys(seed)
        page.part("generate").click()
        assert page.focused == "seed"
        assert page.part("generate").text == "Generate"
        assert "The generated text appears here" in page.words
    page.one("#seed").send_keys("0", Keys.ENTER)
    page.shows("w0")


def test_the_button_stops_the_generation(server_page: Page) -> None:
    page = server_page
    page.open("tales")
    page.set(top_k=5, max_tokens=512)  # so that it is slow
    page.type("once")
    page.press(Keys.CONTROL, Keys.ENTER)
    page.shows("w7")
    page.part("generate").click()
    page.shows("stopped", "[data-part=stats]")
    text = page.part("output").text
    time.sleep(0.7)
    assert page.part("output").text == text
    assert 0 < text.count("w") < 512
    assert page.part("generate").text == "Generate"


def test_escape_stops_before_the_first_token(server_page: Page) -> None:
    page = server_page
    page.open("tales")
    page.set(top_k=5, max_tokens=512)
    page.driver.execute_script(
        "document.querySelector('[data-part=generate]').click(); document.activeElement.blur()"
    )
    assert page.part("generate").text == "Stop"
    page.one("body").send_keys(Keys.ESCAPE)
    page.shows("stopped", "[data-part=stats]")
    assert not page.part("stats").text.startswith("·")
    assert page.part("generate").text == "Generate"
