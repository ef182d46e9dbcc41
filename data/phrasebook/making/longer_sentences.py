"""Longer sentences: comparisons, relative clauses, reasons, conditions, pronouns."""

from __future__ import annotations

from itertools import permutations, product

from . import clauses as c
from . import french
from . import words as w
from .clauses import ANYONE, HE, I, PEOPLE, PRONOUNS, SHE, THEY, WE, YOU, Activity, Subject, join
from .everyday import HABITS, ONGOING, PLANNED
from .nouns import phrase
from .patterns import Sentences, pattern, say, some_of
from .people import EVERYBODY
from .time_and_weather import SKIES, SKIES_FUTURE, SKIES_PAST
from .verbs import verb

STRONG = {"I": ("me", "moi"), "you": ("you", "vous"), "he": ("him", "lui"), "she": ("her", "elle"),
          "we": ("us", "nous"), "they": ("them", "eux")}  # fmt: skip
SHORT = {"tall": "taller", "small": "smaller", "young": "younger", "old": "older", "kind": "kinder",
         "rich": "richer", "poor": "poorer", "strong": "stronger", "brave": "braver"}  # fmt: skip


@pattern("comparisons", 190)
def taller_than() -> Sentences:
    """My brother is taller than me. She is more patient than Paul. He is as tall as you."""
    nice = [a for a in w.CHARACTER if a.en != "famous"]
    for who, adjective in product(EVERYBODY, nice):
        form = adjective.form(who.fem, who.plural)
        more = SHORT.get(adjective.en, f"more {adjective.en}")
        finite = verb("être").form("present", who.person)
        for other in some_of(ANYONE, 2, who.en + adjective.en):
            if other.en == who.en or other in (THEY,):
                continue
            en, fr = STRONG.get(other.en, (other.en, other.fr))
            than = french.que(fr)
            yield say(f"{who.en} {who.be()} {more} than {en}", join(who.fr, f"{finite} plus {form} {than}"))
            yield say(f"{who.en} {who.be()} as {adjective.en} as {en}",
                      join(who.fr, f"{finite} aussi {form} {than}"))  # fmt: skip
            if adjective.en not in SHORT:
                yield say(f"{who.en} {who.be()} less {adjective.en} than {en}",
                          join(who.fr, f"{finite} moins {form} {than}"))  # fmt: skip


THING_WORDS = w.adjectives("""
heavy = lourd; expensive = cher/chère; useful = utile; beautiful = beau/belle; light = léger/légère;
practical = pratique; elegant = élégant
""")
ALIKE = ("coat jacket jumper raincoat", "dress skirt shirt blouse suit", "scarf hat cap tie belt",
         "ring necklace watch", "book newspaper magazine novel dictionary",
         "bag suitcase basket box handbag", "phone computer camera printer",
         "chair sofa armchair bed", "table desk cupboard wardrobe", "guitar violin",
         "plate bowl cup glass saucepan", "oven fridge television radio")  # fmt: skip
THING_MORE = {"heavy": "heavier", "light": "lighter"}


@pattern("comparisons", 130)
def dearer_than() -> Sentences:
    """This coat is more expensive than the jacket. It is the most beautiful city in France."""
    things = {n.en: n for n in w.CLOTHES + w.THINGS + w.HOUSEHOLD}
    for names, adjective in product(ALIKE, THING_WORDS):
        if "ring" in names and adjective.en in ("heavy", "light", "practical", "useful"):
            continue
        if adjective.en == "elegant" and "coat" not in names and "dress" not in names:
            continue
        for first, second in permutations(names.split(), 2):
            one, two = things[first], things[second]
            it, other = phrase("this", one), phrase("the", two)
            more = THING_MORE.get(adjective.en, f"more {adjective.en}")
            yield say(f"{it.en} is {more} than {other.en}",
                      f"{it.fr} est plus {adjective.form(one.fem)} {french.que(other.fr)}")  # fmt: skip
    for noun, (en, (_, fr_from)) in product(w.SIGHTS, w.COUNTRIES.items()):
        if noun.en in ("tree", "street", "square", "garden", "hotel", "farm", "district"):
            continue
        le = "la" if noun.fem else "le"
        for en_word, masc, fem in (("most beautiful", "beau", "belle"), ("oldest", "vieux", "vieille"),
                                   ("biggest", "grand", "grande"), ("smallest", "petit", "petite")):  # fmt: skip
            if en_word == "oldest" and noun.en in ("mountain", "lake", "forest", "island", "river",
                                                   "beach", "valley"):  # fmt: skip
                continue
            yield say(f"it is the {en_word} {noun.en} in {en}",
                      f"c'est {le} plus {fem if noun.fem else masc} {noun.fr} {fr_from}")  # fmt: skip


