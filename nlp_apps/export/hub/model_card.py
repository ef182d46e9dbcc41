"""The text of a model card: every number is from the run folder."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nlp_apps.export.hub.card_data import files_of, languages_of, scored_split, scores_of
from nlp_apps.io.bounded_files import is_number
from nlp_apps.io.printable import escape
from nlp_apps.recipe.model_section import NO_START
from nlp_apps.recipe.schema import AnyRecipe
from nlp_apps.training.run_folder import RunFolder

MAX_LABELS = 100
"""Labels with a row of their own."""

KINDS = {
    "translation": "translator",
    "summary": "summarization model",
    "answer": "model for questions about a paragraph",
    "sentiment": "text classifier",
    "generation": "language model",
}

EXAMPLES = {
    "translation": "Where is the station?",
    "summary": "The station is behind the park. It was built in 1901.",
    "answer": "Where is the station? The station is behind the park.",  # a question, a paragraph
    "sentiment": "A text.",
    "generation": "A",
}
"""Text in the commands of a card."""

HIDDEN_SCORES = ("untested_labels", "labels", "confusion", "languages", "bleu_tokenizer")
"""Scores that are no rows of the table."""


def card_text(
    recipe: AnyRecipe, name: str, summary: Mapping[str, Any], run: RunFolder, tflite: str
) -> str:
    """Returns the Markdown after the YAML block.

    Args:
        recipe: the recipe of the run.
        name: name of the model.
        summary: the content of `summary.json`.
        run: the run folder.
        tflite: description of the `.tflite`.
    """
    split = scored_split(summary)
    sections = {
        f"# {name}": _beginning(recipe, summary),
        "## Use": _use(recipe, name),
        f"## Scores on {split}": _scores(summary, split),
        "## Labels": _labels(summary, split, run) if recipe.task == "sentiment" else "",
        "## Training": _training(recipe, summary),
        "## Limits": "\n".join(f"- {limit}" for limit in _limits(recipe)),
        "## Files": _files(name, tflite),
    }
    return "\n\n".join(f"{title}\n\n{text}" for title, text in sections.items() if text) + "\n"


def _beginning(recipe: AnyRecipe, summary: Mapping[str, Any]) -> str:
    data: Any = recipe.data
    kind = KINDS[getattr(data, "kind", recipe.task)]
    languages = languages_of(recipe)
    between = f" ({' to '.join(languages)})" if len(languages) == 2 else ""
    text = f"A {kind}{between} with {cell(summary.get('parameters'))} parameters, "
    versions = summary.get("versions")
    versions = versions if isinstance(versions, dict) else {}
    named = ", ".join(
        f"{package} {escape(str(versions[package]))}"
        for package in ("nlp_apps", "tensorflow", "keras")
        if package in versions
    )
    return f"{text}trained with {named}." if named else f"{text.removesuffix(', ')}."


def _use(recipe: AnyRecipe, name: str) -> str:
    data: Any = recipe.data
    text = EXAMPLES[getattr(data, "kind", recipe.task)]
    predict, example = f"nlp-apps {recipe.task} predict", json.dumps(text)
    return f"""`OWNER/{name}` is the name of this repository.

```
pip install 'nlp-apps[hub]'
{predict} hf://OWNER/{name} {example}
```

```python
import nlp_apps

model = nlp_apps.load("hf://OWNER/{name}")
print(model.predict([{example}]))
```

