"""Everyday life: what people do, did, will do, may and must do."""

from __future__ import annotations

from . import clauses as c
from .activities import BELONGINGS, LASTING, MEALS, TABLE_ACTIVITIES
from .clauses import ANYONE, PRONOUNS, Activity, Modal, Subject
from .patterns import Sentences, pattern, say, some_of
from .words import DAYS

PLANNED = [a for a in TABLE_ACTIVITIES + MEALS if "u" not in a.when]
HABITS = [a for a in PLANNED if not set(a.when) & set("tn")]
ONGOING = [a for a in PLANNED if a.verb in LASTING]
WELCOME = ("win", "arrive on time", "sleep well", "save money", "earn", "thank", "give advice")
OBJECTS = [a for a in BELONGINGS if "find" not in a.en]
TOLD = TABLE_ACTIVITIES + MEALS

LAST = [("yesterday", "hier"), ("last week", "la semaine dernière"),
        ("two days ago", "il y a deux jours")]  # fmt: skip
LAST += [(f"last {en}", f"{fr} dernier") for en, fr in DAYS.items()]
NEXT = [("tomorrow", "demain"), ("next week", "la semaine prochaine"), ("soon", "bientôt")]
NEXT += [(f"next {en}", f"{fr} prochain") for en, fr in DAYS.items()]
OFTEN = [("every week", "chaque semaine"), ("from time to time", "de temps en temps"),
         ("on weekdays", "en semaine"), ("at the weekend", "le week-end")]  # fmt: skip
OFTEN += [(f"on {en}s", f"le {fr}") for en, fr in DAYS.items()]


def when_past(activity: Activity) -> list[tuple[str, str]]:
    """Times that suit what has been done."""
    if "e" in activity.when:
        return [("yesterday evening", "hier soir"), *LAST[3:6]]
    if "m" in activity.when:
        return [("this morning", "ce matin"), ("yesterday morning", "hier matin"), *LAST[5:8]]
    if "n" in activity.when:
        return [("last year", "l'année dernière"), ("last month", "le mois dernier")]
    if "t" in activity.when:
        return [
            ("last year", "l'année dernière"), ("last summer", "l'été dernier"),
            ("last month", "le mois dernier"), ("two weeks ago", "il y a deux semaines"),
            ("three years ago", "il y a trois ans"),
        ]  # fmt: skip
    return LAST


def when_future(activity: Activity) -> list[tuple[str, str]]:
    """Times that suit what will be done."""
    if "e" in activity.when:
        return [("this evening", "ce soir"), ("tomorrow evening", "demain soir"), *NEXT[7:]]
    if "m" in activity.when:
        return [("tomorrow morning", "demain matin"), *NEXT[3:6]]
    if set("tn") & set(activity.when):
        return [
            ("next year", "l'année prochaine"), ("next summer", "l'été prochain"),
            ("next month", "le mois prochain"), ("in two weeks", "dans deux semaines"),
        ]  # fmt: skip
    return NEXT


def when_usual(activity: Activity) -> list[tuple[str, str]]:
    """Times that suit a habit."""
    if "e" in activity.when:
        return [("every evening", "tous les soirs"), *OFTEN[2:4], ("very often", "très souvent")]
    if "m" in activity.when:
        return [("every morning", "tous les matins"), *OFTEN[2:4]]
    return OFTEN


def mixed(activity: Activity, times: list[tuple[str, str]], key: str, count: int = 6
          ) -> list[tuple[Subject, tuple[str, str]]]:  # fmt: skip
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
def going_on() -> Sentences:
    """I am reading the newspaper at the moment."""
    for activity in ONGOING:
        for who in some_of(ANYONE, 6, "ongoing" + activity.en):
            yield timed(c.progressive(who, activity), ("at the moment", "en ce moment"))


@pattern("everyday", 430)
def done() -> Sentences:
    """We took the train yesterday."""
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
    """She has already taken the train; I have never taken the train."""
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
    """They are going to take the train; they are not going to take the train."""
    for activity in PLANNED:
        for who in some_of(ANYONE, 4, "going to" + activity.en):
            yield say(*c.going_to(who, activity))
        for who in some_of(ANYONE, 1, "not going to" + activity.en):
            yield say(*c.going_to(who, activity, True))


