"""Tests of the embedded reviews and of their generator."""

import hashlib
import importlib.util
import math
import re
import sys
from collections import Counter
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "data" / "reviews"
SIZES = {"train": 5_000, "validation": 500, "test": 500}
FILES = (*SIZES, "remarks")
LABELS = ("negative", "mixed", "positive")
WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
# Devices of both labels must be frequent enough to be learned, under each of the two.
DECIDED = {
    "a negated adjective": r"not \w+ (?:at all|in the least)|anything but|far from|by no means",
    "a claim that is denied": r"\b(?:[Nn]obody could claim that|true that|be lying if I said)",
    "a bad thing avoided": r"[Nn]ot once did I|I never (?:had|got) to|[Nn]obody (?:let|made) me",
    "a weightier clause": r"that is what counts|[Ss]o what if|[Ww]ho cares that|matters more to me",
    "a concession": r"\b(?:[Aa]lthough|[Oo]n the one hand|, but)\b",
    "an expectation": r"\b(?:I (?:had )?expected|been promised|I went in for|Not a bit of it)",
    "others contradicted": r"(?:more wrong|found the opposite|Not so|know better now|both wrong)",
    "others confirmed": r"(?:more right|found the same|Quite so|can only agree|both right)",
    "praise that may be meant or not": r"(?:Great|Bravo|Wonderful|Lovely|everyone|charming):"
    r"|[Ww]hat a delight to|Full marks for|Just what I needed",
    "a problem and what came of it": r"And what did they do\?|Things happen\.|what happened next",
    "a comparison": r"\b(?:better|worse|more|less)\b[^.]* than\b|come across a (?:more|less)",
    "a degree": r"\b(?:very|really|truly|remarkably|extremely|absolutely|simply) \w+",
    "a weak degree": r"\b(?:a little|a touch|slightly|a bit|somewhat|reasonably|fairly)\b",
}
MIXED = {
    "neither nor": r"\b[Nn]either\b[^.]* nor\b",
    "understatement": r"[Ii]t could be worse|I have known worse|could have been worse",
    "stars": r"Three stars",
    "equal weight": r"both count|as much as the other|in equal measure|no less that|as much that",
}


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reviews_generate", FOLDER / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # for dataclasses
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made(generator, tmp_path_factory) -> Path:
    """A folder with the four files and the tables, as generated now."""
    folder = tmp_path_factory.mktemp("reviews")
    with redirect_stdout(StringIO()) as printed:
        assert generator.main(["--output", str(folder)]) == 0
    (folder / "printed.md").write_text(printed.getvalue(), "utf-8")
    return Path(folder)


def reviews_of(split: str) -> list[tuple[str, str]]:
    lines = (FOLDER / f"{split}.tsv").read_text("utf-8").splitlines()
    return [(label, text) for label, text in (line.split("\t") for line in lines)]


SPLITS = {split: reviews_of(split) for split in SIZES}
EVERY_REVIEW = [review for reviews in SPLITS.values() for review in reviews]
TEXTS = [text for _, text in EVERY_REVIEW]
REMARKS = reviews_of("remarks")


def words_of(text: str) -> list[str]:
    return WORD.findall(text.lower())


def sentences_of(text: str) -> list[str]:
    return re.split(r"(?<=[.!?]) ", text)


@pytest.mark.parametrize("split", FILES)
def test_the_generator_makes_the_committed_bytes(made, split):
    assert (made / f"{split}.tsv").read_bytes() == (FOLDER / f"{split}.tsv").read_bytes()


def test_check_reports_a_changed_review(generator, made, monkeypatch, tmp_path, capsys):
    for split in SIZES:
        (tmp_path / f"{split}.tsv").write_bytes((made / f"{split}.tsv").read_bytes())
    again = {
        split: [generator.Review(label, text, "any", "any") for label, text in reviews]
        for split, reviews in SPLITS.items()
    }
    monkeypatch.setattr(generator, "make", lambda: again)
    assert generator.main(["--check", "--output", str(tmp_path)]) == 0
    raw = (tmp_path / "test.tsv").read_bytes()
    (tmp_path / "test.tsv").write_bytes(raw.replace(b"positive", b"negative", 1))
    assert generator.main(["--check", "--output", str(tmp_path)]) == 1
    assert "test.tsv differs" in capsys.readouterr().err


