"""Clauses: a subject and an activity in a tense, affirmed or denied, in both languages."""

from __future__ import annotations

from dataclasses import dataclass

from . import english, french
from .nouns import POSSESSIVES
from .verbs import REFLEXIVE, verb, with_pronoun


@dataclass(frozen=True)
class Subject:
    """A subject, in both languages.

    Attributes:
        person: `1s`, `3s`, `1p`, `2p` or `3p`, the same in both languages.
        owner: the English possessive (my, his, their...).
    """

    en: str
    fr: str
    person: str
    fem: bool
    owner: str

    @property
    def plural(self) -> bool:
        """True if participles have the plural; vous is one person here."""
        return self.person in ("1p", "3p")

    @property
    def third(self) -> bool:
        """True if English adds -s in the present."""
        return self.person == "3s"

    def be(self) -> str:
        """am, is or are."""
        return {"1s": "am", "3s": "is"}.get(self.person, "are")

    def was(self) -> str:
        """Was or were."""
        return "was" if self.person in ("1s", "3s") else "were"


def subjects(table: str) -> list[Subject]:
    """Reads `english = french person m|f owner` entries, separated by semicolons."""
    found = []
    for entry in " ".join(table.split()).split(";"):
        if not entry.strip():
            continue
        en, right = (side.strip() for side in entry.split("="))
        fr, person, gender, owner = right.rsplit(" ", 3)
        found.append(Subject(en, fr, person, gender == "f", owner))
    return found


PRONOUNS = subjects(
    "I = je 1s m my; you = vous 2p m your; he = il 3s m his; she = elle 3s f her; "
    "we = nous 1p m our; they = ils 3p m their"
)
ME, YOU, HE, SHE, WE, THEY = PRONOUNS
PEOPLE = subjects(
    "my brother = mon frère 3s m his; my sister = ma sœur 3s f her; Paul = Paul 3s m his; "
    "Marie = Marie 3s f her; Sophie = Sophie 3s f her; Thomas = Thomas 3s m his; "
    "my parents = mes parents 3p m their; my sisters = mes sœurs 3p f their; "
    "my wife = ma femme 3s f her; my husband = mon mari 3s m his; "
    "my friends = mes amis 3p m their; our neighbour = notre voisin 3s m his; "
    "my grandmother = ma grand-mère 3s f her; my uncle = mon oncle 3s m his; "
    "my cousins = mes cousins 3p m their; my aunt = ma tante 3s f her; "
    "my mother = ma mère 3s f her; my father = mon père 3s m his; "
    "my brothers = mes frères 3p m their; my friend Julie = mon amie Julie 3s f her"
)
ANYONE = PRONOUNS + PEOPLE


@dataclass(frozen=True)
class Activity:
    """An activity: `eat some bread`, manger, du pain (denied: eat any bread, de pain).

    Attributes:
        en: English base form and complement; `{own}` is replaced by my, his...
        verb: French infinitive.
        fr: French complement; `{mon}`, `{ma}`, `{mes}` agree with the owner.
        en_denied: the English after don't, where it differs.
        fr_denied: the French complement after pas, where it differs.
        clitic: French pronoun before the verb (le, la, l', les, lui, leur, y, en).
        agrees: `m`, `f`, `mp` or `fp`: the gender and number of a direct object before the verb.
        when: `m` morning, `e` evening, `t` a trip or another rare event, `s` seldom,
            `n` said with no time of day, `u` unplanned, empty for any time.
        stays: the reflexive participle does not agree (elle s'est lavé les mains).
    """

    en: str
    verb: str
    fr: str = ""
    en_denied: str = ""
    fr_denied: str = ""
    clitic: str = ""
    agrees: str = ""
    when: str = ""
    stays: bool = False


def english_words(activity: Activity, subject: Subject, denied: bool = False) -> tuple[str, str]:
    """The verb's base form and its complement, which begins with a blank if there is one."""
    text = activity.en_denied if denied and activity.en_denied else activity.en
    head, blank, rest = text.replace("{own}", subject.owner).partition(" ")
    return head, blank + rest


