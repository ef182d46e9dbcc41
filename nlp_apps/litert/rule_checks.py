"""Check of rules for sentences, which are regular expressions, before a foreign one is used.

A regular expression can need years for a short text: `(a*)*b`, `(a|a)*b`, `a?a?a?...aaa`. A rule
that passes has a bounded number of choices at every position, and at most two repetitions without
an end, so that its time grows at most with the third power of the text.
"""

import re
from typing import Any

from nlp_apps.text.normalize import LONE_SURROGATE

MAX_CHARACTERS = 20_000
MAX_ENDLESS = 2
MAX_CHOICES = 20_000
"""Bounds of a pattern: its characters, its repetitions without an end, and the product of its
alternatives and its other repetitions."""

# A character of a pattern, or a class; a group that only groups; a quantifier; the rest.
_TOKENS = re.compile(
    r"(?P<one>\\[^0-9A-Za-z]|\\x[0-9A-Fa-f]{2}|\[\^?\]?(?:\\.|[^\]\\])*\])"
    r"|(?P<open>\((?:\?:|(?!\?)))|(?P<close>\))|(?P<choice>\|)"
    r"|(?P<repeat>[*+?]|\{(?P<least>[0-9]{1,2})?(?P<to>,)?(?P<most>[0-9]{1,2})?\})"
    r"|(?P<plain>[^\\(){}\[\]*+?|])",
    re.DOTALL,
)

_ESCAPED = re.compile(r"\\.", re.DOTALL)
_SETS = re.compile(r"^\[\^?\[|--|&&|~~|\|\|")
"""Parts of a class that will have another meaning in Python: `re.compile` prints a warning."""


def is_safe_rule(rule: Any) -> bool:
    """Checks a rule: two texts, a pattern of two groups and at most one character between them."""
    if not isinstance(rule, list) or len(rule) != 2:
        return False
    pattern, infix = rule
    if not all(isinstance(one, str) and not LONE_SURROGATE.search(one) for one in rule):
        return False
    if len(pattern) > MAX_CHARACTERS or len(infix) > 1 or infix == "\\":
        return False
    if not _is_bounded(pattern):
        return False
    try:
        return re.compile(pattern).groups == 2
    except (re.error, RecursionError, OverflowError):
        return False


def _is_bounded(pattern: str) -> bool:
    """Checks tokens, choices and repetitions; a repeated group has no choice inside."""
    choices, num_endless, position = 1, 0, 0
    groups: list[tuple[int, bool]] = []  # of each open group: its alternatives, has it choices
    closed_with_choices = False
    while position < len(pattern):
        token = _TOKENS.match(pattern, position)
        if token is None:  # a reference, a lookaround, a flag, a damaged pattern
            return False
        position = token.end()
        kind = token.lastgroup if token["repeat"] is None else "repeat"
        if kind == "one" and _SETS.search(_ESCAPED.sub("", token.group())):
            return False
        if kind == "open":
            groups.append((1, False))
        elif kind == "close":
            if not groups:
                return False
            alternatives, has_choices = groups.pop()
            choices *= alternatives
            closed_with_choices = has_choices or alternatives > 1
            if groups and closed_with_choices:
                groups[-1] = (groups[-1][0], True)
            continue
        elif kind == "choice":
            if not groups:
                return False
            groups[-1] = (groups[-1][0] + 1, True)
        elif kind == "repeat":
            is_optional = token["repeat"] == "?"
            if closed_with_choices and not is_optional:
                return False
            most = _most(token)
            num_endless += most == 0
            choices *= most + 1
            if groups:
                groups[-1] = (groups[-1][0], True)
        closed_with_choices = False
    return num_endless <= MAX_ENDLESS and choices <= MAX_CHOICES


def _most(token: re.Match[str]) -> int:
    """Returns the maximum number of repetitions of a quantifier; 0: without an end."""
    if token["repeat"] in ("*", "+"):
        return 0
    if token["repeat"] == "?":
        return 1
    if token["to"] and not token["most"]:
        return 0
    return int(token["most"] or token["least"] or 0)
