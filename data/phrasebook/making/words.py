"""The lexicon: nouns and adjectives by kind."""

from __future__ import annotations

from .nouns import adjectives, nouns

FOOD = nouns("""
bread = pain m; butter = beurre m; cheese = fromage m; ham = jambon m; rice = riz m;
meat = viande f;
fish = poisson m; chicken = poulet m; soup = soupe f; salad = salade f; jam = confiture f;
honey = miel m; sugar = sucre m; salt = sel m; pepper = poivre m; oil = huile f;
vinegar = vinaigre m;
garlic = ail m; flour = farine f; cream = crème f; yogurt = yaourt m; chocolate = chocolat m;
beef = bœuf m; pork = porc m; lamb = agneau m; lobster = homard m; mustard = moutarde f
""")
DRINKS = nouns("""
water = eau f; milk = lait m; coffee = café m; tea = thé m; wine = vin m; beer = bière f;
orange juice = jus d'orange m; lemonade = limonade f; cider = cidre m;
hot chocolate = chocolat chaud m; mineral water = eau minérale f; apple juice = jus de pomme m
""")
PIECES = nouns("""
apple = pomme f; pear = poire f; orange = orange f; lemon = citron m; banana = banane f;
peach/peaches = pêche f; strawberry = fraise f; cherry = cerise f; tomato/tomatoes = tomate f;
potato/potatoes = pomme de terre/pommes de terre f; carrot = carotte f; onion = oignon m;
mushroom = champignon m; egg = œuf m; sandwich = sandwich m; cake = gâteau m; biscuit = biscuit m;
omelette = omelette f; croissant = croissant m; pineapple = ananas m; melon = melon m;
green bean = haricot vert/haricots verts m; apricot = abricot m; cucumber = concombre m;
leek = poireau m; cabbage = chou/choux m; pancake = crêpe f; sausage = saucisse f;
raspberry = framboise f; artichoke = artichaut m
""")
DISHES = nouns("""
soup = soupe f; fish = poisson m; salad = salade f; chicken = poulet m; omelette = omelette f;
meat = viande f; cake = gâteau m; coffee = café m; bread = pain m; cheese = fromage m; rice = riz m;
sauce = sauce f; pizza = pizza f; dessert = dessert m; wine = vin m; tea = thé m;
lobster = homard m;
lamb = agneau m; ham = jambon m; apple pie = tarte aux pommes f; steak = steak m
""")
CLOTHES = nouns("""
dress = robe f; skirt = jupe f; shirt = chemise f; coat = manteau m; jacket = veste f;
jumper = pull m; hat = chapeau m; scarf/scarves = écharpe f; tie = cravate f; suit = costume m;
belt = ceinture f; cap = casquette f; raincoat = imperméable m; blouse = chemisier m;
swimsuit = maillot de bain/maillots de bain m; handbag = sac à main/sacs à main m;
T-shirt = t-shirt m; necklace = collier m; ring = bague f
""")
PAIRS = nouns("""
shoe = chaussure f; boot = botte f; sock = chaussette f; glove = gant m; sandal = sandale f;
slipper = pantoufle f; earring = boucle d'oreille/boucles d'oreilles f
""")
THINGS = nouns("""
book = livre m; newspaper = journal m; magazine = magazine m; letter = lettre f;
postcard = carte postale/cartes postales f; pen = stylo m; pencil = crayon m; notebook = cahier m;
key = clé f; bag = sac m; suitcase = valise f; umbrella = parapluie m; watch = montre f;
phone = téléphone m; computer = ordinateur m; camera = appareil photo/appareils photo m;
ticket = billet m; map = plan m; wallet = portefeuille m; passport = passeport m; bicycle = vélo m;
present = cadeau m; dictionary = dictionnaire m; knife/knives = couteau m; toy = jouet m;
guitar = guitare f; violin = violon m; painting = tableau m; candle = bougie f; box = boîte f;
basket = panier m; doll = poupée f; ball = ballon m; envelope = enveloppe f;
stamp = timbre m; novel = roman m; screen = écran m; printer = imprimante f; flag = drapeau m
""")
HOUSEHOLD = nouns("""
chair = chaise f; table = table f; bed = lit m; sofa = canapé m; armchair = fauteuil m;
cupboard = placard m; shelf/shelves = étagère f; mirror = miroir m; carpet = tapis m;
curtain = rideau m; pillow = oreiller m; blanket = couverture f; towel = serviette f;
lamp = lampe f; clock = horloge f; fridge = frigo m; oven = four m;
washing machine = machine à laver/machines à laver f; television = télévision f; radio = radio f;
plate = assiette f; fork = fourchette f; spoon = cuillère f; glass = verre m; cup = tasse f;
bottle = bouteille f; bowl = bol m; saucepan = casserole f; bucket = seau m; ladder = échelle f;
hammer = marteau m; desk = bureau m; brush = brosse f; wardrobe = armoire f
""")
ROOMS = nouns("""
kitchen = cuisine f; bedroom = chambre f; living room = salon m; bathroom = salle de bains f;
garden = jardin m; garage = garage m; cellar = cave f; attic = grenier m; corridor = couloir m;
dining room = salle à manger f; house = maison f; flat = appartement m
""")
PLACES = nouns("""
station = gare f; airport = aéroport m; hotel = hôtel m; restaurant = restaurant m;
bank = banque f; post office = poste f; pharmacy = pharmacie f; hospital = hôpital m;
school = école f; university = université f; library = bibliothèque f; museum = musée m;
theatre = théâtre m; cinema = cinéma m; market = marché m; supermarket = supermarché m;
bakery = boulangerie f; butcher's shop = boucherie f; church/churches = église f;
castle = château m;
park = parc m; beach = plage f; swimming pool = piscine f; stadium = stade m;
police station = commissariat m; town hall = mairie f; bridge = pont m; square = place f;
bus stop = arrêt de bus/arrêts de bus m; car park = parking m; bookshop = librairie f; zoo = zoo m;
harbour = port m; tourist office = office de tourisme m; embassy = ambassade f;
hairdresser's = salon de coiffure m; factory = usine f; cathedral = cathédrale f;
petrol station = station-service/stations-service f; opera house = opéra m
""")
SIGHTS = nouns("""
city = ville f; village = village m; mountain = montagne f; lake = lac m; forest = forêt f;
island = île f; river = rivière f; farm = ferme f; castle = château m; church = église f;
bridge = pont m; tower = tour f; square = place f; museum = musée m; garden = jardin m;
street = rue f; hotel = hôtel m; harbour = port m; beach = plage f; cathedral = cathédrale f;
district = quartier m; monument = monument m; palace = palais m; valley = vallée f; tree = arbre m
""")
ANIMALS = nouns("""
dog = chien m; cat = chat m; horse = cheval m; cow = vache f; sheep/sheep = mouton m;
pig = cochon m;
rabbit = lapin m; bird = oiseau m; mouse/mice = souris f; duck = canard m; goat = chèvre f;
hamster = hamster m; fish/fish = poisson m; donkey = âne m; hen = poule f; bee = abeille f;
butterfly = papillon m; elephant = éléphant m; lion = lion m; bear = ours m; fox = renard m;
owl = hibou/hiboux m; squirrel = écureuil m; wolf/wolves = loup m; swan = cygne m;
frog = grenouille f
""")
COLOURS = adjectives("""
red = rouge; blue = bleu; green = vert; yellow = jaune; black = noir; white = blanc/blanche;
grey = gris; pink = rose; purple = violet/violette; brown = brun
""")
QUALITIES = adjectives("""
big = grand <; small = petit <; new = nouveau/nouvelle <; old = vieux/vieille <;
beautiful = beau/belle <; pretty = joli <; good = bon/bonne <; bad = mauvais <;
expensive = cher/chère; heavy = lourd; light = léger/légère; clean = propre; dirty = sale;
modern = moderne; useful = utile; elegant = élégant; comfortable = confortable; round = rond;
cheap = bon marché/-; broken = cassé; empty = vide; full = plein; interesting = intéressant;
Italian = italien/italienne; French = français; original = original; practical = pratique
""")
TASTES = adjectives("""
delicious = délicieux/délicieuse; salty = salé; sweet = sucré; hot = chaud; cold = froid;
excellent = excellent; bitter = amer/amère; spicy = épicé; expensive = cher/chère;
good = bon/bonne; fresh = frais/fraîche; ready = prêt
""")
MOODS = adjectives("""
happy = heureux/heureuse; sad = triste; tired = fatigué; ill = malade; angry = fâché;
worried = inquiet/inquiète; calm = calme; ready = prêt; sure = sûr; surprised = surpris;
disappointed = déçu; jealous = jaloux/jalouse; nervous = nerveux/nerveuse; busy = occupé;
alone = seul; free = libre; pleased = content; lost = perdu; exhausted = épuisé;
furious = furieux/furieuse; moved = ému; embarrassed = gêné
""")
CHARACTER = adjectives("""
tall = grand; small = petit; young = jeune; old = vieux/vieille; kind = gentil/gentille;
intelligent = intelligent; funny = drôle; serious = sérieux/sérieuse; shy = timide;
friendly = sympathique; rich = riche; poor = pauvre; strong = fort; polite = poli;
generous = généreux/généreuse; curious = curieux/curieuse; lazy = paresseux/paresseuse;
proud = fier/fière; honest = honnête; patient = patient; quiet = calme; optimistic = optimiste;
stubborn = têtu; brave = courageux/courageuse; talkative = bavard; famous = célèbre;
ambitious = ambitieux/ambitieuse; careful = prudent; creative = créatif/créative
""")
NATIONS = adjectives("""
French = français; English = anglais; German = allemand; Spanish = espagnol;
Italian = italien/italienne; Belgian = belge; Swiss = suisse; Canadian = canadien/canadienne;
American = américain; Japanese = japonais; Chinese = chinois; Portuguese = portugais;
Dutch = néerlandais; Greek = grec/grecque; Irish = irlandais; Moroccan = marocain;
Swedish = suédois; Norwegian = norvégien/norvégienne; Mexican = mexicain; Polish = polonais
""")
JOBS = adjectives("""
doctor = médecin/-; teacher = professeur/-; nurse = infirmier/infirmière;
baker = boulanger/boulangère;
student = étudiant; lawyer = avocat; engineer = ingénieur/ingénieure; journalist = journaliste;
singer = chanteur/chanteuse; cook = cuisinier/cuisinière; farmer = agriculteur/agricultrice;
hairdresser = coiffeur/coiffeuse; musician = musicien/musicienne; painter = peintre;
dentist = dentiste; architect = architecte; secretary = secrétaire;
police officer = policier/policière;
pilot = pilote; librarian = bibliothécaire; scientist = scientifique;
gardener = jardinier/jardinière;
butcher = boucher/bouchère; pharmacist = pharmacien/pharmacienne;
mechanic = mécanicien/mécanicienne;
photographer = photographe; judge = juge; translator = traducteur/traductrice;
writer = écrivain/écrivaine; computer scientist = informaticien/informaticienne
""")
CITIES = dict(
    pair.split("=")
    for pair in [
        "Paris=Paris",
        "Lyon=Lyon",
        "Marseille=Marseille",
        "Bordeaux=Bordeaux",
        "Lille=Lille",
        "Nice=Nice",
        "London=Londres",
        "Brussels=Bruxelles",
        "Geneva=Genève",
        "Rome=Rome",
        "Madrid=Madrid",
        "Berlin=Berlin",
        "Lisbon=Lisbonne",
        "Vienna=Vienne",
        "Athens=Athènes",
        "Montreal=Montréal",
        "Strasbourg=Strasbourg",
        "Toulouse=Toulouse",
        "Venice=Venise",
        "Edinburgh=Édimbourg",
        "Dublin=Dublin",
        "Moscow=Moscou",
    ]
)
# English name: with "in" or "to", with "from"
COUNTRIES = {
    "France": ("en France", "de France"), "Germany": ("en Allemagne", "d'Allemagne"),
    "Spain": ("en Espagne", "d'Espagne"), "Italy": ("en Italie", "d'Italie"),
    "Belgium": ("en Belgique", "de Belgique"), "Switzerland": ("en Suisse", "de Suisse"),
    "Canada": ("au Canada", "du Canada"), "Japan": ("au Japon", "du Japon"),
    "Portugal": ("au Portugal", "du Portugal"), "England": ("en Angleterre", "d'Angleterre"),
    "the United States": ("aux États-Unis", "des États-Unis"),
    "the Netherlands": ("aux Pays-Bas", "des Pays-Bas"), "Greece": ("en Grèce", "de Grèce"),
    "Ireland": ("en Irlande", "d'Irlande"), "Morocco": ("au Maroc", "du Maroc"),
    "Mexico": ("au Mexique", "du Mexique"), "Sweden": ("en Suède", "de Suède"),
    "Norway": ("en Norvège", "de Norvège"), "China": ("en Chine", "de Chine"),
    "Brazil": ("au Brésil", "du Brésil"), "Poland": ("en Pologne", "de Pologne"),
}  # fmt: skip
DAYS = dict(
    Monday="lundi", Tuesday="mardi", Wednesday="mercredi", Thursday="jeudi", Friday="vendredi",
    Saturday="samedi", Sunday="dimanche",
)  # fmt: skip
MONTHS = dict(
    January="janvier", February="février", March="mars", April="avril", May="mai", June="juin",
    July="juillet", August="août", September="septembre", October="octobre", November="novembre",
    December="décembre",
)  # fmt: skip