VISIBLE = [n for n in w.THINGS + w.CLOTHES if n.en not in ("stamp", "T-shirt", "flag")]


@pattern("relative clauses", 260)
def which_and_who() -> Sentences:
    """The book that you bought is interesting. The woman who lives here is a doctor."""
    verbs = (("bought", "acheté"), ("found", "trouvé"), ("chose", "choisi"), ("lost", "perdu"),
             ("saw", "vu"), ("sold", "vendu"))  # fmt: skip
    words = w.adjectives("old = vieux/vieille; beautiful = beau/belle; expensive = cher/chère; "
                         "new = neuf/neuve; small = petit; pretty = joli; cheap = bon marché/-")  # fmt: skip
    for noun, (en, participle) in product(VISIBLE, verbs):
        the = phrase("the", noun)
        form = french.agree(participle, noun.fem, False)
        for who in some_of(ANYONE, 3, noun.en + en):
            have = verb("avoir").form("present", who.person)
            clause = join(who.fr, f"{have} {form}")
            for word in some_of(words, 1, who.en + noun.en + en):
                yield say(f"{the.en} that {who.en} {en} is {word.en}",
                          f"{the.fr} {french.que(clause)} est {word.form(noun.fem)}")  # fmt: skip
            yield say(f"where is {the.en} that {who.en} {en}", f"où est {the.fr} {french.que(clause)}", "?")
            yield say(f"this is {the.en} that {who.en} {en}", f"c'est {the.fr} {french.que(clause)}")
    people = [("the woman", "la femme", "3s", True), ("the man", "l'homme", "3s", False),
              ("the girl", "la fille", "3s", True), ("the boy", "le garçon", "3s", False)]  # fmt: skip
    deeds = [a for a in ONGOING if "{own}" not in a.en and "t" not in a.when]
    for (en, fr, person, fem), activity in product(people, deeds):
        if ("drink" in activity.en or "smoke" in activity.en) and en in ("the girl", "the boy"):
            continue
        subject = Subject(en, fr, person, fem, "her" if fem else "his")
        head, rest = c.english_words(activity, subject)
        doing = c.french_simple(subject, activity, "present")
        for who in some_of((HE, SHE, WE, I), 1, en + activity.en):
            know = verb("connaître").form("present", who.person)
            yield say(f"{who.en} know{'s' if who.third else ''} {en} who is {c.english.ing(head)}{rest}",
                      join(who.fr, f"{know} {fr} qui {doing}"))  # fmt: skip
        yield say(f"{en} who is {c.english.ing(head)}{rest} is my {'aunt' if fem else 'uncle'}"
                  if en in ("the woman", "the man") else
                  f"{en} who is {c.english.ing(head)}{rest} is my {'cousin Julie' if fem else 'nephew'}",
                  f"{fr} qui {doing} est {'ma tante' if fem else 'mon oncle'}" if en in
                  ("the woman", "the man") else
                  f"{fr} qui {doing} est {'ma cousine Julie' if fem else 'mon neveu'}")  # fmt: skip


FEELINGS = [a for a in w.MOODS if a.en in ("tired", "ill", "busy", "happy", "sad", "worried")]


