"""The JavaScript predictors: equal to Python, with metadata of every version."""

import json
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from nlp_apps.export.graph_text.graph_html import ENTITIES, clean_html
from tests.export.graph_text.test_graph_html import RAW
from tests.unnormalized_texts import UNNORMALIZED
from tests.web.chromium import Page, needs_chromium
from tests.web.lite_models import MAX_TOKENS, SEED, TASKS, approx, python_predictions

# The fixtures train and export three models.
pytestmark = [needs_chromium, pytest.mark.timeout(600)]

TEXTS = (
    "the old house",
    "tea and the sea \U0001f634 sleeps",
    "  two   spaces ",
    "",
    " \n\t ",
    "x" * 40,
    "Ünïcode → 日本語",
    "lone \ud83d surrogates \udc00",
    "the green house sleeps " * 60,  # longer than max_tokens
    "the {name} runs (https://example.org/?a=1). %s and <keep>T  Ｗ</keep>{x}",
    "THE SEA {0} SLEEPS",
    *UNNORMALIZED,
)

LOAD = """
async function load(path) {
  const at = (path) => new URL(path, location.href);
  const { loadRuntime } = await import(at("../litert/runtime.js"));
  const { loadPredictor } = await import(at("../litert/predictor.js"));
  const response = await fetch(at(path));
  return loadPredictor(await loadRuntime(), new Uint8Array(await response.arrayBuffer()));
}
"""

# The same lists as in Python.
PREDICT = f"""
{LOAD}
const [path, texts, seed, max_tokens, done] = arguments;
const predict = {{
  translation: async (predictor, text) => {{
    const {{ text: best, score, alternatives }} = await predictor.translate(text);
    return [best, score, alternatives.map((one) => [one.text, one.score])];
  }},
  sentiment: async (predictor, text) => {{
    const {{ label, probabilities }} = await predictor.classify(text);
    return [label, probabilities];
  }},
  generation: async (predictor, text) => {{
    const parameters = {{ ...predictor.model.metadata.decoding, max_tokens, seed }};
    let last;
    for await (last of predictor.generate(text, parameters));
    const {{ nats }} = await predictor.surprisals(text);
    return [last.continuation, last.numTokens, last.logProbability, nats];
  }},
}};
(async () => {{
  const predictor = await load(path);
  const {{ task }} = predictor.model.metadata;
  const found = [];
  for (const text of JSON.parse(texts)) found.push(await predict[task](predictor, text));
  return JSON.stringify(found);
}})().then(done, (error) => done(String(error)));
"""

COMPARE = f"""
{LOAD}
const [path, golden, done] = arguments;
(async () => {{
  const {{ compareGolden }} = await import(new URL("../litert/golden.js", location.href));
  return compareGolden((await load(path)).model, JSON.parse(golden));
}})().then(done, (error) => done(String(error)));
"""


def evaluate(page: Page, script: str, *values: Any) -> Any:
    return page.driver.execute_async_script(script, *values)


@pytest.mark.parametrize("task", TASKS)
def test_predictions_equal_those_of_python(
    browser_page: Page, lite_models: Path, task: str
) -> None:
    browser_page.open(browser_page.models[task])
    path = f"../../{task}/{task}.tflite"
    predictions = evaluate(browser_page, PREDICT, path, json.dumps(TEXTS), SEED, MAX_TOKENS)
    expected = python_predictions(lite_models, task, *TEXTS)
    for text, one, other in zip(TEXTS, json.loads(predictions), expected, strict=True):
        assert one == approx(other), ascii(text)


@pytest.mark.parametrize("task", TASKS)
def test_golden_outputs_are_equal_and_a_changed_one_is_found(
    browser_page: Page, lite_models: Path, task: str
) -> None:
    browser_page.open(browser_page.models[task])
    golden = json.loads((lite_models / task / "golden.json").read_text("utf-8"))
    model = f"../../{task}/{task}.tflite"
    steps = sum(len(case["steps"]) for case in golden["cases"])
    found = evaluate(browser_page, COMPARE, model, json.dumps(golden))
    assert found == {"numSteps": steps, "differences": []}
    step = golden["cases"][0]["steps"][-1]
    output = next(name for name, one in step["outputs"].items() if one.get("values"))
    step["outputs"][output]["values"][0] += 1
    found = evaluate(browser_page, COMPARE, model, json.dumps(golden))
    assert [(one["signature"], one["output"]) for one in found["differences"]] == [
        (step["signature"], output)
    ]


def test_html_is_cleaned_as_in_a_saved_model(browser_page: Page) -> None:
    browser_page.open()
    texts = [*RAW, *(f"tea{entity}sea" for entity in ENTITIES), "tea\u00a0\u00a0sea", "a\n "]
    expected = [text.decode() for text in clean_html(tf.constant(texts)).numpy()]
    assert browser_page.call("litert/classifier.js", "cleanHtml", *texts) == expected


CLASSIFY = """
const [thresholds, done] = arguments;
(async () => {
  const { Classifier } = await import(new URL("device/web/litert/classifier.js", location.origin));
  const metadata = {
    task: "sentiment", labels: ["a", "b", "c"], thresholds, tokens: 8, truncation: "both",
  };
  const classifier = new Classifier({
    metadata,
    pieces: ["", "tea"],
    encode: async () => [1],
    run: async () => ({
      probabilities: new Float32Array([0.25, 0.5, 0.75]), weights: new Float32Array(8),
    }),
  });
  const { localModel } = await import(
    new URL("device/web/browser_page/local-model.js", location.origin));
  const model = localModel({ model: { metadata }, classify: (text) => classifier.classify(text) });
  const { prediction } = await model.predict("probabilities", { text: "tea" }, {
    throwIfAborted() {},
  });
  const texts = ["tea", " "];
  const sets = [];
  for (const text of texts) sets.push((await classifier.classify(text)).labels);
  return [sets, prediction.thresholds];
})().then(done, (error) => done(String(error)));
"""


def test_a_classifier_with_thresholds_has_all_labels_that_reach_them(server_page: Page) -> None:
    server_page.open()
    found = evaluate(server_page, CLASSIFY, [0.25, 0.6, 0.3])
    assert found == [[["c", "a"], []], [0.25, 0.6, 0.3]]
    assert evaluate(server_page, CLASSIFY, None) == [[None, None], None]


def test_metadata_of_version_0_1_0_gets_its_current_names(server_page: Page) -> None:
    old = {
        "task": "sentiment",
        "labels": ["begin", "end"],
        "long_texts": "both",
        "special_ids": {"pad": 0, "unknown": 1, "begin": 2, "end": 3},
        "decoding": {"no_repeat_ngram": 3, "beam_size": 4},
    }
    new = {
        "task": "sentiment",
        "labels": ["begin", "end"],
        "truncation": "both",
        "special_ids": {"pad": 0, "unknown": 1, "bos": 2, "eos": 3},
        "decoding": {"no_repeat_ngram_size": 3, "beam_size": 4},
    }
    server_page.open()
    web = server_page.web.removesuffix("web") + "device/web"
    page = Page(server_page.driver, server_page.address, {}, web)
    assert page.call("litert/metadata.js", "withCurrentNames", old, new) == [new, new]
