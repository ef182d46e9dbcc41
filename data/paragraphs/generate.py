"""Writes paragraphs with headlines, and questions about paragraphs with answers.

    python data/paragraphs/generate.py            writes the files, prints the table of the README
    python data/paragraphs/generate.py --check    exits with 1 if the files differ

`news.toml` and `lives.toml` have the sentences. Names of people, towns and companies are made up,
so that those of validation and test are new. The text is the same on every machine.
"""

import argparse
import gzip
import random
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nlp_apps.text.augmentation.made_up_names import made_up_name

FOLDER = Path(__file__).parent
SIZES = {"train": 3800, "validation": 200, "test": 200}
"""Pairs of each file, of both kinds."""

MAX_SHARE = 0.5
"""Share of the paragraphs with an opening, and of those with an end."""

Words = dict[str, str]

TOWN_ENDS = ["ford", "by", "ton", "wick", "mere", "field", "port", "stead"]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_MONTHS = "January March April May June July September October November December"
MONTHS = _MONTHS.split()
LISTS = {
    "season": ["spring", "summer", "autumn", "winter"],
    "animal": ["dog", "cat", "goat", "parrot", "rabbit", "pony", "tortoise", "hen"],
    "colour": ["red", "green", "black", "white", "yellow", "grey", "brown", "silver"],
    "vehicle": ["car", "van", "bicycle", "motorbike", "tractor", "boat"],
    "things": ["clocks", "hats", "teapots", "maps", "shells", "postcards", "records", "lamps"],
    "instrument": ["guitar", "piano", "flute", "drum", "trumpet", "banjo", "violin"],
    "job": [
        "baker",
        "nurse",
        "teacher",
        "plumber",
        "gardener",
        "tailor",
        "painter",
        "farmer",
        "lawyer",
        "dentist",
    ],
    "dish": ["fish soup", "lentil stew", "mushroom pie", "rice with beans", "potato salad"],
    "shop": ["bakery", "bookshop", "hardware shop", "tea shop", "bicycle shop", "pharmacy"],
    "place": ["library", "cinema", "town hall", "mill", "swimming pool", "chapel", "market hall"],
    "product": ["bicycle bells", "wooden toys", "solar panels", "chocolate", "raincoats"],
    "museum": ["Museum of Art", "Town Museum", "Harbour Museum", "Museum of Glass"],
    "animals": ["three cows", "a swan", "ten sheep", "a turtle", "two horses", "wild geese"],
    "gift": ["20 computers", "50 footballs", "30 violins", "15 microscopes", "80 dictionaries"],
    "nth": ["first", "second", "third", "fourth"],
}
RANGES = {
    **{"weeks": (2, 30), "years": (2, 40), "days": (2, 60), "months": (2, 14), "hours": (3, 29)},
    **{"minutes": (12, 180), "percent": (41, 79), "number": (11, 480), "small": (2, 60)},
    **{"votes": (800, 9900), "people": (1200, 9900), "year": (1951, 2019)},
}


def _name(chosen: random.Random) -> str:
    """Returns a made-up name of 6 to 8 letters."""
    while not 6 <= len(name := made_up_name(chosen)) <= 8:
        pass
    return name


def _person(chosen: random.Random) -> str:
    return f"{_name(chosen)} {_name(chosen)}"


def _town(chosen: random.Random) -> str:
    return _name(chosen) + chosen.choice(TOWN_ENDS)