@pattern("two clauses", 240)
def because() -> Sentences:
    """I am staying at home because it is raining. She is not working because she is ill."""
    indoors = [a for a in ONGOING if a.en in (
        "read a novel", "listen to music", "watch a film", "play cards", "play chess", "drink tea",
        "write a letter", "clean the kitchen", "tidy the bedroom", "listen to the radio",
        "watch television", "drink hot chocolate", "read the newspaper", "iron the shirts")]  # fmt: skip
    indoors += [a for a in HABITS if a.en in ("stay at home", "take the bus", "take a taxi")]
    outdoors = [a for a in ONGOING if a.en in (
        "walk in the park", "play tennis", "play football", "work in the garden", "drink lemonade",
        "swim in the lake", "swim in the sea", "drink water", "wash the car", "water the flowers")]  # fmt: skip
    bad = [s for s in SKIES if s[0] in ("it is raining", "it is cold", "it is snowing", "it is windy",
           "the weather is bad", "it is stormy", "it is very cold", "it is dark")]  # fmt: skip
    good = [s for s in SKIES if s[0] in ("it is sunny", "it is hot", "the weather is nice")]
    for acts, skies in ((indoors, bad), (outdoors, good)):
        for activity, (en, fr), who in product(acts, skies, ANYONE):
            clause = c.progressive(who, activity)
            yield say(f"{clause[0]} because {en}", f"{clause[1]} parce {french.que(fr)}")
    for activity, (en, fr), who in product(outdoors[:6], bad, ANYONE):
        head, rest = c.english_words(activity, who)
        clause = join(who.fr, c.french_simple(who, activity, "present", "pas"))
        if "drink" in head:
            continue
        yield say(f"{who.en} {who.be()} not {c.english.ing(head)}{rest} because {en}",
                  f"{clause} parce {french.que(fr)}")  # fmt: skip
    again = {"my": I, "your": YOU, "his": HE, "her": SHE, "our": WE}
    tiring = [a for a in PLANNED if not set(a.when) & set("mtn") and a.en.startswith(
        ("go to the c", "go out", "play", "work", "do", "have dinner", "study", "cook", "tidy", "watch"))]  # fmt: skip
    for activity, mood, who in product(tiring, FEELINGS[:2] + FEELINGS[-1:], ANYONE):
        other = again.get(who.owner)
        if other is None or who.plural and who is not WE:
            other = Subject("they", "elles" if who.fem else "ils", "3p", who.fem, "their")
        if who is YOU or who is THEY or mood.en == "happy":
            continue
        can = c.Modal("can", "can", "can't", "can't", "pouvoir")
        clause = can.clause(who, activity, True)
        form = mood.form(other.fem, other.plural)
        reason = join(other.fr, f"{verb('être').form('present', other.person)} {form}")
        yield say(f"{clause[0]} because {other.en} {other.be()} {mood.en}",
                  f"{clause[1]} parce {french.que(reason)}")  # fmt: skip


@pattern("two clauses", 150)
def if_it_rains() -> Sentences:
    """If it rains, we will stay at home. If you have time, you can visit the museum."""
    plans = [a for a in PLANNED if a.en in (
        "stay at home", "watch a film", "play cards", "visit the museum", "take a taxi", "take the bus",
        "go to the cinema", "read a novel", "have dinner at home", "play chess", "take the metro",
        "visit an exhibition", "have lunch in town", "listen to music")]  # fmt: skip
    sunny = [a for a in PLANNED if a.en in (
        "go to the beach", "walk in the park", "swim in the lake", "work in the garden", "play tennis",
        "take photos", "go to the swimming pool", "cut the grass", "wash the car", "rent a bicycle",
        "pick cherries", "visit the castle", "go camping", "play football")]  # fmt: skip
    wet = [("it rains", "s'il pleut"), ("it snows", "s'il neige"), ("it is cold", "s'il fait froid"),
           ("the weather is bad", "s'il fait mauvais")]  # fmt: skip
    dry = [("it is sunny", "s'il y a du soleil"), ("it is hot", "s'il fait chaud"),
           ("the weather is nice", "s'il fait beau"), ("it doesn't rain", "s'il ne pleut pas")]  # fmt: skip
    for acts, conditions in ((plans, wet), (sunny, dry)):
        for activity, (en, fr), who in product(acts, conditions, ANYONE):
            clause = c.future(who, activity)
            yield say(f"if {en}, {clause[0]}", f"{fr}, {clause[1]}")
    for activity, who in product(plans + sunny, (YOU, HE, SHE, WE, THEY)):
        has = "has" if who.third else "have"
        can = c.Modal("can", "can", "", "", "pouvoir")
        condition = french.si(f"{who.fr} {verb('avoir').form('present', who.person)} le temps")
        clause = can.clause(who, activity)
        yield say(f"if {who.en} {has} time, {clause[0]}", f"{condition}, {clause[1]}")
    for activity, who in product(plans + sunny, PRONOUNS):
        head, rest = c.english_words(activity, who)
        had = join(who.fr, verb("avoir").form("imperfect", who.person))
        would = join(who.fr, c.french_simple(who, activity, "conditional"))
        yield say(f"if {who.en} had time, {who.en} would {head}{rest}",
                  f"{french.si(had)} le temps, {would}")  # fmt: skip


