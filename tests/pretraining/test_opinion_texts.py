"""Tests of the patterns of idioms."""

from pathlib import Path

from nlp_apps.pretraining.opinion_texts import read_idioms
from nlp_apps.resources import shipped_folder

IDIOMS = shipped_folder("data") / "reviews" / "idioms.tsv"


def test_a_choice_becomes_one_of_its_parts(tmp_path: Path) -> None:
    path = tmp_path / "idioms.tsv"
    path.write_text("positive\t[Not|Never] a [bad [day|week]|problem]\n", encoding="utf-8")
    found = {text.rstrip(".!") for _, text in read_idioms(path)}
    starts = ("Not a ", "Never a ")
    assert found <= {f"{start}{end}" for start in starts for end in ("bad day", "bad week")} | {
        f"{start}problem" for start in starts
    }
    assert len(found) > 3


def test_the_idioms_are_different_texts_without_brackets() -> None:
    found = read_idioms(IDIOMS)
    assert len({text for _, text in found}) > 2_000
    assert {label for label, _ in found} == {"positive", "negative", "mixed"}
    assert not [text for _, text in found if set("[]|") & set(text) or "  " in text]
    assert found == read_idioms(IDIOMS)


def test_no_idiom_has_two_labels() -> None:
    labels: dict[str, str] = {}
    for label, text in read_idioms(IDIOMS):
        assert labels.setdefault(text.lower(), label) == label, text
