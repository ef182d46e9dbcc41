"""Travel: transport, hotels, countries, sights."""

from __future__ import annotations

from itertools import product

from . import clauses as c
from . import directions, english, french  # noqa: F401  (the patterns of directions come first)
from . import words as w
from .clauses import ANYONE, ME, PRONOUNS, Activity, join
from .nouns import Noun, nouns, phrase
from .patterns import Sentences, pattern, say, some_of
from .verbs import verb

VEHICLES = nouns("train = train m; plane = avion m; bus = bus m; boat = bateau m; tram = tram m")


@pattern("travel", 190)
def going_to_places() -> Sentences:
    """We went to the museum yesterday. I am going to the bank. She is at the library."""
    for noun in w.PLACES:
        there = french.to(phrase("the", noun).fr)
        en_place = phrase("the", noun).en
        goes = Activity(f"go to {en_place}", "aller", there)
        for who in some_of(ANYONE, 4, "goes" + noun.en):
            yield say(*c.progressive(who, goes))
            yield say(f"{c.past(who, goes)[0]} yesterday", f"{c.past(who, goes)[1]} hier")
            yield say(
                *c.perfect(who, Activity(f"be to {en_place}", "aller", there), "never", "jamais")
            )
            if noun.en not in ("bus stop", "bridge", "square"):
                finite = verb("être").form("present", who.person)
                yield say(f"{who.en} {who.be()} at {en_place}", join(who.fr, f"{finite} {there}"))
                finite = verb("être").form("imperfect", who.person)
                yield say(
                    f"{who.en} {who.was()} at {en_place} this morning",
                    join(who.fr, f"{finite} {there} ce matin"),
                )
        yield say(
            f"let's meet in front of {en_place}",
            f"retrouvons-nous devant {phrase('the', noun).fr}",
            "!",
        )
        yield say(f"we arrived at {en_place} too late", f"nous sommes arrivés trop tard {there}")


@pattern("travel", 250)
def cities_and_countries() -> Sentences:
    """I live in Lyon. She comes from Spain. They went to Italy last year. He works in Canada."""
    for en, (fr_in, fr_from) in w.COUNTRIES.items():
        for who in some_of(ANYONE, 9, en):
            live = Activity(f"live in {en}", "habiter", fr_in)
            yield say(*c.present(who, live))
            yield say(*c.imperfect(who, live))
            yield say(*c.present(who, Activity(f"come from {en}", "venir", fr_from)))
            go = Activity(f"go to {en}", "aller", fr_in)
            for time_en, time_fr in (
                ("last year", "l'année dernière"),
                ("in May", "en mai"),
                ("in September", "en septembre"),
            ):
                clause = c.past(who, go)
                yield say(f"{clause[0]} {time_en}", f"{clause[1]} {time_fr}")
            clause = c.future(who, go)
            yield say(f"{clause[0]} next summer", f"{clause[1]} l'été prochain")
            yield say(*c.perfect(who, Activity(f"be to {en}", "aller", fr_in), "never", "jamais"))
            yield say(*c.present(who, Activity(f"work in {en}", "travailler", fr_in)))
        yield say(f"have you ever been to {en}", f"êtes-vous déjà allé {fr_in}", "?")
    for en, fr in w.CITIES.items():
        for who in some_of(ANYONE, 7, en):
            yield say(*c.present(who, Activity(f"live in {en}", "habiter", f"à {fr}")))
            yield say(*c.present(who, Activity(f"come from {en}", "venir", french.elide("de", fr))))
            yield say(*c.present(who, Activity(f"work in {en}", "travailler", f"à {fr}")))
            arrive = Activity(f"arrive in {en}", "arriver", f"à {fr}")
            for en_d, fr_d in some_of(w.DAYS.items(), 1, who.en + en):
                clause = c.future(who, arrive)
                yield say(f"{clause[0]} on {en_d}", f"{clause[1]} {fr_d}")
            born = "née" if who.fem else "né"
            if who.plural:
                born += "s"
            finite = verb("être").form("present", who.person)
            yield say(f"{who.en} {who.was()} born in {en}", join(who.fr, f"{finite} {born} à {fr}"))


