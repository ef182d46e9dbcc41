"""English spelling rules: articles, plurals, verb forms, numbers."""

from __future__ import annotations

PAST = dict(
    pair.split("=")
    for pair in [
        "be=was",
        "become=became",
        "begin=began",
        "break=broke",
        "bring=brought",
        "build=built",
        "buy=bought",
        "catch=caught",
        "choose=chose",
        "come=came",
        "cut=cut",
        "do=did",
        "draw=drew",
        "drink=drank",
        "drive=drove",
        "eat=ate",
        "fall=fell",
        "feed=fed",
        "find=found",
        "forget=forgot",
        "get=got",
        "give=gave",
        "go=went",
        "grow=grew",
        "have=had",
        "hear=heard",
        "hold=held",
        "keep=kept",
        "know=knew",
        "learn=learned",
        "leave=left",
        "lend=lent",
        "lose=lost",
        "make=made",
        "meet=met",
        "pay=paid",
        "put=put",
        "read=read",
        "ride=rode",
        "run=ran",
        "say=said",
        "see=saw",
        "sell=sold",
        "send=sent",
        "show=showed",
        "sing=sang",
        "sit=sat",
        "sleep=slept",
        "speak=spoke",
        "spend=spent",
        "stop=stopped",
        "swim=swam",
        "take=took",
        "teach=taught",
        "tell=told",
        "think=thought",
        "throw=threw",
        "understand=understood",
        "wake=woke",
        "wear=wore",
        "win=won",
        "write=wrote",
        "plan=planned",
        "chat=chatted",
        "cancel=cancelled",
        "travel=travelled",
    ]
)
PARTICIPLES = {
    "be": "been", "become": "become", "begin": "begun", "break": "broken", "choose": "chosen",
    "come": "come", "do": "done", "draw": "drawn", "drink": "drunk", "drive": "driven",
    "eat": "eaten", "fall": "fallen", "forget": "forgotten", "get": "got", "give": "given",
    "go": "gone", "grow": "grown", "know": "known", "ride": "ridden", "run": "run", "see": "seen",
    "show": "shown", "sing": "sung", "speak": "spoken", "swim": "swum", "take": "taken",
    "throw": "thrown", "wake": "woken", "wear": "worn", "write": "written",
}  # fmt: skip
DOUBLED = frozenset(
    [
        "begin",
        "cancel",
        "chat",
        "cut",
        "forget",
        "get",
        "plan",
        "put",
        "run",
        "sit",
        "stop",
        "swim",
        "travel",
        "win",
    ]
)


def a(phrase: str) -> str:
    """The phrase with a or an before it, by its sound."""
    silent_h = phrase.startswith(("hour", "honest"))
    sounds_like_consonant = phrase.startswith(("uni", "use", "euro", "one"))
    vowel = phrase[0] in "aeiouAEIO" and not sounds_like_consonant
    return ("an " if vowel or silent_h else "a ") + phrase


def plural(noun: str) -> str:
    """The regular plural: books, boxes, cherries."""
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"


def third(verb: str) -> str:
    """The third person singular: takes, washes, tries, has."""
    if verb == "have":
        return "has"
    if verb == "be":
        return "is"
    if verb in ("go", "do"):
        return verb + "es"
    return plural(verb)


def past(verb: str) -> str:
    """Returns the simple past: `worked`, `tried`, `took`."""
    if verb in PAST:
        return PAST[verb]
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ied"
    return verb + "ed"


def participle(verb: str) -> str:
    """Returns the past participle: `worked`, `taken`."""
    return PARTICIPLES.get(verb, past(verb))


def ing(verb: str) -> str:
    """Returns the -ing form: `working`, `taking`, `swimming`."""
    if verb in DOUBLED:
        return verb + verb[-1] + "ing"
    if verb.endswith("e") and not verb.endswith("ee") and verb != "be":
        return verb[:-1] + "ing"
    return verb + "ing"


UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def number(value: int) -> str:
    """A whole number from 0 to 999 in words: twenty-one, two hundred and five."""
    if value < 20:
        return UNITS[value]
    if value < 100:
        ten, unit = divmod(value, 10)
        return TENS[ten - 2] + ("-" + UNITS[unit] if unit else "")
    hundreds, rest = divmod(value, 100)
    return UNITS[hundreds] + " hundred" + (" and " + number(rest) if rest else "")


ORDINALS = dict(
    enumerate(
        [
            "first",
            "second",
            "third",
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "ninth",
            "tenth",
            "eleventh",
            "twelfth",
            "thirteenth",
            "fourteenth",
            "fifteenth",
            "sixteenth",
            "seventeenth",
            "eighteenth",
            "nineteenth",
            "twentieth",
            "twenty-first",
            "twenty-second",
            "twenty-third",
            "twenty-fourth",
            "twenty-fifth",
            "twenty-sixth",
            "twenty-seventh",
            "twenty-eighth",
            "twenty-ninth",
            "thirtieth",
        ],
        start=1,
    )
)


def finish(text: str, end: str) -> str:
    """A sentence: capital letter first, `end` last."""
    return text[0].upper() + text[1:] + end
