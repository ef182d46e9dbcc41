"""The field for a glossary of both pages: its lines, its problems, and the link."""

import json
from pathlib import Path

import pytest
from selenium.webdriver.support.select import Select

from nlp_apps.server.web_pages import WEB
from tests.web.chromium import Page, needs_chromium
from tests.web.fake_models import SENTENCE
from tests.web.lite_models import python_predictions
from tests.web.node import needs_node, node

WRONG = (
    "write a term, one separator (a tab, =>, -> or =) and its translation. In a line with a tab, "
    "the others are part of the text."
)


def write(page: Page, lines: str) -> None:
    """Opens the field and replaces its text."""
    if not page.part("terms").is_displayed():
        page.one(".glossary summary").click()
    script = """
      const field = document.querySelector("[data-part=terms]");
      field.value = arguments[0];
      field.dispatchEvent(new Event("input"));
    """
    page.driver.execute_script(script, lines)


# Lines -------------------------------------------------------------------------------------------


@needs_node
@pytest.mark.parametrize(
    ("text", "lines", "problems"),
    [
        ("", "", []),
        ("sun\tSonne\n\n# a = b\r\nold sea=Meer", "sun\tSonne\nold sea\tMeer", []),
        (" #1 = Nr. 1", "#1\tNr. 1", []),
        ("sun => Sonne\nsea -> Meer", "sun\tSonne\nsea\tMeer", []),
        ("x = a->b", "", [(1, WRONG)]),
        ("a = b\tc", "a = b\tc", []),  # With a tab, = is part of a term.
        ("sun Sonne\nsea = Meer\na = b = c", "sea\tMeer", [(1, WRONG), (3, WRONG)]),
        ("sun\tSonne\tSol", "", [(1, WRONG)]),
        (" = Meer\nsea =", "", [(1, "must not be empty"), (2, "must not be empty")]),
        (f"sea = {'x' * 201}", "", [(1, "at most 200 characters")]),
        ("sun = a\nsun = a\nsun=b", "sun\ta\nsun\ta", [(3, "another translation in line 1.")]),
    ],
)
def test_lines_are_read_and_wrong_ones_are_named(
    text: str, lines: str, problems: list[tuple[int, str]]
) -> None:
    script = """
      const { readLines } = await import(process.argv[1] + "/shared/glossary-lines.js");
      console.log(JSON.stringify(readLines(process.argv[2])));
    """
    found = json.loads(node(script, WEB.as_uri(), text))
    assert found["lines"] == lines
    assert found["size"] == len(set(lines.splitlines()))
    assert [one["line"] for one in found["problems"]] == [line for line, _ in problems]
    for one, (_, problem) in zip(found["problems"], problems, strict=True):
        assert problem in one["problem"]


# Both pages --------------------------------------------------------------------------------------


@needs_chromium
def test_the_server_translates_with_the_glossary(server_page: Page) -> None:
    page = server_page
    page.open("garden")
    assert page.one(".glossary").get_attribute("open") is None
    page.type("red wine")
    page.shows("RED WINE", "[data-part=translation]")
    write(page, "wine = vin rouge")
    page.shows("RED vin rouge", "[data-part=translation]")
    assert page.one(".glossary summary").text == "Glossary · 1 term"
    # The server aligns without a glossary.
    page.until(lambda: not page.part("attention").is_displayed())
    write(page, "wine = vin\nred")
    page.until(lambda: page.texts("[data-part=problems] li") == [f"Line 2: {WRONG}"])
    page.shows("RED vin", "[data-part=translation]")
    write(page, "tea\tthé")
    page.until(lambda: page.texts("[data-part=problems] li") == [])
    page.displays(".heatmap")
    write(page, "# none")
    page.until(lambda: page.one(".glossary summary").text == "Glossary")
    page.shows("RED WINE", "[data-part=translation]")


