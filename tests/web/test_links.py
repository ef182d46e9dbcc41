"""Links of the server's page: the inputs of the sender, and the glossary of the reader."""

from urllib.parse import quote, urlencode

import pytest

from tests.web.chromium import Page, needs_chromium
from tests.web.test_both_pages import KEEP_COPIES
from tests.web.test_glossary_field import write

pytestmark = needs_chromium


def copied_link(page: Page) -> str:
    """Returns the link that the button copies."""
    page.driver.execute_script(KEEP_COPIES)
    page.part("link").click()
    page.until(lambda: page.part("link").text == "Copied")
    (link,) = page.driver.execute_script("return copies")
    return str(link)


def test_a_link_has_the_target_language(server_page: Page) -> None:
    page = server_page
    page.open("polyglot")
    page.part("to").find_element("css selector", "[value=de]").click()
    page.type("tea")
    page.shows("TEA (de)", "[data-part=translation]")
    link = copied_link(page)
    page.driver.get("about:blank")
    page.driver.get(link)
    page.shows("TEA (de)", "[data-part=translation]")
    assert page.part("to").get_attribute("value") == "de"


def test_a_link_has_the_parameters_of_a_generated_text(server_page: Page) -> None:
    page = server_page
    page.open("tales")
    page.type("once")
    page.set(temperature=1.5, top_k=3, top_p=0.5, max_tokens=2, seed=11)
    page.part("generate").click()
    page.shows("once w11 w11", "[data-part=output]")
    link = copied_link(page)
    page.driver.get("about:blank")
    page.driver.get(link)
    page.until(lambda: page.part("text").get_attribute("value") == "once")
    found = {
        name: page.one(f"#{name}").get_attribute("value")
        for name in ("temperature", "top_k", "top_p", "max_tokens", "seed")
    }
    assert found == {
        "temperature": "1.5",
        "top_k": "3",
        "top_p": "0.5",
        "max_tokens": "2",
        "seed": "11",
    }
    assert page.one("output[for=top_k]").text == "3"
    page.part("generate").click()
    page.shows("once w11 w11", "[data-part=output]")


def test_parameters_of_a_link_that_are_no_numbers_are_ignored(server_page: Page) -> None:
    page = server_page
    page.open("tales")
    open_link(page, "tales", text="once", temperature="warm", top_p="", seed="1e999", top_k="0x5")
    names = ("temperature", "top_p", "seed", "top_k")
    found = [page.one(f"#{one}").get_attribute("value") for one in names]
    assert found == ["0.8", "0.95", "7", "5"]  # Of 0x5 as it is written, the slider makes 50.


def open_link(page: Page, model: str, **inputs: str) -> None:
    """Opens a link in the same tab, as a paste into the address bar does."""
    query = urlencode({"model": model, **inputs}, quote_via=quote)
    page.driver.execute_script("location.hash = arguments[0]", query)
    page.until(lambda: page.part("text").get_attribute("value") == inputs["text"])


@pytest.mark.parametrize("linked", ["", "red = rouge"])
def test_a_link_shows_the_translation_of_its_sender_and_keeps_the_glossary_of_the_reader(
    server_page: Page, linked: str
) -> None:
    page, own = server_page, "wine = vin"
    page.open("garden")
    write(page, own)
    page.type("wine")
    page.shows("vin", "[data-part=translation]")
    glossary = {"glossary": linked} if linked else {}
    open_link(page, "garden", text="red wine", **glossary)
    sent = "rouge WINE" if linked else "RED WINE"
    page.shows(sent, "[data-part=translation]")
    assert page.part("terms").get_attribute("value") == linked
    reason = "part of the link" if linked else "The link has no glossary"
    assert reason in page.part("ownGlossary").text
    open_link(page, "garden", text="a red wine", glossary="a = un")  # The own glossary stays.
    page.shows("un RED WINE", "[data-part=translation]")
    page.part("useOwn").click()
    page.shows("A RED vin", "[data-part=translation]")
    assert page.part("terms").get_attribute("value") == own
    assert not page.part("ownGlossary").is_displayed()


def test_an_edited_glossary_of_a_link_is_that_of_the_reader(server_page: Page) -> None:
    page = server_page
    page.open("garden")
    open_link(page, "garden", text="wine", glossary="wine = vin")
    page.shows("vin", "[data-part=translation]")
    assert not page.part("ownGlossary").is_displayed()  # The reader had none.
    write(page, "wine = Wein")
    page.shows("Wein", "[data-part=translation]")
    open_link(page, "garden", text="red wine")
    page.shows("RED WINE", "[data-part=translation]")
    page.part("useOwn").click()
    page.shows("RED Wein", "[data-part=translation]")


def test_no_order_of_links_and_edits_loses_a_glossary_of_the_reader(server_page: Page) -> None:
    page, own = server_page, "wine = vin"
    page.open("garden")
    write(page, own)
    open_link(page, "garden", text="a wine", glossary=own)  # A link that the reader has made.
    assert not page.part("ownGlossary").is_displayed()
    open_link(page, "garden", text="a red wine")
    assert page.part("ownGlossary").is_displayed()
    open_link(page, "garden", text="red wine", glossary="red = rouge")
    write(page, "red = rot")  # From here it is the reader's, too.
    assert "Another glossary of yours" in page.part("ownGlossary").text
    open_link(page, "garden", text="red red wine", glossary="a = un")
    found = []
    for _ in range(3):
        page.part("useOwn").click()
        found.append(page.part("terms").get_attribute("value"))
    assert found == ["red = rot", own, "red = rot"]
