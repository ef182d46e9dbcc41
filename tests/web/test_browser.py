"""The page that runs .tflite files in the browser: headless Chromium, tiny trained models."""

import contextlib
import functools
import http.server
import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from selenium import webdriver
from selenium.webdriver.common.keys import Keys

from nlp_apps import sentiment
from nlp_apps.export.graph_text.graph_html import ENTITIES, clean_html
from nlp_apps.export.tflite import tflite_writer
from nlp_apps.litert import model_index
from nlp_apps.server import web_pages
from tests import toy_server
from tests.commands import run
from tests.export.graph_text.test_graph_html import RAW
from tests.tiny_models import Made
from tests.web.test_server_page import Page, driver, needs_chromium

__all__ = ["driver"]  # a fixture

# Three models are trained and exported before the first answer.
pytestmark = pytest.mark.timeout(600)

TASKS = ("translation", "sentiment", "generation")
SEED, MAX_TOKENS = 7, 30
TEXTS = [
    "the old house",
    "tea and the sea \U0001f634 sleeps",
    "  two   blanks ",
    "",
    " \n\t ",
    "x" * 40,
    "Ünïcode → 日本語",
    "lone \ud83d surrogates \udc00",
    "the green house sleeps " * 60,  # more than there is room for
]

# What Python says, in a process without TensorFlow.
ANSWERS = """
import json, sys
from pathlib import Path
task, path, texts, seed, max_tokens = json.load(sys.stdin)
path, found = Path(path), []
for text in texts:
    if task == "translation":
        from nlp_apps.litert.lite_translator import LiteTranslator
        (one,) = LiteTranslator(path).translate([text])
        found.append([one.text, one.score, one.alternatives])
    elif task == "sentiment":
        from nlp_apps.litert.lite_classifier import LiteClassifier
        (one,) = LiteClassifier(path).classify([text])
        found.append([one.label, list(one.probabilities.values())])
    else:
        from nlp_apps.decoding.sampling_config import SamplingConfig
        from nlp_apps.litert.lite_generator import LiteGenerator
        writer = LiteGenerator(path)
        names = "temperature", "top_k", "top_p", "repetition_penalty", "no_repeat_ngram_size"
        how = SamplingConfig(**{name: writer.model.metadata["decoding"][name] for name in names})
        ((one,),) = writer.generate([text], how, max_tokens=max_tokens, seed=seed)
        (scored,) = writer.surprisals([text])
        found.append([one.continuation, one.num_tokens, one.log_probability, scored.nats.tolist()])
print(json.dumps(found))
"""

# The same of a page's host.
HOST = """
const [place, texts, seed, max_tokens, done] = arguments;
const ask = {
  translation: async (host, text) => {
    const { text: best, score, alternatives } = await host.translate(text);
    return [best, score, alternatives.map((one) => [one.text, one.score])];
  },
  sentiment: async (host, text) => {
    const { label, probabilities } = await host.classify(text);
    return [label, probabilities];
  },
  generation: async (host, text) => {
    const how = { ...host.model.card.decoding, max_tokens, seed };
    let last;
    for await (last of host.write(text, how));
    const { nats } = await host.surprisals(text);
    return [last.continuation, last.tokens, last.logProbability, nats];
  },
};
(async () => {
  const host = await open(place);
  const found = [];
  for (const text of JSON.parse(texts)) found.push(await ask[host.model.card.task](host, text));
  return JSON.stringify(found);
})().then(done, (error) => done(String(error)));
"""

OPEN = """
async function open(place) {
  const at = (path) => new URL(path, location.href);
  const { loadRuntime } = await import(at("../litert/runtime.js"));
  const { openHost } = await import(at("../litert/predictor.js"));
  const response = await fetch(at(place));
  return openHost(await loadRuntime(), new Uint8Array(await response.arrayBuffer()));
}
"""

VECTORS = """
const [place, vectors, done] = arguments;
(async () => {
  const { checkVectors } = await import(new URL("../litert/golden.js", location.href));
  return checkVectors((await open(place)).model, JSON.parse(vectors));
})().then(done, (error) => done(String(error)));
"""