def french_complement(activity: Activity, subject: Subject, denied: bool = False) -> str:
    """The French complement, with a blank before it if there is one."""
    text = activity.fr_denied if denied and activity.fr_denied else activity.fr
    mon, ma, mes = POSSESSIVES[subject.owner]
    text = text.replace("{mon}", mon).replace("{ma}", ma).replace("{mes}", mes)
    return " " + text if text else ""


def pronoun(activity: Activity, subject: Subject) -> str:
    """The pronoun that stands before the French verb, or nothing."""
    if verb(activity.verb).reflexive:
        return REFLEXIVE[subject.person]
    return activity.clitic


def infinitive(activity: Activity, subject: Subject, denied: bool = False) -> str:
    """The French infinitive phrase: me lever tôt, acheter du pain."""
    bare = verb(activity.verb).infinitive
    text = with_pronoun(pronoun(activity, subject), bare)
    return text + french_complement(activity, subject, denied)


def join(subject: str, rest: str) -> str:
    """A subject before its verb: j'ai, je vais, Paul va."""
    return with_pronoun("je", rest) if subject == "je" else f"{subject} {rest}"


def around(finite: str, before: str, negation: str) -> str:
    """The finite verb with its pronoun and negation: ne se lève pas."""
    text = with_pronoun(before, finite)
    if negation:
        text = with_pronoun("ne", text) + " " + negation
    return text


def french_simple(subject: Subject, activity: Activity, tense: str, negation: str = "") -> str:
    """The French predicate in a simple tense, without its subject."""
    finite = verb(activity.verb).form(tense, subject.person)
    complement = french_complement(activity, subject, bool(negation))
    return around(finite, pronoun(activity, subject), negation) + complement


def french_past(subject: Subject, activity: Activity, negation: str = "", adverb: str = "") -> str:
    """The French predicate in the passé composé, without its subject."""
    word = verb(activity.verb)
    helper = verb("être" if word.with_etre else "avoir").form("present", subject.person)
    form = word.participle
    if activity.agrees:
        form = french.agree(form, "f" in activity.agrees, "p" in activity.agrees)
    elif word.with_etre and not activity.stays:
        form = french.agree(form, subject.fem, subject.plural)
    text = around(helper, pronoun(activity, subject), negation)
    if adverb:
        text += " " + adverb
    return f"{text} {form}{french_complement(activity, subject, bool(negation))}"


def french_modal(
    subject: Subject, modal: str, activity: Activity, *, tense: str = "present",
    link: str = "", negation: str = "",
) -> str:  # fmt: skip
    """A finite verb with an infinitive: je vais partir, il a envie de dormir."""
    finite = verb(modal).form(tense, subject.person)
    text = around(finite, "", negation)
    rest = infinitive(activity, subject, bool(negation))
    if link.endswith("de"):
        link_head = link[:-2]
        return f"{text} {link_head}{with_pronoun('de', rest)}"
    return f"{text} {link} {rest}" if link else f"{text} {rest}"


def present(subject: Subject, activity: Activity) -> tuple[str, str]:
    """I take the train; je prends le train."""
    head, rest = english_words(activity, subject)
    en = f"{subject.en} {english.third(head) if subject.third else head}{rest}"
    return en, join(subject.fr, french_simple(subject, activity, "present"))


def present_denied(subject: Subject, activity: Activity, en_word: str = "", fr_word: str = "pas"
                   ) -> tuple[str, str]:  # fmt: skip
    """I don't take the train; with a word such as never, I never take the train."""
    head, rest = english_words(activity, subject, True)
    if en_word:
        en = f"{subject.en} {en_word} {english.third(head) if subject.third else head}{rest}"
    else:
        en = f"{subject.en} {'doesn' if subject.third else 'don'}'t {head}{rest}"
    return en, join(subject.fr, french_simple(subject, activity, "present", fr_word))


