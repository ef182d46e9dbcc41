"""People: character, nationality, work."""

from __future__ import annotations

from itertools import product

from . import clauses as c
from . import english, french
from . import words as w
from .clauses import ANYONE, ME, PEOPLE, PRONOUNS, Activity, Subject, join, subjects
from .nouns import nouns, phrase
from .patterns import Sentences, pattern, say, some_of
from .verbs import verb

SINGLE = [who for who in ANYONE if not who.plural]


RELATIVES = subjects(
    "my little brother = mon petit frère 3s m his; my big sister = ma grande sœur 3s f her; "
    "my grandfather = mon grand-père 3s m his; our teacher = notre professeur 3s m his; "
    "my boss = mon patron 3s m his; my daughter = ma fille 3s f her; my son = mon fils 3s m his; "
    "his daughter = sa fille 3s f her; her son = son fils 3s m his; "
    "your wife = votre femme 3s f her; "
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
        yield say(
            f"{who.en} {who.be()} {adjective.en}", join(who.fr, f"{being(who, 'present')} {form}")
        )
        denied = c.with_pronoun("ne", being(who, "present"))
        yield say(f"{who.en} {who.be()} not {adjective.en}", join(who.fr, f"{denied} pas {form}"))
        if adjective.en != "young" or who.person != "1s":
            yield say(
                f"{who.en} {who.was()} very {adjective.en}",
                join(who.fr, f"{being(who, 'imperfect')} très {form}"),
            )
        if who != ME:
            clause = join(who.fr, f"{being(who, 'present')} {form}")
            yield say(f"{who.be()} {who.en} {adjective.en}", "est-ce " + french.que(clause), "?")


@pattern("family", 170)
def nationality() -> Sentences:
    """Marie is Belgian. My cousins are American. Are you Swiss?"""
    for who, nation in product(EVERYBODY, w.NATIONS):
        form = nation.form(who.fem, who.plural)
        yield say(
            f"{who.en} {who.be()} {nation.en}", join(who.fr, f"{being(who, 'present')} {form}")
        )
        denied = c.with_pronoun("ne", being(who, "present"))
        yield say(f"{who.en} {who.be()} not {nation.en}", join(who.fr, f"{denied} pas {form}"))
        if who in PRONOUNS[1:]:
            clause = join(who.fr, f"{being(who, 'present')} {form}")
            yield say(f"{who.be()} {who.en} {nation.en}", "est-ce " + french.que(clause), "?")
    friends = nouns(
        "friend = ami m; neighbour = voisin m; colleague = collègue m; teacher = professeur m"
    )
    for nation, friend in product(w.NATIONS, friends):
        yield say(
            f"I have {phrase('a', friend, nation).en}", f"j'ai {phrase('a', friend, nation).fr}"
        )
        for who in some_of(PEOPLE, 2, nation.en + friend.en):
            met = verb("avoir").form("present", who.person)
            one = phrase("a", friend, nation)
            yield say(f"{who.en} met {one.en}", join(who.fr, f"{met} rencontré {one.fr}"))


WORKPLACES = [
    (f"in {phrase('a', n).en}", f"dans {phrase('a', n).fr}")
    for n in w.PLACES
    if n.en
    in [
        "hotel",
        "restaurant",
        "bank",
        "pharmacy",
        "hospital",
        "school",
        "library",
        "museum",
        "supermarket",
        "bakery",
        "factory",
        "theatre",
        "bookshop",
        "university",
    ]
]


@pattern("work", 330)
def jobs() -> Sentences:
    """My aunt is a doctor. Sophie wants to become a singer. He works as a baker in a hotel."""
    people = [who for who in [*SINGLE, *RELATIVES] if not who.plural]
    people = [
        p
        for p in people
        if p.en not in ("the little girl", "the nurse", "the waitress", "our teacher", "my boss")
    ]
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
        yield say(
            f"{who.en} {who.was()} {title}", join(who.fr, f"{being(who, 'imperfect')} {form}")
        )
        for place_en, place_fr in some_of(WORKPLACES, 1, who.en + job.en):
            works = "works" if who.third else "work"
            finite = verb("travailler").form("present", who.person)
            yield say(f"{who.en} {works} {place_en}", join(who.fr, f"{finite} {place_fr}"))
    for job in w.JOBS:
        article = "un "
        yield say(f"I need {english.a(job.en)}", f"j'ai besoin d'{article}{job.masc}")
        yield say(f"I know a good {job.en}", f"je connais un bon {job.masc}")
        yield say(f"{english.a(job.en)} must be patient", f"un {job.masc} doit être patient")
        yield say(
            f"my mother is {english.a(job.en)} and my father is retired",
            f"ma mère est {job.fem} et mon père est à la retraite",
        )


@pattern("work", 150)
def at_the_office() -> Sentences:
    """The boss has signed the contract. My colleague is writing a report."""
    staff = subjects(
        "my colleague = mon collègue 3s m his; the boss = le patron 3s m his; we = nous 1p m our; "
        "the manager = le directeur 3s m his; the employees = les employés 3p m their; "
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
    ]
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
