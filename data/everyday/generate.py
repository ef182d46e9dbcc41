"""Writes train.tsv: everyday English sentences and their French translations.

    python data/everyday/generate.py

Patterns are filled with names, cities, times, food and places. The file is the same on every
machine.
"""

import random
import re
from collections.abc import Iterator
from pathlib import Path

from nlp_apps.text.augmentation.made_up_names import made_up_name

FORMS = 90
"""Pairs of a pattern, at most."""

NAMED_FORMS = 300
"""Pairs of a pattern with a name or a city, of which every second one is made up."""

SEED = 5

PATTERNS = Path(__file__).parent / "patterns.tsv"
"""English and French patterns; names in braces are keys of `FILLERS`, or chosen together."""

_NAMES = """
Adam Agnes Albert Alex Alice Amir Anita Annika Anton Arthur Ava Boris Bruno Carla Carlos Celia
Chen Clara Daniel Diego Dora Edgar Elena Elif Elsa Emil Emma Erik Esther Eva Fatima Felix Fiona
Frank Gina Greta Hana Hannah Hugo Ida Igor Ines Ingrid Irene Iris Ivan Jack Jana Jasmin Jonas
Julia Karim Karl Kevin Kim Laura Lena Leo Liam Lina Linda Louis Lucy Luis Marc Marco Maria Marta
Max Maya Mila Mina Mohammed Nadia Nico Nina Noah Nora Olga Oliver Omar Oscar Pablo Paula Petra
Priya Rita Robert Rosa Ruth Samir Sara Sofia Stella Theo Tina Vera Victor Walter Wendy Yusuf Zoe
"""
NAMES = _NAMES.split()
_CITIES = """
Berlin Bonn Bordeaux Boston Bristol Budapest Cardiff Chicago Dakar Delhi Dijon Dublin Kiel
Grenoble Lagos Leeds Lille Lima Madrid Manchester Milan Montpellier Munich Nantes Naples Nice
Oxford Paris Porto Prague Reims Rennes Rome Rotterdam Rouen Salzbourg Sydney Tokyo Toronto
Toulouse Tours Turin Vancouver Zurich
"""
CITIES = _CITIES.split()
HOURS = (
    *(("one", "une heure"), ("two", "deux heures"), ("three", "trois heures")),
    *(("four", "quatre heures"), ("five", "cinq heures"), ("six", "six heures")),
    *(("seven", "sept heures"), ("eight", "huit heures"), ("nine", "neuf heures")),
    *(("ten", "dix heures"), ("eleven", "onze heures")),
)
DURATIONS = (
    *(("an hour", "une heure"), ("two hours", "deux heures"), ("ten minutes", "dix minutes")),
    *(("half an hour", "une demi-heure"), ("a week", "une semaine"), ("three days", "trois jours")),
    *(("a month", "un mois"), ("a year", "un an"), ("two years", "deux ans")),
    *(("a long time", "longtemps"), ("twenty minutes", "vingt minutes")),
    *(("six months", "six mois"), ("ten years", "dix ans"), ("many years", "de nombreuses années")),
)
ORDERS = (
    *(("a coffee", "un café"), ("a tea", "un thé"), ("a glass of water", "un verre d'eau")),
    *(("a beer", "une bière"), ("an orange juice", "un jus d'orange"), ("a salad", "une salade")),
    *(("a sandwich", "un sandwich"), ("a slice of cake", "une part de gâteau")),
    *(("a bowl of soup", "un bol de soupe"), ("an omelette", "une omelette")),
    *(("a pancake", "une crêpe"), ("a hot chocolate", "un chocolat chaud")),
    *(("a croissant", "un croissant"), ("two croissants", "deux croissants")),
    *(("a baguette", "une baguette"), ("a bottle of red wine", "une bouteille de vin rouge")),
    *(("the fish", "le poisson"), ("an ice cream", "une glace"), ("a lemonade", "une limonade")),
    *(("a pizza", "une pizza"), ("a pear tart", "une tarte aux poires")),
)
ALLERGIES = (
    *(("walnuts", "aux noix"), ("peanuts", "aux cacahuètes"), ("milk", "au lait")),
    *(("eggs", "aux œufs"), ("fish", "au poisson"), ("gluten", "au gluten")),
    *(("bees", "aux abeilles"), ("pollen", "au pollen"), ("strawberries", "aux fraises")),
    *(("dust", "à la poussière"), ("seafood", "aux fruits de mer"), ("cats", "aux chats")),
    *(("dogs", "aux chiens"), ("soy", "au soja"), ("penicillin", "à la pénicilline")),
)
AMOUNTS = (
    *(
        ("two kilos of potatoes", "deux kilos de pommes de terre"),
        ("a bag of rice", "un sac de riz"),
    ),
    *(("two kilos of carrots", "deux kilos de carottes"), ("four apples", "quatre pommes")),
    *(("a dozen eggs", "une douzaine d'œufs"), ("five tomatoes", "cinq tomates")),
    *(("two bottles of milk", "deux bouteilles de lait"), ("four pears", "quatre poires")),
    *(("a litre of oil", "un litre d'huile"), ("a piece of cheese", "un morceau de fromage")),
    *(("a kilo of onions", "un kilo d'oignons"), ("some bread", "du pain")),
    *(("six lemons", "six citrons"), ("a pot of honey", "un pot de miel"), ("some tea", "du thé")),
    *(("half a kilo of sugar", "un demi-kilo de sucre"), ("some potatoes", "des pommes de terre")),
)
LEFT = (
    *(("bread", "de pain"), ("flour", "de farine"), ("coffee", "de café"), ("sugar", "de sucre")),
    *(("time", "de temps"), ("rice", "de riz"), ("money", "d'argent"), ("eggs", "d'œufs")),
    *(("petrol", "d'essence"), ("butter", "de beurre"), ("water", "d'eau"), ("wine", "de vin")),
    *(("tickets", "de billets"), ("batteries", "de piles"), ("soap", "de savon")),
)
REQUESTS = (
    *(("close the door", "Fermez la porte"), ("open the window", "Ouvrez la fenêtre")),
    *(("sit down", "Asseyez-vous"), ("wait here", "Attendez ici"), ("come in", "Entrez")),
    *(("turn off the light", "Éteignez la lumière"), ("write it down", "Écrivez-le")),
    *(("call me back", "Rappelez-moi"), ("help me", "Aidez-moi"), ("sign here", "Signez ici")),
    *(("show me the way", "Montrez-moi le chemin"), ("follow me", "Suivez-moi")),
    *(("close the windows", "Fermez les fenêtres"), ("lock the door", "Fermez la porte à clé")),
    *(("be quiet", "Taisez-vous"), ("bring the bill", "Apportez l'addition")),
    *(("speak more loudly", "Parlez plus fort"), ("open the door", "Ouvrez la porte")),
    *(("stop the car", "Arrêtez la voiture"), ("turn down the music", "Baissez la musique")),
    *(("wash your hands", "Lavez-vous les mains"), ("read this letter", "Lisez cette lettre")),
)
PLACES = (
    *(("bank", "la banque la plus proche"), ("supermarket", "le supermarché le plus proche")),
    *(("hospital", "l'hôpital le plus proche"), ("bus stop", "l'arrêt de bus le plus proche")),
    *(("petrol station", "la station-service la plus proche"),),
    *(("hotel", "l'hôtel le plus proche"), ("bakery", "la boulangerie la plus proche")),
    *(("police station", "le commissariat le plus proche"),),
    *(("cash machine", "le distributeur le plus proche"), ("park", "le parc le plus proche")),
    *(("post office", "le bureau de poste le plus proche"),),
    *(("chemist's", "la pharmacie la plus proche"), ("station", "la gare la plus proche")),
)
OPEN = (
    *(("museum", "le musée"), ("shop", "le magasin"), ("bank", "la banque")),
    *(("swimming pool", "la piscine"), ("library", "la bibliothèque"), ("market", "le marché")),
    *(("post office", "la poste"), ("restaurant", "le restaurant"), ("castle", "le château")),
)
MACHINES = (
    *(("dishwasher", "Le lave-vaisselle"), ("lift", "L'ascenseur"), ("printer", "L'imprimante")),
    *(("heating", "Le chauffage"), ("television", "La télévision"), ("fridge", "Le réfrigérateur")),
    *(("coffee machine", "La machine à café"), ("washing machine", "La machine à laver")),
    *(("ticket machine", "Le distributeur de billets"), ("oven", "Le four")),
)
FACTS = (
    *(
        ("it is raining", "il pleut"),
        ("it is snowing", "il neige"),
        ("it is cold", "il fait froid"),
    ),
    *(
        ("it is hot", "il fait chaud"),
        ("it is late", "il est tard"),
        ("I am ill", "je suis malade"),
    ),
    *(("the sun is shining", "le soleil brille"), ("it is windy", "il y a du vent")),
)
CONSEQUENCES = (
    *(("we are staying inside", "nous restons à l'intérieur"), ("I am reading", "je lis")),
    *(("we are taking the bus", "nous prenons le bus"), ("I am staying in bed", "je reste au lit")),
    *(("they are going home", "ils rentrent à la maison"), ("we are not going", "on n'y va pas")),
    *(("the children are playing inside", "les enfants jouent à l'intérieur"),),
)
CONDITIONS = (
    *(("it rains", "il pleut"), ("it is sunny", "il fait beau"), ("it snows", "il neige")),
    *(("it is cold", "il fait froid"), ("it is warm", "il fait bon")),
)
PLANS = (
    *(("stay at home", "resterons à la maison"), ("go to the lake", "irons au lac")),
    *(("go to the cinema", "irons au cinéma"), ("eat outside", "mangerons dehors")),
    *(("play cards", "jouerons aux cartes"), ("go for a walk", "ferons une promenade")),
    *(("go to the beach", "irons à la plage"), ("take the car", "prendrons la voiture")),
    *(("work in the garden", "travaillerons dans le jardin"), ("go skiing", "irons skier")),
)
DAYS = (
    *(
        ("on Monday", "lundi"),
        ("on Tuesday", "mardi"),
        ("on Wednesday", "mercredi"),
        ("on Friday", "vendredi"),
    ),
    *(
        ("on Thursday", "jeudi"),
        ("on Saturday", "samedi"),
        ("on Sunday", "dimanche"),
        ("tomorrow", "demain"),
    ),
)
WISHES = (
    *(("day", "Bonne journée"), ("evening", "Bonne soirée"), ("weekend", "Bon week-end")),
    *(("trip", "Bon voyage"), ("holiday", "Bonnes vacances")),
)
GOODS = (
    *(("this book", "ce livre"), ("this jacket", "cette veste"), ("this watch", "cette montre")),
    *(("that lamp", "cette lampe"), ("a ticket", "un billet"), ("a room", "une chambre")),
    *(
        ("the ring", "la bague"),
        ("this table", "cette table"),
        ("a return ticket", "un aller-retour"),
    ),
)
RELATIVES = (
    *(("My son", "Mon fils"), ("My daughter", "Ma fille"), ("My father", "Mon père")),
    *(("My mother", "Ma mère"), ("My brother", "Mon frère"), ("My sister", "Ma sœur")),
    *(("My grandmother", "Ma grand-mère"), ("My neighbour", "Mon voisin")),
)
DISHES = (  # article and noun, demonstrative and noun, feminine
    *(("soup", "La soupe", True), ("coffee", "Le café", False), ("bread", "Le pain", False)),
    *(("fish", "Le poisson", False), ("meat", "La viande", True), ("tea", "Le thé", False)),
    *(("sauce", "La sauce", True), ("pizza", "La pizza", True), ("cake", "Le gâteau", False)),
)
TASTES = (
    *(("hot", "chaud", "chaude"), ("sweet", "sucré", "sucrée"), ("dry", "sec", "sèche")),
    *(("cold", "froid", "froide"), ("spicy", "épicé", "épicée"), ("bitter", "amer", "amère")),
    ("fatty", "gras", "grasse"),
)
KIN = (
    *(("brothers", "frères"), ("sisters", "sœurs"), ("children", "enfants"), ("cats", "chats")),
    *(("daughters", "filles"), ("sons", "fils"), ("dogs", "chiens"), ("cousins", "cousins")),
)
THINGS = (
    *(("computer", "Mon ordinateur"), ("phone", "Mon téléphone"), ("bicycle", "Mon vélo")),
    *(("scooter", "Mon scooter"), ("tractor", "Mon tracteur")),
)
MINE = (
    *(("my glasses", "mes lunettes"), ("my wallet", "mon portefeuille"), ("my bag", "mon sac")),
    *(
        ("my passport", "mon passeport"),
        ("my phone", "mon téléphone"),
        ("my umbrella", "mon parapluie"),
    ),
    *(("my ticket", "mon billet"), ("my shoes", "mes chaussures"), ("my book", "mon livre")),
    *(("my suitcase", "ma valise"), ("my watch", "ma montre"), ("my gloves", "mes gants")),
)
ERRANDS = (
    *(("call the doctor", "d'appeler le médecin"), ("buy bread", "d'acheter du pain")),
    *(("close the windows", "de fermer les fenêtres"), ("feed the cat", "de nourrir le chat")),
    *(
        ("water the plants", "d'arroser les plantes"),
        ("lock the car", "de fermer la voiture à clé"),
    ),
    *(("post the letter", "de poster la lettre"), ("pay the rent", "de payer le loyer")),
    *(("turn off the oven", "d'éteindre le four"), ("book a table", "de réserver une table")),
    *(("call my grandfather", "d'appeler mon grand-père"), ("buy milk", "d'acheter du lait")),
    *(("wash the dishes", "de faire la vaisselle"), ("tidy my room", "de ranger ma chambre")),
)
BODY = (
    *(("back", "J'ai mal au dos"), ("arm", "J'ai mal au bras"), ("foot", "J'ai mal au pied")),
    *(("stomach", "J'ai mal au ventre"), ("throat", "J'ai mal à la gorge")),
    *(
        ("knee", "J'ai mal au genou"),
        ("hand", "J'ai mal à la main"),
        ("ear", "J'ai mal à l'oreille"),
    ),
)
WEATHER = (
    *(("cold", "froid"), ("hot", "chaud"), ("nice", "beau"), ("very cold", "très froid")),
    *(("grey", "gris"), ("mild", "doux")),
)
CORNERS = (
    *(("traffic lights", "aux feux"), ("roundabout", "au rond-point"), ("church", "à l'église")),
    *(("bakery", "à la boulangerie"), ("bridge", "au pont"), ("school", "à l'école")),
)
LANDMARKS = (
    *(("bridge", "le pont"), ("church", "l'église"), ("bank", "la banque"), ("park", "le parc")),
    *(("museum", "le musée"), ("hotel", "l'hôtel"), ("school", "l'école"), ("market", "le marché")),
)
DESTINATIONS = (
    *(("station", "à la gare"), ("museum", "au musée"), ("beach", "à la plage")),
    *(("city centre", "au centre-ville"), ("hospital", "à l'hôpital"), ("castle", "au château")),
    *(("university", "à l'université"), ("stadium", "au stade"), ("harbour", "au port")),
    *(("market", "au marché"), ("town hall", "à la mairie"), ("zoo", "au zoo")),
)
WORKPLACES = (
    *(("post office", "à la poste"), ("bank", "à la banque"), ("university", "à l'université")),
    *(("town hall", "à la mairie"), ("museum", "au musée"), ("airport", "à l'aéroport")),
    *(("library", "à la bibliothèque"), ("school", "à l'école"), ("bakery", "à la boulangerie")),
)


