"""People: family, work, character, feelings, health and home."""

from __future__ import annotations

from itertools import product

from . import clauses as c
from . import english, french
from . import words as w
from .clauses import ANYONE, I, PEOPLE, PRONOUNS, Activity, Subject, join, subjects
from .nouns import nouns, phrase
from .patterns import Sentences, pattern, say, some_of
from .verbs import verb

SINGLE = [who for who in ANYONE if not who.plural]
RELATIVES = subjects(
    "my little brother = mon petit frère 3s m his; my big sister = ma grande sœur 3s f her; "
    "my grandfather = mon grand-père 3s m his; our teacher = notre professeur 3s m his; "
    "my boss = mon patron 3s m his; my daughter = ma fille 3s f her; my son = mon fils 3s m his; "
    "his daughter = sa fille 3s f her; her son = son fils 3s m his; your wife = votre femme 3s f her; "
    "your husband = votre mari 3s m his; the nurse = l'infirmière 3s f her; "
    "the waitress = la serveuse 3s f her; the new neighbours = les nouveaux voisins 3p m their; "
    "the children = les enfants 3p m their; our friends = nos amis 3p m their; "
    "the little girl = la petite fille 3s f her; the young man = le jeune homme 3s m his; "
    "the old lady = la vieille dame 3s f her; my nephew = mon neveu 3s m his; "
    "my niece = ma nièce 3s f her; his parents = ses parents 3p m their; "
    "her colleagues = ses collègues 3p m their; their daughters = leurs filles 3p f their"
)
EVERYBODY = ANYONE + RELATIVES


def being(who: Subject, tense: str) -> str:
    """The form of être."""
    return verb("être").form(tense, who.person)


@pattern("family", 230)
def character() -> Sentences:
    """My sisters are generous. Paul is not lazy. Is your wife shy? My uncle was very kind."""
    for who, adjective in product(EVERYBODY, w.CHARACTER):
        form = adjective.form(who.fem, who.plural)
        yield say(f"{who.en} {who.be()} {adjective.en}", join(who.fr, f"{being(who, 'present')} {form}"))
        denied = c.with_pronoun("ne", being(who, "present"))
        yield say(f"{who.en} {who.be()} not {adjective.en}", join(who.fr, f"{denied} pas {form}"))
        if adjective.en != "young" or who.person != "1s":
            yield say(f"{who.en} {who.was()} very {adjective.en}",
                      join(who.fr, f"{being(who, 'imperfect')} très {form}"))  # fmt: skip
        if who != I:
            clause = join(who.fr, f"{being(who, 'present')} {form}")
            yield say(f"{who.be()} {who.en} {adjective.en}", "est-ce " + french.que(clause), "?")


@pattern("family", 170)
def nationality() -> Sentences:
    """Marie is Belgian. My cousins are American. Are you Swiss?"""
    for who, nation in product(EVERYBODY, w.NATIONS):
        form = nation.form(who.fem, who.plural)
        yield say(f"{who.en} {who.be()} {nation.en}", join(who.fr, f"{being(who, 'present')} {form}"))
        denied = c.with_pronoun("ne", being(who, "present"))
        yield say(f"{who.en} {who.be()} not {nation.en}", join(who.fr, f"{denied} pas {form}"))
        if who in PRONOUNS[1:]:
            clause = join(who.fr, f"{being(who, 'present')} {form}")
            yield say(f"{who.be()} {who.en} {nation.en}", "est-ce " + french.que(clause), "?")
    friends = nouns("friend = ami m; neighbour = voisin m; colleague = collègue m; teacher = professeur m")
    for nation, friend in product(w.NATIONS, friends):
        yield say(f"I have {phrase('a', friend, nation).en}", f"j'ai {phrase('a', friend, nation).fr}")
        for who in some_of(PEOPLE, 2, nation.en + friend.en):
            met = verb("avoir").form("present", who.person)
            one = phrase("a", friend, nation)
            yield say(f"{who.en} met {one.en}", join(who.fr, f"{met} rencontré {one.fr}"))