# Models and servers ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where LiteRT.js is: beside the page, or where npm puts it now."""
    beside = web_pages.WEB / "node_modules"
    if (beside / "@litertjs" / "core").is_dir():
        return beside
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("LiteRT.js is missing: npm install --prefix nlp_apps/web")
    folder = tmp_path_factory.mktemp("npm")
    shutil.copy(web_pages.WEB / "package.json", folder)
    words = ["install", "--no-audit", "--no-fund", "--fetch-retries=0", "--prefix", str(folder)]
    try:
        done = subprocess.run(
            [npm, *words], capture_output=True, text=True, timeout=120, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip("npm did not bring LiteRT.js within 120 s")
    if done.returncode:
        pytest.skip(f"npm cannot bring LiteRT.js: {done.stderr.strip().splitlines()[-1]}")
    return folder / "node_modules"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory, tiny_run: Made, tiny_lite: Made) -> Path:
    """A folder of tiny models, TASK/TASK.tflite; the classifier's weights are rounded."""
    folder = tmp_path_factory.mktemp("models")
    for task in ("translation", "generation"):
        shutil.copytree(tiny_lite(task).parent, folder / task)
        (folder / task / "tiny.tflite").rename(folder / task / f"{task}.tflite")
    with pytest.MonkeyPatch.context() as patch:
        # Whether a file answers as its run does is a question of test_tflite.py.
        quality = {"name": "quality", "model": 0.0, "tflite": 0.0}
        report = {"tflite": {"checks": {}, "quality": quality}}
        patch.setattr(tflite_writer, "prove", lambda *_: report)
        words = ["--format", "tflite", "--quantize", "dynamic", "--to", folder / "sentiment"]
        done = run(sentiment.APP, ["export", tiny_run("sentiment"), *words])
    assert done.code == 0, done.err
    return folder


@contextlib.contextmanager
def serve(folder: Path, **settings: Any) -> Iterator[str]:
    """The address of our server of a folder's .tflite files."""
    with toy_server.serving(folder, **settings) as toy, toy_server.listening(toy.app) as address:
        yield address


@pytest.fixture(scope="module")
def address(models: Path, node_modules: Path) -> Iterator[str]:
    with serve(models, node_modules=node_modules) as address:
        yield address


class DevicePage(Page):
    """The page, in a tab of Chromium."""

    def open(self, model: str = "", address: str = "") -> None:
        """Opens it with the model of a task, and waits until there is something to use."""
        place = f"{model}/{model}.tflite" if model else ""
        super().open(place, f"{address or self.address}/device/web/browser_page")
        self.until(lambda: self.all("textarea, .card:not(.arriving)"))

    def put(self, text: str) -> None:
        """Puts a text into the field, as a paste does."""
        script = """
          const field = document.querySelector("#text");
          field.value = JSON.parse(arguments[0]);
          field.dispatchEvent(new Event("input"));
        """
        self.driver.execute_script(script, json.dumps(text))

    def asked(self, script: str, *values: Any) -> Any:
        return self.driver.execute_async_script(OPEN + script, *values)


@pytest.fixture
def page(driver: webdriver.Chrome, address: str) -> DevicePage:  # noqa: F811
    driver.set_script_timeout(60)
    return DevicePage(driver, address)


