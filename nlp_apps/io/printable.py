"""Text for a terminal: messages quote files from strangers, which may hold control characters."""

import unicodedata

_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_printable(character: str) -> bool:
    """Checks that a character can neither forge a line nor change a terminal.

    All spaces are printable, and the invisible parts of words and emoji: joiners, direction marks,
    tags.
    """
    if character.isprintable():
        return True
    return unicodedata.category(character) in ("Cf", "Zs") and character not in _BIDI_CONTROLS


def escape(text: str) -> str:
    r"""Returns text with every character that is not printable as `\x1b` or `\u202e`.

    Such a character could forge a line, or change the colours or the direction of a terminal.
    """
    if text.isprintable():
        return text
    return "".join(
        one if is_printable(one) else one.encode("unicode_escape").decode("ascii") for one in text
    )


def escape_lines(text: str) -> str:
    """Returns text of several lines, each of them escaped; tabs stay."""
    return "\n".join("\t".join(map(escape, line.split("\t"))) for line in text.split("\n"))