WORKPLACES = [(f"in {phrase('a', n).en}", f"dans {phrase('a', n).fr}") for n in w.PLACES if n.en in
              "hotel restaurant bank pharmacy hospital school library museum supermarket bakery factory "
              "theatre bookshop university".split()]  # fmt: skip


@pattern("work", 330)
def jobs() -> Sentences:
    """My aunt is a doctor. Sophie wants to become a singer. He works as a baker in a hotel."""
    people = [who for who in [*SINGLE, *RELATIVES] if not who.plural]
    people = [p for p in people if p.en not in ("the little girl", "the nurse", "the waitress",
              "our teacher", "my boss")]  # fmt: skip
    for who, job in product(people, w.JOBS):
        form = job.fem if who.fem else job.masc
        title = english.a(job.en)
        yield say(f"{who.en} {who.be()} {title}", join(who.fr, f"{being(who, 'present')} {form}"))
        denied = c.with_pronoun("ne", being(who, "present"))
        yield say(f"{who.en} {who.be()} not {title}", join(who.fr, f"{denied} pas {form}"))
        wants = english.third("want") if who.third else "want"
        finite = verb("vouloir").form("present", who.person)
        yield say(f"{who.en} {wants} to become {title}", join(who.fr, f"{finite} devenir {form}"))
        became = being(who, "present") + " " + ("devenue" if who.fem else "devenu")
        yield say(f"{who.en} became {title}", join(who.fr, f"{became} {form}"))
        yield say(f"{who.en} {who.was()} {title}", join(who.fr, f"{being(who, 'imperfect')} {form}"))
        for place_en, place_fr in some_of(WORKPLACES, 1, who.en + job.en):
            works = "works" if who.third else "work"
            finite = verb("travailler").form("present", who.person)
            yield say(f"{who.en} {works} {place_en}", join(who.fr, f"{finite} {place_fr}"))
    for job in w.JOBS:
        article = "un "
        yield say(f"I need {english.a(job.en)}", f"j'ai besoin d'{article}{job.masc}")
        yield say(f"I know a good {job.en}", f"je connais un bon {job.masc}")
        yield say(f"{english.a(job.en)} must be patient", f"un {job.masc} doit être patient")
        yield say(f"my mother is {english.a(job.en)} and my father is retired",
                  f"ma mère est {job.fem} et mon père est à la retraite")  # fmt: skip


@pattern("work", 150)
def at_the_office() -> Sentences:
    """The boss has signed the contract. My colleague is writing a report."""
    staff = subjects(
        "my colleague = mon collègue 3s m his; the boss = le patron 3s m his; we = nous 1p m our; "
        "the manager = la directrice 3s f her; the employees = les employés 3p m their; "
        "the engineers = les ingénieurs 3p m their; I = je 1s m my; "
        "our customers = nos clients 3p m their; the secretary = la secrétaire 3s f her; "
        "the students = les étudiants 3p m their"
    )
    tasks = [
        Activity("sign the contract", "signer", "le contrat"),
        Activity("write the report", "écrire", "le rapport"),
        Activity("prepare the presentation", "préparer", "la présentation"),
        Activity("finish the project", "finir", "le projet"),
        Activity("answer the emails", "répondre", "aux courriels"),
        Activity("send the invoice", "envoyer", "la facture"),
        Activity("check the figures", "vérifier", "les chiffres"),
        Activity("organise a meeting", "organiser", "une réunion", "", "de réunion"),
        Activity("print the documents", "imprimer", "les documents"),
        Activity("read the file", "lire", "le dossier"),
        Activity("discuss the budget", "discuter", "du budget"),
        Activity("change the date", "changer", "la date"),
        Activity("accept the offer", "accepter", "l'offre"),
        Activity("solve the problem", "résoudre", "le problème"),
        Activity("visit the factory", "visiter", "l'usine"),
        Activity("ask for a pay rise", "demander", "une augmentation", "", "d'augmentation"),
        Activity("work late", "travailler", "tard"),
        Activity("take a break", "faire", "une pause", "", "de pause"),
        Activity("close the office", "fermer", "le bureau"),
        Activity("save the document", "enregistrer", "le document"),
        Activity("call the customers", "appeler", "les clients"),
        Activity("translate the letter", "traduire", "la lettre"),
    ]  # fmt: skip
    for who, task in product(staff, tasks):
        clause = c.past(who, task)
        yield say(f"{clause[0]} yesterday", f"{clause[1]} hier")
        clause = c.future(who, task)
        yield say(f"{clause[0]} tomorrow", f"{clause[1]} demain")
        yield say(*c.going_to(who, task))
        yield say(*c.perfect(who, task, "already", "déjà"))
        yield say(*c.past_denied(who, task))
        must = c.Modal("must", "must", "", "", "devoir")
        clause = must.clause(who, task)
        yield say(f"{clause[0]} before Friday", f"{clause[1]} avant vendredi")


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
            yield say(f"{who.en} seem{'s' if who.third else ''} {mood.en}",
                      join(who.fr, f"{verb('sembler').form('present', who.person)} {form}"))  # fmt: skip
        denied = c.with_pronoun("ne", now)
        yield say(f"{who.en} {who.be()} no longer {mood.en}", join(who.fr, f"{denied} plus {form}"))
        yield say(f"{who.en} {who.was()} {mood.en} yesterday",
                  join(who.fr, f"{being(who, 'imperfect')} {form} hier"))  # fmt: skip
        if who != I:
            clause = join(who.fr, f"{now} {form}")
            yield say(f"why {who.be()} {who.en} {mood.en}", "pourquoi est-ce " + french.que(clause), "?")


