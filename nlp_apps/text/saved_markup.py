"""Translation of texts with markup over the signatures of a SavedModel.

The host removes the tags and puts them back, with the functions that a run uses. The signature
`align_constrained` translates the sentences between.

Letters in shapes: N sentences, S source length, T target length.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from nlp_apps.results import Translation
from nlp_apps.text.aligned_translation import AlignedTranslation, TargetTokens, align_tokens
from nlp_apps.text.constrained_text import NEUTRAL, ConstrainedSentence, Preparation
from nlp_apps.text.constraint_lines import to_lines
from nlp_apps.text.glossary import Glossary
from nlp_apps.text.markup import Element
from nlp_apps.text.sentences import SentenceSplitter
from nlp_apps.text.translated_markup import translate_markup

ALIGN_CONSTRAINED = "align_constrained"
"""Signature that translates sentences with constraints, and returns their attention."""

BATCH_SIZE = 16
"""Sentences of a call."""

Run = Callable[[str, dict[str, list[str]]], Mapping[str, np.ndarray]]
"""(name of a signature, its inputs) -> its outputs."""


class MarkedText(NamedTuple):
    """A text with markup: see `markup.parse`."""

    text: str
    root: Element
    spans: list[str]


class SavedMarkup:
    """Translates texts with markup.

    Args:
        metadata: that of the model, with `markup`.
        run: runs a signature.
    """

    def __init__(self, metadata: Mapping[str, Any], run: Run):
        self._run = run
        self._preparation = Preparation(
            metadata.get("protect", ()),
            metadata.get("substitute", NEUTRAL),
            SentenceSplitter(metadata.get("sentence_rules", ())),
            has_sentence_case=metadata.get("sentence_case", True),
        )

    def find(self, text: str) -> MarkedText | None:
        """Removes the tags of a text; None if it has no markup, or too much."""
        found = self._preparation.find_markup(text)
        return MarkedText(*found) if found else None

    def translate(
        self,
        texts: Sequence[MarkedText],
        glossaries: Sequence[Glossary | None],
        to: Sequence[str] | None = None,
    ) -> list[Translation]:
        """Translates texts.

        Args:
            texts: results of `find`.
            glossaries: that of each text.
            to: the target language of each text; None for the only one.
        """
        sentences = [
            self._preparation.split_marked(one.text, one.spans, glossary)
            for one, glossary in zip(texts, glossaries, strict=True)
        ]
        every = [sentence for of_text in sentences for sentence in of_text]
        codes = [
            code
            for code, of_text in zip(to or [""] * len(texts), sentences, strict=True)
            for _ in of_text
        ]
        order = sorted(range(len(every)), key=lambda index: -len(every[index].text))
        found: dict[int, AlignedTranslation] = {}
        for start in range(0, len(order), BATCH_SIZE):
            members = order[start : start + BATCH_SIZE]
            inputs = {} if to is None else {"to": [codes[one] for one in members]}
            aligned = self._align([every[one] for one in members], inputs)
            found.update(zip(members, aligned, strict=True))
        left = (found[index] for index in range(len(every)))
        return [
            translate_markup(one.text, one.root, of_text, [next(left) for _ in of_text])
            for one, of_text in zip(texts, sentences, strict=True)
        ]

    def _align(
        self, sentences: Sequence[ConstrainedSentence], inputs: dict[str, list[str]]
    ) -> Iterator[AlignedTranslation]:
        outputs = self._run(
            ALIGN_CONSTRAINED,
            {
                "text": [one.text for one in sentences],
                "constraints": [to_lines(one.constraints) for one in sentences],
                **inputs,
            },
        )
        for row, sentence in enumerate(sentences):
            num_source, num_target = (
                int(outputs[f"{side}_length"][row]) for side in ("source", "target")
            )
            target = TargetTokens(
                outputs["translation"][row].decode("utf-8", "replace"),
                outputs["target_ends"][row, :num_target],
                outputs["target_owners"][row, :num_target],
            )
            yield align_tokens(
                sentence,
                outputs["source_ends"][row, :num_source],
                target,
                outputs["attention"][row, :num_target, :num_source],
                float(outputs["log_probability"][row]),
                too_long=bool(outputs["too_long"][row]),
            )
