"""Tests of nlp_apps.text.hold_out."""

from collections import Counter
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_apps.errors import WorkError
from nlp_apps.text.hold_out import folded, hold_out, is_hold_out


class Pair(NamedTuple):
    source: str
    target: str


def pairs(num_sources: int = 100, translations: int = 3) -> list[Pair]:
    return [
        Pair(f"sentence {i}", f"phrase {i}.{j}")
        for i in range(num_sources)
        for j in range(translations)
    ]


def test_all_translations_of_a_sentence_stand_on_one_side():
    train, held = hold_out(pairs(), {"validation": "split:10", "test": 20})
    sides = [{pair.source for pair in side} for side in (train, *held.values())]
    assert [len(side) for side in sides] == [70, 10, 20]
    assert len(set.union(*sides)) == 100


def test_case_and_spaces_do_not_make_another_sentence():
    texts = ["Go away!", "go  away!", "GO AWAY! "]
    examples = [Pair(text, "Va-t'en !") for text in texts] + pairs(9, 1)
    for seed in range(10):
        train, held = hold_out(examples, {"test": 5}, seed)
        assert len({pair in train for pair in examples[:3]}) == 1, seed
        assert len(train) + len(held["test"]) == 12


def test_the_order_of_the_file_does_not_choose_but_is_kept():
    train, held = hold_out(pairs(), {"test": 10})
    back_train, back_held = hold_out(pairs()[::-1], {"test": 10})
    assert back_train[::-1] == train
    assert back_held["test"][::-1] == held["test"]


def test_a_seed_gives_the_same_split_and_another_seed_another_one():
    first = hold_out(pairs(), {"test": 10}, seed=1)
    assert first == hold_out(pairs(), {"test": 10}, seed=1)
    assert first != hold_out(pairs(), {"test": 10}, seed=2)


def test_the_split_is_the_same_on_every_machine_and_version():
    _, held = hold_out(pairs(10, 1), {"test": 3})
    assert [pair.source for pair in held["test"]] == ["sentence 3", "sentence 6", "sentence 7"]


def test_a_percentage_counts_different_sentences_and_takes_at_least_one():
    _, held = hold_out(pairs(), {"test": "split:5%"})
    assert len(held["test"]) == 5 * 3
    _, held = hold_out(pairs(3, 1), {"test": "split:0.5%"})
    assert len(held["test"]) == 1


def test_more_than_half_is_an_error_that_tells_the_numbers():
    with pytest.raises(WorkError, match=r"data.test = 'split:51'.* 51 of 100 different texts"):
        hold_out(pairs(), {"test": "split:51"})


def test_no_examples_is_an_error_and_not_an_empty_split():
    with pytest.raises(WorkError, match="0 different texts"):
        hold_out([], {"test": "split:5%"})


def test_a_size_of_another_form_is_an_error():
    with pytest.raises(ValueError, match="split:NUMBER or split:PERCENT%, received 'split:x'"):
        hold_out(pairs(), {"test": "split:x"})


def test_only_split_sources_are_held_out():
    assert is_hold_out("split:5%")
    assert not is_hold_out("test.tsv")
    assert not is_hold_out(("test.en", "test.de"))


@given(st.lists(st.text(max_size=3), min_size=8, unique_by=folded))
def test_nothing_is_lost_and_nothing_appears(sources: list[str]):
    examples = [Pair(source, str(i)) for i, source in enumerate(sources)]
    train, held = hold_out(examples, {"validation": 1, "test": 1})
    assert Counter(train + held["validation"] + held["test"]) == Counter(examples)


# Labels


class LabelledText(NamedTuple):
    source: str
    label: str


def label_of(example: LabelledText) -> str:
    return example.label


def labelled(num_common: int, num_rare: int) -> list[LabelledText]:
    """Texts of two labels that come again and again, and of labels that come once."""
    common = [LabelledText(f"text {i}", "ab"[i % 2]) for i in range(num_common)]
    return common + [LabelledText(f"rare text {i}", f"rare{i}") for i in range(num_rare)]


def test_the_last_text_of_a_label_stays_in_train_and_another_one_takes_its_place():
    examples = labelled(40, 30)
    sizes: dict[str, str | int] = {"validation": "split:10%", "test": 20}
    _, without = hold_out(examples, sizes)
    train, held = hold_out(examples, sizes, label_of=label_of)
    assert {e.label for e in train} == {e.label for e in examples}
    for part, count in (("validation", 7), ("test", 20)):
        assert len(held[part]) == count
        stayed = [e for e in without[part] if not e.label.startswith("rare")]
        assert 0 < len(stayed) < count  # else this tests nothing
        assert set(stayed) <= set(held[part])


def test_equal_texts_of_a_label_are_one_text():
    examples = labelled(8, 0) + [LabelledText("So so.", "odd"), LabelledText("so  so.", "odd")]
    for seed in range(20):
        train, held = hold_out(examples, {"test": "split:50%"}, seed, label_of=label_of)
        assert examples[-2] in train and examples[-1] in train
        assert len(held["test"]) == 4  # of 9 different texts


def test_a_text_with_several_labels_stays_where_it_is_the_last_of_one():
    examples = labelled(8, 0) + [LabelledText("So so.", "a"), LabelledText("So so.", "odd")]
    for seed in range(20):
        train, _ = hold_out(examples, {"test": 4}, seed, label_of=label_of)
        assert examples[-2] in train and examples[-1] in train


def test_where_every_text_is_the_last_of_its_label_nothing_is_held_out():
    train, held = hold_out(labelled(0, 12), {"validation": 2, "test": 2}, label_of=label_of)
    assert (len(train), held) == (12, {"validation": [], "test": []})


def test_where_texts_run_short_a_part_is_smaller():
    examples = [*labelled(3, 20), LabelledText("text", "a")]
    _, held = hold_out(examples, {"validation": 1, "test": 10}, label_of=label_of)
    assert (len(held["validation"]), len(held["test"])) == (1, 1)  # three of "a", one of "b"


ROWS = st.lists(
    st.tuples(st.integers(0, 30).map(str), st.sampled_from("abcdefgh")), min_size=10, max_size=60
).filter(lambda rows: len({source for source, _ in rows}) >= 6)


@given(ROWS, st.integers(0, 50))
def test_no_label_vanishes_from_train_and_where_none_would_the_same_texts_are_held_out(
    rows: list[tuple[str, str]], seed: int
):
    examples = [LabelledText(*row) for row in rows]
    sizes: dict[str, str | int] = {"validation": "split:20%", "test": 2}
    old = hold_out(examples, sizes, seed)
    train, held = hold_out(examples, sizes, seed, label_of=label_of)
    labels = {e.label for e in examples}
    assert {e.label for e in train} == labels
    assert Counter(train + held["validation"] + held["test"]) == Counter(examples)
    if {e.label for e in old[0]} == labels:
        assert (train, held) == old