def test_check_reports_a_missing_file(generator, monkeypatch, tmp_path):
    monkeypatch.setattr(generator, "make", lambda: {"test": []})
    assert generator.main(["--check", "--output", str(tmp_path)]) == 1


def test_the_files_are_lines_of_a_label_and_a_text():
    for split in (*FILES, "apart"):
        raw = (FOLDER / f"{split}.tsv").read_bytes()
        assert raw.endswith(b"\n") and b"\r" not in raw
        for line in raw.decode("utf-8")[:-1].split("\n"):
            label, text = line.split("\t")
            assert label in LABELS, line
            assert text.strip() == text and text, line


def test_the_labels_are_balanced_in_every_split():
    for split, size in SIZES.items():
        counts = Counter(label for label, _ in SPLITS[split])
        assert sum(counts.values()) == size
        assert all(abs(counts[label] - size / 3) <= 1 for label in LABELS), counts


def test_reviews_are_as_long_as_promised(generator):
    written = {review.text for review in generator.written()}
    for text in TEXTS:
        assert 5 <= len(text.split()) <= 60, text
        assert text in written or len(text.split()) >= 8, text
        assert 1 <= len(sentences_of(text)) <= 5, text
    words = Counter(word for text in TEXTS for word in words_of(text))
    assert len(words) >= 1_500
    middle = sorted(len(text.split()) for text in TEXTS)[len(TEXTS) // 2]
    assert 20 <= middle <= 40


def test_no_text_is_there_twice_and_no_start_often():
    texts = Counter(" ".join(words_of(text)) for text in TEXTS)
    assert texts.most_common(1)[0][1] == 1
    starts = Counter(" ".join(words_of(sentences_of(text)[0])) for text in TEXTS)
    assert starts.most_common(1)[0][1] <= 3
    sentences = [sentence for text in TEXTS for sentence in sentences_of(text)]
    assert len(set(sentences)) >= 0.6 * len(sentences)


def test_train_shows_every_held_out_word_form_at_least_four_times():
    train = Counter(word for _, text in SPLITS["train"] for word in words_of(text))
    for split in ("validation", "test"):
        for _, text in SPLITS[split]:
            assert all(train[word] >= 4 for word in words_of(text)), text


def test_hand_written_reviews_are_in_train_only(generator):
    written = {(review.label, review.text) for review in generator.written()}
    assert len(written) == len(generator.written()) >= 250
    assert written <= set(SPLITS["train"])


def test_remarks_are_short_and_everyday_and_each_there_once():
    assert Counter(label for label, _ in REMARKS) == dict.fromkeys(LABELS, 2_000)
    texts = [" ".join(words_of(text)) for _, text in REMARKS]
    assert len({text.lower() for _, text in REMARKS}) == len(REMARKS)
    assert max(len(text.split()) for text in texts) <= 20
    assert sorted(len(text.split()) for text in texts)[len(texts) // 2] <= 8
    found = Counter(word for text in texts for word in text.split())
    for word in ("love", "hate", "terrible", "friendly", "boring", "delicious", "broken", "okay"):
        assert found[word] >= 8, word
    others = {" ".join(words_of(text)) for split in SIZES for _, text in SPLITS[split]}
    others |= {" ".join(words_of(text)) for _, text in reviews_of("apart")}
    assert not others & set(texts)


def test_a_remark_of_the_same_words_has_one_label():
    labels: dict[str, set[str]] = {}
    for label, text in REMARKS:
        labels.setdefault(" ".join(words_of(text)), set()).add(label)
    assert not [text for text, found in labels.items() if len(found) > 1]


def test_texts_are_spelled_and_spaced_properly():
    for text in (*TEXTS, *(text for _, text in REMARKS)):
        assert not re.search(r"\s\s|\s[?!;:.,]|[^\x20-\x7eéï]|[{}|+\\]|[.,;:?!][.,;:?!]", text), (
            text
        )
        assert re.search(r"[.!?]$", text), text
        for sentence in sentences_of(text):
            assert sentence[0].isupper(), text
        assert not re.search(r"\b(\w+) \1\b", text.replace("that that", "")), text


def test_articles_suit_the_next_word():
    a_before_vowel = re.compile(r"\b[Aa] (?!one|once|us|uni|eu|use)[aeiou]")
    an_before_consonant = re.compile(r"\b[Aa]n (?!hour|honest|heir)[^aeiouAEIOU1]")
    for text in (*TEXTS, *(text for _, text in REMARKS)):
        assert not a_before_vowel.search(text), text
        assert not an_before_consonant.search(text), text


def test_verbs_agree_with_their_aspects(generator):
    nouns: dict[bool, set[str]] = {True: set(), False: set()}
    for domain in generator.DOMAINS:
        for aspect in domain.aspects:
            noun, good, bad = aspect.split(" | ")
            assert len(good.split(", ")) == len(bad.split(", ")), aspect
            nouns[noun.startswith("+ ")].add(noun.removeprefix("+ ").removeprefix("the "))
    many, one = ("|".join(sorted(nouns[number])) for number in (True, False))
    rule = f"(?:^|[,.:;] )[Tt]he (?:(?:{many}) (?:was|is)|(?:{one}) (?:were|are)) "
    wrong = re.compile(rule + "|[Tt]here (?:were|are) nothing")
    assert not [text for text in TEXTS if wrong.search(text)]
    assert wrong.search("The waiters was kind.") and wrong.search("Well, the soup were hot.")


@pytest.mark.parametrize("name", DECIDED)
def test_every_hard_device_is_under_both_labels(name):
    for split, wanted in (("train", 12), ("test", 1)):
        for label in ("negative", "positive"):
            found = [
                t for mine, t in SPLITS[split] if mine == label and re.search(DECIDED[name], t)
            ]
            assert len(found) >= wanted, (split, label, len(found))


@pytest.mark.parametrize("name", MIXED)
def test_mixed_feelings_are_said_in_many_ways(name):
    found = [t for label, t in SPLITS["train"] if label == "mixed" and re.search(MIXED[name], t)]
    assert len(found) >= 20


def test_a_bag_of_words_does_not_solve_it():
    counts: dict[str, Counter[str]] = {label: Counter() for label in LABELS}
    for label, text in SPLITS["train"]:
        counts[label].update(words_of(text))
    vocabulary = len({word for counter in counts.values() for word in counter})
    totals = {label: math.log(counts[label].total() + vocabulary) for label in LABELS}

    def score(label: str, words: list[str]) -> float:
        return sum(math.log(counts[label][word] + 1) - totals[label] for word in words)

    right = sum(
        label == max(LABELS, key=lambda one: score(one, words_of(text)))
        for label, text in SPLITS["test"]
    )
    accuracy = right / len(SPLITS["test"])
    assert 0.5 < accuracy < 0.9
    readme = (FOLDER / "README.md").read_text("utf-8")
    assert re.search(rf"\| naive Bayes[^|]*\| {accuracy:.3f} \|", readme)


def test_the_readme_has_the_counts_and_checksums(made):
    readme = (FOLDER / "README.md").read_text("utf-8")
    for split in FILES:
        assert hashlib.sha256((FOLDER / f"{split}.tsv").read_bytes()).hexdigest() in readme
    assert (made / "printed.md").read_text("utf-8") in readme
    assert "CC0-1.0" in readme


def test_a_deck_deals_every_option_once_a_pass_in_a_fixed_order(generator):
    deck_class = sys.modules["composing.order"].Deck
    first = deck_class("any", ["a", "b", "c"])
    dealt = [first.deal() for _ in range(6)]
    assert sorted(dealt[:3]) == sorted(dealt[3:]) == ["a", "b", "c"]
    again = deck_class("any", ["a", "b", "c"])
    assert [again.deal() for _ in range(6)] == dealt
    with pytest.raises(ValueError, match="no options"):
        deck_class("any", [])
