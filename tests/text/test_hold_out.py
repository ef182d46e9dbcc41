"""Tests of nlp_apps.text.hold_out."""

from collections import Counter
from typing import NamedTuple
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_apps.errors import WorkError
from nlp_apps.text.hold_out import fold, hold_out, hold_out_end
from nlp_apps.text.split_size import is_hold_out


class Pair(NamedTuple):
    source: str
    target: str


def pairs(num_sources: int = 100, translations: int = 3) -> list[Pair]:
    return [
        Pair(f"sentence {i}", f"phrase {i}.{j}")
        for i in range(num_sources)
        for j in range(translations)
    ]


def test_all_translations_of_a_sentence_are_in_one_split():
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


def test_the_split_does_not_depend_on_the_order_of_the_file_and_keeps_it():
    train, held = hold_out(pairs(), {"test": 10})
    back_train, back_held = hold_out(pairs()[::-1], {"test": 10})
    assert back_train[::-1] == train
    assert back_held["test"][::-1] == held["test"]


def test_one_seed_is_one_split_and_another_seed_another():
    first = hold_out(pairs(), {"test": 10}, seed=1)
    assert first == hold_out(pairs(), {"test": 10}, seed=1)
    assert first != hold_out(pairs(), {"test": 10}, seed=2)


def test_the_split_is_the_same_on_every_machine_and_version():
    _, held = hold_out(pairs(10, 1), {"test": 3})
    assert [pair.source for pair in held["test"]] == ["sentence 3", "sentence 6", "sentence 7"]


def test_a_percentage_is_of_distinct_sentences_and_at_least_one():
    _, held = hold_out(pairs(), {"test": "split:5%"})
    assert len(held["test"]) == 5 * 3
    _, held = hold_out(pairs(3, 1), {"test": "split:0.5%"})
    assert len(held["test"]) == 1


def test_more_than_half_is_an_error_with_the_numbers():
    with pytest.raises(WorkError, match=r"data.test = 'split:51'.* 51 of 100 "):
        hold_out(pairs(), {"test": "split:51"})


def test_no_examples_is_an_error_and_not_an_empty_split():
    with pytest.raises(WorkError, match=r"data.test = 'split:5%'.* 0 "):
        hold_out([], {"test": "split:5%"})


def test_a_size_of_another_form_is_an_error():
    with pytest.raises(ValueError, match="split:NUMBER or split:PERCENT%, received 'split:x'"):
        hold_out(pairs(), {"test": "split:x"})


def test_only_split_sources_are_held_out():
    assert is_hold_out("split:5%")
    assert not is_hold_out("test.tsv")
    assert not is_hold_out(("test.en", "test.de"))


@given(st.lists(st.text(max_size=3), min_size=8, unique_by=fold))
def test_every_example_is_in_one_split(sources: list[str]):
    examples = [Pair(source, str(i)) for i, source in enumerate(sources)]
    train, held = hold_out(examples, {"validation": 1, "test": 1})
    assert Counter(train + held["validation"] + held["test"]) == Counter(examples)


# Labels


class LabelledText(NamedTuple):
    source: str
    label: str


def labels_of(example: LabelledText) -> list[str]:
    return [example.label]


def labelled(num_common: int, num_rare: int) -> list[LabelledText]:
    """Texts of two frequent labels, and texts with a label of their own."""
    common = [LabelledText(f"text {i}", "ab"[i % 2]) for i in range(num_common)]
    return common + [LabelledText(f"rare text {i}", f"rare{i}") for i in range(num_rare)]


@pytest.fixture
def by_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """Splits small sets as large ones."""
    monkeypatch.setattr("nlp_apps.text.hold_out.STRATIFIED_TEXTS", 0)


