"""Numbers in words, 2 to 99, in English, French, German and Spanish.

Languages need no setting: a number counts only if both sides of a pair have the same value.
"""

import re
from collections import Counter

_ENGLISH = """
two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen
"""
_FRENCH = """
deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept
dix-huit dix-neuf
"""
_GERMAN = """
zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn
siebzehn achtzehn neunzehn
"""
_SPANISH = """
dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete
dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis
veintisiete veintiocho veintinueve
"""

_MAGNITUDES = """
hundred hundreds thousand thousands million millions billion billions dozen cent cents mille
milliard milliards hundert tausend millionen cien ciento cientos mil millón millones
"""
"""Words that a number may multiply: a pair with one of them is left out."""


def _english() -> dict[str, int]:
    words = _numbered(_ENGLISH)
    small = {"one": 1, **{word: value for word, value in words.items() if value < 10}}
    tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    for value, ten in enumerate(tens, start=2):
        words[ten] = 10 * value
        words |= {f"{ten}-{word}": 10 * value + unit for word, unit in small.items()}
    return words


def _french() -> dict[str, int]:
    words = _numbered(_FRENCH)
    small = dict(words)
    tens = {"vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60}
    for ten, value in tens.items():
        words |= {ten: value, f"{ten} et un": value + 1, f"{ten}-et-un": value + 1}
        last = 19 if ten == "soixante" else 9
        words |= {f"{ten}-{word}": value + unit for word, unit in small.items() if unit <= last}
    words |= {"soixante et onze": 71, "quatre-vingts": 80, "quatre-vingt-un": 81}
    return words | {f"quatre-vingt-{word}": 80 + unit for word, unit in small.items()}


def _german() -> dict[str, int]:
    words = _numbered(_GERMAN)
    small = {"ein": 1, **{word: value for word, value in words.items() if value < 10}}
    tens = ["zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"]
    for value, ten in enumerate(tens, start=2):
        words[ten] = 10 * value
        words |= {f"{word}und{ten}": 10 * value + unit for word, unit in small.items()}
    return words


def _spanish() -> dict[str, int]:
    words = _numbered(_SPANISH)
    small = {"uno": 1, **{word: value for word, value in words.items() if value < 10}}
    tens = ["treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa"]
    for value, ten in enumerate(tens, start=3):
        words[ten] = 10 * value
        words |= {f"{ten} y {word}": 10 * value + unit for word, unit in small.items()}
    return words


def _numbered(names: str) -> dict[str, int]:
    return {word: value for value, word in enumerate(names.split(), start=2)}


NUMBER_WORDS = (_english(), _french(), _german(), _spanish())
"""Values of the number words of each language."""

_WORD = re.compile(r"[^\W\d_]+")
_STARTS = [{_WORD.findall(word)[0] for word in words} for words in NUMBER_WORDS]
_STOP = frozenset(_MAGNITUDES.split())


def _pattern(words: dict[str, int]) -> re.Pattern[str]:
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile(rf"(?<![\w'’-])(?:{'|'.join(longest_first)})(?![\w-])", re.IGNORECASE)


_PATTERNS = [_pattern(words) for words in NUMBER_WORDS]


def _found(text: str) -> list[tuple[int, Counter[int]]]:
    """Returns languages with number words in a text, and how often each value is in it."""
    if text.isascii():
        words = set(_WORD.findall(text.lower()))
    else:
        words = {word.lower() for word in _WORD.findall(text)}
    if words & _STOP:
        return []
    counts = []
    for language, starts in enumerate(_STARTS):
        if words & starts:
            matches = _PATTERNS[language].findall(text)
            values = Counter(NUMBER_WORDS[language][match.lower()] for match in matches)
            if values:
                counts.append((language, values))
    return counts


def words_to_digits(source: str, target: str) -> tuple[str, str]:
    """Writes the number words of a pair in digits, if both sides have the same numbers.

    Example: "I am twenty-five.", "J'ai vingt-cinq ans." -> "I am 25.", "J'ai 25 ans."
    """
    here = _found(source)
    if not here:
        return source, target
    for other, there in _found(target):
        for language, values in here:
            if values == there:
                return _in_digits(source, language), _in_digits(target, other)
    return source, target


def _in_digits(text: str, language: int) -> str:
    words = NUMBER_WORDS[language]
    return _PATTERNS[language].sub(lambda match: str(words[match[0].lower()]), text)