def _to(place: str) -> str:
    """Returns a French place after "jusqu'": "au pont", "à la banque"."""
    return f"au {place[3:]}" if place.startswith("le ") else f"à {place}"


def _agreement(dish: tuple[str, str, bool], taste: tuple[str, str, str]) -> dict[str, str]:
    """Returns the French words that agree with a dish."""
    _, french, feminine = dish
    noun = french.split(" ")[1]
    return {
        "dish_fr": french,
        "taste_fr": taste[2 if feminine else 1],
        "good_fr": "bonne" if feminine else "bon",
        "cold_fr": "froide" if feminine else "froid",
        "this_fr": f"{'Cette' if feminine else 'Ce'} {noun}",
    }


FILLERS = {
    "name": [(name, name) for name in NAMES],
    "city": [(city, city) for city in CITIES],
    "hour": HOURS,
    "duration": DURATIONS,
    "order": ORDERS,
    "order2": ORDERS,
    "allergy": ALLERGIES,
    "amount": AMOUNTS,
    "amount2": AMOUNTS,
    "left": LEFT,
    "request": REQUESTS,
    "place": PLACES,
    "open": OPEN,
    "machine": MACHINES,
    "fact": FACTS,
    "consequence": CONSEQUENCES,
    "condition": CONDITIONS,
    "plan": PLANS,
    "day": DAYS,
    "wish": WISHES,
    "good": GOODS,
    "relative": RELATIVES,
    "age": [(str(age), str(age)) for age in range(2, 95) if age != 25],
    "clock": [(f"{h}:{m:02}", f"{h} h {m:02}") for h in range(6, 24) for m in range(5, 60, 5)],
    "price": [(str(price), str(price)) for price in range(2, 400, 7)],
    "name2": [(name, name) for name in NAMES],
    "kin": KIN,
    "thing": THINGS,
    "mine": MINE,
    "errand": ERRANDS,
    "body": BODY,
    "weather": WEATHER,
    "corner": CORNERS,
    "after": LANDMARKS,
    "until": [(english, _to(french)) for english, french in LANDMARKS],
    "to": DESTINATIONS,
    "workplace": WORKPLACES,
    "number": [("two", "deux"), ("three", "trois"), ("four", "quatre"), ("six", "six")],
}


