"""French verbs: the present, imperfect, future and conditional, participles and auxiliaries.

Persons are `1s` (je), `3s` (il, elle), `1p` (nous), `2p` (vous), `3p` (ils, elles). The phrasebook
always says vous, so there is no tu.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from . import french

PERSONS = ("1s", "3s", "1p", "2p", "3p")
IMPERFECT = dict(zip(PERSONS, ("ais", "ait", "ions", "iez", "aient"), strict=True))
FUTURE = dict(zip(PERSONS, ("ai", "a", "ons", "ez", "ont"), strict=True))
REFLEXIVE = {"1s": "me", "3s": "se", "1p": "nous", "2p": "vous", "3p": "se"}

# infinitive: present je, il, nous, vous, ils; future stem; past participle
IRREGULAR_TABLE = """
être: suis est sommes êtes sont; ser; été
avoir: ai a avons avez ont; aur; eu
aller: vais va allons allez vont; ir; allé
faire: fais fait faisons faites font; fer; fait
pouvoir: peux peut pouvons pouvez peuvent; pourr; pu
vouloir: veux veut voulons voulez veulent; voudr; voulu
devoir: dois doit devons devez doivent; devr; dû
savoir: sais sait savons savez savent; saur; su
venir: viens vient venons venez viennent; viendr; venu
revenir: reviens revient revenons revenez reviennent; reviendr; revenu
devenir: deviens devient devenons devenez deviennent; deviendr; devenu
tenir: tiens tient tenons tenez tiennent; tiendr; tenu
prendre: prends prend prenons prenez prennent; prendr; pris
apprendre: apprends apprend apprenons apprenez apprennent; apprendr; appris
comprendre: comprends comprend comprenons comprenez comprennent; comprendr; compris
mettre: mets met mettons mettez mettent; mettr; mis
promettre: promets promet promettons promettez promettent; promettr; promis
voir: vois voit voyons voyez voient; verr; vu
boire: bois boit buvons buvez boivent; boir; bu
dire: dis dit disons dites disent; dir; dit
lire: lis lit lisons lisez lisent; lir; lu
écrire: écris écrit écrivons écrivez écrivent; écrir; écrit
partir: pars part partons partez partent; partir; parti
sortir: sors sort sortons sortez sortent; sortir; sorti
dormir: dors dort dormons dormez dorment; dormir; dormi
servir: sers sert servons servez servent; servir; servi
sentir: sens sent sentons sentez sentent; sentir; senti
connaître: connais connaît connaissons connaissez connaissent; connaîtr; connu
recevoir: reçois reçoit recevons recevez reçoivent; recevr; reçu
ouvrir: ouvre ouvre ouvrons ouvrez ouvrent; ouvrir; ouvert
découvrir: découvre découvre découvrons découvrez découvrent; découvrir; découvert
offrir: offre offre offrons offrez offrent; offrir; offert
conduire: conduis conduit conduisons conduisez conduisent; conduir; conduit
construire: construis construit construisons construisez construisent; construir; construit
traduire: traduis traduit traduisons traduisez traduisent; traduir; traduit
suivre: suis suit suivons suivez suivent; suivr; suivi
vivre: vis vit vivons vivez vivent; vivr; vécu
courir: cours court courons courez courent; courr; couru
croire: crois croit croyons croyez croient; croir; cru
rire: ris rit rions riez rient; rir; ri
peindre: peins peint peignons peignez peignent; peindr; peint
asseoir: assieds assied asseyons asseyez asseyent; assiér; assis
plaire: plais plaît plaisons plaisez plaisent; plair; plu
éteindre: éteins éteint éteignons éteignez éteignent; éteindr; éteint
endormir: endors endort endormons endormez endorment; endormir; endormi
cueillir: cueille cueille cueillons cueillez cueillent; cueiller; cueilli
coudre: couds coud cousons cousez cousent; coudr; cousu
naître: nais naît naissons naissez naissent; naîtr; né
résoudre: résous résout résolvons résolvez résolvent; résoudr; résolu
envoyer: envoie envoie envoyons envoyez envoient; enverr; envoyé
"""
# Regular -er verbs whose last stem vowel changes before a mute e.
CHANGED_STEM = {
    "acheter": "achèt", "lever": "lèv", "promener": "promèn", "appeler": "appell", "jeter": "jett",
    "peser": "pès", "emmener": "emmèn", "préférer": "préfèr", "espérer": "espèr",
    "répéter": "répèt", "célébrer": "célèbr",
}  # fmt: skip
WITH_ETRE = frozenset(
    [
        "aller",
        "venir",
        "revenir",
        "devenir",
        "partir",
        "sortir",
        "arriver",
        "entrer",
        "rentrer",
        "rester",
        "monter",
        "descendre",
        "retourner",
        "tomber",
        "passer_chez",
    ]
)


@dataclass(frozen=True)
class Verb:
    """One conjugated verb.

    Attributes:
        infinitive: without its reflexive pronoun.
        present: the form of each person.
        stem: stem of the imperfect.
        future: stem of the future and the conditional.
        participle: past participle, masculine singular.
        reflexive: whether it is said with me, se, nous, vous.
    """

    infinitive: str
    present: dict[str, str]
    stem: str
    future: str
    participle: str
    reflexive: bool

    @property
    def with_etre(self) -> bool:
        """True if the passé composé has être."""
        return self.reflexive or self.infinitive in WITH_ETRE

    def form(self, tense: str, person: str) -> str:
        """The finite form in `present`, `imperfect`, `future` or `conditional`."""
        if tense == "present":
            return self.present[person]
        if tense == "imperfect":
            ending = IMPERFECT[person]
            if ending.startswith("i"):  # mangions, commencions, but mangeais, commençais
                if self.stem.endswith("ge"):
                    return self.stem[:-1] + ending
                if self.stem.endswith("ç"):
                    return self.stem[:-1] + "c" + ending
            return self.stem + ending
        endings = FUTURE if tense == "future" else IMPERFECT
        return self.future + endings[person]


def irregular() -> dict[str, tuple[dict[str, str], str, str]]:
    """The irregular table, read."""
    table = {}
    for line in IRREGULAR_TABLE.strip().splitlines():
        infinitive, rest = line.split(": ")
        present, future, participle = rest.split("; ")
        table[infinitive] = (
            dict(zip(PERSONS, present.split(), strict=True)),
            future,
            participle,
        )
    return table


IRREGULAR = irregular()


@cache
def verb(name: str) -> Verb:
    """The verb of this infinitive; `se laver` and `s'habiller` are reflexive."""
    reflexive = name.startswith(("se ", "s'"))
    infinitive = name.removeprefix("se ").removeprefix("s'")
    if infinitive in IRREGULAR:
        present, future, participle = IRREGULAR[infinitive]
        stem = "ét" if infinitive == "être" else present["1p"].removesuffix("ons")
        return Verb(infinitive, present, stem, future, participle, reflexive)
    root = infinitive[:-2]
    if infinitive.endswith("er"):
        weak = CHANGED_STEM.get(infinitive, root)
        if infinitive.endswith(("ayer", "oyer", "uyer")):
            weak = root[:-1] + "i"
        strong = root + "e" if root.endswith("g") else root
        strong = root[:-1] + "ç" if root.endswith("c") else strong
        forms = (weak + "e", weak + "e", strong + "ons", root + "ez", weak + "ent")
        keeps_accent = infinitive in ("préférer", "espérer", "répéter", "célébrer")
        future = infinitive if keeps_accent else weak + "er"
        parts = (strong, future, root + "é")
    elif infinitive.endswith("ir"):
        forms = (root + "is", root + "it", root + "issons", root + "issez", root + "issent")
        parts = (root + "iss", infinitive, root + "i")
    else:
        forms = (root + "s", root, root + "ons", root + "ez", root + "ent")
        parts = (root, infinitive[:-1], root + "u")
    return Verb(infinitive, dict(zip(PERSONS, forms, strict=True)), *parts, reflexive)


def with_pronoun(pronoun: str, rest: str) -> str:
    """A pronoun or `ne` before a verb, elided where French does it."""
    if not pronoun:
        return rest
    if pronoun in ("me", "se", "le", "la", "ne", "je", "de"):
        return french.elide(pronoun, rest)
    return pronoun + " " + rest