@functools.cache
def python_says(task: str, path: Path, texts: tuple[str, ...]) -> list[Any]:
    """Python's answers on the same file."""
    asked = json.dumps([task, str(path), texts, SEED, MAX_TOKENS])
    done = subprocess.run(
        [sys.executable, "-c", ANSWERS], input=asked, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: list[Any] = json.loads(done.stdout)
    return found


def near(value: Any) -> Any:
    """Texts as they are, figures as near as float32 computed elsewhere."""
    if isinstance(value, list):
        return [near(one) for one in value]
    return pytest.approx(value, abs=2e-3, rel=2e-3) if isinstance(value, float) else value


# Answers -----------------------------------------------------------------------------------------


@needs_chromium
@pytest.mark.parametrize("task", TASKS)
def test_the_host_answers_as_pythons_does(page: DevicePage, models: Path, task: str) -> None:
    page.open(task)
    place = f"../../{task}/{task}.tflite"
    found = json.loads(page.asked(HOST, place, json.dumps(TEXTS), SEED, MAX_TOKENS))
    wanted = python_says(task, models / task / f"{task}.tflite", tuple(TEXTS))
    for text, one, other in zip(TEXTS, found, wanted, strict=True):
        assert one == near(other), ascii(text)


@needs_chromium
@pytest.mark.parametrize("task", TASKS)
def test_vectors_pass_and_a_changed_value_does_not(
    page: DevicePage, models: Path, task: str
) -> None:
    page.open(task)
    vectors = json.loads((models / task / "golden.json").read_text("utf-8"))
    place = f"../../{task}/{task}.tflite"
    steps = sum(len(case["steps"]) for case in vectors["cases"])
    assert page.asked(VECTORS, place, json.dumps(vectors)) == {"steps": steps, "wrong": []}
    step = vectors["cases"][0]["steps"][-1]
    output = next(name for name, told in step["outputs"].items() if told.get("values"))
    step["outputs"][output]["values"][0] += 1
    found = page.asked(VECTORS, place, json.dumps(vectors))
    assert [(one["signature"], one["output"]) for one in found["wrong"]] == [
        (step["signature"], output)
    ]


@needs_chromium
def test_a_translation_has_its_others_its_attention_and_its_time(
    page: DevicePage, models: Path
) -> None:
    text = "the old house and the sea"
    page.open("translation")
    page.put(text)
    page.until(lambda: page.all(".map") and page.all("[data-part=list] li"))
    ((best, score, others),) = python_says(
        "translation", models / "translation/translation.tflite", (text,)
    )
    assert page.texts("[data-part=translation]") == [best]
    figures = page.texts("[data-part=figures]")[0]
    assert re.fullmatch(r"[\d.]+ % probability per token · answered in [\d,.]+\sms", figures)
    assert page.texts("[data-part=list] .name") == [one for one, _ in others if one != best]
    assert page.texts(".map thead th") == [*text.split(), "(end)"]
    assert re.search(r"recipe tiny · [\d,]+\sKB · 32.bit weights", page.one("#about").text)


CLEAN = """
const [texts, done] = arguments;
const classifier = import(new URL("../litert/classifier.js", location.href));
classifier.then(({ clean }) => done(texts.map(clean)));
"""


@needs_chromium
def test_markup_is_cleaned_as_in_a_saved_model(page: DevicePage) -> None:
    page.open()
    texts = [*RAW, *(f"tea{entity}sea" for entity in ENTITIES), "tea\u00a0\u00a0sea", "a\n "]
    wanted = [text.decode() for text in clean_html(tf.constant(texts)).numpy()]
    assert page.driver.execute_async_script(CLEAN, texts) == wanted


@needs_chromium
def test_a_judgement_has_its_bars_and_its_words_tinted(page: DevicePage, models: Path) -> None:
    text = "the old house, quiet"
    page.open("sentiment")
    page.put(text)
    page.until(lambda: page.all(".word"))
    ((label, probabilities),) = python_says(
        "sentiment", models / "sentiment/sentiment.tflite", (text,)
    )
    assert page.texts("[data-part=label]") == [label]
    found = [float(one.rstrip(" %")) for one in page.texts("[data-part=bars] .number")]
    assert found == pytest.approx([100 * one for one in probabilities], abs=0.2)
    assert max(page.tints(".word")) == 1.0


@needs_chromium
def test_a_text_is_written_as_python_writes_it(page: DevicePage, models: Path) -> None:
    page.open("generation")
    script = "for (const [id, value] of arguments[0]) document.getElementById(id).value = value"
    page.driver.execute_script(script, [["seed", SEED], ["max_tokens", MAX_TOKENS]])
    # The slider has steps: what it holds is what counts.
    tokens = int(page.one("#max_tokens").get_attribute("value") or 0)
    page.put("the sea")
    page.part("text").send_keys(Keys.CONTROL, Keys.ENTER)
    page.until(lambda: page.part("write").text == "Write" and "token" in page.words)
    ((continuation, count, *_),) = python_says(
        "generation", models / "generation/generation.tflite", ("the sea",)
    )
    assert (tokens, page.texts("[data-part=story]")) == (MAX_TOKENS, [f"the sea{continuation}"])
    assert page.part("figures").text.startswith(f"{count} tokens · ")


# As soon as something is written, for a tiny model ends before a hand could press a key. The page
# looks up once a frame: by this clock a token takes one, however many a processor has time for.
STOP = """
let now = performance.now();
performance.now = () => (now += 1000);
const [text, write, figures] = ["text", "write", "figures"].map(
  (part) => document.querySelector(`[data-part=${part}]`),
);
const watch = new MutationObserver(() => {
  watch.disconnect();
  delete performance.now;
  text.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
});
watch.observe(figures, { childList: true });
for (const [id, value] of [["max_tokens", 600], ["top_k", 1]]) {
  document.getElementById(id).value = value;
}
write.click();
"""


@needs_chromium
def test_writing_can_be_stopped(page: DevicePage) -> None:
    page.open("generation")
    page.put("the s")  # What is likeliest to follow is no end.
    page.driver.execute_script(STOP)
    page.says("stopped", "[data-part=figures]")
    assert page.part("write").text == "Write"
    assert "ended by itself" not in page.words


# Whoever uses it ---------------------------------------------------------------------------------


@needs_chromium
def test_a_long_text_is_cut_at_a_word_and_the_page_says_so(page: DevicePage) -> None:
    page.open("translation")
    page.put("the green house sleeps " * 60)
    page.until(lambda: page.part("note").text)
    told = re.search(r"translated are the first (\d+) of its 1380 characters", page.words)
    assert told
    assert int(told[1]) % 23 in (3, 9, 15, 22)  # ends with a word


@needs_chromium
def test_blank_texts_get_no_answer_and_odd_ones_do(page: DevicePage) -> None:
    page.open("sentiment")
    page.put("\ud83d \udc00 \U0001f634")
    page.until(lambda: page.all(".word"))
    page.put(" \n ")
    page.says("The judgement appears here as you type.")
    assert page.one("#notice").text == ""


@needs_chromium
def test_a_file_is_checked_by_a_press(page: DevicePage) -> None:
    page.open("sentiment")
    page.one("#file summary").click()
    page.one("#file button").click()
    page.says("steps gave what they gave where it was made.", "#file")


@needs_chromium
def test_nothing_is_wider_than_a_phone(page: DevicePage) -> None:
    page.width(360)
    try:
        for task in TASKS:
            page.open(task)
            page.put("long" * 40 + " and many short words" * 5)
            page.part("text").send_keys(Keys.CONTROL, Keys.ENTER)
            page.until(lambda: page.all(".map, .word") or "token" in page.words)
            page.one("#file summary").click()
            element = "document.documentElement"
            wide = f"return {element}.scrollWidth > {element}.clientWidth"
            assert not page.driver.execute_script(wide), task
    finally:
        page.width(None)


@needs_chromium
def test_nobody_else_is_asked(page: DevicePage) -> None:
    page.driver.get_log("performance")  # Forgets what was before.
    page.open("translation")
    page.put("tea")
    page.until(lambda: page.all(".map"))
    entries = [json.loads(one["message"])["message"] for one in page.driver.get_log("performance")]
    urls = [
        one["params"]["request"]["url"]
        for one in entries
        if one["method"] == "Network.requestWillBeSent"
    ]
    assert len(urls) > 20
    assert not [url for url in urls if not url.startswith((f"{page.address}/", "about:blank"))]


@needs_chromium
def test_any_static_server_will_do(
    page: DevicePage, models: Path, node_modules: Path, tmp_path: Path
) -> None:
    shutil.copytree(models / "sentiment", tmp_path / "sentiment")
    shutil.copytree(web_pages.WEB, tmp_path / "web", ignore=shutil.ignore_patterns("node_modules"))
    (tmp_path / "web" / "node_modules").symlink_to(node_modules)
    listed = json.dumps([{"file": "sentiment/sentiment.tflite"}])
    (tmp_path / "models.json").write_text(listed, "utf-8")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *values: Any) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            page.driver.get(f"http://127.0.0.1:{server.server_port}/web/browser_page/")
            page.sees("#text")
            page.put("tea")
            page.until(lambda: page.all(".word"))
        finally:
            server.shutdown()
            thread.join()