def pairs() -> Iterator[tuple[str, str]]:
    """Yields the pairs of every pattern, in the order of the patterns."""
    chosen = random.Random(SEED)
    for line in PATTERNS.read_text(encoding="utf-8").splitlines():
        english, french = line.split("\t")
        named = re.search(r"{(name2?|city)}", english)
        for _ in range(NAMED_FORMS if named else FORMS):
            fillings = {key: chosen.choice(fillers) for key, fillers in FILLERS.items()}
            for key in ("name", "name2", "city"):
                if chosen.random() < 0.5:
                    fillings[key] = (made_up_name(chosen),) * 2
            words = {key: pair[0] for key, pair in fillings.items()}
            french_words = {key: pair[1] for key, pair in fillings.items()}
            dish, taste = chosen.choice(DISHES), chosen.choice(TASTES)
            words |= {"dish": dish[0], "taste": taste[0]}
            french_words |= _agreement(dish, taste)
            french_words["body_fr"], french_words["my_thing"] = (
                french_words["body"],
                french_words["thing"],
            )
            french_words["errand_bare"] = (
                french_words["errand"].removeprefix("de ").removeprefix("d'")
            )
            yield _sentence(english.format(**words)), _sentence(french.format(**french_words))


def _sentence(text: str) -> str:
    """Returns a text with a capital letter and French elision."""
    text = text.replace("Si il ", "S'il ")
    text = re.sub(r"\b(d|qu)e (?=[AEIOU])", r"\1'", text)
    return text[0].upper() + text[1:]


def main() -> None:
    """Writes the file."""
    lines = dict.fromkeys(f"{english}\t{french}\n" for english, french in pairs())
    path = Path(__file__).parent / "train.tsv"
    path.write_text("".join(lines), encoding="utf-8", newline="\n")
    print(f"{path.name}: {len(lines):,} pairs")


if __name__ == "__main__":
    main()
