"""Two clauses: reasons, conditions, what happened meanwhile, opinions."""

from __future__ import annotations

from itertools import product

from . import clauses as c
from . import french
from . import words as w
from .clauses import ANYONE, HE, ME, PEOPLE, PRONOUNS, SHE, THEY, WE, YOU, Activity, Subject, join
from .everyday import HABITS, ONGOING, PLANNED
from .nouns import phrase
from .patterns import Sentences, pattern, say, some_of
from .time_and_weather import SKIES, SKIES_FUTURE, SKIES_PAST
from .verbs import verb

EXCUSES = [a for a in w.MOODS if a.en in ("tired", "ill", "busy")]


@pattern("two clauses", 240)
def because() -> Sentences:
    """I am staying at home because it is raining. She is not working because she is ill."""
    indoors = [
        a
        for a in ONGOING
        if a.en
        in (
            "read a novel",
            "listen to music",
            "watch a film",
            "play cards",
            "play chess",
            "drink tea",
            "write a letter",
            "clean the kitchen",
            "tidy the bedroom",
            "listen to the radio",
            "watch television",
            "drink hot chocolate",
            "read the newspaper",
            "iron the shirts",
        )
    ]
    indoors += [a for a in HABITS if a.en in ("stay at home", "take the bus", "take a taxi")]
    outdoors = [
        a
        for a in ONGOING
        if a.en
        in (
            "walk in the park",
            "play tennis",
            "play football",
            "work in the garden",
            "drink lemonade",
            "swim in the lake",
            "swim in the sea",
            "drink water",
            "wash the car",
            "water the flowers",
        )
    ]
    bad = [
        s
        for s in SKIES
        if s[0]
        in (
            "it is raining",
            "it is cold",
            "it is snowing",
            "it is windy",
            "the weather is bad",
            "it is stormy",
            "it is very cold",
        )
    ]
    good = [s for s in SKIES if s[0] in ("it is sunny", "it is hot", "the weather is nice")]
    for acts, skies in ((indoors, bad), (outdoors, good)):
        for activity, (en, fr), who in product(acts, skies, ANYONE):
            clause = c.progressive(who, activity)
            yield say(f"{clause[0]} because {en}", f"{clause[1]} parce {french.que(fr)}")
    for activity, (en, fr), who in product(outdoors[:6], bad, ANYONE):
        head, rest = c.english_words(activity, who)
        clause = join(who.fr, c.french_simple(who, activity, "present", "pas"))
        if "drink" in head:
            continue
        yield say(
            f"{who.en} {who.be()} not {c.english.ing(head)}{rest} because {en}",
            f"{clause} parce {french.que(fr)}",
        )
    again = {"my": ME, "your": YOU, "his": HE, "her": SHE, "our": WE}
    tiring = [
        a
        for a in PLANNED
        if not set(a.when) & set("mtns")
        and a.en.startswith(
            (
                "go to the c",
                "go out",
                "play",
                "work",
                "do",
                "have dinner",
                "study",
                "cook",
                "tidy",
                "watch",
            )
        )
    ]
    for activity, mood, who in product(tiring, EXCUSES, ANYONE):
        other = again.get(who.owner)
        if other is None or who.plural and who is not WE:
            other = Subject("they", "elles" if who.fem else "ils", "3p", who.fem, "their")
        if who is YOU or who is THEY:
            continue
        can = c.Modal("can", "can", "can't", "can't", "pouvoir")
        clause = can.clause(who, activity, True)
        form = mood.form(other.fem, other.plural)
        reason = join(other.fr, f"{verb('être').form('present', other.person)} {form}")
        yield say(
            f"{clause[0]} because {other.en} {other.be()} {mood.en}",
            f"{clause[1]} parce {french.que(reason)}",
        )


@pattern("two clauses", 150)
def if_it_rains() -> Sentences:
    """If it rains, we will stay at home. If you have time, you can visit the museum."""
    plans = [
        a
        for a in PLANNED
        if a.en
        in (
            "stay at home",
            "watch a film",
            "play cards",
            "visit the museum",
            "take a taxi",
            "take the bus",
            "go to the cinema",
            "read a novel",
            "have dinner at home",
            "play chess",
            "take the metro",
            "visit an exhibition",
            "have lunch in town",
            "listen to music",
        )
    ]
    sunny = [
        a
        for a in PLANNED
        if a.en
        in (
            "go to the beach",
            "walk in the park",
            "swim in the lake",
            "work in the garden",
            "play tennis",
            "take photos",
            "go to the swimming pool",
            "cut the grass",
            "wash the car",
            "rent a bicycle",
            "pick cherries",
            "visit the castle",
            "go camping",
            "play football",
        )
    ]
    wet = [
        ("it rains", "s'il pleut"),
        ("it snows", "s'il neige"),
        ("it is cold", "s'il fait froid"),
        ("the weather is bad", "s'il fait mauvais"),
    ]
    dry = [
        ("it is sunny", "s'il y a du soleil"),
        ("it is hot", "s'il fait chaud"),
        ("the weather is nice", "s'il fait beau"),
        ("it doesn't rain", "s'il ne pleut pas"),
    ]
    for acts, conditions in ((plans, wet), (sunny, dry)):
        for activity, (en, fr), who in product(acts, conditions, ANYONE):
            clause = c.future(who, activity)
            yield say(f"if {en}, {clause[0]}", f"{fr}, {clause[1]}")
    for activity, who in product(plans + sunny, (YOU, HE, SHE, WE, THEY)):
        has = "has" if who.third else "have"
        can = c.Modal("can", "can", "", "", "pouvoir")
        condition = french.si(f"{who.fr} {verb('avoir').form('present', who.person)} le temps")
        clause = can.clause(who, activity)
        yield say(f"if {who.en} {has} time, {clause[0]}", f"{condition}, {clause[1]}")
    for activity, who in product(plans + sunny, PRONOUNS):
        head, rest = c.english_words(activity, who)
        had = join(who.fr, verb("avoir").form("imperfect", who.person))
        would = join(who.fr, c.french_simple(who, activity, "conditional"))
        yield say(
            f"if {who.en} had time, {who.en} would {head}{rest}",
            f"{french.si(had)} le temps, {would}",
        )


