"""Activities: verb phrases in both languages, sorted by their time."""

from __future__ import annotations

from . import french
from .activity_table import TABLE
from .clauses import Activity
from .nouns import phrase
from .words import CLOTHES, DRINKS, FOOD, THINGS


def listed(text: str) -> tuple[str, ...]:
    """The entries of a text that semicolons separate."""
    return tuple(" ".join(entry.split()) for entry in text.split(";"))


# Events without a plan or a habit: only in the past.
UNPLANNED = listed("""
miss the bus; make a mistake; make noise; lose the match; lose {own}; forget;
arrive late; sleep badly; cry; tell lies; break; catch a cold; have an accident; hear;
see a rainbow; receive a; receive flowers; find a; lose; drive too fast; spend a lot;
laugh a lot; dream of; fall asleep; leave the house early
""")
# What happens once or seldom.
SELDOM = listed("""
paint the walls; look for a flat; look for work; sign; meet the new; build; sell;
plant trees; prepare a surprise; choose; borrow; accept; refuse; cancel; translate;
call the police; call a doctor; celebrate the victory; prepare the meeting; learn a poem;
have an appointment; visit an exhibition; start the meeting; find; buy a ticket; fill in;
wait for the end; answer the letter
""")
# Verbs of states, for the progressive forms.
LASTING = frozenset(
    [
        "s'habiller",
        "se",
        "laver",
        "se",
        "brosser",
        "se",
        "peigner",
        "se",
        "raser",
        "se",
        "reposer",
        "se",
        "promener",
        "se",
        "baigner",
        "déjeuner",
        "dîner",
        "travailler",
        "étudier",
        "parler",
        "chercher",
        "lire",
        "écrire",
        "dessiner",
        "peindre",
        "écouter",
        "regarder",
        "jouer",
        "chanter",
        "danser",
        "rêver",
        "dormir",
        "courir",
        "nager",
        "voyager",
        "visiter",
        "suivre",
        "conduire",
        "réparer",
        "laver",
        "nettoyer",
        "ranger",
        "repasser",
        "balayer",
        "arroser",
        "planter",
        "tondre",
        "ramasser",
        "promener",
        "préparer",
        "cuisiner",
        "construire",
        "aider",
        "attendre",
        "remplir",
        "traduire",
        "expliquer",
        "fêter",
        "raconter",
        "fumer",
        "imprimer",
        "manger",
        "boire",
        "faire",
        "vider",
        "s'occuper",
        "vérifier",
        "cueillir",
    ]
)


def read_table() -> list[Activity]:
    """The activities of the table."""
    found = []
    for line in TABLE.strip().splitlines():
        en, infinitive, complement, flags = (part.strip() for part in line.split("|"))
        fr, _, denied = (part.strip() for part in complement.partition("~"))
        when = flags.strip("!")
        if en.startswith(UNPLANNED):
            when += "u"
        elif en.startswith(SELDOM):
            when += "s"
        found.append(Activity(en, infinitive, fr, fr_denied=denied, when=when, stays="!" in flags))
    return found


def meals() -> list[Activity]:
    """Eating, drinking and buying: bread, du pain; not bread, pas de pain."""
    found = []
    for english_verb, infinitive, table in (
        ("eat", "manger", FOOD), ("drink", "boire", DRINKS), ("buy", "acheter", FOOD + DRINKS),
    ):  # fmt: skip
        for noun in table:
            alone = ("butter", "sugar", "salt", "pepper", "oil", "vinegar", "flour", "mustard")
            if infinitive == "manger" and noun.en in (*alone, "garlic", "cream"):
                continue
            fr = phrase("some", noun).fr
            denied = french.elide("de", noun.fr)
            found.append(Activity(f"{english_verb} {noun.en}", infinitive, fr, fr_denied=denied))
    return found


def belongings() -> list[Activity]:
    """Verb phrases of buying, losing, searching, forgetting and selling things and clothes."""
    found = []
    for noun in THINGS + CLOTHES:
        if noun.en in ("toy", "doll", "flag", "screen", "skirt", "dress", "blouse", "painting"):
            continue
        thing = phrase("a", noun)
        denied = french.elide("de", noun.fr)
        found.append(Activity(f"buy {thing.en}", "acheter", thing.fr, fr_denied=denied, when="t"))
        mon = "{mon}" if not noun.fem or french.begins_with_vowel(noun.fr) else "{ma}"
        for en, infinitive in (
            ("look for", "chercher"),
            ("forget", "oublier"),
            ("find", "trouver"),
        ):
            found.append(Activity(f"{en} {{own}} {noun.en}", infinitive, f"{mon} {noun.fr}"))
    return found


TABLE_ACTIVITIES = read_table()
MEALS = meals()
BELONGINGS = belongings()