STATES = [("hungry", "faim"), ("thirsty", "soif"), ("cold", "froid"), ("hot", "chaud"),
          ("sleepy", "sommeil"), ("afraid", "peur"), ("right", "raison"), ("wrong", "tort"),
          ("lucky", "de la chance"), ("ashamed", "honte")]  # fmt: skip
FEARS = [("dogs", "des chiens"), ("spiders", "des araignées"), ("the dark", "du noir"),
         ("storms", "des orages"), ("snakes", "des serpents"), ("the water", "de l'eau"),
         ("mice", "des souris"), ("the dentist", "du dentiste")]  # fmt: skip


@pattern("feelings", 170)
def hungry_and_cold() -> Sentences:
    """I am hungry. Are you cold? She is afraid of spiders. They weren't right."""
    for who, (en, fr) in product(EVERYBODY, STATES):
        have = verb("avoir").form("present", who.person)
        had = verb("avoir").form("imperfect", who.person)
        yield say(f"{who.en} {who.be()} {en}", join(who.fr, f"{have} {fr}"))
        yield say(f"{who.en} {who.was()} {en}", join(who.fr, f"{had} {fr}"))
        if en != "lucky":
            yield say(f"{who.en} {who.be()} not {en}",
                      join(who.fr, c.with_pronoun("ne", have) + f" pas {fr}"))  # fmt: skip
        if who != I:
            clause = join(who.fr, f"{have} {fr}")
            yield say(f"{who.be()} {who.en} {en}", "est-ce " + french.que(clause), "?")
    for who, (en, fr) in product(EVERYBODY, FEARS):
        have = verb("avoir").form("present", who.person)
        yield say(f"{who.en} {who.be()} afraid of {en}", join(who.fr, f"{have} peur {fr}"))


BODY = [("head", "la tête", "à la tête"), ("stomach", "le ventre", "au ventre"),
        ("back", "le dos", "au dos"), ("throat", "la gorge", "à la gorge"),
        ("ears", "les oreilles", "aux oreilles"), ("teeth", "les dents", "aux dents"),
        ("leg", "la jambe", "à la jambe"), ("arm", "le bras", "au bras"), ("foot", "le pied", "au pied"),
        ("knee", "le genou", "au genou"), ("hand", "la main", "à la main"),
        ("shoulder", "l'épaule", "à l'épaule"), ("eyes", "les yeux", "aux yeux"),
        ("neck", "le cou", "au cou"), ("finger", "le doigt", "au doigt"),
        ("ankle", "la cheville", "à la cheville"), ("wrist", "le poignet", "au poignet")]  # fmt: skip
