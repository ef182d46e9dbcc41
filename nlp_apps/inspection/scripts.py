"""Scripts: the writing systems of a text, by the names of its characters in Unicode.

A language is written in few scripts, so a text in another script is in another column, in another
language, or damaged.
"""

import string
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from nlp_apps.inspection.finding import MAX_INSTANCES, Finding, Instance, share
from nlp_apps.inspection.table import NOUNS, Table

_NO_ASCII_LETTERS = bytes(set(range(128)) - set(string.ascii_letters.encode()))

MAIN_SHARE = 0.7
"""Share of the letters above which a script is the script of a column."""

_NAMES = {
    "CJK": "Han",
    "HIRAGANA": "Japanese kana",
    "KATAKANA": "Japanese kana",
    "KATAKANA-HIRAGANA": "Japanese kana",
    "HALFWIDTH": "Japanese kana",
    "FULLWIDTH": "Latin",
    "MICRO": "",
    "MASCULINE": "Latin",
    "FEMININE": "Latin",
    "MODIFIER": "",
    "MATHEMATICAL": "",
    "SUPERSCRIPT": "",
    "SUBSCRIPT": "",
    "DOUBLE-STRUCK": "",
    "SCRIPT": "",
}
"""First word of a character's name -> script; empty for letters of no script."""

_CYRILLIC = ("be", "bg", "kk", "ky", "mk", "mn", "ru", "tg", "uk")
_ARABIC = ("ar", "fa", "ps", "ug", "ur")
_DEVANAGARI = ("hi", "mr", "ne")
_LATIN = (
    *("af", "ca", "cs", "cy", "da", "de", "en", "es", "et", "eu", "fi", "fr", "ga", "gl", "hr"),
    *("hu", "id", "is", "it", "lt", "lv", "ms", "mt", "nl", "no", "nb", "pl", "pt", "ro", "sk"),
    *("sl", "sq", "sv", "sw", "tl", "tr", "vi"),
)

SCRIPTS_OF_LANGUAGE: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_CYRILLIC, ("Cyrillic",)),
    **dict.fromkeys(_ARABIC, ("Arabic",)),
    **dict.fromkeys(_DEVANAGARI, ("Devanagari",)),
    **dict.fromkeys(_LATIN, ("Latin",)),
    **{"am": ("Ethiopic",), "bn": ("Bengali",), "el": ("Greek",), "he": ("Hebrew",)},
    **{"hy": ("Armenian",), "ja": ("Japanese kana", "Han"), "ka": ("Georgian",)},
    **{"km": ("Khmer",), "ko": ("Hangul", "Han"), "ta": ("Tamil",), "te": ("Telugu",)},
    **{"th": ("Thai",), "zh": ("Han",)},
}
"""Scripts of a language code, for languages with one way of writing."""


@cache
def script_of(character: str) -> str:
    """Returns the script of a letter, such as `Latin`; empty for other characters."""
    if not unicodedata.category(character).startswith("L"):
        return ""
    first = unicodedata.name(character, "").partition(" ")[0]
    return _NAMES.get(first, first.capitalize())


def count_scripts(texts: Iterable[str]) -> Counter[str]:
    """Counts the letters of texts by script."""
    characters: Counter[str] = Counter()
    ascii_letters = 0
    for text in texts:
        if text.isascii():  # fifty times as fast
            ascii_letters += len(text.encode().translate(None, _NO_ASCII_LETTERS))
        else:
            characters.update(text)
    counts: Counter[str] = Counter({"Latin": ascii_letters} if ascii_letters else {})
    for character, count in characters.items():
        if script := script_of(character):
            counts[script] += count
    return counts


def main_scripts(counts: Counter[str]) -> tuple[str, ...]:
    """Returns the scripts of a column: the most frequent ones that together have most letters.

    Japanese mixes two scripts, other languages have one; a column of many languages has none.
    """
    total, found, letters = counts.total(), [], 0
    for script, count in counts.most_common(2):
        found.append(script)
        letters += count
        if letters >= MAIN_SHARE * total:
            return tuple(found)
    return ()


