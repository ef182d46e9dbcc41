"""Tests of the inspection of summaries and answers."""

import pytest

from nlp_apps.inspection.inspection import inspect_corpora
from nlp_apps.recipe.load import from_dict
from nlp_apps.text.corpus import Corpus, Pair

PAIRS = [
    Pair(f"How old is {name}? {name} sings every day. {name} is {age} years old.", str(age))
    for age, name in enumerate(["Ada", "Ben", "Cleo", "Dora", "Emil", "Fay"] * 10, start=20)
]


@pytest.mark.parametrize("kind", ["translation", "answer"])
def test_answers_may_be_numbers_and_have_no_expected_score(kind: str):
    recipe = from_dict({"data": {"train": "a.tsv", "kind": kind}}, task="translation")
    found = inspect_corpora(recipe, {"train": Corpus(PAIRS, 0, "", ["a.tsv"])})
    has_numbers = "numbers" in {finding.kind for finding in found.findings}
    assert has_numbers == (kind == "translation")
    assert (found.expectation is None) == (kind == "answer")