AILMENTS = [("a fever", "de la fièvre"), ("a cold", "un rhume"), ("the flu", "la grippe"),
            ("a cough", "de la toux"), ("an allergy", "une allergie"), ("a headache", "mal à la tête"),
            ("toothache", "mal aux dents"), ("stomach ache", "mal au ventre"),
            ("a sore throat", "mal à la gorge")]  # fmt: skip
REMEDIES = [("these tablets", "ces comprimés"), ("this syrup", "ce sirop"), ("this medicine",
            "ce médicament"), ("these drops", "ces gouttes"), ("vitamins", "des vitamines")]  # fmt: skip


@pattern("health", 280)
def health() -> Sentences:
    """My back hurts. She broke her arm. My son has a fever. Take this syrup twice a day."""
    for who, (en, fr, at) in product(EVERYBODY, BODY):
        have = verb("avoir").form("present", who.person)
        plural = en in ("ears", "teeth", "eyes")
        if who.person != "3p" and who.person != "1p":
            own = who.owner if who in PRONOUNS else who.en + "'s"
            if who in PRONOUNS or not who.en.endswith("s"):
                yield say(f"{own} {en} hurt{'' if plural else 's'}", join(who.fr, f"{have} mal {at}"))
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
    times = [("twice a day", "deux fois par jour"), ("three times a day", "trois fois par jour"),
             ("before meals", "avant les repas"), ("after meals", "après les repas"),
             ("every evening", "tous les soirs"), ("every morning", "tous les matins"),
             ("for a week", "pendant une semaine"), ("with water", "avec de l'eau")]  # fmt: skip
    for (en, fr), (time_en, time_fr) in product(REMEDIES, times):
        yield say(f"take {en} {time_en}", f"prenez {fr} {time_fr}")
        for who in some_of(SINGLE, 4, en + time_en):
            must = verb("devoir").form("present", who.person)
            yield say(f"{who.en} must take {en} {time_en}", join(who.fr, f"{must} prendre {fr} {time_fr}"))
            takes = "takes" if who.third else "take"
            finite = verb("prendre").form("present", who.person)
            yield say(f"{who.en} {takes} {en} {time_en}", join(who.fr, f"{finite} {fr} {time_fr}"))
    for who in SINGLE:
        feel = "feels" if who.third else "feel"
        pronoun = c.REFLEXIVE[who.person]
        finite = verb("sentir").form("present", who.person)
        for en, fr in (("better", "mieux"), ("well", "bien"), ("unwell", "mal"), ("weak", "faible"),
                       ("much better today", "beaucoup mieux aujourd'hui")):  # fmt: skip
            yield say(f"{who.en} {feel} {en}", join(who.fr, f"{c.with_pronoun(pronoun, finite)} {fr}"))


FURNITURE = {
    "kitchen": "table chair fridge oven cupboard shelf washing_machine clock radio",
    "bedroom": "bed lamp wardrobe mirror desk carpet armchair curtain chair",
    "living room": "sofa armchair carpet television lamp clock mirror table radio",
    "bathroom": "mirror washing_machine towel cupboard brush shelf",
    "garage": "ladder hammer bucket shelf", "cellar": "bucket ladder shelf wardrobe",
    "attic": "wardrobe mirror bed armchair lamp ladder", "dining room": "table clock mirror cupboard lamp",
    "corridor": "mirror lamp carpet cupboard", "flat": "washing_machine television",
}  # fmt: skip
OBJECTS = [n for n in w.THINGS + w.HOUSEHOLD if n.en in
           "book newspaper letter pen key bag umbrella watch phone camera ticket map wallet passport "
           "dictionary knife toy box basket plate fork spoon glass cup bottle bowl towel magazine "
           "notebook candle guitar".split()]  # fmt: skip
