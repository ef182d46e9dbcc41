"""Everyday life: activities in all tenses and with modal verbs."""

from __future__ import annotations

from . import clauses as c
from .activities import BELONGINGS, LASTING, MEALS, TABLE_ACTIVITIES
from .clauses import ANYONE, Activity, Modal, Subject
from .patterns import Sentences, pattern, say, some_of
from .words import DAYS

PLANNED = [a for a in TABLE_ACTIVITIES + MEALS if "u" not in a.when]


HABITS = [a for a in PLANNED if not set(a.when) & set("tns")]


ONGOING = [a for a in PLANNED if a.verb in LASTING]


WELCOME = ("win", "arrive on time", "sleep well", "save money", "earn", "thank", "give advice")


OBJECTS = [
    a
    for a in BELONGINGS
    if "find" not in a.en and a.en not in ("buy a passport", "buy a letter", "buy an envelope")
]


TOLD = TABLE_ACTIVITIES + MEALS


LAST = [
    ("yesterday", "hier"),
    ("last week", "la semaine dernière"),
    ("two days ago", "il y a deux jours"),
]


LAST += [(f"last {en}", f"{fr} dernier") for en, fr in DAYS.items()]


NEXT = [("tomorrow", "demain"), ("next week", "la semaine prochaine"), ("soon", "bientôt")]


NEXT += [(f"next {en}", f"{fr} prochain") for en, fr in DAYS.items()]


OFTEN = [
    ("every week", "chaque semaine"),
    ("from time to time", "de temps en temps"),
    ("on weekdays", "en semaine"),
    ("at the weekend", "le week-end"),
]


OFTEN += [(f"on {en}s", f"le {fr}") for en, fr in DAYS.items()]


def when_past(activity: Activity) -> list[tuple[str, str]]:
    """Returns times that suit a past activity."""
    if "e" in activity.when:
        return [("yesterday evening", "hier soir"), *LAST[3:6]]
    if "m" in activity.when:
        return [("this morning", "ce matin"), ("yesterday morning", "hier matin"), *LAST[5:8]]
    if "n" in activity.when:
        return [("last year", "l'année dernière"), ("last month", "le mois dernier")]
    if "s" in activity.when:
        return [
            ("last week", "la semaine dernière"),
            ("last month", "le mois dernier"),
            ("two weeks ago", "il y a deux semaines"),
        ]
    if "t" in activity.when:
        return [
            ("last year", "l'année dernière"),
            ("last summer", "l'été dernier"),
            ("last month", "le mois dernier"),
            ("two weeks ago", "il y a deux semaines"),
            ("three years ago", "il y a trois ans"),
        ]
    return LAST


def when_future(activity: Activity) -> list[tuple[str, str]]:
    """Returns times that suit a future activity."""
    if "e" in activity.when:
        return [("this evening", "ce soir"), ("tomorrow evening", "demain soir"), *NEXT[7:]]
    if "m" in activity.when:
        return [("tomorrow morning", "demain matin"), *NEXT[3:6]]
    if "n" in activity.when:
        return [("next month", "le mois prochain"), ("next year", "l'année prochaine")]
    if "s" in activity.when:
        return [
            ("next week", "la semaine prochaine"),
            ("next month", "le mois prochain"),
            ("in two weeks", "dans deux semaines"),
        ]
    if "t" in activity.when:
        return [
            ("next year", "l'année prochaine"),
            ("next summer", "l'été prochain"),
            ("next month", "le mois prochain"),
            ("in two weeks", "dans deux semaines"),
        ]
    return NEXT


def when_usual(activity: Activity) -> list[tuple[str, str]]:
    """Times that suit a habit."""
    if "e" in activity.when:
        return [("every evening", "tous les soirs"), *OFTEN[2:4], ("very often", "très souvent")]
    if "m" in activity.when:
        return [("every morning", "tous les matins"), *OFTEN[2:4]]
    return OFTEN


def mixed(
    activity: Activity, times: list[tuple[str, str]], key: str, count: int = 6
) -> list[tuple[Subject, tuple[str, str]]]:
    """A few subjects, each with a time."""
    choices = [(who, time) for who in ANYONE for time in times]
    return list(some_of(choices, count, f"{key} {activity.en}"))


