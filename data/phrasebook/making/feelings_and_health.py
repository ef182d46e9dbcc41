"""Feelings and health: moods, hunger and fear, pain and remedies."""

from __future__ import annotations

from itertools import product

from . import clauses as c
from . import french
from . import words as w
from .clauses import ME, PRONOUNS, Activity, join
from .patterns import Sentences, pattern, say, some_of
from .people import EVERYBODY, SINGLE, being
from .verbs import verb


@pattern("feelings", 260)
def moods() -> Sentences:
    """She is worried. Why are you sad? My parents were very pleased. I am no longer angry."""
    for who, mood in product(EVERYBODY, w.MOODS):
        form = mood.form(who.fem, who.plural)
        now = being(who, "present")
        extreme = mood.en in ("furious", "exhausted", "alone", "lost", "free", "ready", "sure")
        yield say(f"{who.en} {who.be()} {mood.en}", join(who.fr, f"{now} {form}"))
        yield say(f"{who.en} {who.be()} {mood.en} today", join(who.fr, f"{now} {form} aujourd'hui"))
        if not extreme:
            yield say(f"{who.en} {who.be()} very {mood.en}", join(who.fr, f"{now} très {form}"))
            yield say(
                f"{who.en} seem{'s' if who.third else ''} {mood.en}",
                join(who.fr, f"{verb('sembler').form('present', who.person)} {form}"),
            )
        denied = c.with_pronoun("ne", now)
        yield say(f"{who.en} {who.be()} no longer {mood.en}", join(who.fr, f"{denied} plus {form}"))
        yield say(
            f"{who.en} {who.was()} {mood.en} yesterday",
            join(who.fr, f"{being(who, 'imperfect')} {form} hier"),
        )
        if who != ME:
            clause = join(who.fr, f"{now} {form}")
            yield say(
                f"why {who.be()} {who.en} {mood.en}", "pourquoi est-ce " + french.que(clause), "?"
            )


STATES = [
    ("hungry", "faim"),
    ("thirsty", "soif"),
    ("cold", "froid"),
    ("hot", "chaud"),
    ("sleepy", "sommeil"),
    ("afraid", "peur"),
    ("right", "raison"),
    ("wrong", "tort"),
    ("lucky", "de la chance"),
    ("ashamed", "honte"),
]


FEARS = [
    ("dogs", "des chiens"),
    ("spiders", "des araignées"),
    ("the dark", "du noir"),
    ("storms", "des orages"),
    ("snakes", "des serpents"),
    ("the water", "de l'eau"),
    ("mice", "des souris"),
    ("the dentist", "du dentiste"),
]


@pattern("feelings", 170)
def hungry_and_cold() -> Sentences:
    """I am hungry. Are you cold? She is afraid of spiders. They weren't right."""
    for who, (en, fr) in product(EVERYBODY, STATES):
        have = verb("avoir").form("present", who.person)
        had = verb("avoir").form("imperfect", who.person)
        yield say(f"{who.en} {who.be()} {en}", join(who.fr, f"{have} {fr}"))
        yield say(f"{who.en} {who.was()} {en}", join(who.fr, f"{had} {fr}"))
        if en != "lucky":
            yield say(
                f"{who.en} {who.be()} not {en}",
                join(who.fr, c.with_pronoun("ne", have) + f" pas {fr}"),
            )
        if who != ME:
            clause = join(who.fr, f"{have} {fr}")
            yield say(f"{who.be()} {who.en} {en}", "est-ce " + french.que(clause), "?")
    for who, (en, fr) in product(EVERYBODY, FEARS):
        have = verb("avoir").form("present", who.person)
        yield say(f"{who.en} {who.be()} afraid of {en}", join(who.fr, f"{have} peur {fr}"))


BODY = [
    ("head", "la tête", "à la tête"),
    ("stomach", "le ventre", "au ventre"),
    ("back", "le dos", "au dos"),
    ("throat", "la gorge", "à la gorge"),
    ("ears", "les oreilles", "aux oreilles"),
    ("teeth", "les dents", "aux dents"),
    ("leg", "la jambe", "à la jambe"),
    ("arm", "le bras", "au bras"),
    ("foot", "le pied", "au pied"),
    ("knee", "le genou", "au genou"),
    ("hand", "la main", "à la main"),
    ("shoulder", "l'épaule", "à l'épaule"),
    ("eyes", "les yeux", "aux yeux"),
    ("neck", "le cou", "au cou"),
    ("finger", "le doigt", "au doigt"),
    ("ankle", "la cheville", "à la cheville"),
    ("wrist", "le poignet", "au poignet"),
]