A copy of this folder needs no network and no `huggingface_hub`: `{predict} FOLDER {example}`.
The `.tflite` needs no TensorFlow."""


def _scores(summary: Mapping[str, Any], split: str) -> str:
    """Returns the table of the model beside the baselines."""
    model = scores_of(summary, split)
    baselines = summary.get("baselines")
    found = baselines.get(split) if isinstance(baselines, dict) else None
    columns = {name: one for name, one in (found or {}).items() if isinstance(one, dict)}
    rows = [["score", "model", "standard error", *(name.replace("_", " ") for name in columns)]]
    for name, value in model.items():
        if name in HIDDEN_SCORES or name.endswith("_standard_error") or not is_number(value):
            continue
        error = model.get(f"{name}_standard_error")
        cells = [value, error, *(one.get(name) for one in columns.values())]
        rows.append([name.replace("_", " "), *map(cell, cells)])
    return table(rows) if len(rows) > 1 else ""


def _labels(summary: Mapping[str, Any], split: str, run: RunFolder) -> str:
    content = run.read_json(run.labels)
    names = [str(name) for name in content.get("labels", [])]
    scores = scores_of(summary, split).get("labels")
    scores = scores if isinstance(scores, dict) else {}
    rows = [["label", "precision", "recall", "F1", "texts"]]
    for name in names[:MAX_LABELS]:
        one = scores.get(name)
        one = one if isinstance(one, dict) else {}
        values = [one.get(key) for key in ("precision", "recall", "f1", "support")]
        rows.append([re.sub(r"([\\`*_<>\[\]&])", r"\\\1", name), *map(cell, values)])  # as text
    more = [f"{len(names) - MAX_LABELS:,} more are in `labels.json`."] * (len(names) > MAX_LABELS)
    return "\n\n".join([table(rows), *more, _calibration(content)])


def _calibration(content: Mapping[str, Any]) -> str:
    if content.get("multi_label"):
        return (
            "A text has any number of labels. Each label has a temperature, a bias and a threshold "
            "of its probability, fitted on the validation text: `labels.json`."
        )
    temperature, biases = content.get("temperature"), content.get("biases") or []
    if temperature == 1.0 and not any(biases):
        return "A fit on the validation text left the probabilities unchanged."
    return (
        f"Probabilities are calibrated on the validation text: temperature {cell(temperature)}, "
        f"biases {', '.join(map(cell, biases))} in the order of the labels."
    )


def _training(recipe: AnyRecipe, summary: Mapping[str, Any]) -> str:
    rows = [["split", "examples", "files"]]
    data = summary.get("data")
    for split, stats in (data if isinstance(data, dict) else {}).items():
        counts = [stats.get(unit) for unit in ("pairs", "texts", "documents") if unit in stats]
        files = ", ".join(files_of(summary, split))
        rows.append([split, cell(counts[0] if counts else None), files])
    facts = [
        f"{words} {cell(summary[key])}"
        for key, words in (
            ("steps", "steps"),
            ("train_seconds", "seconds of training"),
            ("seed", "seed"),
        )
        if key in summary
    ]
    starts = {
        key: value
        for key in ("init_from", "init_encoder_from", "init_decoder_from")
        if (value := getattr(recipe.model, key, "")) not in ("", NO_START)
    }
    sentences = [
        f"{'; '.join(facts).capitalize()}.",
        *(
            f"The weights started from `{escape(Path(value).name)}` (`model.{key}`)."
            for key, value in starts.items()
        ),
        "`recipe.toml` has every setting.",
    ]
    return f"{table(rows)}\n\n{' '.join(sentences)}"


def _limits(recipe: AnyRecipe) -> Iterable[str]:
    yield "The scores are those of the text above. Other text can have lower ones."
    yield "Predictions can repeat errors and prejudices of the training text."
    model: Any = recipe
    length = 0
    if recipe.task != "generation":
        length = model.decoding.max_length or model.data.max_length
    if recipe.task == "sentiment":
        if model.data.truncation != "windows":
            yield f"Of a text, at most {length:,} tokens are read (`{model.data.truncation}`)."
        if not model.data.multi_label:
            yield "Every text has one of the labels, also a text that none of them fits."
    elif recipe.task == "translation":
        yield f"An output has at most {length:,} tokens."
    else:
        yield "Generated text is made up."


def _files(name: str, tflite: str) -> str:
    rows = [
        ["file", "content"],
        ["`model.safetensors`", "weights, float32"],
        ["`recipe.toml`", "settings of data, model, training and decoding"],
        ["`tokenizer*.model`", "SentencePiece"],
        ["`summary.json`", "scores, baselines and checksums of the text"],
        [f"`{name}.tflite`", tflite],
        ["`parity.json`", "comparison of both with the trained model"],
    ]
    return table(rows)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Returns a Markdown table; the first row is its head."""
    lines = ["| " + " | ".join(map(_escaped, row)) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def _escaped(text: str) -> str:
    """Returns text that stays in its cell."""
    return " ".join(escape(text).replace("|", "\\|").split())


def cell(value: Any) -> str:
    """Formats a number; empty for other values."""
    if not is_number(value):
        return ""
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.2f}" if abs(value) >= 10 else f"{value:.4g}"
