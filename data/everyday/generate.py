"""Writes train.tsv: everyday English sentences and their French translations.

    python data/everyday/generate.py

Patterns are filled with names, cities, times, food and places. The file is the same on every
machine.
"""

import random
from collections.abc import Iterator
from pathlib import Path

FORMS = 90
"""Pairs of a pattern, at most."""

SEED = 5

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
    *(("Monday", "lundi"), ("Tuesday", "mardi"), ("Wednesday", "mercredi"), ("Friday", "vendredi")),
    *(
        ("Thursday", "jeudi"),
        ("Saturday", "samedi"),
        ("Sunday", "dimanche"),
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
    "number": [("two", "deux"), ("three", "trois"), ("four", "quatre"), ("six", "six")],
}
PATTERNS = """
My name is {name}. | Je m'appelle {name}.
Hello, my name is {name}. | Bonjour, je m'appelle {name}.
My name is {name}, and I live in {city}. | Je m'appelle {name} et j'habite à {city}.
His name is {name}. | Il s'appelle {name}.
What is your name? I am {name}. | Comment vous appelez-vous ? Je suis {name}.
I live in {city}. | J'habite à {city}.
We live in {city}. | Nous habitons à {city}.
{name} lives in {city}. | {name} habite à {city}.
I work in {city}. | Je travaille à {city}.
We are going to {city} {day}. | Nous allons à {city} {day}.
Welcome to {city}, {name}. | Bienvenue à {city}, {name}.
This book belongs to {name}. | Ce livre appartient à {name}.
The train to {city} leaves at {clock}. | Le train pour {city} part à {clock}.
The bus arrives at {clock}. | Le bus arrive à {clock}.
The film starts at {clock}. | Le film commence à {clock}.
It is a quarter past {hour}. | Il est {hour} et quart.
It is half past {hour}. | Il est {hour} et demie.
It is ten to {hour}. | Il est {hour} moins dix.
It is twenty past {hour}. | Il est {hour} vingt.
It is {hour} o'clock. | Il est {hour}.
We are meeting at a quarter to {hour}. | Nous nous retrouvons à {hour} moins le quart.
I get up at half past {hour}. | Je me lève à {hour} et demie.
What time is it in {city}? | Quelle heure est-il à {city} ?
What time is it now? | Quelle heure est-il maintenant ?
Do you know what time it is? | Savez-vous quelle heure il est ?
I am {age} years old. | J'ai {age} ans.
{relative} is {age} years old. | {relative} a {age} ans.
{name} is {age} years old. | {name} a {age} ans.
I have been waiting here for {duration}. | J'attends ici depuis {duration}.
We have been waiting for {duration}. | Nous attendons depuis {duration}.
She has been waiting for {duration}. | Elle attend depuis {duration}.
I have been learning French for {duration}. | J'apprends le français depuis {duration}.
{relative} has been working here for {duration}. | {relative} travaille ici depuis {duration}.
They have been living in {city} for {duration}. | Ils habitent à {city} depuis {duration}.
I would like {order}, please. | Je voudrais {order}, s'il vous plaît.
We would like {order} and {order2}, please. | Nous voudrions {order} et {order2}, s'il vous plaît.
{order} and {order2}, please. | {order} et {order2}, s'il vous plaît.
Can I have {order}, please? | Puis-je avoir {order}, s'il vous plaît ?
Could we have {order}? | Pourrions-nous avoir {order} ?
I am allergic to {allergy}. | Je suis allergique {allergy}.
{relative} is allergic to {allergy}. | {relative} est allergique {allergy}.
Are you allergic to {allergy}? | Êtes-vous allergique {allergy} ?
I bought {amount}. | J'ai acheté {amount}.
I bought {amount} and {amount2}. | J'ai acheté {amount} et {amount2}.
We need {amount} and {amount2}. | Il nous faut {amount} et {amount2}.
We don't have any {left} left. | Nous n'avons plus {left}.
I don't have any {left} left. | Je n'ai plus {left}.
There is no {left} left. | Il n'y a plus {left}.
Please {request}. | {request}, s'il vous plaît.
Please {request}! | {request}, s'il vous plaît !
Would you please {request}? | {request}, s'il vous plaît.
Good morning, {name}. How are you? | Bonjour, {name}. Comment allez-vous ?
Good evening, {name}. How are you? | Bonsoir, {name}. Comment allez-vous ?
Good evening, {name}. Nice to see you. | Bonsoir, {name}. Ravi de vous voir.
Good morning, how are you today? | Bonjour, comment allez-vous aujourd'hui ?
Hi, how are you? | Salut, comment ça va ?
Hello {name}, how are you? | Bonjour {name}, comment vas-tu ?
Hello, everybody! | Bonjour à tous !
Good night, sleep well. | Bonne nuit, dormez bien.
Goodbye, see you {day}. | Au revoir, à {day}.
Have a nice {wish}! | {wish} !
Where is the nearest {place}? | Où est {place} ?
Excuse me, where is the nearest {place}? | Excusez-moi, où est {place} ?
What time does the {open} open? | À quelle heure ouvre {open} ?
What time does the {open} close on {day}? | À quelle heure ferme {open} {day} ?
The {machine} is broken. | {machine} est en panne.
The {machine} does not work any more. | {machine} ne marche plus.
{fact}, so {consequence}. | {fact}, alors {consequence}.
If {condition} {day}, we will {plan}. | Si {condition} {day}, nous {plan}.
How much does {good} cost? | Combien coûte {good} ?
How much is {good}? | Combien coûte {good} ?
It costs {price} euros. | Ça coûte {price} euros.
I paid {price} euros for {good}. | J'ai payé {price} euros pour {good}.
A table for {number} at {clock}, please. | Une table pour {number} à {clock}, s'il vous plaît.
I am hungry. Where is the nearest {place}? | J'ai faim. Où est {place} ?
Which train goes to {city}? | Quel train va à {city} ?
Where are you going {day}? | Où allez-vous {day} ?
Nobody knows where {name} lives. | Personne ne sait où habite {name}.
"""


def pairs() -> Iterator[tuple[str, str]]:
    """Yields the pairs of every pattern, in the order of the patterns."""
    chosen = random.Random(SEED)
    for line in PATTERNS.strip().splitlines():
        english, french = line.split(" | ")
        for _ in range(FORMS):
            fillings = {key: chosen.choice(fillers) for key, fillers in FILLERS.items()}
            yield (
                _sentence(english.format(**{key: pair[0] for key, pair in fillings.items()})),
                _sentence(french.format(**{key: pair[1] for key, pair in fillings.items()})),
            )


def _sentence(text: str) -> str:
    """Returns a text with a capital letter and French elision."""
    text = text.replace("Si il ", "S'il ")
    return text[0].upper() + text[1:]


def main() -> None:
    """Writes the file."""
    lines = dict.fromkeys(f"{english}\t{french}\n" for english, french in pairs())
    path = Path(__file__).parent / "train.tsv"
    path.write_text("".join(lines), encoding="utf-8", newline="\n")
    print(f"{path.name}: {len(lines):,} pairs")


if __name__ == "__main__":
    main()