@pattern("two clauses", 220)
def while_and_when() -> Sentences:
    """I was reading when the phone rang. She was young when she lived in Rome."""
    events = [("the phone rang", "le téléphone a sonné"), ("the doctor arrived", "le médecin est arrivé"),
              ("my mother came in", "ma mère est entrée"), ("the lights went out", "les lumières se sont éteintes"),
              ("the storm began", "l'orage a commencé"), ("the children came home", "les enfants sont rentrés"),
              ("someone knocked at the door", "quelqu'un a frappé à la porte"),
              ("the train left", "le train est parti"), ("the accident happened", "l'accident est arrivé")]  # fmt: skip
    calm = [a for a in ONGOING if not set(a.when) & set("tn")]
    for activity in calm:
        for who, (en, fr) in some_of(product(ANYONE, events[:7]), 7, "while" + activity.en):
            clause = c.was_doing(who, activity)
            if "my mother" in en and who.en == "my mother":
                continue
            yield say(f"{clause[0]} when {en}", f"{clause[1]} quand {fr}")
        for first, second in some_of(product(PEOPLE, PRONOUNS), 2, "two" + activity.en):
            other = some_of(calm, 1, first.en + second.en + activity.en)[0]
            if other.verb == activity.verb:
                continue
            one, two = c.progressive(second, activity), c.progressive(first, other)
            yield say(f"{one[0]} while {two[0]}", f"{one[1]} pendant {french.que(two[1])}")
    for (en, fr), who in product(SKIES_PAST, ANYONE):
        if not en.startswith(("it rained", "it snowed")):
            left = Activity("leave", "partir")
            clause = c.past(who, left)
            yield say(f"{en} when {clause[0]}", f"{fr} quand {clause[1]}")
    for (en, fr), who in product(SKIES_FUTURE, (HE, SHE, WE, I, YOU, *PEOPLE[:6])):
        think = verb("croire").form("present", who.person)
        yield say(f"{who.en} think{'s' if who.third else ''} {en} tomorrow",
                  join(who.fr, f"{think} {french.que(fr)} demain"))  # fmt: skip


@pattern("two clauses", 170)
def before_and_but() -> Sentences:
    """I like fish, but I don't like meat. He thinks that she is ill. I know that you are right."""
    liked = [(n.en, phrase("the", n).fr) for n in w.FOOD + w.DRINKS]
    for (en, fr), who in product(liked, PRONOUNS):
        for other_en, other_fr in some_of(liked, 1, en + who.en):
            if other_en == en:
                continue
            finite = verb("aimer").form("present", who.person)
            likes, doesnt = ("likes", "doesn't") if who.third else ("like", "don't")
            yield say(f"{who.en} {likes} {en}, but {who.en} {doesnt} like {other_en}",
                      f"{join(who.fr, finite)} {fr}, mais {join(who.fr, 'n' + chr(39) + finite)} pas {other_fr}")  # fmt: skip
    thinkers = [("I think", "je crois"), ("he says", "il dit"), ("we know", "nous savons"),
                ("she hopes", "elle espère"), ("I am sure", "je suis sûr"), ("they know", "ils savent")]  # fmt: skip
    for (en, fr), who, mood in product(thinkers, ANYONE, w.MOODS):
        if en == "she hopes" and mood.en not in ("happy", "ready", "free", "pleased"):
            continue
        if who is I and en == "I think":
            continue
        form = mood.form(who.fem, who.plural)
        clause = join(who.fr, f"{verb('être').form('present', who.person)} {form}")
        yield say(f"{en} that {who.en} {who.be()} {mood.en}", f"{fr} {french.que(clause)}")
    for who, activity in product(ANYONE, some_of(PLANNED, 120, "that")):
        for en, fr in some_of(thinkers[:3], 1, who.en + activity.en):
            if who is I and en == "I think":
                continue
            clause = c.future(who, activity)
            yield say(f"{en} that {clause[0]}", f"{fr} {french.que(clause[1])}")