@pattern("two clauses", 220)
def while_and_when() -> Sentences:
    """I was reading when the phone rang. She was young when she lived in Rome."""
    events = [
        ("the phone rang", "le téléphone a sonné"),
        ("the doctor arrived", "le médecin est arrivé"),
        ("my mother came in", "ma mère est entrée"),
        ("the lights went out", "les lumières se sont éteintes"),
        ("the storm began", "l'orage a commencé"),
        ("the children came home", "les enfants sont rentrés"),
        ("someone knocked at the door", "quelqu'un a frappé à la porte"),
        ("the train left", "le train est parti"),
        ("the accident happened", "l'accident est arrivé"),
    ]
    calm = [a for a in ONGOING if not set(a.when) & set("tns")]
    for activity in calm:
        for who, (en, fr) in some_of(product(ANYONE, events[:7]), 7, "while" + activity.en):
            clause = c.was_doing(who, activity)
            if "my mother" in en and who.en == "my mother":
                continue
            yield say(f"{clause[0]} when {en}", f"{clause[1]} quand {fr}")
        for first, second in some_of(product(PEOPLE, PRONOUNS), 2, "two" + activity.en):
            other = some_of(calm, 1, first.en + second.en + activity.en)[0]
            if other.verb == activity.verb:
                continue
            one, two = c.progressive(second, activity), c.progressive(first, other)
            yield say(f"{one[0]} while {two[0]}", f"{one[1]} pendant {french.que(two[1])}")
    for (en, fr), who in product(SKIES_PAST, ANYONE):
        if not en.startswith(("it rained", "it snowed")):
            left = Activity("leave", "partir")
            clause = c.past(who, left)
            yield say(f"{en} when {clause[0]}", f"{fr} quand {clause[1]}")
    for (en, fr), who in product(SKIES_FUTURE, (HE, SHE, WE, ME, YOU, *PEOPLE[:6])):
        think = verb("croire").form("present", who.person)
        yield say(
            f"{who.en} think{'s' if who.third else ''} {en} tomorrow",
            join(who.fr, f"{think} {french.que(fr)} demain"),
        )


@pattern("two clauses", 170)
def before_and_but() -> Sentences:
    """I like fish, but I don't like meat. He thinks that she is ill. I know that you are right."""
    liked = [(n.en, phrase("the", n).fr) for n in w.FOOD + w.DRINKS]
    for (en, fr), who in product(liked, PRONOUNS):
        for other_en, other_fr in some_of(liked, 1, en + who.en):
            if other_en == en:
                continue
            finite = verb("aimer").form("present", who.person)
            denied = c.with_pronoun("ne", finite)
            likes, doesnt = ("likes", "doesn't") if who.third else ("like", "don't")
            yield say(
                f"{who.en} {likes} {en}, but {who.en} {doesnt} like {other_en}",
                f"{join(who.fr, finite)} {fr}, mais {join(who.fr, denied)} pas {other_fr}",
            )
    thinkers = [
        ("I think", "je crois"),
        ("he says", "il dit"),
        ("we know", "nous savons"),
        ("she hopes", "elle espère"),
        ("I am sure", "je suis sûr"),
        ("they know", "ils savent"),
    ]
    for (en, fr), who, mood in product(thinkers, ANYONE, w.MOODS):
        if en == "she hopes" and mood.en not in ("happy", "ready", "free", "pleased"):
            continue
        if who is ME and en != "he says" or (mood.en == "sure" and en == "I am sure"):
            continue
        form = mood.form(who.fem, who.plural)
        clause = join(who.fr, f"{verb('être').form('present', who.person)} {form}")
        yield say(f"{en} that {who.en} {who.be()} {mood.en}", f"{fr} {french.que(clause)}")
    for who, activity in product(ANYONE, some_of(PLANNED, 120, "that")):
        for en, fr in some_of(thinkers[:3], 1, who.en + activity.en):
            if who is ME and en != "he says":
                continue
            clause = c.future(who, activity)
            yield say(f"{en} that {clause[0]}", f"{fr} {french.que(clause[1])}")