# What goes wrong ---------------------------------------------------------------------------------


@needs_chromium
def test_a_file_of_somebody_else_is_refused_and_ones_own_is_opened(
    page: DevicePage, models: Path, tmp_path: Path
) -> None:
    foreign = tmp_path / "foreign.tflite"
    foreign.write_bytes(b"TFL3" * 100)
    page.open("translation")
    page.one("#own").send_keys(str(foreign))
    page.says("This is not a .tflite of nlp_apps, or a damaged one.", "#notice")
    assert not page.all("#notice button")
    page.one("#own").send_keys(str(models / "sentiment" / "sentiment.tflite"))
    page.says("Judgement")
    assert page.one("#notice").text == ""
    assert page.one("#about").text.startswith("sentiment.tflite · ")


@needs_chromium
def test_a_file_that_is_gone_is_told(
    page: DevicePage, models: Path, node_modules: Path, tmp_path: Path
) -> None:
    for name in ("first", "gone"):
        (tmp_path / name).mkdir()
        shutil.copy(models / "sentiment" / "sentiment.tflite", tmp_path / name / f"{name}.tflite")
    with serve(tmp_path, node_modules=node_modules) as address:
        page.open("first", address)
        (tmp_path / "gone" / "gone.tflite").unlink()
        page.one("#model option[value='gone/gone.tflite']").click()
        page.says("gone/gone.tflite is not there (status 404).", "#notice")


@needs_chromium
def test_a_name_in_the_address_that_is_no_files_is_told(page: DevicePage) -> None:
    page.driver.get("about:blank")
    page.driver.get(f"{page.address}/device/web/browser_page/#model=nothere")
    page.says("There is no model nothere here.", "#notice")
    assert page.driver.current_url.endswith("#model=nothere")
    assert not page.all("#panel *")
    page.one("#model option").click()  # The first one is a choice, too.
    page.until(lambda: page.all("textarea"))
    assert page.one("#notice").text == ""


