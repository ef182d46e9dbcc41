"""Text for a terminal: messages quote files from strangers, which may hold control characters."""

import unicodedata


def escape(text: str) -> str:
    r"""Returns text with every character that is not printable as `\x1b` or `\u202e`.

    Such a character could forge a line, or change the colours or the direction of a terminal. All
    spaces are printable.
    """
    if text.isprintable():
        return text
    return "".join(
        one
        if one.isprintable() or unicodedata.category(one) == "Zs"
        else one.encode("unicode_escape").decode("ascii")
        for one in text
    )


def escape_lines(text: str) -> str:
    """Returns text of several lines, each of them escaped; tabs stay."""
    return "\n".join("\t".join(map(escape, line.split("\t"))) for line in text.split("\n"))
