"""Remarks: short, general opinions. They are in `remarks.tsv`, for training.

A frame is filled with things and adjectives of one kind: no waiter is crunchy. In frames,
`{a}` and `{b}` are adjectives that speak for the label and `{c}` one that speaks against it; `{m}`
is one of neither; `{n}` and `{o}` are two things with their article off; `{was}` and `{is}` agree
with `{n}`, `{were}` with `{o}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .desk import Review
from .domains import lines
from .order import Deck
from .remark_frames import SAID

EACH = 2_000  # remarks of each label


@dataclass(frozen=True)
class Kind:
    """Things that the same words are said of.

    Attributes:
        things: nouns; `+` marks a plural.
        good, bad: adjectives.
    """

    things: tuple[str, ...]
    good: tuple[str, ...]
    bad: tuple[str, ...]


def words(text: str) -> tuple[str, ...]:
    """The entries of a list with commas."""
    return tuple(" ".join(entry.split()) for entry in text.split(","))


ANYTHING = Kind(
    words("""experience, place, product, visit, purchase, choice, idea, trip, present, weekend,
    day, afternoon, thing, company, quality, service, design, atmosphere, view, result"""),
    words("""great, good, excellent, amazing, awesome, fantastic, wonderful, brilliant, superb,
    perfect, lovely, nice, beautiful, delightful, outstanding, terrific, marvellous, splendid,
    magnificent, fabulous, exceptional, impressive, enjoyable, pleasant, charming, gorgeous,
    stunning, incredible, remarkable, first-class, top-notch, phenomenal, flawless, glorious,
    heavenly, memorable, unforgettable, refreshing, satisfying, worthwhile, fun, special, ideal,
    fine, unbeatable, spectacular, extraordinary, admirable, sensational, tremendous, unique"""),
    words("""bad, terrible, awful, horrible, dreadful, poor, appalling, atrocious, abysmal,
    disgusting, pathetic, disappointing, useless, worthless, lousy, ghastly, hideous, ugly, nasty,
    unpleasant, unacceptable, shocking, shameful, disgraceful, inferior, dire, woeful, hopeless,
    laughable, ridiculous, annoying, frustrating, infuriating, irritating, miserable, overpriced,
    overrated, depressing, horrendous, dismal, wretched, repulsive, stupid, terrifying, weak,
    underwhelming, unsatisfactory, embarrassing, painful, unbearable, hateful"""),
)
PEOPLE = Kind(
    words("""+ staff, waiter, waitress, receptionist, driver, seller, guide, teacher, manager,
    + nurses, assistant, doctor, hairdresser, plumber, landlord, customer service, support team,
    crew, cook, + people, owner, + locals, host, + instructors"""),
    words("""friendly, kind, polite, helpful, attentive, welcoming, caring, considerate, courteous,
    professional, competent, knowledgeable, patient, generous, cheerful, efficient, honest,
    gracious, thoughtful, hospitable, respectful, reliable, charming, lovely, nice, great,
    fantastic, wonderful, amazing, excellent, brilliant, trustworthy, sympathetic, superb"""),
    words("""rude, unfriendly, impolite, unhelpful, arrogant, incompetent, ignorant, careless, lazy,
    aggressive, dishonest, indifferent, unprofessional, disrespectful, grumpy, surly, clueless,
    dismissive, hostile, condescending, inattentive, unreliable, slow, terrible, awful, horrible,
    useless, impatient, stupid, bad, appalling, dreadful, hopeless, nasty"""),
)
PLACES = Kind(
    words("""room, hotel, bathroom, kitchen, flat, beach, pool, garden, office, café, campsite,
    lobby, gym, hall, + toilets, bed, apartment, restaurant, pub, park, neighbourhood, hostel,
    playground, shop, station, airport, + streets"""),
    words("""clean, spotless, tidy, comfortable, cosy, quiet, spacious, bright, modern, peaceful,
    relaxing, safe, inviting, airy, beautiful, lovely, nice, great, charming, elegant, stylish,
    welcoming, wonderful, perfect, pleasant, warm, well kept, picturesque, amazing, excellent"""),
    words("""dirty, filthy, smelly, noisy, cramped, uncomfortable, shabby, gloomy, crowded, damp,
    mouldy, run-down, stuffy, freezing, unsafe, grimy, dingy, disgusting, horrible, awful, ugly,
    terrible, loud, tiny, dusty, dangerous, depressing, neglected, unpleasant, dreadful"""),
)
GOODS = Kind(
    words("""camera, battery, screen, keyboard, laptop, phone, printer, vacuum cleaner, toaster,
    kettle, jacket, + shoes, bag, chair, lamp, watch, tablet, charger, speaker, mattress, tent,
    bike, coffee machine, drill, app, software, website, game, + headphones, + boots, dress, car,
    washing machine, fridge, toy, sofa, umbrella, razor, + gloves, case, mouse, cable"""),
    words("""reliable, sturdy, durable, solid, robust, fast, quick, responsive, smooth, accurate,
    practical, handy, useful, convenient, easy to use, user-friendly, affordable, well made,
    dependable, powerful, versatile, intuitive, comfortable, stylish, elegant, excellent, great,
    good, perfect, fantastic, amazing, clever, brilliant, superb, beautiful, lovely, nice"""),
    words("""broken, faulty, defective, flimsy, unreliable, slow, buggy, unusable, fragile, ugly,
    overpriced, inaccurate, impractical, awkward, glitchy, noisy, blurry, outdated, badly made,
    complicated, useless, uncomfortable, worthless, terrible, awful, bad, horrible, poor, rubbish,
    disappointing, cheaply made, scratched, damaged, clumsy, dreadful, hard to use, dangerous"""),
)
FOOD = Kind(
    words("""pizza, burger, coffee, soup, salad, steak, pasta, cake, breakfast, curry, sandwich,
    dessert, ice cream, + chips, tea, beer, wine, food, meal, chicken, + noodles, fish, bread,
    lunch, dinner, + vegetables, rice, chocolate, + pancakes, + eggs"""),
    words("""delicious, tasty, yummy, fresh, juicy, tender, flavourful, mouth-watering, scrumptious,
    divine, appetising, excellent, great, good, lovely, perfect, amazing, fantastic, wonderful,
    superb, brilliant, outstanding, nice, exquisite, heavenly, generous, first-class"""),
    words("""tasteless, bland, inedible, stale, rotten, soggy, greasy, overcooked, undercooked,
    salty, burnt, cold, sour, rancid, tough, dry, watery, revolting, disgusting, awful, terrible,
    horrible, bad, mouldy, poor, dreadful, nasty, vile, lukewarm, overpriced, raw"""),
)
STORIES = Kind(
    words("""film, movie, book, story, plot, acting, ending, series, episode, album, song, show,
    concert, play, + characters, dialogue, script, soundtrack, novel, + actors, cast, documentary,
    + jokes, performance, sequel, comedy, direction, exhibition, + lyrics, musical"""),
    words("""gripping, thrilling, exciting, captivating, fascinating, engaging, moving, touching,
    entertaining, interesting, funny, hilarious, clever, witty, inspiring, uplifting, original,
    heart-warming, brilliant, excellent, great, good, superb, wonderful, amazing, fantastic,
    beautiful, masterful, convincing, powerful, intelligent, unforgettable, enjoyable, magical"""),
    words("""boring, dull, tedious, dreary, predictable, pointless, forgettable, overrated,
    confusing, messy, unwatchable, unreadable, painful, depressing, cringeworthy, silly, stupid,
    tiresome, lifeless, clumsy, shallow, incoherent, amateurish, terrible, awful, bad, horrible,
    dreadful, poor, weak, unfunny, unconvincing, disappointing, ridiculous, wooden"""),
)
KINDS = (ANYTHING, PEOPLE, PLACES, GOODS, FOOD, STORIES)
MIDDLING = words("""okay, all right, average, ordinary, so-so, passable, acceptable, adequate,
    standard, unremarkable, middling, mediocre, tolerable, reasonable, nothing special, bearable,
    satisfactory, run-of-the-mill, neither here nor there, no more than average, fair, moderate""")

SPEAKS = lines("""
    {a}.
    {a}!
    simply {a}.
    absolutely {a}!
    so {a}!
    very {a}.
    {a} and {b}.
    {a}, {b}, in a word {a}.
    it is {a}.
    it was {a}.
    it was really {a}.
    it is so {a}!
    this is {a}.
    that was {a}, honestly.
    I think it is {a}.
    we found it {a}.
    the {n} {was} {a}.
    the {n} {is} {a}.
    the {n} {was} very {a}.
    the {n} {is} really {a}.
    the {n} {was} so {a}!
    the {n} {was} {a} and {b}.
    the {n} {was} {a}, the {o} {were} {b}.
    the {n} {was} {a} and so {were} the {o}.
    {a} {n}.
    {a} {n}!
    {a} {n}, {b} {o}.
    really {a} {n}.
    {a} {n} and {b} {o}.
    I thought the {n} {was} {a}.
    I found the {n} {a}.
    my husband found the {n} {a}.
    everyone said how {a} the {n} {was}.
    the {n} {was} {a} from start to finish.
    not {c}.
    not {c} at all.
    it was not {c} at all.
    it is anything but {c}.
    far from {c}.
    the {n} {was} not {c}.
    the {n} {is} not {c} at all.
    the {n} {was} far from {c}.
    the {n} {was} never {c}.
    not {c}, but {a}.
    the {n} {was} {a}, not {c}.
    I expected something {c}, but the {n} {was} {a}.
    they say the {n} {is} {c}, but I found it {a}.
    """)
BOTH = lines("""
    {m}.
    it is {m}.
    it was {m}.
    it was {m}, I suppose.
    {m}, no more and no less.
    the {n} {was} {m}.
    the {n} {is} {m}, nothing more.
    the {n} {was} {m}, the {o} {were} too.
    {a} but {c}.
    {c} but {a}.
    {a} {n}, {c} {o}.
    {c} {n}, {a} {o}.
    the {n} {was} {a} but the {o} {were} {c}.
    the {n} {was} {c} but the {o} {were} {a}.
    the {n} {was} {a}, the {o} {were} {c}.
    the {n} {was} {c}, the {o} {were} {a}.
    the {n} {is} {a}, though {c}.
    the {n} {is} {c}, though {a}.
    neither {a} nor {c}.
    the {n} {was} neither {a} nor {c}.
    sometimes {a}, sometimes {c}.
    I liked the {n}, but not the {o}.
    I hated the {n}, but I loved the {o}.
    I loved the {n} and hated the {o}.
    {a} in parts, {c} in others.
    the {n} {was} {m}. The {o} {were} {m}.
    """)
JOINED = lines("""
    {p}.
    {p}!
    {p}. {q}.
    {p}, {q}.
    {p}. {s}
    {s} {p}.
    """)
TORN = lines("""
    {p}, but {q}.
    {q}, but {p}.
    {p}. {q}.
    {q}. {p}.
    {p}, although {q}.
    """)
CAPITAL = re.compile(r"(?:^|(?<=[.!?] ))[a-z]")


class Speaker:
    """Makes the remarks of one label.

    Args:
        label: positive, negative or mixed.
    """

    def __init__(self, label: str) -> None:
        self.label = label
        self.decks: dict[str, Deck] = {}

    def deal(self, name: str, options: Sequence[str]) -> str:
        """The next of some options."""
        if name not in self.decks:
            self.decks[name] = Deck(f"remarks {self.label} {name}", options)
        return self.decks[name].deal()

    def framed(self, frame: str, number: int) -> str:
        """A frame with things and adjectives of one kind in it."""
        kind = KINDS[number]
        for_it, against = (
            (kind.bad, kind.good) if self.label == "negative" else (kind.good, kind.bad)
        )
        nouns = [self.deal(f"things {number}", kind.things)]
        while "{o}" in frame and len(nouns) < 2:
            other = self.deal(f"things {number}", kind.things)
            nouns += [other] if other != nouns[0] else []
        first, last = nouns[0], nouns[-1]
        adjectives = [self.deal(f"for {number}", for_it) for _ in range(2)]
        if adjectives[0] == adjectives[1]:
            adjectives[1] = self.deal(f"for {number}", for_it)
        many, more = first.startswith("+ "), last.startswith("+ ")
        return frame.format(
            a=adjectives[0],
            b=adjectives[1],
            c=self.deal(f"against {number}", against),
            m=self.deal("middling", MIDDLING) if "{m}" in frame else "",
            n=first.removeprefix("+ "),
            o=last.removeprefix("+ "),
            was="were" if many else "was",
            **{"is": "are" if many else "is"},
            were="were" if more else "was",
        )

    def alone(self) -> list[str]:
        """Adjectives that say it all by themselves."""
        if self.label == "mixed":
            return list(MIDDLING)
        bad = self.label == "negative"
        return [word for kind in KINDS for word in (kind.bad if bad else kind.good)]

    def said(self, label: str) -> str:
        """Returns a remark without a full stop."""
        every = [thing for kind in KINDS for thing in kind.things if not thing.startswith("+ ")]
        text = self.deal(f"said {label}", SAID[label])
        return text.format(n=self.deal("any thing", every)) if "{n}" in text else text

    def speak(self) -> Iterator[str]:
        """Remarks without end, some of them twice."""
        frames = BOTH if self.label == "mixed" else SPEAKS
        yield from (f"{word}." for word in self.alone())
        while True:
            for number in range(len(KINDS)):
                framed = self.framed(self.deal("frame", frames), number)
                yield framed
                yield self.framed(self.deal("frame", frames), number)
                joint = self.deal("joined", JOINED)
                p, q = self.said(self.label), self.said(self.label)
                yield joint.format(p=p, q=q, s=self.framed(self.deal("frame", frames), number))
            if self.label == "mixed":
                for _ in range(len(KINDS)):
                    p, q = self.said("positive"), self.said("negative")
                    yield self.deal("torn", TORN).format(p=p, q=q)


def finished(text: str) -> str:
    """Returns the text with a capital at the start of each sentence."""
    return CAPITAL.sub(lambda found: found[0].upper(), text)


def remarks() -> list[Review]:
    """All remarks, each once, as many of each label."""
    found: list[Review] = []
    seen: set[str] = set()
    for label in SAID:
        speaker = Speaker(label)
        left = EACH
        for text in speaker.speak():
            text = finished(text)
            if text.lower() in seen:
                continue
            seen.add(text.lower())
            found.append(Review(label, text, "anything", "remark"))
            left -= 1
            if not left:
                break
    return found