@pytest.mark.usefixtures("by_hash")
def test_the_last_text_of_a_label_stays_in_train_and_another_replaces_it():
    examples = labelled(40, 30)
    sizes: dict[str, str | int] = {"validation": "split:10%", "test": 20}
    _, without = hold_out(examples, sizes)
    train, held = hold_out(examples, sizes, labels_of=labels_of)
    assert {e.label for e in train} == {e.label for e in examples}
    for part, count in (("validation", 7), ("test", 20)):
        assert len(held[part]) == count
        stayed = [e for e in without[part] if not e.label.startswith("rare")]
        assert 0 < len(stayed) < count  # otherwise this test is empty
        assert set(stayed) <= set(held[part])


def test_a_small_set_is_held_out_by_label_in_proportion():
    examples = [LabelledText(f"text {i}", "aaaaaabbbc"[i % 10]) for i in range(100)]
    sizes: dict[str, str | int] = {"validation": "split:10%", "test": "split:10%"}
    for seed in range(20):
        train, held = hold_out(examples, sizes, seed, labels_of=labels_of)
        for part in held.values():
            assert Counter(e.label for e in part) == {"a": 6, "b": 3, "c": 1}
        again = hold_out(examples[::-1], sizes, seed, labels_of=labels_of)
        assert (again[0][::-1], again[1]["test"][::-1]) == (train, held["test"])


def test_the_rarest_label_of_a_text_counts_for_its_proportion():
    examples = [LabelledText(f"text {i}", "a b" if i % 4 == 0 else "a") for i in range(40)]
    _, held = hold_out(examples, {"test": 8}, labels_of=lambda e: e.label.split())
    assert Counter(e.label for e in held["test"]) == {"a": 6, "a b": 2}


def test_a_large_set_is_held_out_by_the_hash_alone():
    examples = [LabelledText(f"text {i}", "abbb"[i % 4]) for i in range(1000)]
    sizes: dict[str, str | int] = {"validation": "split:10%", "test": "split:10%"}
    assert hold_out(examples, sizes, labels_of=labels_of) == hold_out(examples, sizes)
    small = examples[:999]
    assert hold_out(small, sizes, labels_of=labels_of) != hold_out(small, sizes)


def test_equal_texts_of_a_label_are_one_text():
    examples = labelled(8, 0) + [LabelledText("So so.", "odd"), LabelledText("so  so.", "odd")]
    for seed in range(20):
        train, held = hold_out(examples, {"test": "split:50%"}, seed, labels_of=labels_of)
        assert examples[-2] in train and examples[-1] in train
        assert len(held["test"]) == 4  # of 9 distinct texts


def test_a_text_with_several_labels_stays_in_train_if_it_is_the_last_of_one():
    examples = labelled(8, 0) + [LabelledText("So so.", "a"), LabelledText("So so.", "odd")]
    for seed in range(20):
        train, _ = hold_out(examples, {"test": 4}, seed, labels_of=labels_of)
        assert examples[-2] in train and examples[-1] in train


def test_no_text_is_held_out_if_each_is_the_last_of_its_label():
    train, held = hold_out(labelled(0, 12), {"validation": 2, "test": 2}, labels_of=labels_of)
    assert (len(train), held) == (12, {"validation": [], "test": []})


def test_a_part_is_smaller_if_there_are_too_few_texts():
    examples = [*labelled(3, 20), LabelledText("text", "a")]
    _, held = hold_out(examples, {"validation": 1, "test": 10}, labels_of=labels_of)
    assert (len(held["validation"]), len(held["test"])) == (1, 1)  # three of "a", one of "b"


ROWS = st.lists(
    st.tuples(st.integers(0, 30).map(str), st.sampled_from("abcdefgh")), min_size=10, max_size=60
).filter(lambda rows: len({source for source, _ in rows}) >= 6)


@given(ROWS, st.integers(0, 50))
def test_train_keeps_every_label_and_labels_change_the_split_only_for_that(
    rows: list[tuple[str, str]], seed: int
):
    examples = [LabelledText(*row) for row in rows]
    sizes: dict[str, str | int] = {"validation": "split:20%", "test": 2}
    old = hold_out(examples, sizes, seed)
    with mock.patch("nlp_apps.text.hold_out.STRATIFIED_TEXTS", 0):
        train, held = hold_out(examples, sizes, seed, labels_of=labels_of)
    labels = {e.label for e in examples}
    assert {e.label for e in train} == labels
    assert Counter(train + held["validation"] + held["test"]) == Counter(examples)
    if {e.label for e in old[0]} == labels:
        assert (train, held) == old


