"""Tests of the everyday sentence pairs and of their generator."""

import importlib.util
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "data" / "everyday"


@pytest.fixture(scope="module")
def pairs() -> list[tuple[str, str]]:
    spec = importlib.util.spec_from_file_location("everyday_generate", FOLDER / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return list(dict.fromkeys(module.pairs()))


def test_the_generator_makes_the_file(pairs: list[tuple[str, str]]) -> None:
    made = "".join(f"{english}\t{french}\n" for english, french in pairs)
    assert (FOLDER / "train.tsv").read_bytes() == made.encode()
    assert len(pairs) > 2_500


def test_every_pattern_is_filled(pairs: list[tuple[str, str]]) -> None:
    for english, french in pairs:
        assert english[0].isupper() and french[0].isupper(), english
        assert english[-1] in ".!?" and french[-1] in ".!?", english
        assert not set("{}|\t") & set(english + french), english
        assert "  " not in english + french, english


def test_french_elides_and_contracts(pairs: list[tuple[str, str]]) -> None:
    wrong = re.compile(r"\b(?:[Ss]i il|à le|à les|de le|de les|je (?:ai|habite|attends))\b")
    assert not [french for _, french in pairs if wrong.search(french)]


def test_numbers_are_the_same_on_both_sides(pairs: list[tuple[str, str]]) -> None:
    for english, french in pairs:
        assert re.findall(r"\d+", english) == re.findall(r"\d+", french), english