@pattern("travel", 230)
def tickets_and_trains() -> Sentences:
    """A ticket to Lyon, please. The train for Paris leaves at nine o'clock."""
    for noun, (en, fr) in product(VEHICLES, w.CITIES.items()):
        if noun.en == "tram" or (noun.en == "boat" and fr not in ("Venise", "Marseille", "Nice")):
            continue
        this = phrase("the", noun)
        de = french.elide("de", fr)
        yield say(
            f"what time does {this.en} to {en} leave",
            f"à quelle heure part {this.fr} pour {fr}",
            "?",
        )
        yield say(f"{this.en} from {en} is late", f"{this.fr} {de} est en retard")
        yield say(f"{this.en} to {en} is full", f"{this.fr} pour {fr} est complet")
        yield say(f"we missed {this.en} to {en}", f"nous avons raté {this.fr} pour {fr}")
        for value in some_of(range(2, 12), 2, en + noun.en):
            hours = english.number(value), french.number(value)
            yield say(
                f"{this.en} to {en} leaves at {hours[0]} o'clock",
                f"{this.fr} pour {fr} part à {hours[1]} heures",
            )
            yield say(
                f"{this.en} from {en} arrives at {hours[0]} o'clock",
                f"{this.fr} {de} arrive à {hours[1]} heures",
            )
    for en, fr in w.CITIES.items():
        yield say(f"a ticket to {en}, please", f"un billet pour {fr}, s'il vous plaît")
        yield say(f"two tickets to {en}, please", f"deux billets pour {fr}, s'il vous plaît")
        yield say(f"a return ticket to {en}, please", f"un aller-retour pour {fr}, s'il vous plaît")
        yield say(f"how much is a ticket to {en}", f"combien coûte un billet pour {fr}", "?")
        yield say(
            f"which platform does the train to {en} leave from",
            f"de quel quai part le train pour {fr}",
            "?",
        )
        yield say(f"is it far to {en}", f"est-ce {french.que(fr)} est loin", "?")
        yield say(f"the journey to {en} is long", f"le voyage jusqu'à {fr} est long")
        yield say(f"I have a connection in {en}", f"j'ai une correspondance à {fr}")
        for who in some_of(ANYONE, 3, en):
            go = Activity(f"go to {en}", "aller", f"à {fr}")
            for en_by, fr_by in (
                ("by train", "en train"),
                ("by plane", "en avion"),
                ("by car", "en voiture"),
                ("by bus", "en bus"),
            ):
                clause = c.future(who, go)
                yield say(f"{clause[0]} {en_by}", f"{clause[1]} {fr_by}")
                clause = c.past(who, go)
                yield say(f"{clause[0]} {en_by}", f"{clause[1]} {fr_by}")


BOOKINGS = [
    ("a room with a shower", "une chambre avec douche"),
    ("a single room", "une chambre simple"),
    ("a double room", "une chambre double"),
    ("a quiet room", "une chambre calme"),
    ("a room with a view of the sea", "une chambre avec vue sur la mer"),
    ("a larger room", "une chambre plus grande"),
    ("a room on the first floor", "une chambre au premier étage"),
    ("a table by the window", "une table près de la fenêtre"),
    ("a table for two people", "une table pour deux personnes"),
    ("a table for four people", "une table pour quatre personnes"),
    ("a seat by the window", "une place près de la fenêtre"),
    ("a small flat", "un petit appartement"),
    ("a seat in the front", "une place à l'avant"),
]
MISSING = nouns("""
towel = serviette f; pillow = oreiller m; blanket = couverture f; key = clé f; lamp = lampe f;
glass = verre m; hairdryer = sèche-cheveux/sèche-cheveux m; coat hanger = cintre m;
bulb = ampoule f;
sheet = drap m; plug = prise f; iron = fer à repasser/fers à repasser m; alarm clock = réveil m
""")
BROKEN = nouns("""
shower = douche f; heating = chauffage m; lift = ascenseur m; television = télévision f;
lamp = lampe f; tap = robinet m; phone = téléphone m; lock = serrure f; fridge = frigo m;
air conditioning = climatisation f; washing machine = machine à laver f; oven = four m;
door = porte f; window = fenêtre f; engine = moteur m; printer = imprimante f; radio = radio f
""")


