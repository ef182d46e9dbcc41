"""The server's page around its views: keyboard, address, errors, states of models."""

import time
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from tests import toy_server
from tests.web.chromium import Page, needs_chromium
from tests.web.fake_models import serve

pytestmark = needs_chromium

# Use ---------------------------------------------------------------------------------------------


def test_the_keyboard_is_enough(server_page: Page) -> None:
    page = server_page
    page.open("garden")
    page.press(Keys.TAB)
    assert page.focused == "model"
    page.press("r")  # The first model with this letter.
    page.shows("Prediction")
    page.press(Keys.TAB)
    assert page.focused == "text"
    page.press("good soup tea")
    page.press(Keys.CONTROL, Keys.ENTER)
    # Slow typing has predictions in between. Each replaces the words of the previous one.
    page.until(
        lambda: (
            page.texts(".word") == ["good", "soup", "tea"]
            and page.part("prediction").get_attribute("aria-busy") == "false"
        )
    )
    page.press(Keys.TAB)
    assert page.focused == "Copy"
    page.press(Keys.TAB, Keys.TAB)  # after "Copy link"
    assert page.focused == "good"
    page.press(Keys.ARROW_RIGHT)
    assert page.one(".description").text.startswith("soup received ")
    page.press(Keys.END)
    assert page.one(".description").text.startswith("tea received ")
    page.press(Keys.HOME, Keys.ARROW_LEFT)
    assert page.focused == "good"
    assert page.driver.switch_to.active_element.value_of_css_property("outline-style") == "solid"


def test_arrow_keys_follow_the_direction_of_the_text(server_page: Page) -> None:
    page = server_page
    page.open("garden")
    page.type("בית קטן")
    page.until(lambda: page.texts("[role=option]") == ["בית", "קטן", "(end)"])
    assert page.part("translation").value_of_css_property("direction") == "rtl"
    page.driver.execute_script("arguments[0].focus()", page.all("[role=option]")[0])
    page.press(Keys.ARROW_LEFT)
    assert page.focused == "קטן"


def test_the_address_keeps_the_model_and_each_task_keeps_its_text(server_page: Page) -> None:
    page = server_page
    page.open("blind")
    page.type("tea")
    page.shows("TEA")
    for name, heading in (("reviews", "Prediction"), ("garden", "English")):
        page.one(f"#model option[value={name}]").click()
        page.shows(heading)
        assert page.driver.current_url == f"{page.address}#model={name}"
    page.shows("TEA", "[data-part=translation]")
    page.driver.refresh()
    page.shows("English")
    assert page.one("#model").get_attribute("value") == "garden"
    assert page.texts("optgroup[label=Translation] option") == ["blind", "garden", "polyglot"]


def test_each_page_lists_the_models_of_the_other(server_page: Page) -> None:
    page = server_page
    page.open("blind")
    in_browser = "optgroup[label='In this browser'] option"
    page.until(lambda: "sentiment-opinions" in page.texts(in_browser))
    page.all(in_browser)[0].click()
    page.until(lambda: "/device/web/browser_page/#model=" in page.driver.current_url)
    on_server = "optgroup[label='On the server'] option"
    page.until(lambda: {"blind", "reviews"} <= set(page.texts(on_server)))
    page.one(f"{on_server}[data-address$='=blind']").click()
    page.until(lambda: page.driver.current_url == f"{page.address}#model=blind")
    page.shows("Translation")
    page.driver.back()
    page.until(lambda: "/device/" in page.driver.current_url)


def test_a_wide_heatmap_scrolls_inside_its_box(server_page: Page) -> None:
    page = server_page
    with page.phone():
        page.open("garden")
        page.type("many short words " * 5)
        page.displays(".heatmap")
        assert page.scrolls_sideways(".scroll")


def test_the_console_stays_empty(server_page: Page) -> None:
    page = server_page
    page.driver.get("about:blank")
    page.driver.get_log("browser")  # Drops the entries of earlier tests.
    for model, selector in (("garden", ".heatmap"), ("reviews", ".word"), ("tales", "#highlight")):
        page.open(model)
        page.type("tea")
        page.press(Keys.CONTROL, Keys.ENTER)
        page.displays(selector)
    page.driver.get(f"{page.address}docs")
    assert page.driver.get_log("browser") == []


# Errors ------------------------------------------------------------------------------------------


def test_an_error_of_the_server_is_shown_until_the_next_prediction(server_page: Page) -> None:
    page = server_page
    page.open("garden")
    page.type("tea")
    page.shows("TEA", "[data-part=translation]")
    page.type("refuse")
    page.shows("returned an error: The model refuses these inputs.", "#notice")
    assert "TEA" not in page.words
    page.type("soup")
    page.shows("SOUP", "[data-part=translation]")
    assert page.one("#notice").text == ""
    page.type("")
    page.press(Keys.BACKSPACE)
    page.shows("The translation appears here as you type.")