def progressive(subject: Subject, activity: Activity) -> tuple[str, str]:
    """Sentences such as `I am taking the train; je prends le train`."""
    head, rest = english_words(activity, subject)
    en = f"{subject.en} {subject.be()} {english.ing(head)}{rest}"
    return en, join(subject.fr, french_simple(subject, activity, "present"))


def past(subject: Subject, activity: Activity) -> tuple[str, str]:
    """Sentences such as `I took the train; j'ai pris le train`."""
    head, rest = english_words(activity, subject)
    return f"{subject.en} {english.past(head)}{rest}", join(
        subject.fr, french_past(subject, activity)
    )


def past_denied(subject: Subject, activity: Activity) -> tuple[str, str]:
    """I didn't take the train; je n'ai pas pris le train."""
    head, rest = english_words(activity, subject, True)
    french_text = join(subject.fr, french_past(subject, activity, "pas"))
    return f"{subject.en} didn't {head}{rest}", french_text


def perfect(subject: Subject, activity: Activity, en_word: str, fr_word: str) -> tuple[str, str]:
    """Sentences such as these.

    `I have never (already) taken the train; je n'ai jamais (j'ai déjà) pris le train.`
    """
    denied = en_word == "never"
    head, rest = english_words(activity, subject, denied)
    have = "has" if subject.third else "have"
    en = f"{subject.en} {have} {en_word} {english.participle(head)}{rest}"
    negation, adverb = (fr_word, "") if denied else ("", fr_word)
    return en, join(subject.fr, french_past(subject, activity, negation, adverb))


def imperfect(subject: Subject, activity: Activity) -> tuple[str, str]:
    """I used to take the train; je prenais le train."""
    head, rest = english_words(activity, subject)
    en = f"{subject.en} used to {head}{rest}"
    return en, join(subject.fr, french_simple(subject, activity, "imperfect"))


def was_doing(subject: Subject, activity: Activity) -> tuple[str, str]:
    """Sentences such as `I was taking the train; je prenais le train`."""
    head, rest = english_words(activity, subject)
    en = f"{subject.en} {subject.was()} {english.ing(head)}{rest}"
    return en, join(subject.fr, french_simple(subject, activity, "imperfect"))


def future(subject: Subject, activity: Activity, denied: bool = False) -> tuple[str, str]:
    """I will take the train; je prendrai le train."""
    head, rest = english_words(activity, subject, denied)
    en = f"{subject.en} {'won' + chr(39) + 't' if denied else 'will'} {head}{rest}"
    negation = "pas" if denied else ""
    return en, join(subject.fr, french_simple(subject, activity, "future", negation))


def going_to(subject: Subject, activity: Activity, denied: bool = False) -> tuple[str, str]:
    """I am going to take the train; je vais prendre le train."""
    head, rest = english_words(activity, subject, denied)
    en = f"{subject.en} {subject.be()} {'not ' if denied else ''}going to {head}{rest}"
    negation = "pas" if denied else ""
    return en, join(subject.fr, french_modal(subject, "aller", activity, negation=negation))


@dataclass(frozen=True)
class Modal:
    """A verb that takes an infinitive: wants to = vouloir; `link` is de or à where French needs it.

    Attributes:
        en: for I and we.
        en_third: for he and she.
        en_denied: for I and we, denied; `en_denied_third` for he and she.
    """

    en: str
    en_third: str
    en_denied: str
    en_denied_third: str
    fr: str
    tense: str = "present"
    link: str = ""

    def clause(self, subject: Subject, activity: Activity, denied: bool = False
               ) -> tuple[str, str]:  # fmt: skip
        """The clause, affirmed or denied."""
        head, rest = english_words(activity, subject, denied)
        if denied:
            word = self.en_denied_third if subject.third else self.en_denied
        else:
            word = self.en_third if subject.third else self.en
        en = f"{subject.en} {word.replace('am ', subject.be() + ' ')} {head}{rest}"
        negation = "pas" if denied else ""
        fr = french_modal(
            subject, self.fr, activity, tense=self.tense, link=self.link, negation=negation
        )
        return en, join(subject.fr, fr)
