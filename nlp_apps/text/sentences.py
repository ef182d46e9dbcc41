"""Rule-based splitter: a line of several sentences becomes sentences.

The rules are regular expressions without lookbehind and without properties of Unicode, so that
Python, RE2 (the graph of a SavedModel), JavaScript, Kotlin and Swift split alike. An artefact has
them in its metadata: a host applies them in order and splits at newlines.

A sentence ends

- at `!`, `?` and their Arabic, Hindi, Ethiopic and Chinese forms, before a space and a letter, a
  digit or an opening quote or bracket; at the Chinese forms also without a space;
- at `.`, and at any of these marks with closing quotes or brackets after it, only before a space
  and a character that is not in lower case.

A sentence does not end

- after an ellipsis (`...`, `…`), because the sentence may continue;
- after a title or an abbreviation (Mr. Dr. Prof. St. e.g. z.B.), after initials (J. K. Rowling,
  the U.S. Army), and after No. or Fig. before a digit;
- after the number of a list item (1. Open the door.);
- after a number of one or two digits, if the language writes ordinals so ("am 3. Oktober") or is
  not known.

Where a rule is in doubt, two sentences stay together, and one is never split in two.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import accumulate, islice

BREAK = "\n"
"""Separates sentences while rules are applied; a normalized text has no newline."""

KEPT_DOT = "\x1e"
"""Replaces a full stop that ends no sentence; a normalized text does not have this character."""

Rule = tuple[str, str]
"""A regular expression with two groups, and the text that is put between them."""

_ORDINAL = "bs cs da de dsb et eu fi fo hr hsb hu is kl lb lv nb nn no pl sh sk sl sr tr"
ORDINAL_LANGUAGES = frozenset(_ORDINAL.split())
"""Languages that write "3." for "3rd" (Unicode CLDR)."""

TITLES = """
Mr Mrs Ms Messrs Mx Dr Drs Prof St Ste Mt Gen Col Maj Capt Cpt Cmdr Lt Sgt Rev Hon Gov Sen Rep Pres
MR MRS MS DR PROF MME MLLE
Fr Hr Frl Mme Mmes Mlle Mgr MM Sr Sra Sres Srta Dña Ud Uds Sig Dott Avv Ing Dipl Mag
e\\.g i\\.e cf vs viz approx ca bzw vgl al
z\\.\\x20?B d\\.\\x20?h u\\.\\x20?a o\\.\\x20?ä p\\.\\x20?ej
"""
"""Words before a full stop that ends no sentence."""

NUMBERED = "No Nos Nr Núm Fig Figs Vol Art Abs Kap Ch Sec p pp S no nr fig vol art n"
"""The same, if a digit follows."""

LETTERS = "A-Za-zÀ-ԯ"
"""Letters of the Latin, Greek and Cyrillic scripts."""

CAPITALS_WITHOUT_I = "A-HJ-ZÀ-ÖØ-ÞΑ-ΩА-Я"
"""Initials. "I" ends sentences: "So do I."."""

OPENING = "¡¿\"'“‘«„(\\[「『《（"
CLOSING = "\"'”’»“)\\]」』》）"
STRONG = "!?।؟۔።。！？"
WIDE = "。！？"
SPACES = " \u3000"
NO_BREAK = "\xa0\u2009\u202f"
CHINESE = "぀-ヿ㐀-鿿豈-﫿「『《“（"

_LETTER_RANGES = (
    *((0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A)),
    *((0xAA, 0xAA), (0xB5, 0xB5), (0xBA, 0xBA)),
)
_LETTER_BLOCKS = ((0xC0, 0x1FFF), (0x2C00, 0x2DFF), (0x3040, 0xD7FF), (0xF900, 0xFDFF))
# Hosts of a `.tflite` split before its tokenizer turns full width forms into ASCII.
_FULL_WIDTH = ((0xFF10, 0xFF19), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A))
_LAST_CASED = 0x058F
"""Last character of the Armenian block. Later scripts count as not in lower case."""


def character_ranges(codes: Iterable[int]) -> str:
    """Returns code points in ascending order as the inside of a character class."""
    found: list[list[int]] = []
    for code in codes:
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return "".join(chr(a) if a == b else f"{chr(a)}-{chr(b)}" for a, b in found)


_START_CODES = [
    code
    for low, high in (*_LETTER_RANGES, *_LETTER_BLOCKS, *_FULL_WIDTH)
    for code in range(low, high + 1)
]
START = character_ranges(_START_CODES) + OPENING
"""Characters that a sentence starts with, as the inside of a character class."""


def _has_no_case(code: int) -> bool:
    return _LAST_CASED < code < _FULL_WIDTH[0][0]


CAPITAL_START = (
    character_ranges(code for code in _START_CODES if _has_no_case(code) or not chr(code).islower())
    + OPENING
)
"""The same without lower case."""


def sentence_rules(language: str = "") -> list[Rule]:
    """Returns the rules for a language.

    Args:
        language: code such as `en`; empty: not known.

    Returns:
        Regular expressions with two groups, and the text to put between the groups, in the order
        in which to apply them.
    """
    code = language.split("-")[0].lower()
    titles = "|".join(TITLES.split())
    numbered = "|".join(NUMBERED.split())
    ordinals = r"((?:^|[^0-9.,:])[0-9]{1,2})\.( )"
    closing = rf"(?:[ {NO_BREAK}]?[{CLOSING}]+)?"
    return [
        (rf"((?:^|[^{LETTERS}])(?:{titles}))\.()", KEPT_DOT),
        (rf"((?:^|[^{LETTERS}.])(?:[A-Z]\.)*[{CAPITALS_WITHOUT_I}])\.()", KEPT_DOT),
        (rf"((?:^|[^{LETTERS}])(?:{numbered}))\.( ?[0-9])", KEPT_DOT),
        (rf"((?:^|[^{LETTERS}.])[a-z])\.( ?[{LETTERS}]{{1,2}}{KEPT_DOT})", KEPT_DOT),  # z. B.
        *([(ordinals, KEPT_DOT)] if not code or code in ORDINAL_LANGUAGES else []),
        (rf"([{STRONG}])[{SPACES}]+([{START}])", BREAK),
        (rf"((?:[^ .…{KEPT_DOT}]\.|[{STRONG}]){closing})[{SPACES}]+([{CAPITAL_START}])", BREAK),
        (rf"(。)([{START}])", BREAK),
        (rf"([!?！？])([{CHINESE}])", BREAK),
        (rf"((?:^|{BREAK})[0-9]{{1,3}}\.){BREAK}()", " "),
        (rf"(){KEPT_DOT}()", "."),
    ]


class SentenceSplitter:
    """Splits lines into sentences.

    Args:
        rules: result of `sentence_rules`, also from the metadata of an artefact; empty: a line is
            one sentence.
    """

    def __init__(self, rules: Sequence[Sequence[str]]):
        self._rules = [(re.compile(pattern), rf"\g<1>{infix}\2") for pattern, infix in rules]

    def split(self, text: str) -> list[str]:
        """Splits a normalized text; one without an end inside is returned unchanged.

        Returns:
            At least one sentence, without the spaces between sentences.
        """
        marked = text
        for pattern, replacement in self._rules:
            marked = pattern.sub(replacement, marked)
        sentences = marked.split(BREAK)
        return sentences if len(sentences) > 1 else [text]


WITHOUT_SPACE_AFTER = f"|(?s:.*)[{WIDE}][{CLOSING}]*"
"""Matches a sentence that the next one follows without a space: an empty one, or one that ends in a
Chinese mark."""

_WITHOUT_SPACE_AFTER = re.compile(WITHOUT_SPACE_AFTER)


def join_sentences(sentences: Sequence[str]) -> str:
    """Joins sentences with a space, and without one after a Chinese mark; one is unchanged."""
    if len(sentences) == 1:
        return sentences[0]
    return "".join(map(_spaced, sentences)).rstrip(" ")


def starts_in_joined(sentences: Sequence[str]) -> list[int]:
    """Returns the first character of each sentence in the result of `join_sentences`."""
    return list(accumulate((len(_spaced(one)) for one in sentences[:-1]), initial=0))


def _spaced(sentence: str) -> str:
    return sentence if _WITHOUT_SPACE_AFTER.fullmatch(sentence) else f"{sentence} "


MAX_SAMPLE = 20_000
"""Maximum number of texts to split; the share of more of them is about the same."""

MAX_SHARE = 0.05
"""Share of texts with several sentences; with less, a model hardly learns to translate them."""


def are_single_sentences(texts: Iterable[str], language: str = "") -> bool:
    """Checks whether nearly all training sources are single sentences: then splitting helps.

    Args:
        texts: normalized texts.
        language: code such as `en`; empty: not known.
    """
    return share_with_several(texts, language) <= MAX_SHARE


def share_with_several(texts: Iterable[str], language: str = "") -> float:
    """Computes the share of the texts that have more than one sentence.

    Args:
        texts: normalized texts; the first `MAX_SAMPLE` count.
        language: code such as `en`; empty: not known.

    Returns:
        0 to 1; 0 without texts.
    """
    splitter = SentenceSplitter(sentence_rules(language))
    several = [len(splitter.split(text)) > 1 for text in islice(texts, MAX_SAMPLE)]
    return sum(several) / max(1, len(several))