OBJECT_VERBS = [("see", "voir"), ("know", "connaître"), ("help", "aider"), ("call", "appeler"),
                ("invite", "inviter"), ("wait for", "attendre"), ("listen to", "écouter"),
                ("understand", "comprendre"), ("thank", "remercier"), ("look for", "chercher")]  # fmt: skip
OBJECT_PRONOUNS = [("me", "me", "m"), ("you", "vous", "m"), ("him", "le", "m"), ("us", "nous", "mp"),
                   ("them", "les", "mp")]  # fmt: skip
GIVING = [("give", "donner"), ("show", "montrer"), ("send", "envoyer"), ("lend", "prêter"),
          ("sell", "vendre"), ("bring", "apporter"), ("offer", "offrir"), ("promise", "promettre")]  # fmt: skip
TO_WHOM = [("me", "me"), ("you", "vous"), ("him", "lui"), ("us", "nous"), ("them", "leur")]
GIFTS = [n for n in w.THINGS if n.en in "book watch camera bicycle guitar computer phone dictionary doll "
         "umbrella pen painting violin magazine novel ticket map".split()]  # fmt: skip


def clear(who: Subject, en: str) -> bool:
    """Whether a pronoun object cannot be the subject itself."""
    return en not in {"I": ("me", "us"), "we": ("me", "us"), "you": ("you",)}.get(who.en, ())


@pattern("pronouns", 260)
def object_pronouns() -> Sentences:
    """I see him. She called us yesterday. He gave me a watch. We will help you."""
    for who, (en, infinitive), (obj_en, obj_fr, agrees) in product(ANYONE, OBJECT_VERBS, OBJECT_PRONOUNS):
        if not clear(who, obj_en):
            continue
        act = Activity(f"{en} {obj_en}", infinitive, clitic=obj_fr, agrees=agrees)
        if en in ("know", "understand", "see"):
            yield say(*c.present(who, act))
            yield say(*c.present_denied(who, act))
        else:
            yield say(*c.progressive(who, act))
            yield say(*c.future(who, act))
            yield say(*c.going_to(who, act))
        if en != "know":
            clause = c.past(who, act)
            yield say(f"{clause[0]} yesterday", f"{clause[1]} hier")
            yield say(*c.past_denied(who, act))
    for (en, infinitive), noun, (obj_en, obj_fr) in product(GIVING, GIFTS, TO_WHOM):
        for who in some_of(ANYONE, 2, en + noun.en + obj_en):
            if not clear(who, obj_en):
                continue
            it = phrase("a", noun)
            act = Activity(f"{en} {obj_en} {it.en}", infinitive, it.fr, clitic=obj_fr)
            yield say(*c.past(who, act))
            yield say(*c.future(who, act))
            if en in ("give", "show", "lend", "bring"):
                you = Activity(f"{en} {obj_en} {it.en}", infinitive, it.fr, clitic=obj_fr)
                if obj_en != "you":
                    yield say(f"can you {you.en}", f"pouvez-vous {c.infinitive(you, YOU)}", "?")