MODALS = (
    (Modal("want to", "wants to", "don't want to", "doesn't want to", "vouloir"), 170),
    (Modal("can", "can", "can't", "can't", "pouvoir"), 170),
    (Modal("must", "must", "mustn't", "mustn't", "devoir"), 130),
    (Modal("would like to", "would like to", "wouldn't like to", "wouldn't like to", "vouloir",
           "conditional"), 120),
    (Modal("like to", "likes to", "don't like to", "doesn't like to", "aimer"), 120),
    (Modal("need to", "needs to", "don't need to", "doesn't need to", "avoir", link="besoin de"), 70),
    (Modal("hope to", "hopes to", "", "", "espérer"), 60),
    (Modal("prefer to", "prefers to", "", "", "préférer"), 60),
    (Modal("should", "should", "shouldn't", "shouldn't", "devoir", "conditional"), 80),
    (Modal("could", "could", "", "", "pouvoir", "conditional"), 60),
    (Modal("am trying to", "am trying to", "", "", "essayer", link="de"), 50),
)  # fmt: skip
SKILLS = [a for a in HABITS if a.verb in ("jouer", "nager", "conduire", "dessiner", "parler",
          "cuisiner", "écrire", "réparer", "chanter") and "with" not in a.en]  # fmt: skip


def modal_pattern(modal: Modal, quota: int) -> None:
    """One pattern for one modal verb, affirmed and (where it can be) denied."""

    def make() -> Sentences:
        for activity in PLANNED:
            for who in some_of(ANYONE, 5, modal.en + activity.en):
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
            yield say(f"when {who.be()} {who.en} going to {head}{rest}",
                      "quand est-ce " + c.french.que(will), "?")  # fmt: skip
            yield say(f"why did {who.en} {head}{rest}", "pourquoi est-ce " + c.french.que(was), "?")
        if "{own}" not in activity.en:
            person = Subject("who", "qui", "3s", False, "his")
            en, fr = c.present(person, activity)
            if not set(activity.when) & set("t"):
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
            yield say(f"can we {activity.en}", "pouvons-nous " + c.infinitive(activity, PRONOUNS[4]),
                      "?")  # fmt: skip
        if activity.verb in ("fermer", "ouvrir", "allumer", "éteindre", "arrêter", "appeler",
                             "expliquer", "remplir", "signer", "vérifier", "annuler", "réparer",
                             "répondre", "nettoyer", "laver", "ranger", "porter", "imprimer",
                             "traduire", "débarrasser"):  # fmt: skip
            head, rest = c.english_words(activity, you)
            yield say(f"could you {head}{rest}", "pourriez-vous " + c.infinitive(activity, you), "?")
            yield say(f"could you please {head}{rest}",
                      f"pourriez-vous {c.infinitive(activity, you)}, s'il vous plaît", "?")  # fmt: skip
        yield say(f"may I {activity.en.replace('{own}', 'my')}",
                  "puis-je " + c.infinitive(activity, me), "?")  # fmt: skip


@pattern("shopping", 330)
def belongings() -> Sentences:
    """I am looking for my keys; she forgot her umbrella; he bought a watch yesterday."""
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
        Activity("swim", "nager"), Activity("drive", "conduire"), Activity("ski", "skier"),
        Activity("cook", "cuisiner"), Activity("dance", "danser"), Activity("draw", "dessiner"),
        Activity("sew", "coudre"), Activity("play chess", "jouer", "aux échecs"),
        Activity("play the flute", "jouer", "de la flûte"), Activity("read a map", "lire", "une carte"),
        Activity("speak German", "parler", "allemand"), Activity("speak Japanese", "parler", "japonais"),
        Activity("ride a bicycle", "faire", "du vélo"), Activity("make bread", "faire", "du pain"),
        Activity("use this machine", "utiliser", "cette machine"),
        Activity("type quickly", "taper", "vite"), Activity("keep a secret", "garder", "un secret"),
        Activity("fix a tap", "réparer", "un robinet"), Activity("ask a question", "poser", "une question"),
    ]  # fmt: skip
    knows = Modal("know how to", "knows how to", "don't know how to", "doesn't know how to", "savoir")
    for activity in skills:
        for who in ANYONE:
            yield say(*knows.clause(who, activity))
            if not activity.fr.startswith("du "):
                yield say(*knows.clause(who, activity, True))


IMPERATIVE = [a for a in PLANNED if "{own}" not in a.en and a.verb not in
              ("avoir", "recevoir", "voir", "s'occuper")]  # fmt: skip


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
        yield say(f"don't forget to {activity.en}",
                  "n'oubliez pas " + c.with_pronoun("de", c.infinitive(activity, PRONOUNS[1])))  # fmt: skip
