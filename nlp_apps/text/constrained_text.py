"""Texts with constraints: protected spans and glossary terms, before and after the search.

Before: a protected span is replaced by a substitute, a word that the model knows as a name, and a
glossary term stays. Both become constraints of the search. After: the tokens of a constraint are
replaced by its exact text, wherever the search placed them. So a URL of many tokens costs a
sentence no more than a name.

Letters in shapes: V tokens of the vocabulary.
"""

import functools
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from nlp_apps.text.byte_tokens import BYTE_TOKEN
from nlp_apps.text.glossary import Glossary, Term, is_word
from nlp_apps.text.markup import MAX_TAGS, Element, parse
from nlp_apps.text.markup_tags import hide_tags
from nlp_apps.text.normalize import SPACE_MARK, is_empty, normalize_input, sentence_case
from nlp_apps.text.protected_spans import INTERNAL, MARK, MAX_SPANS, Marked, SpanFinder
from nlp_apps.text.sentences import SentenceSplitter
from nlp_apps.text.special_ids import EOS

logger = logging.getLogger(__name__)

CASELESS_MARK = "\uffff"
"""Represents a protected span after the sentences are split, outside all ranges of scripts."""

NAMES = ("Tom", "Mary", "Anna", "Maria", "John", "Peter", "Paul", "David", "Max")
"""Names that may be the substitute, if the model has a token of both languages for one of them.
Measured on Tatoeba: with a name of one token, the rest of a sentence loses a third as much BLEU as
with X."""

NEUTRAL = "X"
"""The substitute of a model without such a token, and of a sentence that has the name itself."""

WITH_SPACE, WITHOUT_SPACE = 0x1D, 0x1E
"""Bytes that represent a constraint while tokens are decoded; a model's own are dropped."""

MARKS = EOS + 1 + WITH_SPACE, EOS + 1 + WITHOUT_SPACE
"""Token ids of the two bytes."""

MAX_TARGET_CHARACTERS = 1_000
"""Characters of the translations of a sentence's terms together. Each token of them is a step of
the search."""

ATTACHING = "'’-‐‑([{/¿¡“„‘"
"""Last characters of a token that no space follows: French l', and brackets."""


class Constraint(NamedTuple):
    """A text that a translation must contain.

    Attributes:
        start, end: characters of the sentence that it belongs to.
        target: the text that the model writes: the substitute, or the translation of a term.
        output: the text that replaces it.
        is_reserved: the model may not write the first token of the target otherwise.
        is_capital: the output starts with a capital at the start of the sentence.
        is_attached: no space is between a character that is not of a word and the output.
    """

    start: int
    end: int
    target: str
    output: str
    is_reserved: bool
    is_capital: bool
    is_attached: bool

    @property
    def is_span(self) -> bool:
        """True for a protected span, whose substitute is replaced by another text."""
        return self.output != self.target


class ConstrainedSentence(NamedTuple):
    """A sentence as the model reads it.

    Attributes:
        text: the sentence.
        constraints: its constraints, in order.
        origins: start and end of each constraint before its text was replaced.
    """

    text: str
    constraints: list[Constraint]
    origins: list[tuple[int, int]]

    def origin(self, position: int) -> int:
        """Returns the place of a character of `text` before texts were replaced."""
        shift = 0
        for one, (start, end) in zip(self.constraints, self.origins, strict=True):
            if position < one.start:
                break
            if position < one.end:
                return start
            shift = end - one.end
        return position + shift


class Preparation:
    """Finds the constraints of texts.

    Args:
        kinds: kinds of protected spans; see `protected_spans.PATTERNS`.
        substitute: result of `choose_substitute`.
        splitter: splits a text into sentences.
        has_sentence_case: whether the model reads `sentence_case`.
    """

    def __init__(
        self,
        kinds: Sequence[str],
        substitute: str,
        splitter: SentenceSplitter,
        *,
        has_sentence_case: bool,
    ):
        self._finder = SpanFinder(kinds)
        self._substitute, self._splitter = substitute, splitter
        self._has_sentence_case = has_sentence_case

    def find(self, text: str, glossary: Glossary | None = None) -> list[ConstrainedSentence] | None:
        """Returns the sentences of a text with their constraints; None if it has none."""
        marked = self._finder.mark(text)
        if marked is None and glossary is None:
            return None
        _warn_of_spans(marked)
        sentences = self.split(*_line(text, marked), glossary)
        return sentences if marked or any(one.constraints for one in sentences) else None

    def find_markup(self, text: str) -> tuple[str, Element, list[str]] | None:
        """Removes the tags of a text: see `markup.parse`."""
        text, tags = hide_tags(text, has_keep=self._finder.has_keep)
        marked = self._finder.mark(text)
        line, spans = _line(text, marked)
        if len(tags) > MAX_TAGS:
            _warn_of_tags()
        if found := parse(re.sub(" +", " ", line), tags, spans):
            _warn_of_spans(marked)
        return found

    def split_marked(
        self, text: str, spans: Sequence[str], glossary: Glossary | None
    ) -> list[ConstrainedSentence]:
        """Splits a text of `find_markup` into sentences; a text of tags only has none."""
        return [] if is_empty(text) else self.split(text, spans, glossary)

    def split(
        self, text: str, spans: Sequence[str], glossary: Glossary | None
    ) -> list[ConstrainedSentence]:
        """Splits a normalized text with marks for `spans` into sentences."""
        left = iter(spans)
        return [self._constrain(one, left, glossary) for one in self._splitter.split(text)]

    def _constrain(
        self, sentence: str, spans: Iterator[str], glossary: Glossary | None
    ) -> ConstrainedSentence:
        text = sentence.replace(MARK, CASELESS_MARK)
        if self._has_sentence_case:
            text = sentence_case(text)
        text = re.sub(" +", " ", text.replace(SPACE_MARK, " ")).strip(" ")
        substitute = self._substitute if self._substitute not in text else NEUTRAL
        is_reserved = substitute != NEUTRAL  # of one token, and not in the sentence otherwise
        matches = glossary.find(text) if glossary else []
        num_terms = MAX_SPANS - text.count(CASELESS_MARK)
        num_characters = 0
        if sum(len(one.term.target) for one in matches) > MAX_TARGET_CHARACTERS:
            logger.warning(
                "the terms of a sentence have translations of more than %d characters together; "
                "the last of them are not used. Split it.",
                MAX_TARGET_CHARACTERS,
            )
        if len(matches) > num_terms:
            _warn("sentence", "protected spans and terms", len(matches) + MAX_SPANS - num_terms)
        places: list[tuple[int, int, Term | None]] = [
            (one.start, one.end, one.term) for one in matches
        ]
        places += [(place.start(), place.end(), None) for place in re.finditer(CASELESS_MARK, text)]
        parts: list[str] = []
        constraints: list[Constraint] = []
        origins: list[tuple[int, int]] = []
        position = length = 0
        places.sort(key=lambda place: place[0])
        for start, end, term in places:
            before = text[position:start]
            written = substitute if term is None else term.replacement
            parts += [before, written]
            length += len(before)
            span = length, length + len(written)
            length += len(written)
            position = end
            if term is not None:
                num_characters += len(term.target)
                if not num_terms or num_characters > MAX_TARGET_CHARACTERS:
                    continue
            origins.append((start, end))
            if term is None:
                attached = start > 0 and text[start - 1] != " "
                constraints.append(
                    Constraint(*span, substitute, next(spans), is_reserved, False, attached)
                )
            else:
                num_terms -= 1
                first = term.target[0]
                attached = first.isalnum() and not is_word(first)
                output = term.target
                constraints.append(
                    Constraint(*span, output, output, False, term.is_capital, attached)
                )
        return ConstrainedSentence("".join([*parts, text[position:]]), constraints, origins)