SPOTS = [("on", "sur"), ("under", "sous"), ("behind", "derrière"), ("in front of", "devant"),
         ("next to", "à côté de"), ("near", "près de")]  # fmt: skip
BASES = [n for n in w.HOUSEHOLD if n.en in "table chair bed sofa armchair cupboard shelf fridge desk "
         "lamp television wardrobe".split()]  # fmt: skip


@pattern("home", 290)
def where_things_are() -> Sentences:
    """Your keys are on the table. There is a mirror in the bathroom. I put the bag under the bed."""
    named = {n.en: n for n in w.HOUSEHOLD}
    for thing, base in product(OBJECTS, BASES):
        for en, fr in some_of(SPOTS, 2, thing.en + base.en):
            if (en == "under" and base.en in ("lamp", "shelf")) or (en == "on" and base.en == "lamp"):
                continue
            place = phrase("the", base)
            where = fr[:-2] + french.de(place.fr) if fr.endswith(" de") else f"{fr} {place.fr}"
            for word in some_of(("the", "my", "your", "his"), 2, en + thing.en + base.en):
                it = phrase(word, thing)
                yield say(f"{it.en} is {en} {place.en}", f"{it.fr} est {where}")
            the = phrase("the", thing)
            yield say(f"I put {the.en} {en} {place.en}", f"j'ai mis {the.fr} {where}")
            yield say(f"{the.en} was {en} {place.en}", f"{the.fr} était {where}")
            yield say(f"put {the.en} {en} {place.en}, please",
                      f"mettez {the.fr} {where}, s'il vous plaît")  # fmt: skip
            yield say(f"is {the.en} {en} {place.en}", f"est-ce que {the.fr} est {where}", "?")
    rooms = {n.en: n for n in w.ROOMS}
    for name, contents in FURNITURE.items():
        room = phrase("the", rooms[name])
        for content in contents.replace("_", " _").replace(" _", "_").split():
            noun = named[content.replace("_", " ")]
            for word in ("a",):
                it = phrase(word, noun)
                yield say(f"there is {it.en} in {room.en}", f"il y a {it.fr} dans {room.fr}")
                none = french.elide("de", noun.fr)
                yield say(f"there is no {noun.en} in {room.en}", f"il n'y a pas {none} dans {room.fr}")
                yield say(f"is there {it.en} in {room.en}", f"y a-t-il {it.fr} dans {room.fr}", "?")
                yield say(f"the {noun.en} in {room.en} is broken" if noun.en not in
                          ("carpet", "curtain", "towel", "brush") else f"the {noun.en} in {room.en} is old",
                          f"{phrase('the', noun).fr} {french.de(room.fr)} est "
                          + (w.QUALITIES[3].form(noun.fem) if noun.en in ("carpet", "curtain", "towel",
                             "brush") else ("cassée" if noun.fem else "cassé")))  # fmt: skip


@pattern("home", 190)
def rooms() -> Sentences:
    """My mother is in the kitchen. The living room is bright. We painted the bedroom blue."""
    words = w.adjectives("""
    big = grand; small = petit; clean = propre; dirty = sale; bright = clair; dark = sombre;
    cold = froid; comfortable = confortable; quiet = calme; empty = vide; beautiful = beau/belle
    """)
    for noun in w.ROOMS:
        room = phrase("the", noun)
        for adjective in words:
            form = adjective.form(noun.fem)
            for word in ("the", "our", "this", "their"):
                it = phrase(word, noun)
                yield say(f"{it.en} is {adjective.en}", f"{it.fr} est {form}")
                yield say(f"{it.en} is very {adjective.en}", f"{it.fr} est très {form}")
                yield say(f"{it.en} is too {adjective.en}" if adjective.en in ("big", "small", "cold", "dark")
                          else f"{it.en} is not {adjective.en}",
                          f"{it.fr} est trop {form}" if adjective.en in ("big", "small", "cold", "dark")
                          else f"{it.fr} n'est pas {form}")  # fmt: skip
        for who in EVERYBODY:
            if noun.en in ("house", "flat"):
                continue
            yield say(f"{who.en} {who.be()} in {room.en}", join(who.fr, f"{being(who, 'present')} dans {room.fr}"))
            yield say(f"{who.en} {who.was()} in {room.en}",
                      join(who.fr, f"{being(who, 'imperfect')} dans {room.fr}"))  # fmt: skip
        if noun.en not in ("garden",):
            for colour in w.COLOURS:
                yield say(f"we painted {room.en} {colour.en}", f"nous avons peint {room.fr} en {colour.masc}")