@pattern("pronouns", 150)
def it_and_there() -> Sentences:
    """The keys? I lost them. The book? I have already read it. Lyon? We are going there."""
    events = [("buy", "acheter"), ("find", "trouver"), ("forget", "oublier"), ("sell", "vendre"),
              ("lose", "perdre"), ("choose", "choisir"), ("see", "voir")]  # fmt: skip
    for noun, (en, infinitive) in product(w.THINGS + w.CLOTHES, events):
        for who in some_of(PRONOUNS, 2, noun.en + en):
            many = bool(len(noun.en + who.en) % 2)
            the = phrase("the", noun, many=many)
            clitic = "les" if many else "la" if noun.fem else "le"
            agrees = ("f" if noun.fem else "m") + ("p" if many else "")
            act = Activity(f"{en} {'them' if many else 'it'}", infinitive, clitic=clitic, agrees=agrees)
            topic = say(the.en, the.fr, "?")
            answer = some_of((c.past(who, act), c.past_denied(who, act), c.future(who, act)), 1,
                             who.en + noun.en + en)[0]  # fmt: skip
            answer = say(*answer)
            yield f"{topic[0]} {answer[0]}", f"{topic[1]} {answer[1]}"
    for en_place, fr_place in w.CITIES.items():
        for who in some_of(ANYONE, 4, en_place):
            act = Activity("go there", "aller", clitic="y")
            clause = some_of((c.future(who, act), c.going_to(who, act)), 1, who.en + en_place)[0]
            answer = say(f"{clause[0]} tomorrow", f"{clause[1]} demain")
            if clause[0].endswith("going to go there"):
                yield (f"{en_place}? {answer[0]}",
                       say(fr_place, fr_place, "?")[1] + " " + answer[1])  # fmt: skip
            live = Activity("live there", "habiter", clitic="y")
            answer = say(*c.present(who, live))
            yield f"{en_place}? {answer[0]}", say(fr_place, fr_place, "?")[1] + " " + answer[1]
    for noun in w.FOOD + w.DRINKS:
        some = phrase("some", noun)
        topic = say(noun.en, some.fr, "?")
        want = Activity("want some", "vouloir", clitic="en")
        buy = Activity("buy some", "acheter", clitic="en")
        for who in some_of(ANYONE, 2, noun.en):
            for clause in (c.present(who, want), c.past(who, buy)):
                answer = say(*clause)
                yield f"{topic[0]} {answer[0]}", f"{topic[1]} {answer[1]}"


@pattern("pronouns", 150)
def nobody_and_nothing() -> Sentences:
    """Nobody took the bus. Everybody must pay. I didn't see anything. She has just left."""
    nobody = Subject("nobody", "personne", "3s", False, "his")
    everybody = Subject("everybody", "tout le monde", "3s", False, "his")
    someone = Subject("someone", "quelqu'un", "3s", False, "his")
    for activity in PLANNED:
        if "{own}" in activity.en:
            continue
        word = verb(activity.verb)
        rest = c.french_complement(activity, nobody, True)
        helper = "est" if word.with_etre else "a"
        before = c.pronoun(activity, nobody)
        head, tail = c.english_words(activity, nobody, True)
        past = c.with_pronoun("ne", c.with_pronoun(before, helper)) + f" {word.participle}{rest}"
        yield say(f"nobody {c.english.past(head)}{tail}", f"personne {past}")
        if not word.reflexive:
            yield say(f"nobody wants to {head}{tail}",
                      f"personne ne veut {c.infinitive(activity, nobody, True)}")  # fmt: skip
        if "t" not in activity.when:
            yield say(*c.past(everybody, activity))
            yield say(*c.past(someone, activity))
    for activity in [*PLANNED]:
        for who in some_of(ANYONE, 1, "just" + activity.en):
            head, tail = c.english_words(activity, who)
            have = "has" if who.third else "have"
            fr = join(who.fr, c.french_modal(who, "venir", activity, link="de"))
            yield say(f"{who.en} {have} just {c.english.participle(head)}{tail}", fr)
    nothing = [("see", "voir"), ("hear", "entendre"), ("buy", "acheter"), ("eat", "manger"),
               ("say", "dire"), ("find", "trouver"), ("do", "faire"), ("understand", "comprendre"),
               ("forget", "oublier"), ("drink", "boire"), ("decide", "décider"), ("lose", "perdre"),
               ("break", "casser"), ("pay", "payer"), ("choose", "choisir")]  # fmt: skip
    for who, (en, infinitive) in product(ANYONE, nothing):
        act = Activity(f"{en} anything", infinitive)
        yield say(f"{who.en} didn't {en} anything", join(who.fr, c.french_past(who, act, "rien")))
        yield say(f"{who.en} {'doesn' if who.third else 'don'}'t {en} anything",
                  join(who.fr, c.french_simple(who, act, "present", "rien")))  # fmt: skip
