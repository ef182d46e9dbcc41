"""Pronouns: `him`, `it`, `there`, `nobody`, `nothing`."""

from __future__ import annotations

from itertools import product

from . import clauses as c
from . import words as w
from .clauses import ANYONE, PRONOUNS, YOU, Activity, Subject, join
from .everyday import PLANNED
from .nouns import phrase
from .patterns import Sentences, pattern, say, some_of
from .verbs import verb

OBJECT_VERBS = [
    ("see", "voir"),
    ("know", "connaître"),
    ("help", "aider"),
    ("call", "appeler"),
    ("invite", "inviter"),
    ("wait for", "attendre"),
    ("listen to", "écouter"),
    ("understand", "comprendre"),
    ("thank", "remercier"),
    ("look for", "chercher"),
]


OBJECT_PRONOUNS = [
    ("me", "me", "m"),
    ("you", "vous", "m"),
    ("him", "le", "m"),
    ("us", "nous", "mp"),
    ("them", "les", "mp"),
]


GIVING = [
    ("give", "donner"),
    ("show", "montrer"),
    ("send", "envoyer"),
    ("lend", "prêter"),
    ("sell", "vendre"),
    ("bring", "apporter"),
    ("offer", "offrir"),
    ("promise", "promettre"),
]


TO_WHOM = [("me", "me"), ("you", "vous"), ("him", "lui"), ("us", "nous"), ("them", "leur")]


GIFTS = [
    n
    for n in w.THINGS
    if n.en
    in [
        "book",
        "watch",
        "camera",
        "bicycle",
        "guitar",
        "computer",
        "phone",
        "dictionary",
        "doll",
        "umbrella",
        "pen",
        "painting",
        "violin",
        "magazine",
        "novel",
        "ticket",
        "map",
    ]
]


def clear(who: Subject, en: str) -> bool:
    """Returns whether a pronoun object cannot be the subject itself."""
    return en not in {"I": ("me", "us"), "we": ("me", "us"), "you": ("you",)}.get(who.en, ())


@pattern("pronouns", 260)
def object_pronouns() -> Sentences:
    """Sentences such as these.

    `I see him. She called us yesterday. He gave me a watch. We will help you.`
    """
    for who, (en, infinitive), (obj_en, obj_fr, agrees) in product(
        ANYONE, OBJECT_VERBS, OBJECT_PRONOUNS
    ):
        if not clear(who, obj_en):
            continue
        act = Activity(f"{en} {obj_en}", infinitive, clitic=obj_fr, agrees=agrees)
        if en in ("know", "understand", "see"):
            yield say(*c.present(who, act))
            yield say(*c.present_denied(who, act))
        else:
            yield say(*c.progressive(who, act))
            yield say(*c.future(who, act))
            yield say(*c.going_to(who, act))
        if en != "know":
            clause = c.past(who, act)
            yield say(f"{clause[0]} yesterday", f"{clause[1]} hier")
            yield say(*c.past_denied(who, act))
    for (en, infinitive), noun, (obj_en, obj_fr) in product(GIVING, GIFTS, TO_WHOM):
        for who in some_of(ANYONE, 2, en + noun.en + obj_en):
            if not clear(who, obj_en):
                continue
            it = phrase("a", noun)
            act = Activity(f"{en} {obj_en} {it.en}", infinitive, it.fr, clitic=obj_fr)
            yield say(*c.past(who, act))
            yield say(*c.future(who, act))
            if en in ("give", "show", "lend", "bring"):
                you = Activity(f"{en} {obj_en} {it.en}", infinitive, it.fr, clitic=obj_fr)
                if obj_en != "you":
                    yield say(f"can you {you.en}", f"pouvez-vous {c.infinitive(you, YOU)}", "?")