@pattern("home", 170)
def animals() -> Sentences:
    """They have two dogs. My neighbour's cat is black. There are cows in the field."""
    pets = [n for n in w.ANIMALS if n.en in "dog cat horse rabbit bird hamster fish donkey hen goat".split()]
    for who, pet in product(EVERYBODY, pets):
        has = "has" if who.third else "have"
        have = verb("avoir").form("present", who.person)
        for value in some_of(range(1, 7), 2, who.en + pet.en):
            if value == 1:
                it = phrase("a", pet)
                yield say(f"{who.en} {has} {it.en}", join(who.fr, f"{have} {it.fr}"))
            else:
                yield say(f"{who.en} {has} {english.number(value)} {pet.en_plural}",
                          join(who.fr, f"{have} {french.number(value)} {pet.fr_plural}"))  # fmt: skip
        doesnt = "doesn't" if who.third else "don't"
        yield say(f"{who.en} {doesnt} have {phrase('a', pet).en}",
                  join(who.fr, c.with_pronoun("ne", have) + f" pas {french.elide('de', pet.fr)}"))  # fmt: skip
    places = [("in the field", "dans le champ", "cow sheep horse donkey goat rabbit fox"),
              ("on the farm", "à la ferme", "cow pig hen duck goat horse sheep donkey dog"),
              ("at the zoo", "au zoo", "lion elephant bear wolf owl"),
              ("in the forest", "dans la forêt", "fox squirrel owl wolf bear bird"),
              ("on the lake", "sur le lac", "swan duck"),
              ("in the garden", "dans le jardin", "butterfly bee frog cat rabbit bird mouse squirrel")]  # fmt: skip
    sees = {"saw": "vu", "heard": "entendu", "photographed": "photographié"}
    for where_en, where_fr, names in places:
        for noun in w.ANIMALS:
            if noun.en not in names.split():
                continue
            yield say(f"there are {noun.en_plural} {where_en}", f"il y a des {noun.fr_plural} {where_fr}")
            yield say(f"there is {phrase('a', noun).en} {where_en}",
                      f"il y a {phrase('a', noun).fr} {where_fr}")  # fmt: skip
            for who in some_of(ANYONE, 5, where_en + noun.en):
                have = verb("avoir").form("present", who.person)
                for en, fr in sees.items():
                    if en == "heard" and noun.en in ("rabbit", "butterfly", "fish", "fox"):
                        continue
                    yield say(f"{who.en} {en} {phrase('a', noun).en} {where_en}",
                              join(who.fr, f"{have} {fr} {phrase('a', noun).fr} {where_fr}"))  # fmt: skip
    colours = [q for q in [*w.COLOURS[4:7], *w.QUALITIES[:5]] if q.en != "new"]
    for noun, quality in product(w.ANIMALS, colours):
        odd = quality in w.COLOURS and noun.en in ("elephant", "lion", "bee", "fox", "frog", "squirrel", "pig")
        if odd:
            continue
        yield say(f"I saw {phrase('a', noun, quality).en}", f"j'ai vu {phrase('a', noun, quality).fr}")
        many = phrase("the", noun, many=True)
        it = phrase("this", noun)
        yield say(f"{it.en} is {quality.en}", f"{it.fr} est {quality.form(noun.fem)}")
        yield say(f"these {noun.en_plural} are {quality.en}",
                  f"ces {noun.fr_plural} sont {quality.form(noun.fem, True)}")  # fmt: skip
        yield say(f"do you like {many.en.removeprefix('the ')}", f"est-ce que vous aimez {many.fr}", "?")
