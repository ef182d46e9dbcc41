"""Numbers of a sentence pair, replaced on both sides by other numbers of the same form."""

import re
from collections import Counter
from random import Random

LETTERS = "A-Za-z\u00c0-\u052f"
"""Letters of the Latin, Greek and Cyrillic scripts. A number that touches one is part of a word, as
in 21st, 1990s and B2; in Chinese or Thai it is not."""

NUMBER = re.compile(
    f"(?:(?<![{LETTERS}'’])(?<![{LETTERS}]-)(?<!\\b[Aa]n )|(?<=[0-9]h))"
    f"(?<![0-9])[0-9]+(?![0-9])"
    f"(?:(?=h(?:[0-9]|\\b))|(?![{LETTERS}]))"
)
"""ASCII digits that do not touch a letter, except the h of a French time such as 7h45. After "an" a
number stays, because "an" fits few others."""

_DIGIT = re.compile("[0-9]")

HOUR = re.compile(r"[0-9]{1,2}(?=:[0-9]{2}\b|\s?h\b|h[0-9]|\s?heures?\b|\s?Uhr\b|\s?[ap]\.?m\b)")
MINUTE = re.compile(r"(?<=[0-9]:)[0-9]{2}\b|(?<=[0-9]h)[0-9]{2}\b|(?<=[0-9]\sh\s)[0-9]{2}\b")

FIRST_YEAR, LAST_YEAR = 1800, 2030
YEARS = range(1100, 2100)
"""Numbers of four digits that may be years: they are replaced by a year."""

MAX_DRAWS = 50
"""Maximum number of draws; most numbers fit at the first or second."""


def shared_numbers(source: str, target: str) -> list[str]:
    """Returns the numbers that are on both sides equally often and can be replaced, sorted.

    0 and 1 and numbers that begin with 0 cannot, because other numbers need a plural.
    """
    if not _DIGIT.search(source):  # the usual case, much faster
        return []
    here, there = Counter(NUMBER.findall(source)), Counter(NUMBER.findall(target))
    minutes = set(MINUTE.findall(source)) & set(MINUTE.findall(target))
    return sorted(
        number
        for number, count in here.items()
        if count == there[number] and (number in minutes or number[0] != "0" and number != "1")
    )


def swap_numbers(source: str, target: str, random: Random) -> tuple[str, str]:
    """Replaces the shared numbers of a pair, each by another one that needs the same grammar.

    The new number has as many digits, as many zeros at its end and the same plural in languages
    with several (Unicode CLDR's one, few, many of Slavic languages). Years stay years, hours and
    minutes stay hours and minutes, and beside a year a day of the month stays one.
    """
    hours = {*HOUR.findall(source), *HOUR.findall(target)}
    minutes = set(MINUTE.findall(source)) & set(MINUTE.findall(target))
    shared = shared_numbers(source, target)
    has_year = any(_is_year(number) for number in shared)
    new: dict[str, str] = {}
    for number in shared:
        if number in minutes:
            new[number] = f"{random.randrange(60):02}"
        else:
            new[number] = _draw(number, random, is_hour=number in hours, is_day=has_year)

    def replace(match: re.Match[str]) -> str:
        return new.get(match[0], match[0])

    return NUMBER.sub(replace, source), NUMBER.sub(replace, target)


def _is_year(number: str) -> bool:
    return len(number) == 4 and int(number) in YEARS


def _draw(number: str, random: Random, *, is_hour: bool, is_day: bool) -> str:
    value, zeros = int(number), 10 ** (len(number) - len(number.rstrip("0")))
    low, high = 10 ** (len(number) - 1) // zeros, 10 ** len(number) // zeros
    if is_hour and value < 24:
        low, high, zeros = (2, 13, 1) if value < 13 else (13, 24, 1)
    elif _is_year(number):
        low, high, zeros = FIRST_YEAR, LAST_YEAR + 1, 1
    elif is_day and 10 <= value <= 31:
        low, high, zeros = 10, 32, 1
    for _ in range(MAX_DRAWS):
        drawn = random.randrange(low, high) * zeros
        if drawn > 1 and drawn != value and _plural(drawn) == _plural(value):
            return str(drawn)
    return number


def _plural(value: int) -> str:
    if value % 10 == 1 and value % 100 != 11:
        return "one"
    return "few" if value % 10 in (2, 3, 4) and value % 100 not in (12, 13, 14) else "many"
