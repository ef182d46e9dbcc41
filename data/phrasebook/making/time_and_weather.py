"""Hours, days, dates, numbers, the weather and the seasons."""

from __future__ import annotations

from itertools import product

from . import english, french
from . import words as w
from .clauses import ANYONE, PEOPLE, PRONOUNS, join
from .patterns import Sentences, pattern, say, some_of
from .verbs import verb

PAST_MINUTES = {
    0: ("", ""),
    5: ("five past ", " cinq"),
    10: ("ten past ", " dix"),
    15: ("quarter past ", " et quart"),
    20: ("twenty past ", " vingt"),
    30: ("half past ", " et demie"),
}
TO_MINUTES = {
    20: ("twenty to ", " moins vingt"),
    15: ("quarter to ", " moins le quart"),
    10: ("ten to ", " moins dix"),
    5: ("five to ", " moins cinq"),
}
AFTERNOON = "de l'après-midi"


def clock() -> list[tuple[str, str]]:
    """Every five minutes from one to twelve: half past eight, huit heures et demie; noon, midi."""
    found = [("noon", "midi"), ("midnight", "minuit"), ("half past midnight", "minuit et demi")]
    for hour in range(1, 12):
        fr_hour = french.number(hour, True) + (" heure" if hour == 1 else " heures")
        for en, fr in [*PAST_MINUTES.values(), *TO_MINUTES.values()]:
            full = not en
            found.append((en + english.number(hour) + (" o'clock" if full else ""), fr_hour + fr))
    return found


EVENTS = [
    ("the film", "le film"),
    ("the concert", "le concert"),
    ("the meeting", "la réunion"),
    ("the lesson", "la leçon"),
    ("the match", "le match"),
    ("the show", "le spectacle"),
    ("the exam", "l'examen"),
    ("the party", "la fête"),
    ("the ceremony", "la cérémonie"),
    ("the visit", "la visite"),
    ("the play", "la pièce"),
    ("the race", "la course"),
    ("the interview", "l'entretien"),
]


SUITABLE = {  # the last word of the hour
    "get up": "five six seven eight nine ten",
    "have lunch": "noon one",
    "go to bed": "nine ten eleven",
    "have dinner": "seven eight nine",
    "start work": "seven eight nine ten",
}


@pattern("time", 210)
def hours() -> Sentences:
    """Sentences such as these.

    `It is half past eight. The film begins at quarter to nine. I get up at seven o'clock.`
    """
    acts = [
        ("get up", "se lever", ""),
        ("have lunch", "déjeuner", ""),
        ("leave", "partir", ""),
        ("arrive", "arriver", ""),
        ("have dinner", "dîner", ""),
        ("go to bed", "se coucher", ""),
        ("start work", "commencer", " le travail"),
        ("come home", "rentrer", ""),
    ]
    for en, fr in clock():
        yield say(f"it is {en}", f"il est {fr}")
        yield say(f"it is already {en}", f"il est déjà {fr}")
        yield say(f"it is not yet {en}", f"il n'est pas encore {fr}")
        yield say(f"we are meeting at {en}", f"nous nous retrouvons à {fr}")
        yield say(f"wake me up at {en}, please", f"réveillez-moi à {fr}, s'il vous plaît")
        for event_en, event_fr in some_of(EVENTS, 3, en):
            yield say(f"{event_en} begins at {en}", f"{event_fr} commence à {fr}")
            yield say(f"{event_en} ends at {en}", f"{event_fr} finit à {fr}")
        for (act, infinitive, rest), who in some_of(product(acts, ANYONE), 8, en):
            if en.split()[-1] not in SUITABLE.get(act, en):
                continue
            if "o'clock" in en and act in SUITABLE:
                continue
            head, _, tail = act.partition(" ")
            word = verb(infinitive)
            text = word.form("present", who.person)
            if word.reflexive:
                pronouns = {"1s": "me", "1p": "nous", "2p": "vous"}
                text = f"{pronouns.get(who.person, 'se')} {text}"
            verb_en = english.third(head) if who.third else head
            yield say(
                f"{who.en} {verb_en}{' ' + tail if tail else ''} at {en}",
                join(who.fr, f"{text}{rest} à {fr}"),
            )
    for hour in range(1, 12):
        when = french.number(hour, True) + (" heure" if hour == 1 else " heures")
        name = english.number(hour)
        yield say(
            f"it is {name} o'clock in the {'afternoon' if hour < 6 else 'evening'}",
            f"il est {when} {AFTERNOON if hour < 6 else 'du soir'}",
        )
        yield say(f"it is {name} o'clock in the morning", f"il est {when} du matin")