@pattern("hotel", 170)
def at_the_hotel() -> Sentences:
    """I would like to book a double room. There is no towel. The shower doesn't work."""
    for en, fr in BOOKINGS:
        yield say(f"I would like to book {en}", f"je voudrais réserver {fr}")
        yield say(f"we have booked {en}", f"nous avons réservé {fr}")
        yield say(f"do you have {en}", f"avez-vous {fr}", "?")
        yield say(f"I would prefer {en}", f"je préférerais {fr}")
        for day_en, day_fr in w.DAYS.items():
            yield say(f"I would like {en} for {day_en}", f"je voudrais {fr} pour {day_fr}")
        for who in some_of(ANYONE, 5, en):
            finite = verb("vouloir").form("present", who.person)
            wants = english.third("want") if who.third else "want"
            yield say(f"{who.en} {wants} {en}", join(who.fr, f"{finite} {fr}"))
    for noun in MISSING:
        none = french.elide("de", noun.fr)
        yield say(f"there is no {noun.en} in my room", f"il n'y a pas {none} dans ma chambre")
        yield say(
            f"there is no {noun.en} in the bathroom", f"il n'y a pas {none} dans la salle de bains"
        )
        yield say(
            f"could I have another {noun.en}",
            f"pourrais-je avoir {phrase('a', noun).fr.replace(' ', ' autre ', 1)}",
            "?",
        )
        yield say(
            f"I need {phrase('a', noun).en}", f"j'ai besoin {french.de(phrase('a', noun).fr)}"
        )
    for noun in BROKEN:
        thing = phrase("the", noun)
        yield say(f"{thing.en} doesn't work", f"{thing.fr} ne marche pas")
        yield say(f"{thing.en} no longer works", f"{thing.fr} ne marche plus")
        yield say(f"could you repair {thing.en}", f"pourriez-vous réparer {thing.fr}", "?")
        yield say(f"there is a problem with {thing.en}", f"il y a un problème avec {thing.fr}")
        yield say(f"{thing.en} has just broken down", f"{thing.fr} vient de tomber en panne")
    for value in range(2, 15):
        nights = english.number(value), french.number(value)
        yield say(f"we will stay {nights[0]} nights", f"nous resterons {nights[1]} nuits")
        yield say(
            f"I would like a room for {nights[0]} nights",
            f"je voudrais une chambre pour {nights[1]} nuits",
        )
    for value in range(101, 130):
        yield say(
            f"the key to room {english.number(value)}, please",
            f"la clé de la chambre {french.number(value)}, s'il vous plaît",
        )


SIGHT_WORDS = w.adjectives("""
beautiful = beau/belle <; old = vieux/vieille <; small = petit <; big = grand <; pretty = joli <;
new = nouveau/nouvelle <; quiet = calme; famous = célèbre; magnificent = magnifique;
interesting = intéressant; modern = moderne; charming = charmant; medieval = médiéval
""")
NATURE = ("lake", "forest", "mountain", "island", "river", "beach", "valley", "tree")