@pytest.mark.parametrize(
    ("model", "prediction", "more"),
    [
        ("garden", "FIRST ONLY", "[data-part=attention]"),
        ("reviews", "good", "[data-part=attention]"),
    ],
)
def test_a_prediction_stays_if_the_second_request_fails(
    server_page: Page, model: str, prediction: str, more: str
) -> None:
    page = server_page
    page.open(model)
    page.type("tea")
    page.displays(more)
    page.type("first only")
    page.shows("The second request failed.", "#notice")
    assert prediction in page.part("prediction").text
    assert not page.one(more).is_displayed()
    page.driver.execute_script("document.querySelector('#notice button').focus()")
    page.press(Keys.ENTER)
    assert page.focused == "text"
    page.shows("The second request failed.", "#notice")
    page.type("soup")
    page.displays(more)
    assert page.one("#notice").text == ""


# The response to "early" ignores its abort, and arrives after the response to the next text.
LATE = """
const real = window.fetch;
window.fetch = async (path, options) => {
  const response = await real(path, { ...options, signal: undefined });
  if (options?.body?.includes("early")) {
    while (!window.mayArrive) await new Promise((resolve) => setTimeout(resolve, 20));
    window.hasArrived = true;
  }
  return response;
};
"""


def test_a_late_response_does_not_replace_a_newer_one(server_page: Page) -> None:
    page = server_page
    with page.script_first(LATE):
        page.open("garden")
        page.type("early")
        page.press(Keys.CONTROL, Keys.ENTER)
        page.until(lambda: page.part("prediction").get_attribute("aria-busy") == "true")
        page.type("newer")
        page.press(Keys.CONTROL, Keys.ENTER)
        page.shows("NEWER", "[data-part=translation]")
        page.driver.execute_script("window.mayArrive = true")
        page.until(lambda: page.driver.execute_script("return window.hasArrived"))
        time.sleep(0.1)
        assert page.part("translation").text == "NEWER"


def test_a_stopped_server_is_reported_and_can_be_tried_again(server_page: Page) -> None:
    page = server_page
    page.open("garden")
    conditions = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    page.driver.execute_cdp_cmd("Network.enable", {})
    page.driver.execute_cdp_cmd("Network.emulateNetworkConditions", conditions | {"offline": True})
    try:
        page.type("tea")
        page.shows("The server does not respond.", "#notice")
    finally:
        page.driver.execute_cdp_cmd(
            "Network.emulateNetworkConditions", conditions | {"offline": False}
        )
    page.one("#notice button").click()
    page.shows("TEA", "[data-part=translation]")


def test_the_token_is_requested_and_kept_for_the_tab(server_page: Page, tmp_path: Path) -> None:
    page = server_page
    with serve(tmp_path, "garden", token="open-sesame") as (address, _):
        page.open(address=address)
        page.shows("The server requires a token")
        page.press("wrong", Keys.ENTER)
        page.shows("The server rejected this token.", "#notice")
        page.press("open-sesame", Keys.ENTER)
        page.shows("English")
        page.open(address=address)
        page.type("tea")
        page.shows("TEA")


# States of models --------------------------------------------------------------------------------


def test_without_models_the_page_shows_the_command_and_waits_for_one(
    server_page: Page, tmp_path: Path
) -> None:
    page = server_page
    with serve(tmp_path) as (address, toy):
        page.open(address=address)
        page.shows("nlp-apps translation export RUN")
        assert not page.one("#model").is_displayed()
        toy_server.fake_folder(tmp_path / "garden", "1")
        toy.registry.rescan()
        page.shows("English")


LOADING = """
const real = window.fetch;
window.fetch = async (path, options) => {
  const response = await real(path, options);
  if (path !== "v1/models" || window.isLoaded) return response;
  const { models } = await response.json();
  models.find((model) => model.name === "reviews").state = "LOADING";
  return new Response(JSON.stringify({ models }));
};
"""


def test_the_page_waits_for_a_loading_model_in_the_address(server_page: Page) -> None:
    page = server_page
    with page.script_first(LOADING):
        page.open("reviews")
        page.shows("This model is loading")
        assert page.driver.current_url.endswith("/#model=reviews")
        page.driver.execute_script("window.isLoaded = true")
        page.shows("Prediction")
        assert page.driver.current_url.endswith("/#model=reviews")


def test_a_model_without_a_task_gets_an_explanation(server_page: Page) -> None:
    server_page.open("unknown")
    server_page.shows("No view for this model")
    with server_page.phone():
        assert not server_page.scrolls_sideways()