def _words(chosen: random.Random) -> Words:
    """Chooses a word for every name in braces."""
    words = {key: chosen.choice(values) for key, values in LISTS.items()}
    words |= {key: str(chosen.randint(*range_)) for key, range_ in RANGES.items()}
    words |= {key: _person(chosen) for key in ("person", "neighbour")}
    words |= {key: _town(chosen) for key in ("town", "othertown")}
    day, otherday = chosen.sample(DAYS, 2)
    # "its 35th": no age needs -st, -nd or -rd
    age = chosen.choice([age for age in range(18, 90) if age % 10 not in (1, 2, 3)])
    return words | {
        "day": day,
        "otherday": otherday,
        "age": str(age),
        "month": chosen.choice(MONTHS),
        "hour": f"{chosen.randint(5, 21)}:{chosen.choice(('00', '15', '30', '45'))}",
        "money": str(chosen.randint(11, 980) * 100),
        "score": f"{chosen.randint(3, 7)}-{chosen.randint(0, 2)}",
        "street": f"{_name(chosen)} Street",
        "paper": f"{_name(chosen)} Gazette",
        "team": f"{_name(chosen)} {chosen.choice(('United', 'Rovers', 'Wanderers'))}",
        "otherteam": f"{_name(chosen)} {chosen.choice(('City', 'Athletic', 'Town'))}",
        "company": f"{_name(chosen)} {chosen.choice(('Works', 'and Sons', 'Limited'))}",
        "prize": f"{_name(chosen)} Prize",
        "work": f'"The {_name(chosen)} {chosen.choice(("Garden", "Letters", "Winter"))}"',
        "exhibition": f"{chosen.choice(('paintings', 'masks', 'photos'))} by {_person(chosen)}",
        "lake": f"Lake {_name(chosen)}",
        "petname": _name(chosen),
        "pet": _name(chosen),
        "band": f"The {_name(chosen)}s",
    }


def headlines(chosen: random.Random) -> Iterator[tuple[str, str]]:
    """Yields paragraphs and headlines without end."""
    content = tomllib.loads((FOLDER / "news.toml").read_text(encoding="utf-8"))
    while True:
        event, words = chosen.choice(content["events"]), _words(chosen)
        details = [chosen.choice(group) for group in event["details"]]
        chosen.shuffle(details)
        sentences = [chosen.choice(event["first"]), *details]
        if chosen.random() < MAX_SHARE:
            sentences.insert(0, chosen.choice(content["openings"]))
        if chosen.random() < MAX_SHARE:
            sentences.append(chosen.choice(content["ends"]))
        yield " ".join(sentences).format(**words), event["headline"].format(**words)


def answers(chosen: random.Random) -> Iterator[tuple[str, str]]:
    """Yields questions with paragraphs, and answers, without end."""
    content = tomllib.loads((FOLDER / "lives.toml").read_text(encoding="utf-8"))
    while True:
        told: list[tuple[dict[str, Any], Words]] = []
        for name in (_name(chosen), _name(chosen)):
            facts = chosen.sample(content["facts"], 3)
            told += [
                (fact, {**_words(chosen), "a": name, "other": _name(chosen)}) for fact in facts
            ]
        chosen.shuffle(told)
        sentences = [chosen.choice(fact["sentences"]).format(**words) for fact, words in told]
        sentences.insert(chosen.randint(2, 5), chosen.choice(content["between"]))
        fact, words = chosen.choice(told)
        question = chosen.choice(fact["questions"]).format(**words)
        vehicles = [
            words["vehicle"]
            for fact, words in told
            if "{vehicle}" in fact["sentences"][0] and words["a"] in question
        ]
        if len(vehicles) != len(set(vehicles)):
            continue  # two cars of one person: the question has two answers
        yield f"{question} {' '.join(sentences)}", fact["answer"].format(**words)


def files() -> dict[str, bytes]:
    """Returns the content of each file by its name, before compression."""
    found = {}
    for seed, (kind, make) in enumerate((("headlines", headlines), ("answers", answers))):
        pairs = make(random.Random(seed))
        for split, size in SIZES.items():
            lines = ["\t".join(next(pairs)) + "\n" for _ in range(size)]
            suffix = ".gz" if split == "train" else ""
            found[f"{kind}-{split}.tsv{suffix}"] = "".join(lines).encode()
    return found


def read(path: Path) -> bytes:
    """Returns the content of a file, without its compression."""
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content


def main() -> int:
    """Writes or checks the files; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check
    differs = 0
    for name, content in files().items():
        path = FOLDER / name
        if check:
            if not path.is_file() or read(path) != content:
                print(f"{path}: differs")
                differs = 1
            continue
        path.write_bytes(gzip.compress(content, mtime=0) if name.endswith(".gz") else content)
        sides = [line.split("\t") for line in content.decode().splitlines()]
        source, target = (sum(len(side[i].split()) for side in sides) / len(sides) for i in (0, 1))
        print(f"| `{name}` | {len(sides):,} | {source:.0f} | {target:.1f} |")
    return differs


if __name__ == "__main__":
    sys.exit(main())