@needs_chromium
def test_without_litert_the_page_says_how_to_install_it(
    page: DevicePage, models: Path, tmp_path: Path
) -> None:
    with serve(models, node_modules=tmp_path) as address:
        page.open("sentiment", address)
        page.says("npm install --prefix nlp_apps/web")


@needs_chromium
def test_without_webassembly_the_page_says_so(page: DevicePage) -> None:
    script = page.driver.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument", {"source": "delete globalThis.WebAssembly"}
    )
    try:
        page.driver.get("about:blank")
        page.driver.get(f"{page.address}/device/web/browser_page/")
        page.says("This browser has no WebAssembly", "#notice")
    finally:
        page.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)


@needs_chromium
def test_a_token_is_asked_for_before_models_are_told(
    page: DevicePage, models: Path, node_modules: Path
) -> None:
    with serve(models, node_modules=node_modules, token="open-sesame") as address:
        page.open(address=address)
        page.says("This server wants a token")
        page.press("open-sesame", Keys.ENTER)
        page.sees("#text")
        assert set(TASKS) <= set(page.texts("#model option"))


# The server's files ------------------------------------------------------------------------------


@pytest.fixture
def offered(tmp_path: Path) -> Path:
    """A folder of one .tflite, its vectors, and what is nobody's business."""
    (tmp_path / "tiny" / ".hidden").mkdir(parents=True)
    names = ("tiny.tflite", "golden.json", "secret.txt", ".hidden/h.tflite", ".dot.tflite")
    for name in names:
        (tmp_path / "tiny" / name).write_bytes(b"content")
    (tmp_path / "secret.tflite").write_bytes(b"content")
    return tmp_path / "tiny"


def test_only_models_and_their_vectors_are_given(offered: Path) -> None:
    assert set(model_index.find([offered])) == {"tiny.tflite"}
    with toy_server.serving(offered) as toy:
        for name, kind in (
            ("tiny.tflite", "application/octet-stream"),
            ("golden.json", "application/json"),
        ):
            answer = toy_server.get(toy.app, f"/device/{name}")
            assert (answer.status, answer.body) == (200, b"content")
            assert answer.headers["content-type"] == kind
        for name in (
            "secret.txt",
            ".dot.tflite",
            ".hidden/h.tflite",
            "../secret.tflite",
            "/etc/passwd",
            "web/../../README.md",
            "web/browser_page/../../../README.md",
        ):
            assert toy_server.get(toy.app, f"/device/{name}").status == 404, name


def test_files_are_asked_for_again_and_not_sent_twice(offered: Path) -> None:
    with toy_server.serving(offered) as toy:
        for place in ("tiny.tflite", "web/browser_page/index.html", "web/litert/model.js"):
            first = toy_server.get(toy.app, f"/device/{place}")
            assert first.headers["cache-control"] == "no-cache"
            known = {"if-none-match": first.headers["etag"]}
            assert toy_server.get(toy.app, f"/device/{place}", known).status == 304


def test_webassembly_has_its_type_and_the_page_may_run_it(offered: Path, tmp_path: Path) -> None:
    core = tmp_path / "modules" / "@litertjs" / "core"
    core.mkdir(parents=True)
    (core / "litert.wasm").write_bytes(b"\0asm")
    with toy_server.serving(offered, node_modules=tmp_path / "modules") as toy:
        place = "/device/web/node_modules/@litertjs/core/litert.wasm"
        assert toy_server.get(toy.app, place).headers["content-type"] == "application/wasm"
        page = toy_server.get(toy.app, "/device/web/browser_page/")
    policy = page.headers["content-security-policy"]
    assert re.search(r"script-src 'self' 'wasm-unsafe-eval' 'sha256-[\w+/]{43}='$", policy)
    assert "unsafe-inline" not in policy


def test_a_token_guards_models_and_not_the_page(offered: Path) -> None:
    with toy_server.serving(offered, token="sesame") as toy:
        found = {
            place: toy_server.get(toy.app, f"/device/{place}").status
            for place in (
                "",
                "web/browser_page/",
                "web/browser_page/main.js",
                "models.json",
                "tiny.tflite",
            )
        }
        opened = toy_server.get(
            toy.app, "/device/tiny.tflite", {"authorization": "Bearer sesame"}
        ).status
    assert list(found.values()) == [307, 200, 200, 401, 401]
    assert opened == 200