@pattern("time", 150)
def days_and_dates() -> Sentences:
    """Today is Monday. My birthday is on the third of May. The shop is closed on Tuesday."""
    names = [
        ("my birthday", "mon anniversaire"),
        ("the exam", "l'examen"),
        ("the wedding", "le mariage"),
        ("the concert", "le concert"),
        ("our appointment", "notre rendez-vous"),
        ("the party", "la fête"),
        ("the meeting", "la réunion"),
        ("Paul's birthday", "l'anniversaire de Paul"),
        ("the match", "le match"),
    ]
    for day, (en_month, fr_month) in product(range(1, 31), w.MONTHS.items()):
        if en_month == "February" and day > 28:
            continue
        date_en = f"the {english.ORDINALS[day]} of {en_month}"
        date_fr = f"le {'premier' if day == 1 else french.number(day)} {fr_month}"
        yield say(f"today is {date_en}", f"nous sommes {date_fr} aujourd'hui")
        for en, fr in some_of(names, 1, date_en):
            yield say(f"{en} is on {date_en}", f"{fr} est {date_fr}")
        yield say(f"we leave on {date_en}", f"nous partons {date_fr}")
        yield say(f"I will come back on {date_en}", f"je reviendrai {date_fr}")
    for en, fr in w.DAYS.items():
        yield say(f"today is {en}", f"aujourd'hui, c'est {fr}")
        yield say(f"tomorrow is {en}", f"demain, c'est {fr}")
        yield say(f"yesterday was {en}", f"hier, c'était {fr}")
        yield say(f"see you on {en}", f"à {fr}", "!")
        yield say(f"are you free on {en}", f"est-ce que vous êtes libre {fr}", "?")
        yield say(f"I am not free on {en}", f"je ne suis pas libre {fr}")
        yield say(f"until {en}", f"jusqu'à {fr}")
        for name_en, name_fr in names[1:]:
            yield say(f"{name_en} is on {en}", f"{name_fr} est {fr}")
            yield say(f"is {name_en} on {en}", f"est-ce que {name_fr} est {fr}", "?")


@pattern("time", 120)
def ages_and_counts() -> Sentences:
    """My sister is twenty-one years old. There are thirty students in the class."""
    ages = {
        "my grandmother": range(62, 99),
        "my father": range(40, 72),
        "my mother": range(40, 72),
        "my parents": range(45, 75),
        "my brother": range(8, 45),
        "my sister": range(8, 45),
    }
    for who in [*PEOPLE, *PRONOUNS]:
        for value in some_of(ages.get(who.en, range(18, 60)), 6, who.en):
            finite = verb("avoir").form("present", who.person)
            yield say(
                f"{who.en} {who.be()} {english.number(value)} years old",
                join(who.fr, f"{finite} {french.number(value)} ans"),
            )
    crowds = [
        ("students", "étudiants", "in the class", "dans la classe"),
        ("people", "personnes", "in the room", "dans la salle"),
        ("pages", "pages", "in this book", "dans ce livre"),
        ("rooms", "chambres", "in this hotel", "dans cet hôtel"),
        ("trees", "arbres", "in the garden", "dans le jardin"),
        ("chairs", "chaises", "in the room", "dans la salle"),
        ("houses", "maisons", "in the village", "dans le village"),
    ]
    for en, fr, where_en, where_fr in crowds:
        fem = fr in ("personnes", "pages", "chambres", "chaises", "maisons")
        yield say(
            f"how many {en} are there {where_en}",
            f"combien {french.elide('de', fr)} y a-t-il {where_fr}",
            "?",
        )
        for value in some_of([*range(2, 100), 100, 150, 200, 300], 14, en):
            yield say(
                f"there are {english.number(value)} {en} {where_en}",
                f"il y a {french.number(value, fem)} {fr} {where_fr}",
            )