def timed(clause: tuple[str, str], time: tuple[str, str]) -> tuple[str, str]:
    """The clause with its time at the end in both languages."""
    return say(f"{clause[0]} {time[0]}", f"{clause[1]} {time[1]}")


@pattern("everyday", 330)
def habit() -> Sentences:
    """My sister takes the bus on Mondays."""
    for activity in HABITS:
        for who, time in mixed(activity, when_usual(activity), "habit"):
            yield timed(c.present(who, activity), time)


@pattern("everyday", 130)
def often() -> Sentences:
    """We often take the bus."""
    for activity in HABITS:
        for who in some_of(ANYONE, 4, "often" + activity.en):
            for en, fr in (("often", "souvent"), ("always", "toujours"), ("rarely", "rarement")):
                head, rest = c.english_words(activity, who)
                verb = c.english.third(head) if who.third else head
                before = c.pronoun(activity, who)
                finite = c.verb(activity.verb).form("present", who.person)
                text = c.with_pronoun(before, finite) + f" {fr}"
                text += c.french_complement(activity, who)
                yield say(f"{who.en} {en} {verb}{rest}", c.join(who.fr, text))


@pattern("everyday", 170)
def not_doing() -> Sentences:
    """He doesn't take the bus."""
    for activity in HABITS:
        for who in some_of(ANYONE, 6, "not" + activity.en):
            yield say(*c.present_denied(who, activity))


@pattern("everyday", 130)
def never_and_no_longer() -> Sentences:
    """She never takes the bus; they no longer take the bus."""
    for activity in HABITS:
        for who in some_of(ANYONE, 3, "never" + activity.en):
            yield say(*c.present_denied(who, activity, "never", "jamais"))
            yield say(*c.present_denied(who, activity, "no longer", "plus"))


@pattern("everyday", 180)
def in_progress() -> Sentences:
    """I am reading the newspaper at the moment."""
    for activity in ONGOING:
        for who in some_of(ANYONE, 6, "ongoing" + activity.en):
            yield timed(c.progressive(who, activity), ("at the moment", "en ce moment"))


@pattern("everyday", 430)
def done() -> Sentences:
    """Sentences such as `We took the train yesterday`."""
    for activity in TOLD:
        for who, time in mixed(activity, when_past(activity), "done"):
            yield timed(c.past(who, activity), time)


@pattern("everyday", 200)
def not_done() -> Sentences:
    """We didn't take the train yesterday."""
    for activity in PLANNED:
        for who, time in mixed(activity, when_past(activity), "not done", 4):
            yield timed(c.past_denied(who, activity), time)


@pattern("everyday", 150)
def already_and_never() -> Sentences:
    """Sentences such as `She has already taken the train; I have never taken the train`."""
    for activity in TOLD:
        if "n" in activity.when:
            continue
        for who in some_of(ANYONE, 3, "perfect" + activity.en):
            yield say(*c.perfect(who, activity, "already", "déjà"))
            yield say(*c.perfect(who, activity, "never", "jamais"))


@pattern("everyday", 200)
def used_to() -> Sentences:
    """My parents used to take the train."""
    for activity in HABITS:
        for who in some_of(ANYONE, 5, "used to" + activity.en):
            yield say(*c.imperfect(who, activity))


@pattern("everyday", 240)
def will() -> Sentences:
    """I will take the train tomorrow."""
    for activity in PLANNED:
        for who, time in mixed(activity, when_future(activity), "will"):
            yield timed(c.future(who, activity), time)


@pattern("everyday", 100)
def will_not() -> Sentences:
    """I won't take the train tomorrow."""
    for activity in PLANNED:
        for who, time in mixed(activity, when_future(activity), "won't", 3):
            yield timed(c.future(who, activity, True), time)


@pattern("everyday", 200)
def going_to() -> Sentences:
    """Sentences such as these.

    `They are going to take the train; they are not going to take the train.`
    """
    for activity in PLANNED:
        for who in some_of(ANYONE, 4, "going to" + activity.en):
            yield say(*c.going_to(who, activity))
        for who in some_of(ANYONE, 1, "not going to" + activity.en):
            yield say(*c.going_to(who, activity, True))