# hold_out_end


@settings(max_examples=50)
@given(total=st.integers(10, 2_000_000))
def test_a_tenth_of_one_document_leaves_nine_tenths_rounded_down(total: int) -> None:
    # The usual split of Tiny Shakespeare is int(0.9 * n).
    text = "x" * total
    rest, held = hold_out_end([text], {"validation": "split:10%"})
    assert len(rest[0]) == int(0.9 * total) == total * 9 // 10
    assert rest[0] + held["validation"][0] == text


def test_one_document_is_split_at_a_character_with_validation_before_test() -> None:
    rest, held = hold_out_end(
        ["0123456789abcdefghij"], {"validation": "split:10%", "test": "split:3"}
    )
    assert rest == ["0123456789abcde"]
    assert held == {"validation": ["fg"], "test": ["hij"]}
    assert list(held) == ["validation", "test"]


def test_several_documents_are_held_out_whole() -> None:
    documents = ["aaaa", "bbbb", "cccc", "dddd", "ee", "ff"]
    rest, held = hold_out_end(documents, {"validation": "split:5", "test": "split:10%"})
    assert rest == ["aaaa", "bbbb", "cccc"]
    assert held == {"validation": ["dddd", "ee"], "test": ["ff"]}


def test_a_share_is_at_least_one_character() -> None:
    rest, held = hold_out_end(["abc"], {"test": "split:0.1%"})
    assert (rest, held) == (["ab"], {"test": ["c"]})


@settings(max_examples=60)
@given(
    documents=st.lists(st.text(min_size=1, max_size=9), min_size=1, max_size=12),
    sizes=st.tuples(st.integers(1, 20), st.integers(1, 20)),
)
def test_all_text_is_kept_in_its_order(documents: list[str], sizes: tuple[int, int]) -> None:
    named = {"validation": f"split:{sizes[0]}", "test": f"split:{sizes[1]}"}
    total = sum(map(len, documents))
    try:
        rest, held = hold_out_end(documents, named)
    except WorkError:
        return
    assert "".join([*rest, *held["validation"], *held["test"]]) == "".join(documents)
    assert sum(map(len, rest)) >= total // 2
    for part, size in zip(("validation", "test"), sizes, strict=True):
        assert sum(map(len, held[part])) >= size


def test_more_than_half_of_the_characters_is_an_error_with_the_numbers() -> None:
    message = r"data.validation = 'split:5%', data.test = 'split:1000': .*1,100 of 2,000 .*half"
    with pytest.raises(WorkError, match=message):
        hold_out_end(["x" * 2000], {"validation": "split:5%", "test": "split:1000"})


def test_half_may_be_held_out() -> None:
    assert hold_out_end(["abcd"], {"test": "split:50%"}) == (["ab"], {"test": ["cd"]})


def test_whole_documents_that_leave_less_than_half_are_an_error() -> None:
    with pytest.raises(WorkError, match=r"data.test = 'split:5%': .*90 of 100 .*whole"):
        hold_out_end(["a" * 10, "b" * 90], {"test": "split:5%"})


def test_fewer_documents_than_parts_are_an_error() -> None:
    message = r"data.validation = 'split:5%', data.test = 'split:5%': .*2 documents"
    with pytest.raises(WorkError, match=message):
        hold_out_end(["a" * 50, "b" * 50], {"validation": "split:5%", "test": "split:5%"})


def test_a_size_of_another_form_is_an_error_for_documents_too() -> None:
    with pytest.raises(ValueError, match="split:NUMBER or split:PERCENT%, received 'split:x'"):
        hold_out_end(["abc"], {"test": "split:x"})