AILMENTS = [
    ("a fever", "de la fièvre"),
    ("a cold", "un rhume"),
    ("the flu", "la grippe"),
    ("a cough", "de la toux"),
    ("an allergy", "une allergie"),
    ("a headache", "mal à la tête"),
    ("toothache", "mal aux dents"),
    ("stomach ache", "mal au ventre"),
    ("a sore throat", "mal à la gorge"),
]


REMEDIES = [
    ("these tablets", "ces comprimés"),
    ("this syrup", "ce sirop"),
    ("this medicine", "ce médicament"),
    ("these drops", "ces gouttes"),
    ("vitamins", "des vitamines"),
]


@pattern("health", 280)
def health() -> Sentences:
    """My back hurts. She broke her arm. My son has a fever. Take this syrup twice a day."""
    for who, (en, fr, at) in product(EVERYBODY, BODY):
        have = verb("avoir").form("present", who.person)
        plural = en in ("ears", "teeth", "eyes")
        if who.person != "3p" and who.person != "1p":
            own = who.owner if who in PRONOUNS else who.en + "'s"
            if who in PRONOUNS or not who.en.endswith("s"):
                yield say(
                    f"{own} {en} hurt{'' if plural else 's'}", join(who.fr, f"{have} mal {at}")
                )
            if en in ("leg", "arm", "foot", "hand", "shoulder", "finger", "ankle", "wrist", "knee"):
                broke = Activity(f"break {{own}} {en}", "se casser", fr, stays=True)
                hurt = Activity(f"injure {{own}} {en}", "se blesser", at)
                if en != "knee":
                    yield say(*c.past(who, broke))
                yield say(*c.past(who, hurt))
                yield say(f"{c.past(who, hurt)[0]} yesterday", f"{c.past(who, hurt)[1]} hier")
    for who, (en, fr) in product(EVERYBODY, AILMENTS):
        have = verb("avoir").form("present", who.person)
        had = verb("avoir").form("imperfect", who.person)
        has = "has" if who.third else "have"
        yield say(f"{who.en} {has} {en}", join(who.fr, f"{have} {fr}"))
        yield say(f"{who.en} had {en} last week", join(who.fr, f"{had} {fr} la semaine dernière"))
    times = [
        ("twice a day", "deux fois par jour"),
        ("three times a day", "trois fois par jour"),
        ("before meals", "avant les repas"),
        ("after meals", "après les repas"),
        ("every evening", "tous les soirs"),
        ("every morning", "tous les matins"),
        ("for a week", "pendant une semaine"),
        ("with water", "avec de l'eau"),
    ]
    for (en, fr), (time_en, time_fr) in product(REMEDIES, times):
        yield say(f"take {en} {time_en}", f"prenez {fr} {time_fr}")
        for who in some_of(SINGLE, 4, en + time_en):
            must = verb("devoir").form("present", who.person)
            yield say(
                f"{who.en} must take {en} {time_en}", join(who.fr, f"{must} prendre {fr} {time_fr}")
            )
            takes = "takes" if who.third else "take"
            finite = verb("prendre").form("present", who.person)
            yield say(f"{who.en} {takes} {en} {time_en}", join(who.fr, f"{finite} {fr} {time_fr}"))
    for who in SINGLE:
        feel = "feels" if who.third else "feel"
        pronoun = c.REFLEXIVE[who.person]
        finite = verb("sentir").form("present", who.person)
        for en, fr in (
            ("better", "mieux"),
            ("well", "bien"),
            ("unwell", "mal"),
            ("weak", "faible"),
            ("much better today", "beaucoup mieux aujourd'hui"),
        ):
            yield say(
                f"{who.en} {feel} {en}", join(who.fr, f"{c.with_pronoun(pronoun, finite)} {fr}")
            )
