"""Questions and orders: do you, did you, why, could you, let's, don't."""

from __future__ import annotations

from . import clauses as c
from .clauses import PRONOUNS, Activity, Subject
from .everyday import HABITS, PLANNED, WELCOME, when_past
from .patterns import Sentences, pattern, say, some_of


@pattern("questions", 160)
def do_you() -> Sentences:
    """Do you often take the train? Does your brother take the train?"""
    for activity in HABITS:
        for who in some_of(PRONOUNS[1:], 3, "do you" + activity.en):
            head, rest = c.english_words(activity, who)
            clause = c.present(who, activity)[1]
            auxiliary = "does" if who.third else "do"
            yield say(f"{auxiliary} {who.en} {head}{rest}", "est-ce " + c.french.que(clause), "?")


@pattern("questions", 150)
def did_you() -> Sentences:
    """Did you take the train yesterday?"""
    for activity in PLANNED:
        for who in some_of(PRONOUNS[1:], 3, "did you" + activity.en):
            head, rest = c.english_words(activity, who)
            time = some_of(when_past(activity), 1, who.en + activity.en)[0]
            clause = c.past(who, activity)[1]
            en = f"did {who.en} {head}{rest} {time[0]}"
            yield say(en, f"est-ce {c.french.que(clause)} {time[1]}", "?")


@pattern("questions", 170)
def question_words() -> Sentences:
    """When are you going to take the train? Why did she take the train? Who took the train?"""
    for activity in PLANNED:
        for who in some_of(PRONOUNS[1:], 2, "when" + activity.en):
            head, rest = c.english_words(activity, who)
            will = c.going_to(who, activity)[1]
            was = c.past(who, activity)[1]
            yield say(
                f"when {who.be()} {who.en} going to {head}{rest}",
                "quand est-ce " + c.french.que(will),
                "?",
            )
            yield say(f"why did {who.en} {head}{rest}", "pourquoi est-ce " + c.french.que(was), "?")
        if "{own}" not in activity.en:
            person = Subject("who", "qui", "3s", False, "his")
            en, fr = c.present(person, activity)
            if not set(activity.when) & set("ts"):
                yield say(en, fr, "?")
            yield say("who is going to " + activity.en, c.going_to(person, activity)[1], "?")


@pattern("questions", 110)
def can_you() -> Sentences:
    """Can I take the train? Could you close the door?"""
    for activity in PLANNED:
        me, you = PRONOUNS[0], PRONOUNS[1]
        if set(activity.when) & set("n"):
            continue
        if "{own}" not in activity.en:
            yield say(
                f"can we {activity.en}", "pouvons-nous " + c.infinitive(activity, PRONOUNS[4]), "?"
            )
        if activity.verb in (
            "fermer",
            "ouvrir",
            "allumer",
            "éteindre",
            "arrêter",
            "appeler",
            "expliquer",
            "remplir",
            "signer",
            "vérifier",
            "annuler",
            "réparer",
            "répondre",
            "nettoyer",
            "laver",
            "ranger",
            "porter",
            "imprimer",
            "traduire",
            "débarrasser",
        ):
            head, rest = c.english_words(activity, you)
            yield say(
                f"could you {head}{rest}", "pourriez-vous " + c.infinitive(activity, you), "?"
            )
            yield say(
                f"could you please {head}{rest}",
                f"pourriez-vous {c.infinitive(activity, you)}, s'il vous plaît",
                "?",
            )
        yield say(
            f"may I {activity.en.replace('{own}', 'my')}",
            "puis-je " + c.infinitive(activity, me),
            "?",
        )


IMPERATIVE = [
    a
    for a in PLANNED
    if "{own}" not in a.en and a.verb not in ("avoir", "recevoir", "voir", "s'occuper")
]


def order_form(activity: Activity, person: str, denied: bool) -> str:
    """The French imperative for vous or nous: reposez-vous, ne fermons pas la porte."""
    word = c.verb(activity.verb)
    finite = word.present[person]
    pronoun = {"2p": "vous", "1p": "nous"}[person]
    who = PRONOUNS[1] if person == "2p" else PRONOUNS[4]
    rest = c.french_complement(activity, who, denied)
    if denied:
        before = pronoun if word.reflexive else ""
        return c.around(finite, before, "pas") + rest
    return finite + (f"-{pronoun}" if word.reflexive else "") + rest


@pattern("orders", 240)
def orders() -> Sentences:
    """Close the door, please. Don't close the door! Let's take the train."""
    for activity in IMPERATIVE:
        if not activity.en.startswith((*WELCOME, "rest", "study", "go to the d", "learn")):
            yield say(f"don't {activity.en}", order_form(activity, "2p", True), "!")
        if set(activity.when) & set("n"):
            continue
        yield say(f"{activity.en}, please", order_form(activity, "2p", False) + ", s'il vous plaît")
        yield say(f"let's {activity.en}", order_form(activity, "1p", False), "!")
        yield say(
            f"don't forget to {activity.en}",
            "n'oubliez pas " + c.with_pronoun("de", c.infinitive(activity, PRONOUNS[1])),
        )