def _line(text: str, marked: Marked | None) -> tuple[str, list[str]]:
    """Returns a text, normalized and with marks, and its protected spans."""
    if marked is None:
        return normalize_input(INTERNAL.sub("\ufffd", text)), []
    return normalize_input(marked.text), marked.spans


@functools.cache
def _warn_of_tags() -> None:
    """Logs a warning, once in a process: a server may receive such texts in each request."""
    logger.warning("a text has more than %d tags; they are translated as text. Split it.", MAX_TAGS)


def _warn_of_spans(marked: Marked | None) -> None:
    if marked and marked.num_left:
        _warn("text", "protected spans (URLs, placeholders)", MAX_SPANS + marked.num_left)


def _warn(place: str, kinds: str, count: int) -> None:
    logger.warning(
        "a %s has %d %s; the first %d are protected, the others are translated. Split it.",
        *(place, count, kinds, MAX_SPANS),
    )


def choose_substitute(source_pieces: Sequence[str], target_pieces: Sequence[str]) -> str:
    """Returns the first of `NAMES` that is a token of both vocabularies, or `NEUTRAL`."""
    source, target = set(source_pieces), set(target_pieces)
    known = (name for name in NAMES if {SPACE_MARK + name} <= source & target)
    return next(known, NEUTRAL)


class TargetTables:
    """Properties of the target tokens, for constraints.

    Args:
        pieces: V tokens.

    Attributes:
        continues_word: <bool>[V], tokens that would continue a word before them.
        ends_word: <bool>[V], tokens that end in a letter or digit.
        attaches: <bool>[V], tokens that no space follows.
    """

    def __init__(self, pieces: Sequence[str]):
        is_byte = np.array([bool(BYTE_TOKEN.fullmatch(piece)) for piece in pieces])
        self.continues_word = np.array([is_word(piece[:1]) for piece in pieces]) | is_byte
        self.ends_word = np.array([is_word(piece[-1:]) for piece in pieces]) & ~is_byte
        dashes = {SPACE_MARK + dash for dash in "-‐‑"}
        self.attaches = np.array(
            [piece[-1:] in tuple(ATTACHING) and piece not in dashes for piece in pieces]
        )


def put_back(
    coded_ids: Sequence[int],
    constraints: Sequence[Constraint],
    tables: TargetTables,
    decode: Callable[[list[int]], str],
) -> str:
    """Returns the text of a hypothesis, with the exact text of each constraint.

    Args:
        coded_ids: token ids of a hypothesis, of `beam_search` with constraints.
        constraints: the constraints of the sentence.
        tables: the properties of the V tokens.
        decode: the detokenizer.
    """
    size = len(tables.continues_word)
    ids, order, last, previous = [], [], 0, EOS
    for coded in coded_ids:
        owner, token = divmod(int(coded), size)
        if not owner:
            if token not in MARKS:
                ids.append(token)
            previous = token
        elif owner != last:
            one = constraints[owner - 1]
            is_attached = tables.attaches[previous] or (
                one.is_attached and not tables.ends_word[previous]
            )
            ids.append(MARKS[int(is_attached)])
            order.append(one)
            previous = EOS
        last = owner
    text = decode(ids).replace(chr(WITH_SPACE), f" {chr(WITHOUT_SPACE)}")
    first, *others = text.removeprefix(" ").split(chr(WITHOUT_SPACE))
    written = [first]
    for one, after in zip(order, others, strict=True):
        is_first = one.is_capital and not "".join(written)
        output = one.output[:1].upper() + one.output[1:] if is_first else one.output
        written += [output, after]
    return "".join(written)
