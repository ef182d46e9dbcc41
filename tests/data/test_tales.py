"""Tests of the embedded tales: form, counts, and no text in two files."""

import hashlib
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "data" / "tales"
SPLITS = ("train", "validation", "test")
TEXT = {split: (FOLDER / f"{split}.txt").read_bytes().decode("ascii") for split in SPLITS}
DOCUMENTS = {split: text.strip("\n").split("\n\n\n") for split, text in TEXT.items()}
README = (FOLDER / "README.md").read_text("utf-8")
WORD = re.compile(r"[A-Za-z]+(?:['-][A-Za-z]+)*")


def voice(document: str) -> str:
    title, first, *_ = document.split("\n\n")
    if title.startswith("Weather") or title.startswith("Gale"):
        return "weather"
    return "letters" if first.startswith("Dear Nell,") else "prose"


@pytest.mark.parametrize("split", SPLITS)
def test_the_readme_has_the_counts_and_checksums(split):
    text = TEXT[split]
    digest = hashlib.sha256(text.encode()).hexdigest()
    counts = f"{len(DOCUMENTS[split])} | {len(text):,} | {len(WORD.findall(text)):,} | `{digest}`"
    assert f"| `{split}.txt` | {counts} |" in README
    assert "CC0-1.0" in README


@pytest.mark.parametrize("split", SPLITS)
def test_a_document_is_a_title_and_paragraphs_of_one_line(split):
    for document in DOCUMENTS[split]:
        title, *paragraphs = document.split("\n\n")
        assert paragraphs, title
        assert "\n" not in title
        assert not title.endswith((".", " "))
        for paragraph in paragraphs:
            assert paragraph == paragraph.strip(), title
            assert "  " not in paragraph, title


@pytest.mark.parametrize("split", SPLITS)
def test_quotes_come_in_pairs(split):
    for document in DOCUMENTS[split]:
        assert document.count('"') % 2 == 0, document[:60]


def test_every_voice_is_in_every_file():
    for split in SPLITS:
        found = {name: 0 for name in ("weather", "letters", "prose")}
        for document in DOCUMENTS[split]:
            found[voice(document)] += 1
        row = re.search(r"\| weather \|(?: (\d+) \|)(?: (\d+) \|)(?: (\d+) \|)", README)
        assert row is not None
        assert found["weather"] == int(row[1 + SPLITS.index(split)])
        assert min(found.values()) > 0


def test_no_long_sentence_is_in_two_files():
    seen: dict[str, str] = {}
    for split in SPLITS:
        for sentence in set(re.split(r"(?<=[.!?])\s+", TEXT[split])):
            if len(sentence.split()) <= 10:  # the letters close with one of four formulas
                continue
            assert sentence not in seen, f"{split} and {seen.get(sentence)}: {sentence}"
            seen[sentence] = split


def test_no_title_occurs_twice():
    titles = [document.split("\n")[0] for split in SPLITS for document in DOCUMENTS[split]]
    assert len(titles) == len(set(titles))


def test_there_is_enough_of_it():
    assert sum(map(len, TEXT.values())) >= 150_000
