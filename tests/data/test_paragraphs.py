"""Tests of the headlines and answers and of their generator."""

import importlib.util
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "data" / "paragraphs"

spec = importlib.util.spec_from_file_location("paragraphs_generate", FOLDER / "generate.py")
assert spec is not None and spec.loader is not None
generate = importlib.util.module_from_spec(spec)
spec.loader.exec_module(generate)


@pytest.fixture(scope="module")
def pairs() -> dict[str, list[list[str]]]:
    """The pairs of each file."""
    return {
        path.name.partition(".")[0]: [
            line.split("\t") for line in generate.read(path).decode().splitlines()
        ]
        for path in sorted(FOLDER.glob("*.tsv*"))
    }


def test_the_generator_makes_the_files():
    for name, content in generate.files().items():
        assert generate.read(FOLDER / name) == content, name
        assert (FOLDER / name).stat().st_size < 300_000


def test_every_pair_has_a_source_and_a_target(pairs: dict[str, list[list[str]]]):
    for name, rows in pairs.items():
        assert len(rows) == generate.SIZES[name.partition("-")[2]]
        for source, target in rows:
            assert target and not set("{}|\t") & set(source + target), source
            assert "  " not in source + target, source


def test_answers_are_parts_of_their_paragraph(pairs: dict[str, list[list[str]]]):
    for name, rows in pairs.items():
        for source, target in rows if name.startswith("answers") else ():
            question, paragraph = source.split("? ", 1)
            assert target in paragraph, source
            assert len(question) < 60


def test_names_and_numbers_of_a_headline_are_in_its_paragraph(
    pairs: dict[str, list[list[str]]],
):
    for name, rows in pairs.items():
        for source, target in rows if name.startswith("headlines") else ():
            first, *rest = re.findall(r"[\w-]+", target)
            facts = [word for word in rest if word[0].isupper() or word[0].isdigit()]
            assert facts or first in source
            assert all(fact in source for fact in facts), (source, target)


def test_most_names_of_test_pairs_are_new(pairs: dict[str, list[list[str]]]):
    known = {word for source, _ in pairs["answers-train"] for word in re.findall(r"\w+", source)}
    asked = re.compile(r"Who (?:taught|is married to|did) (\w+)")
    names = [found[1] for source, _ in pairs["answers-test"] if (found := asked.match(source))]
    assert len(names) > 10
    assert sum(name in known for name in names) < len(names) / 2