@pattern("travel", 260)
def sightseeing() -> Sentences:
    """Sentences such as these.

    `We visited an old castle. There are beautiful beaches in Greece. What a pretty village!`
    """
    for noun, adjective in product(w.SIGHTS, SIGHT_WORDS):
        if noun.en in NATURE and adjective.en in ("new", "modern", "medieval", "interesting"):
            continue
        if adjective.en == "medieval" and noun.en in (
            "hotel",
            "museum",
            "harbour",
            "garden",
            "palace",
        ):
            continue
        if noun.en in ("tree", "tower", "bridge", "mountain", "monument") and adjective.en in (
            "quiet",
            "charming",
            "interesting",
            "pretty",
        ):
            continue
        one = phrase("a", noun, adjective)
        many = phrase("some", noun, adjective, many=True)
        yield say(f"it is {one.en}", f"c'est {one.fr}")
        yield say(f"what {one.en}", f"{phrase('which', noun, adjective).fr}", "!")
        for who in some_of(ANYONE, 2, noun.en + adjective.en):
            for en, infinitive in some_of(
                (("see", "voir"), ("discover", "découvrir"), ("photograph", "photographier")),
                2,
                who.en,
            ):
                yield say(*c.past(who, Activity(f"{en} {one.en}", infinitive, one.fr)))
        for en, (fr_in, _) in some_of(w.COUNTRIES.items(), 2, noun.en + adjective.en):
            yield say(f"there are {many.en} in {en}", f"il y a {many.fr} {fr_in}")
        yield say(
            f"we will visit {one.en} tomorrow"
            if noun.en not in ("tree", "street")
            else f"we will see {one.en} tomorrow",
            f"nous {'visiterons' if noun.en not in ('tree', 'street') else 'verrons'} "
            f"{one.fr} demain",
        )


@pattern("travel", 90)
def nationality_of_things() -> Sentences:
    """The old bridge is beautiful; this city is very quiet; these streets are narrow."""
    words = w.adjectives("""
    beautiful = beau/belle; old = vieux/vieille; quiet = calme; famous = célèbre; small = petit;
    big = grand; magnificent = magnifique; charming = charmant; empty = vide; dangerous =
    dangereux/dangereuse; noisy = bruyant; clean = propre; narrow = étroit;
    impressive = impressionnant
    """)
    for noun, adjective in product(w.SIGHTS, words):
        risky = ("street", "bridge", "mountain", "river", "lake", "district", "beach")
        if adjective.en == "dangerous" and noun.en not in risky:
            continue
        if noun.en == "tree" and adjective.en in ("famous", "impressive"):
            continue
        if adjective.en == "narrow" and noun.en not in ("street", "bridge", "valley", "river"):
            continue
        if adjective.en in ("noisy", "empty", "clean", "charming", "quiet") and noun.en in (
            "mountain",
            "tree",
            "tower",
            "lake",
        ):
            continue
        for word, many in (("this", False), ("this", True), ("the", False)):
            thing = phrase(word, noun, many=many)
            be_en, be_fr = ("are", "sont") if many else ("is", "est")
            form = adjective.form(noun.fem, many)
            yield say(f"{thing.en} {be_en} {adjective.en}", f"{thing.fr} {be_fr} {form}")
            if not many and adjective.en not in ("magnificent",):
                yield say(f"{thing.en} was very {adjective.en}", f"{thing.fr} était très {form}")


LUGGAGE: list[Noun] = [
    n
    for n in w.THINGS
    if n.en
    in (
        "suitcase",
        "bag",
        "ticket",
        "passport",
        "phone",
        "wallet",
        "camera",
        "umbrella",
        "watch",
        "key",
        "computer",
    )
]


@pattern("travel", 110)
def trouble_on_the_road() -> Sentences:
    """Someone stole my wallet. I left my passport at the hotel. Have you seen my suitcase?"""
    for noun in LUGGAGE:
        mine = phrase("my", noun)
        yield say(f"someone stole {mine.en}", f"quelqu'un a volé {mine.fr}")
        yield say(f"have you seen {mine.en}", f"avez-vous vu {mine.fr}", "?")
        yield say(f"I can't find {mine.en} anymore", f"je ne trouve plus {mine.fr}")
        yield say(f"{mine.en} has disappeared", f"{mine.fr} a disparu")
        yield say(f"where is {mine.en}", f"où est {mine.fr}", "?")
        for place in w.PLACES:
            if place.en in ("bridge", "bus stop", "harbour"):
                continue
            there = french.to(phrase("the", place).fr)
            yield say(f"I left {mine.en} at the {place.en}", f"j'ai laissé {mine.fr} {there}")
    for who, place in product((ME, PRONOUNS[4]), w.PLACES):
        finite = verb("chercher").form("present", who.person)
        yield say(
            f"{who.en} {who.be()} looking for {phrase('a', place).en}",
            join(who.fr, f"{finite} {phrase('a', place).fr}"),
        )