def find_script_faults(
    tables: Sequence[Table], languages: tuple[str, str] = ("", ""), *, reverse: bool = False
) -> Iterator[Finding]:
    """Finds texts in other scripts than their column.

    Args:
        tables: the splits.
        languages: codes of source and target that the recipe names; empty: unknown.
        reverse: whether the recipe swaps the two sides.
    """
    scripts = {
        name: main_scripts(count_scripts(text for table in tables for text in table.columns[name]))
        for name in tables[0].text_columns
    }
    if len(scripts) == 2:
        yield from _wrong_language(scripts, languages, reverse)
    swapped: set[tuple[str, int]] = set()
    if _are_different(scripts):
        found = list(_swapped(tables, scripts))
        swapped = {(table.split, row) for table, row in found}
        if found:
            yield swapped_pairs(found, sum(map(len, tables)), "by their scripts")
    for name, expected in scripts.items():
        if expected:
            yield from _other_script(tables, name, expected, swapped)


def _are_different(scripts: dict[str, tuple[str, ...]]) -> bool:
    """Returns whether there are two sides, and they have no script in common."""
    sides = [set(found) for found in scripts.values()]
    return len(sides) == 2 and all(sides) and not sides[0] & sides[1]


def _wrong_language(
    scripts: dict[str, tuple[str, ...]], languages: tuple[str, str], reverse: bool
) -> Iterator[Finding]:
    """Compares the scripts of both sides with those of the languages that the recipe names."""
    sides = list(zip(scripts.items(), languages, reversed(scripts.values()), strict=True))
    for (side, found), language, other in sides:
        expected = SCRIPTS_OF_LANGUAGE.get(language.lower().partition("-")[0], ())
        if not expected or not found or set(expected) & set(found):
            continue
        is_swapped = bool(set(expected) & set(other))
        fix = f"Correct data.{side}_language, or the file."
        if is_swapped:
            fix = f"Set data.reverse = {str(not reverse).lower()}: the two sides are swapped."
        yield Finding(
            "wrong_language",
            "warning",
            1,
            f"data.{side}_language = {language!r} is written in {expected[0]}, but the {side} "
            f"texts are in {' and '.join(found)}.",
            fix,
        )
        if is_swapped:
            return


def _swapped(
    tables: Sequence[Table], scripts: dict[str, tuple[str, ...]]
) -> Iterator[tuple[Table, int]]:
    """Yields the pairs whose two sides are in the script of the other side."""
    for table in tables:
        sources, targets = table.columns["source"], table.columns["target"]
        for row, (source, target) in enumerate(zip(sources, targets, strict=True)):
            if source.isascii() and target.isascii():
                continue
            if _is_in(source, scripts["target"]) and _is_in(target, scripts["source"]):
                yield table, row


def swapped_pairs(found: Sequence[tuple[Table, int]], total: int, evidence: str) -> Finding:
    """Returns the finding of pairs whose sides seem to be swapped.

    Args:
        found: tables and rows.
        total: number of pairs checked.
        evidence: the reason, such as `by their scripts`.
    """
    verb = "seems" if len(found) == 1 else "seem"
    return Finding(
        "swapped_columns",
        "warning",
        len(found),
        f"{share(len(found), total, 'pairs')} {verb} to be swapped, {evidence}.",
        "Swap source and target in these lines.",
        tuple(table.instance(row) for table, row in found[:MAX_INSTANCES]),
    )


def _is_in(text: str, scripts: Sequence[str]) -> bool:
    """Returns whether most letters of a text are of the scripts."""
    counts = count_scripts([text])
    return sum(counts[script] for script in scripts) > counts.total() / 2


def _other_script(
    tables: Sequence[Table], name: str, expected: tuple[str, ...], skip: set[tuple[str, int]]
) -> Iterator[Finding]:
    """Finds the texts of a column with letters, most of which are of other scripts.

    Args:
        tables: the splits.
        name: the column.
        expected: its scripts.
        skip: rows that are reported otherwise.
    """
    latin_only = expected == ("Latin",)
    total, count, instances = 0, 0, list[Instance]()
    for table in tables:
        total += len(table)
        for row, text in enumerate(table.columns[name]):
            if (text.isascii() and latin_only) or (table.split, row) in skip:
                continue
            counts = count_scripts([text])
            if counts and sum(counts[script] for script in expected) < counts.total() / 2:
                count += 1
                if len(instances) < MAX_INSTANCES:
                    script = counts.most_common(1)[0][0]
                    instances.append(table.instance(row, name, remark=script))
    if count:
        verb = "is" if count == 1 else "are"
        yield Finding(
            "other_script",
            "warning" if name in ("source", "target") else "note",
            count,
            f"{share(count, total, NOUNS[name])} {verb} not in {' or '.join(expected)}, as the "
            "others are.",
            "Check that they are of the right language; remove them otherwise.",
            tuple(instances),
        )