@pattern("pronouns", 150)
def it_and_there() -> Sentences:
    """The keys? I lost them. The book? I have already read it. Lyon? We are going there."""
    events = [
        ("buy", "acheter"),
        ("find", "trouver"),
        ("forget", "oublier"),
        ("sell", "vendre"),
        ("lose", "perdre"),
        ("choose", "choisir"),
        ("see", "voir"),
    ]
    for noun, (en, infinitive) in product(w.THINGS + w.CLOTHES, events):
        for who in some_of(PRONOUNS, 2, noun.en + en):
            many = bool(len(noun.en + who.en) % 2)
            the = phrase("the", noun, many=many)
            clitic = "les" if many else "la" if noun.fem else "le"
            agrees = ("f" if noun.fem else "m") + ("p" if many else "")
            act = Activity(
                f"{en} {'them' if many else 'it'}", infinitive, clitic=clitic, agrees=agrees
            )
            topic = say(the.en, the.fr, "?")
            answers = [c.past(who, act), c.past_denied(who, act)]
            if en not in ("lose", "forget"):
                answers.append(c.future(who, act))
            answer = some_of(answers, 1, who.en + noun.en + en)[0]
            answer = say(*answer)
            yield f"{topic[0]} {answer[0]}", f"{topic[1]} {answer[1]}"
    for en_place, fr_place in w.CITIES.items():
        for who in some_of(ANYONE, 4, en_place):
            act = Activity("go there", "aller", clitic="y")
            clause = some_of((c.future(who, act), c.going_to(who, act)), 1, who.en + en_place)[0]
            answer = say(f"{clause[0]} tomorrow", f"{clause[1]} demain")
            if clause[0].endswith("going to go there"):
                yield (
                    f"{en_place}? {answer[0]}",
                    say(fr_place, fr_place, "?")[1] + " " + answer[1],
                )
            live = Activity("live there", "habiter", clitic="y")
            answer = say(*c.present(who, live))
            yield f"{en_place}? {answer[0]}", say(fr_place, fr_place, "?")[1] + " " + answer[1]
    for noun in w.FOOD + w.DRINKS:
        some = phrase("some", noun)
        topic = say(noun.en, some.fr, "?")
        want = Activity("want some", "vouloir", clitic="en")
        buy = Activity("buy some", "acheter", clitic="en")
        for who in some_of(ANYONE, 2, noun.en):
            for clause in (c.present(who, want), c.past(who, buy)):
                answer = say(*clause)
                yield f"{topic[0]} {answer[0]}", f"{topic[1]} {answer[1]}"


@pattern("pronouns", 150)
def indefinite_pronouns() -> Sentences:
    """Sentences such as these.

    `Nobody took the bus. Everybody must pay. I didn't see anything. She has just left.`
    """
    nobody = Subject("nobody", "personne", "3s", False, "his")
    everybody = Subject("everybody", "tout le monde", "3s", False, "his")
    someone = Subject("someone", "quelqu'un", "3s", False, "his")
    for activity in PLANNED:
        if "{own}" in activity.en:
            continue
        word = verb(activity.verb)
        rest = c.french_complement(activity, nobody, True)
        helper = "est" if word.with_etre else "a"
        before = c.pronoun(activity, nobody)
        head, tail = c.english_words(activity, nobody, True)
        past = c.with_pronoun("ne", c.with_pronoun(before, helper)) + f" {word.participle}{rest}"
        yield say(f"nobody {c.english.past(head)}{tail}", f"personne {past}")
        if not word.reflexive:
            yield say(
                f"nobody wants to {head}{tail}",
                f"personne ne veut {c.infinitive(activity, nobody, True)}",
            )
        if not set(activity.when) & set("ts"):
            yield say(*c.past(everybody, activity))
            yield say(*c.past(someone, activity))
    for activity in [*PLANNED]:
        for who in some_of(ANYONE, 1, "just" + activity.en):
            head, tail = c.english_words(activity, who)
            have = "has" if who.third else "have"
            fr = join(who.fr, c.french_modal(who, "venir", activity, link="de"))
            yield say(f"{who.en} {have} just {c.english.participle(head)}{tail}", fr)
    nothing = [
        ("see", "voir"),
        ("hear", "entendre"),
        ("buy", "acheter"),
        ("eat", "manger"),
        ("say", "dire"),
        ("find", "trouver"),
        ("do", "faire"),
        ("understand", "comprendre"),
        ("forget", "oublier"),
        ("drink", "boire"),
        ("decide", "décider"),
        ("lose", "perdre"),
        ("break", "casser"),
        ("pay", "payer"),
        ("choose", "choisir"),
    ]
    for who, (en, infinitive) in product(ANYONE, nothing):
        act = Activity(f"{en} anything", infinitive)
        yield say(f"{who.en} didn't {en} anything", join(who.fr, c.french_past(who, act, "rien")))
        yield say(
            f"{who.en} {'doesn' if who.third else 'don'}'t {en} anything",
            join(who.fr, c.french_simple(who, act, "present", "rien")),
        )
