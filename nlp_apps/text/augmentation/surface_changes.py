"""Changes of the surface of a text: letter case, final punctuation, quotes and accents.

Spaces and Unicode forms are not changed here: normalization and tokenizer make every form equal.
"""

import re
import unicodedata

FINAL_MARK = re.compile(r"(?<![.!?…。！？])\s*([.!?。！？])$")
"""A single final full stop, exclamation mark or question mark, with the space before it."""

ABBREVIATION = re.compile(r"\w\.\w+\.$")
"""A final full stop that belongs to an abbreviation, such as p.m. or U.S."""

_QUESTION_MARKS = "?？"
_OPENING_MARKS = "¡¿"
_APOSTROPHE = re.compile(r"(?<=\w)['’](?=\w)")
_QUOTED = re.compile(r'"([^"]*)"')
_ACCENTED = re.compile("([A-Za-z])[\u0300-\u036f]+")


def upper_case(text: str) -> str:
    """Returns the text in capitals."""
    return text.upper()


def lower_case(text: str) -> str:
    """Returns the text without capitals."""
    return text.lower()


def lower_initial(text: str) -> str:
    """Returns the text with a lower-case first letter."""
    for position, character in enumerate(text):
        if character.isalpha():
            return text[:position] + character.lower() + text[position + 1 :]
    return text


def drop_final_mark(text: str) -> str:
    """Returns the text without its final `.`, `!` or `?`; keeps `...` and abbreviations."""
    if ABBREVIATION.search(text):
        return text
    return FINAL_MARK.sub("", text) or text


def drop_final_marks(source: str, target: str) -> tuple[str, str]:
    """Drops the final mark of a source, and of its target where the target can do without it.

    A full stop or exclamation mark is dropped on both sides. A question mark is dropped from the
    source only, because the translation is still a question. A target that opens with `¡` or `¿`
    keeps its marks, and so does one without a final mark of the same kind.
    """
    bare = drop_final_mark(source)
    found, mirrored = FINAL_MARK.search(source), FINAL_MARK.search(target)
    if bare == source or not found or not mirrored:
        return bare, target
    is_question = found[1] in _QUESTION_MARKS or mirrored[1] in _QUESTION_MARKS
    if is_question or any(mark in target for mark in _OPENING_MARKS):
        return bare, target
    return bare, drop_final_mark(target)


def typographic_quotes(text: str) -> str:
    """Returns the text with `’` for `'` inside words and `“ ”` for `"`, as phones write them."""
    return _QUOTED.sub("“\\1”", _APOSTROPHE.sub("’", text))


def drop_apostrophes(text: str) -> str:
    """Returns the text without the apostrophes inside words: "dont" for "don't"."""
    return _APOSTROPHE.sub("", text)


def drop_accents(text: str) -> str:
    """Returns the text without the accents of Latin letters: "ou" for "où"."""
    bare = _ACCENTED.sub(r"\1", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", bare)
