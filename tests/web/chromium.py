"""Headless Chromium for the tests of the pages, and the page in one of its tabs."""

import contextlib
import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
CHROMEDRIVER = shutil.which("chromedriver")
TIMEOUT = 60.0  # seconds; other work may share the processor

needs_chromium = pytest.mark.skipif(
    not (CHROMIUM and CHROMEDRIVER),
    reason="chromium or chromedriver is missing: apt-get install chromium chromium-driver",
)


@contextlib.contextmanager
def chromium(profile: Path) -> Iterator[webdriver.Chrome]:
    """Starts Chromium with a folder for its profile."""
    assert CHROMIUM
    options = Options()
    options.binary_location = CHROMIUM
    for flag in (
        "--headless",
        "--no-sandbox",  # Chromium needs this flag to run as root.
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--lang=en",
        "--window-size=1200,900",
        f"--user-data-dir={profile}",
    ):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(CHROMEDRIVER))
    driver.set_script_timeout(TIMEOUT)
    try:
        yield driver
    finally:
        driver.quit()


class Page:
    """A page in a tab of Chromium.

    Args:
        driver: Chromium.
        address: The page's URL without the fragment.
        models: Maps tasks to the models of the page's list.
        web: URL of the folder `web`.
    """

    def __init__(
        self, driver: webdriver.Chrome, address: str, models: dict[str, str], web: str
    ) -> None:
        self.driver = driver
        self.address = address
        self.models = models
        self.web = web

    def open(self, model: str = "", address: str = "") -> None:
        """Opens the page with a model in its address."""
        self.driver.get("about:blank")
        self.driver.get((address or self.address) + (f"#model={model}" if model else ""))
        self.until(lambda: self.all("#panel textarea, #panel .card:not(.loading), #notice p"))

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def part(self, name: str) -> WebElement:
        return self.one(f"[data-part={name}]")

    def texts(self, selector: str) -> list[str]:
        """Returns the texts of elements, hidden ones too."""
        script = "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)"
        found: list[str] = self.driver.execute_script(script, selector)
        return found

    def weights(self, selector: str = ".word") -> list[float]:
        """Returns the strengths of the highlights of words, from 0 to 1."""
        script = """
          const words = [...document.querySelectorAll(arguments[0])];
          return words.map((word) => Number(getComputedStyle(word).getPropertyValue("--weight")));
        """
        found: list[float] = self.driver.execute_script(script, selector)
        return found

    def type(self, text: str) -> None:
        """Replaces the text of the field by typing."""
        field = self.one("#text")
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(text)

    def paste(self, text: str) -> None:
        """Replaces the text of the field at once, with characters that no key types."""
        script = """
          const field = document.querySelector("#text");
          field.value = JSON.parse(arguments[0]);
          field.dispatchEvent(new Event("input"));
        """
        self.driver.execute_script(script, json.dumps(text))

    def set(self, **values: float) -> None:
        """Sets generation parameters."""
        script = "for (const [id, value] of arguments[0]) document.getElementById(id).value = value"
        self.driver.execute_script(script, list(values.items()))

    def press(self, *keys: str) -> None:
        """Presses keys on the focused element."""
        self.driver.switch_to.active_element.send_keys(*keys)

    @property
    def focused(self) -> str:
        """Id of the focused element, or its text."""
        script = "const e = document.activeElement; return e.id || e.textContent"
        return str(self.driver.execute_script(script))

    def until(self, holds: Callable[[], Any]) -> Any:
        """Waits until a condition holds; returns its value."""
        end = time.monotonic() + TIMEOUT
        while True:
            with contextlib.suppress(WebDriverException):  # Missing, or removed meanwhile.
                found = holds()
                if found:
                    return found
            if time.monotonic() > end:
                raise AssertionError(f"timeout after {TIMEOUT} s; the page shows: {self.words}")
            time.sleep(0.03)

    def shows(self, text: str, selector: str = "main") -> None:
        """Waits until a text is visible."""
        self.until(lambda: text in self.one(selector).text)

    def displays(self, selector: str) -> None:
        """Waits until an element is visible."""
        self.until(lambda: self.one(selector).is_displayed())

    @property
    def words(self) -> str:
        return self.one("main").text

    @contextlib.contextmanager
    def phone(self) -> Iterator[None]:
        """A window as narrow as a phone."""
        size = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        try:
            yield
        finally:
            self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    @contextlib.contextmanager
    def script_first(self, source: str) -> Iterator[None]:
        """Runs a script in every document before its own scripts."""
        script = self.driver.execute_cdp_cmd(
            "Page.addScriptToEvaluateOnNewDocument", {"source": source}
        )
        try:
            yield
        finally:
            self.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)

    def scrolls_sideways(self, selector: str = ":root") -> bool:
        script = """
          const element = document.querySelector(arguments[0]);
          return element.scrollWidth > element.clientWidth;
        """
        return bool(self.driver.execute_script(script, selector))

    def requested_urls(self) -> list[str]:
        """Returns the URLs requested since the last call."""
        entries = [
            json.loads(one["message"])["message"] for one in self.driver.get_log("performance")
        ]
        return [
            entry["params"]["request"]["url"]
            for entry in entries
            if entry["method"] == "Network.requestWillBeSent"
        ]

    def call(self, module: str, function: str, *values: Any) -> Any:
        """Calls a function of a module of the folder `web`, once for each value."""
        script = """
          const [url, name, values, done] = arguments;
          import(url).then((module) => done(values.map((value) => module[name](value))));
        """
        url = f"{self.web}/{module}"
        return self.driver.execute_async_script(script, url, function, values)
