"""Inspection of the text of a task: statistics and findings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nlp_apps.inspection.duplicates import find_repeated
from nlp_apps.inspection.expectations import Expectation, expect
from nlp_apps.inspection.finding import Finding, arrange
from nlp_apps.inspection.header_lines import split_headers
from nlp_apps.inspection.joined_labels import find_joined_labels
from nlp_apps.inspection.label_checks import count_labels, find_label_faults
from nlp_apps.inspection.lengths import Lengths, find_long_texts, measure, tokens_in
from nlp_apps.inspection.machine_speed import measure_speed
from nlp_apps.inspection.pair_checks import find_pair_faults
from nlp_apps.inspection.scripts import count_scripts, find_script_faults
from nlp_apps.inspection.shared_sequences import MAX_TEXTS, shared_sequences
from nlp_apps.inspection.table import MAX_ROWS, Table, make_tables
from nlp_apps.inspection.text_faults import find_text_faults
from nlp_apps.recipe.auto import settle, text_size
from nlp_apps.recipe.data_section import GenerationData
from nlp_apps.recipe.schema import AnyRecipe
from nlp_apps.text.corpus import Corpus
from nlp_apps.text.language_examples import LanguageExamples
from nlp_apps.text.storage.mapped import Mapped
from nlp_apps.text.storage.spread import evenly_spread, every, stride_of

ROWS = {"translation": "pairs", "sentiment": "texts", "generation": "lines"}
"""Noun for the rows of a task."""


@dataclass(frozen=True)
class Inspection:
    """Statistics and findings of a text.

    Attributes:
        task: the task.
        files: the files of all splits, as the recipe names them.
        rows: number of rows of each split; of documents, lines with text.
        lengths: lengths of each column with text, over all splits.
        scripts: share of the letters of each column by script, the most frequent first.
        labels: number of texts of each label, the most frequent first; empty for other tasks.
        languages: number of pairs of each target language, by split; empty for one language.
        findings: errors, then warnings, then notes.
        stride: 1, or n if the checks of single texts read every n-th row of a split.
        expectation: expected time and score; None if training refuses the text.
    """

    task: str
    files: tuple[str, ...]
    rows: dict[str, int]
    lengths: dict[str, Lengths]
    scripts: dict[str, dict[str, float]]
    labels: dict[str, int]
    languages: dict[str, dict[str, int]]
    findings: tuple[Finding, ...]
    stride: int = 1
    expectation: Expectation | None = None

    def to_dict(self) -> dict[str, Any]:
        """Returns the inspection for JSON."""
        return {
            "task": self.task,
            "files": list(self.files),
            "rows": self.rows,
            "lengths": {name: lengths.to_dict() for name, lengths in self.lengths.items()},
            "scripts": self.scripts,
            "labels": self.labels,
            **({"languages": self.languages} if self.languages else {}),
            "findings": [finding.to_dict() for finding in self.findings],
            "sampled_every": self.stride,
            "expectation": self.expectation.to_dict() if self.expectation else None,
        }


def inspect_corpora(
    recipe: AnyRecipe,
    corpora: Mapping[str, Corpus[Any]],
    *,
    more: Sequence[Finding] = (),
    with_expectation: bool = True,
) -> Inspection:
    """Inspects the splits of a text; in linear time.

    Args:
        recipe: the recipe.
        corpora: the splits by name; `train` first.
        more: findings of the reader, such as bad lines.
        with_expectation: whether to measure this machine and to estimate time and score.
    """
    recipe = _settled(recipe, corpora)
    tables, headers = split_headers(make_tables(recipe.task, corpora))
    tables = [table for table in tables if len(table)]
    samples = [table.sample() for table in tables]
    if headers:
        more = [finding for finding in more if finding.kind != "header_line"]
    findings = arrange([*more, *headers, *_findings(recipe, tables, samples)])
    names = list(samples[0].text_columns) if samples else []
    texts = {name: [text for table in samples for text in table.columns[name]] for name in names}
    labels = dict(count_labels(tables).most_common()) if recipe.task == "sentiment" else {}
    expectation = None
    refused = any(finding.severity == "error" for finding in findings)
    refused |= _has_other_targets(recipe)  # no measured scores of summaries and answers
    if with_expectation and not refused and corpora.get("train") and corpora["train"].examples:
        expectation = _expectation(recipe, corpora["train"], labels)
    return Inspection(
        recipe.task,
        tuple(dict.fromkeys(name for corpus in corpora.values() for name in corpus.names)),
        {table.split: table.total for table in tables},
        {name: measure(column) for name, column in texts.items()},
        {name: _shares(column) for name, column in texts.items()},
        labels,
        _languages(corpora),
        tuple(findings),
        max((table.stride for table in samples), default=1),
        expectation,
    )


def _languages(corpora: Mapping[str, Corpus[Any]]) -> dict[str, dict[str, int]]:
    """Returns the number of pairs of each target language, by split."""
    return {
        split: {code: len(pairs) for code, pairs in corpus.examples.by_language.items()}
        for split, corpus in corpora.items()
        if isinstance(corpus.examples, LanguageExamples)
    }


def _findings(
    recipe: AnyRecipe, tables: Sequence[Table], samples: Sequence[Table]
) -> Iterator[Finding]:
    """Runs the checks of a task; those of single texts on the samples."""
    if not tables:
        return
    data = recipe.data
    yield from find_repeated(tables)
    if recipe.task == "sentiment":
        yield from find_label_faults(tables)
        if not getattr(data, "multi_label", False):
            yield from find_joined_labels(tables)
    faults = list(find_text_faults(samples, cleans_html=hasattr(data, "clean_html")))
    if _has_other_targets(recipe):  # an answer may be a number, and is shorter than its source
        faults = [fault for fault in faults if fault.kind != "numbers"]
    yield from faults
    if any(fault.kind == "numbers" for fault in faults):
        return  # the checks below are about text
    languages = (getattr(data, "source_language", ""), getattr(data, "target_language", ""))
    yield from find_script_faults(samples, languages, reverse=getattr(data, "reverse", False))
    if recipe.task == "translation" and not _has_other_targets(recipe):
        yield from find_pair_faults(samples)
    if not isinstance(data, GenerationData):
        yield from find_long_texts(
            samples, _max_length(data), is_dropped=recipe.task == "translation"
        )


def _has_other_targets(recipe: AnyRecipe) -> bool:
    """Checks whether the targets are summaries or answers."""
    return getattr(recipe.data, "kind", "translation") != "translation"


def _settled(recipe: AnyRecipe, corpora: Mapping[str, Corpus[Any]]) -> AnyRecipe:
    """Returns the recipe with the settings that follow the text, without a pretrained start."""
    if "train" not in corpora or not corpora["train"].examples:
        return recipe
    examples = corpora["train"].examples
    if recipe.task == "translation":
        texts = Mapped(examples, lambda pair: max(pair, key=len))
    else:
        texts = Mapped(examples, lambda example: getattr(example, "source", example))
    return settle(recipe, text_size(texts))[0]


def _max_length(data: Any) -> int:
    """Returns the tokens of a text that training reads; 0: all."""
    return 0 if getattr(data, "truncation", "") == "windows" else int(data.max_length)


def _shares(texts: Sequence[str]) -> dict[str, float]:
    """Returns the share of the letters by script."""
    counts = count_scripts(texts)
    return {script: count / counts.total() for script, count in counts.most_common()}


def _expectation(recipe: AnyRecipe, train: Corpus[Any], labels: Mapping[str, int]) -> Expectation:
    """Estimates time and score from the training text; of many examples, every n-th is counted."""
    examples = train.examples
    if recipe.task == "generation":
        size, tokens = sum(map(len, examples)), tokens_in(examples)
        return expect(recipe, size, tokens, len(labels), measure_speed())
    max_length = _max_length(recipe.data)
    counted = evenly_spread(examples, MAX_ROWS)
    tokens = tokens_in([example.source for example in counted], max_length)
    if recipe.task == "translation":
        tokens += tokens_in([example.target for example in counted], max_length)
    tokens *= stride_of(examples, MAX_ROWS)
    compared = [example.source for example in every(examples, -(-len(examples) // MAX_TEXTS))]
    return expect(
        recipe,
        len(examples),
        tokens,
        len(labels),
        measure_speed(),
        shared_sequences(compared),
        max(labels.values()) / sum(labels.values()) if labels else 0.0,
    )