@pattern("time", 140)
def how_long() -> Sentences:
    """I have been living here for three years. We have been waiting since noon."""
    acts = [
        ("living here", "habiter", " ici", "years"),
        ("learning French", "apprendre", " le français", "years months"),
        ("working here", "travailler", " ici", "years months"),
        ("waiting", "attendre", "", "minutes hours"),
        ("looking for a flat", "chercher", " un appartement", "weeks months"),
        ("sleeping", "dormir", "", "hours minutes"),
        ("playing the piano", "jouer", " du piano", "years"),
        ("travelling", "voyager", "", "weeks months days"),
        ("reading", "lire", "", "hours minutes"),
    ]
    units = {
        "years": "ans",
        "months": "mois",
        "weeks": "semaines",
        "hours": "heures",
        "minutes": "minutes",
        "days": "jours",
    }
    for (en, infinitive, rest, spans), who in product(acts, ANYONE):
        have = "has" if who.third else "have"
        finite = verb(infinitive).form("present", who.person) + rest
        for unit, value in some_of(product(spans.split(), range(2, 13)), 3, en + who.en):
            fem = unit in ("weeks", "hours", "minutes")
            if unit == "minutes":
                value *= 5
            yield say(
                f"{who.en} {have} been {en} for {english.number(value)} {unit}",
                join(who.fr, f"{finite} depuis {french.number(value, fem)} {units[unit]}"),
            )
        starts = [("noon", "midi"), ("this morning", "ce matin"), ("yesterday", "hier")]
        if "years" in spans:
            starts = list(zip(w.MONTHS, w.MONTHS.values(), strict=True))
        for since_en, since_fr in some_of(starts, 2, en + who.en):
            yield say(
                f"{who.en} {have} been {en} since {since_en}",
                join(who.fr, f"{finite} depuis {since_fr}"),
            )


SKIES = [
    ("it is sunny", "il y a du soleil"),
    ("it is hot", "il fait chaud"),
    ("it is cold", "il fait froid"),
    ("it is windy", "il y a du vent"),
    ("it is raining", "il pleut"),
    ("it is snowing", "il neige"),
    ("it is foggy", "il y a du brouillard"),
    ("the weather is nice", "il fait beau"),
    ("the weather is bad", "il fait mauvais"),
    ("it is cool", "il fait frais"),
    ("it is freezing", "il gèle"),
    ("the sky is grey", "le ciel est gris"),
    ("the sky is blue", "le ciel est bleu"),
    ("it is cloudy", "il y a des nuages"),
    ("it is stormy", "il y a de l'orage"),
    ("it is very hot", "il fait très chaud"),
    ("it is very cold", "il fait très froid"),
    ("it is dark", "il fait nuit"),
]
SKIES_PAST = [
    ("it was sunny", "il y avait du soleil"),
    ("it was hot", "il faisait chaud"),
    ("it was cold", "il faisait froid"),
    ("it was windy", "il y avait du vent"),
    ("it rained", "il a plu"),
    ("it snowed", "il a neigé"),
    ("it was foggy", "il y avait du brouillard"),
    ("the weather was nice", "il faisait beau"),
    ("the weather was bad", "il faisait mauvais"),
    ("it was cool", "il faisait frais"),
    ("the sky was grey", "le ciel était gris"),
    ("it was cloudy", "il y avait des nuages"),
]
SKIES_FUTURE = [
    ("it will be sunny", "il y aura du soleil"),
    ("it will be hot", "il fera chaud"),
    ("it will be cold", "il fera froid"),
    ("it will be windy", "il y aura du vent"),
    ("it will rain", "il pleuvra"),
    ("it will snow", "il neigera"),
    ("the weather will be nice", "il fera beau"),
    ("the weather will be bad", "il fera mauvais"),
    ("it will be cool", "il fera frais"),
    ("it will be foggy", "il y aura du brouillard"),
]
SEASONS = [
    ("in spring", "au printemps"),
    ("in summer", "en été"),
    ("in autumn", "en automne"),
    ("in winter", "en hiver"),
]
REGIONS = [
    ("in the north", "dans le nord"),
    ("in the south", "dans le sud"),
    ("in the mountains", "à la montagne"),
    ("at the seaside", "au bord de la mer"),
    ("in the east", "dans l'est"),
    ("in the west", "dans l'ouest"),
]


