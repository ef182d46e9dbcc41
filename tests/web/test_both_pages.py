"""Behavior that the server's page and the browser's page share."""

import time

import pytest
from selenium.webdriver.common.keys import Keys

from tests.web.chromium import Page, needs_chromium

# The fixtures of the browser's page train and export three models.
pytestmark = [needs_chromium, pytest.mark.timeout(600)]


def predict(page: Page, task: str, text: str) -> None:
    """Opens a model and waits for its prediction."""
    page.open(page.models[task])
    page.paste(text)
    page.part("text").send_keys(Keys.CONTROL, Keys.ENTER)
    page.until(lambda: page.all(".heatmap, .word") or "token" in page.part("stats").text)


def test_a_missing_model_in_the_address_is_reported(page: Page) -> None:
    page.open("nothere")
    page.shows("The model nothere does not exist.", "#notice")
    assert page.driver.current_url.endswith("/#model=nothere")
    assert not page.all("#panel *")
    page.one("#model option").click()  # The first model can be selected, too.
    page.until(lambda: page.all("textarea"))
    assert "nothere" not in page.driver.current_url
    assert page.one("#notice").text == ""
    page.driver.execute_script("location.hash = 'model=gone'")
    page.shows("The model gone does not exist.", "#notice")
    assert not page.all("#panel *")


# Keeps the text that a button copies.
KEEP_COPIES = """
window.copies = [];
Object.defineProperty(navigator, "clipboard", {
  value: { writeText: async (text) => void copies.push(text) },
});
"""


def test_a_prediction_is_copied_and_a_link_opens_the_page_with_the_text(page: Page) -> None:
    text = "tea & the 50% café"
    predict(page, "translation", text)
    translation = page.part("translation").text
    names = ["copy", "link"] if translation else ["link"]  # A tiny model may write nothing.
    page.driver.execute_script(KEEP_COPIES)
    for name in names:
        page.part(name).click()
        page.until(lambda: page.part(name).text == "Copied")  # noqa: B023
    *copied, link = page.driver.execute_script("return copies")
    assert copied == [translation][: len(names) - 1]
    page.driver.get("about:blank")
    page.requested_urls()  # Drops those of the page before.
    page.driver.get(link)
    page.until(lambda: page.part("text").get_attribute("value") == text)
    page.shows(translation, "[data-part=translation]")
    assert "text=" in link
    assert page.driver.current_url == link.partition("&")[0]  # The text left the address.
    assert not [url for url in page.requested_urls() if "caf" in url.partition("#")[0]]


# Presses Escape at the first progress. The page checks for a frame by this clock: a token takes
# one second, so that even a tiny model shows progress after its first token.
ESCAPE_AT_FIRST_PROGRESS = """
let now = performance.now();
performance.now = () => (now += 1000);
const [text, generate, stats] = ["text", "generate", "stats"].map(
  (part) => document.querySelector(`[data-part=${part}]`),
);
const observer = new MutationObserver(() => {
  observer.disconnect();
  delete performance.now;
  text.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
});
observer.observe(stats, { childList: true });
generate.click();
"""


def test_escape_stops_the_generation(page: Page) -> None:
    page.open(page.models["generation"])
    page.paste("the s")  # The model continues it for more than one token.
    page.set(max_tokens=512, top_k=1)
    page.driver.execute_script(ESCAPE_AT_FIRST_PROGRESS)
    page.shows("stopped", "[data-part=stats]")
    assert page.part("generate").text == "Generate"
    assert "end of text" not in page.words
    text = page.part("output").text
    time.sleep(0.7)
    assert page.part("output").text == text


def test_no_page_is_wider_than_a_phone(page: Page) -> None:
    with page.phone():
        for task in page.models:
            predict(page, task, "long" * 40 + " and many short words" * 5)
            for summary in page.all("summary"):
                summary.click()
            assert not page.scrolls_sideways(), task


def test_all_requests_go_to_the_server_of_the_page(page: Page) -> None:
    page.driver.get("about:blank")
    page.requested_urls()  # Drops those of earlier tests.
    for task in page.models:
        predict(page, task, "tea")
    urls = page.requested_urls()
    server = page.web.split("/web")[0].removesuffix("/device")
    remote = [url for url in urls if url.startswith(("http", "ws"))]
    assert len(remote) > 20
    assert not [url for url in remote if not url.startswith(f"{server}/")]