MODALS = (
    (Modal("want to", "wants to", "don't want to", "doesn't want to", "vouloir"), 170),
    (Modal("can", "can", "can't", "can't", "pouvoir"), 170),
    (Modal("must", "must", "mustn't", "mustn't", "devoir"), 130),
    (
        Modal(
            "would like to",
            "would like to",
            "wouldn't like to",
            "wouldn't like to",
            "vouloir",
            "conditional",
        ),
        120,
    ),
    (Modal("like to", "likes to", "don't like to", "doesn't like to", "aimer"), 120),
    (
        Modal("need to", "needs to", "don't need to", "doesn't need to", "avoir", link="besoin de"),
        70,
    ),
    (Modal("hope to", "hopes to", "", "", "espérer"), 60),
    (Modal("prefer to", "prefers to", "", "", "préférer"), 60),
    (Modal("should", "should", "shouldn't", "shouldn't", "devoir", "conditional"), 80),
    (Modal("could", "could", "", "", "pouvoir", "conditional"), 60),
    (Modal("am trying to", "am trying to", "", "", "essayer", link="de"), 50),
)


def modal_pattern(modal: Modal, quota: int) -> None:
    """One pattern for one modal verb, affirmed and (where it can be) denied."""

    def make() -> Sentences:
        for activity in HABITS if modal.fr in ("aimer", "préférer") else PLANNED:
            for who in some_of(ANYONE, 5, modal.en + activity.en):
                if modal.fr in ("aimer", "préférer") and activity.en.startswith(WELCOME):
                    break
                yield say(*modal.clause(who, activity))
            # pas besoin d'acheter de pain, pas besoin d'acheter du pain: both are said, so neither
            doubtful = modal.fr in ("avoir", "aimer") and activity.fr_denied
            if modal.en_denied and not doubtful and not activity.en.startswith(WELCOME):
                for who in some_of(ANYONE, 2, modal.en_denied + activity.en):
                    yield say(*modal.clause(who, activity, True))

    make.__name__ = modal.en.replace(" ", "_")
    pattern("everyday", quota)(make)


for chosen, share in MODALS:
    modal_pattern(chosen, share)


@pattern("shopping", 330)
def belongings() -> Sentences:
    """Sentences such as these.

    `I am looking for my keys; she forgot her umbrella; he bought a watch yesterday.`
    """
    for activity in OBJECTS:
        for who in some_of(ANYONE, 8, "objects" + activity.en):
            if activity.verb == "chercher":
                yield say(*c.progressive(who, activity))
            elif activity.verb == "oublier":
                yield say(*c.past(who, activity))
            else:
                time = some_of(LAST[:5], 1, who.en + activity.en)[0]
                yield timed(c.past(who, activity), time)
                yield say(*MODALS[3][0].clause(who, activity))


@pattern("everyday", 130)
def know_how_to() -> Sentences:
    """My sister can swim: she knows how to swim; he can't drive."""
    skills = [
        Activity("swim", "nager"),
        Activity("drive", "conduire"),
        Activity("ski", "skier"),
        Activity("cook", "cuisiner"),
        Activity("dance", "danser"),
        Activity("draw", "dessiner"),
        Activity("sew", "coudre"),
        Activity("play chess", "jouer", "aux échecs"),
        Activity("play the flute", "jouer", "de la flûte"),
        Activity("read a map", "lire", "une carte"),
        Activity("speak German", "parler", "allemand"),
        Activity("speak Japanese", "parler", "japonais"),
        Activity("ride a bicycle", "faire", "du vélo"),
        Activity("make bread", "faire", "du pain"),
        Activity("use this machine", "utiliser", "cette machine"),
        Activity("type quickly", "taper", "vite"),
        Activity("keep a secret", "garder", "un secret"),
        Activity("fix a tap", "réparer", "un robinet"),
        Activity("ask a question", "poser", "une question"),
    ]
    knows = Modal(
        "know how to", "knows how to", "don't know how to", "doesn't know how to", "savoir"
    )
    for activity in skills:
        for who in ANYONE:
            yield say(*knows.clause(who, activity))
            if not activity.fr.startswith("du "):
                yield say(*knows.clause(who, activity, True))