@needs_chromium
def test_the_glossary_stays_when_another_model_is_selected(server_page: Page) -> None:
    page = server_page
    page.open("garden")
    write(page, "wine = vin")
    page.type("wine")
    page.shows("vin", "[data-part=translation]")
    models = Select(page.one("#model"))
    models.select_by_value("blind")  # It has no signature `constrained`.
    page.shows("WINE", "[data-part=translation]")
    assert not page.one(".glossary").is_displayed()
    models.select_by_value("garden")
    page.shows("vin", "[data-part=translation]")
    assert page.part("terms").is_displayed()


@needs_chromium
@pytest.mark.parametrize(("length", "is_linked"), [(12, True), (3000, False)])
def test_a_short_glossary_is_part_of_the_link(
    server_page: Page, length: int, is_linked: bool
) -> None:
    page, lines = server_page, "wine = vin\n# " + "x" * (length - 12)
    page.open("garden")
    write(page, lines)
    page.type("a & wine")
    page.shows("A & vin", "[data-part=translation]")
    script = "window.copies = []; Object.defineProperty(navigator, 'clipboard', {value: "
    script += "{writeText: async (text) => void copies.push(text)}})"
    page.driver.execute_script(script)
    page.part("link").click()
    lacks = "" if is_linked else " without the long glossary"
    page.until(lambda: page.part("link").text == "Copied" + lacks)
    (link,) = page.driver.execute_script("return copies")
    page.driver.get("about:blank")
    page.driver.get(link)
    page.shows("A & vin" if is_linked else "A & WINE", "[data-part=translation]")
    assert page.part("terms").get_attribute("value") == (lines if is_linked else "")
    assert page.driver.current_url == link.partition("&")[0]


@needs_chromium
def test_many_wrong_lines_are_counted(server_page: Page) -> None:
    page = server_page
    page.open("garden")
    write(page, "one\ntwo\nthree\nfour\nfive")
    page.until(lambda: page.all("[data-part=problems] li"))
    found = page.texts("[data-part=problems] li")
    assert [one.partition(":")[0] for one in found] == [
        "Line 1",
        "Line 2",
        "Line 3",
        "2 other lines cannot be read either.",
    ]


@needs_chromium
def test_an_input_that_a_signature_lacks_is_not_sent(server_page: Page) -> None:
    page = server_page
    page.open("garden")
    write(page, "wine = vin")
    page.type(SENTENCE)  # `align` would reject the input `glossary`.
    page.until(lambda: page.all(".heatmap"))
    assert page.one("#notice").text == ""


@needs_chromium
@pytest.mark.timeout(600)
def test_the_browser_translates_with_the_glossary(browser_page: Page, lite_models: Path) -> None:
    page, text = browser_page, "the old house and the sea"
    page.open(page.models["translation"])
    page.paste(text)
    ((plain, *_),) = python_predictions(lite_models, "translation", text)
    page.until(lambda: page.texts("[data-part=translation]") == [plain])
    write(page, "sea = Zzyx")
    page.until(lambda: "Zzyx" in page.texts("[data-part=translation]")[0])
    page.until(lambda: not page.part("attention").is_displayed())
    write(page, "river = Zzyx")
    page.until(lambda: page.texts("[data-part=translation]") == [plain])
    page.displays(".heatmap")
    assert page.one("#notice").text == ""


# Names of models ---------------------------------------------------------------------------------


@needs_node
def test_names_of_many_models_take_linear_time() -> None:
    script = """
      const { withNames } = await import(process.argv[1] + "/shared/file-names.js");
      let reads = 0;
      const model = (path) => ({ get file() { reads += 1; return path; } });
      const paths = ["a/x.tflite", "b/x.tflite", "c/y.tflite"];
      for (let index = 0; index < 500; index += 1) paths.push(`z/${index}.tflite`);
      const found = withNames(paths.map(model));
      const names = found.slice(0, 3).map(({ name }) => name);
      console.log(JSON.stringify([names, reads / paths.length]));
    """
    names, reads = json.loads(node(script, WEB.as_uri()))
    assert names == ["a/x.tflite", "b/x.tflite", "y"]
    assert reads < 5