@pattern("weather", 320)
def weather() -> Sentences:
    """Sentences such as these.

    `It is raining in Paris. It was cold yesterday. It will snow in the mountains tomorrow.`
    """
    places = [(f"in {en}", f"à {fr}") for en, fr in w.CITIES.items()] + REGIONS
    places += [(f"in {en}", fr) for en, (fr, _) in w.COUNTRIES.items()]
    for en, fr in SKIES:
        yield say(f"{en} today", f"{fr} aujourd'hui")
        question = "est-ce " + french.que(fr)
        if en.startswith("it is"):
            yield say(f"is it{en[5:]} today", f"{question} aujourd'hui", "?")
            yield say(f"I think {en}", f"je crois {french.que(fr)}")
            yield say(f"{en} outside", f"{fr} dehors")
        for where_en, where_fr in some_of(places, 12, en):
            yield say(f"{en} {where_en}", f"{fr} {where_fr}")
            for month_en, month_fr in some_of(w.MONTHS.items(), 1, where_en + en):
                if "cold" in en or "hot" in en or "snow" in en:
                    continue
                if en.startswith("the weather"):
                    yield say(f"{en} {where_en} in {month_en}", f"{fr} {where_fr} en {month_fr}")
    for en, fr in SKIES_PAST:
        for time_en, time_fr in (
            ("yesterday", "hier"),
            ("this morning", "ce matin"),
            ("last week", "la semaine dernière"),
            ("last night", "la nuit dernière"),
            ("on Sunday", "dimanche"),
        ):
            yield say(f"{en} {time_en}", f"{fr} {time_fr}")
        for where_en, where_fr in some_of(places, 10, en):
            yield say(f"yesterday, {en} {where_en}", f"hier, {fr} {where_fr}")
    for en, fr in SKIES_FUTURE:
        for time_en, time_fr in (
            ("tomorrow", "demain"),
            ("next week", "la semaine prochaine"),
            ("this evening", "ce soir"),
            ("on Saturday", "samedi"),
        ):
            yield say(f"{en} {time_en}", f"{fr} {time_fr}")
            if not set(en.split()) & {"bad", "cold", "foggy", "rain", "windy"}:
                yield say(f"I hope {en} {time_en}", f"j'espère {french.que(fr)} {time_fr}")
        for where_en, where_fr in some_of(places, 10, en):
            yield say(f"tomorrow, {en} {where_en}", f"demain, {fr} {where_fr}")
    usual = [
        ("it is often hot", "il fait souvent chaud"),
        ("it is often cold", "il fait souvent froid"),
        ("it rains a lot", "il pleut beaucoup"),
        ("it never rains", "il ne pleut jamais"),
        ("it sometimes snows", "il neige parfois"),
        ("it never snows", "il ne neige jamais"),
        ("the weather is often nice", "il fait souvent beau"),
    ]
    for (en, fr), (season_en, season_fr) in product(usual, SEASONS):
        if (season_en == "in winter") == ("hot" in en) and ("hot" in en):
            continue
        if season_en == "in summer" and ("cold" in en or "sometimes" in en):
            continue
        yield say(f"{en} here {season_en}", f"{fr} ici {season_fr}")
        for where_en, where_fr in REGIONS:
            yield say(f"{en} {where_en} {season_en}", f"{fr} {where_fr} {season_fr}")
    for value in range(1, 41):
        degree = ("degree", "degré") if value == 1 else ("degrees", "degrés")
        yield say(
            f"it is {english.number(value)} {degree[0]} today",
            f"il fait {french.number(value)} {degree[1]} aujourd'hui",
        )
    for season_en, season_fr in SEASONS:
        for en, (fr, _) in w.COUNTRIES.items():
            yield say(
                f"I would like to go {'to ' + en} {season_en}",
                f"je voudrais aller {fr} {season_fr}",
            )
