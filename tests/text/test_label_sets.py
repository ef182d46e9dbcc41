"""Sets of labels: parsed from columns and lists, and kept in train."""

import json
from pathlib import Path

import pytest

from nlp_apps.errors import WorkError
from nlp_apps.text.corpus import LabelledText
from nlp_apps.text.hold_out import hold_out
from nlp_apps.text.label_sets import join_labels, list_value, parse_labels, split_labels
from nlp_apps.text.readers.labelled import as_label, read_labelled_texts


@pytest.mark.parametrize(
    ("value", "separator", "labels"),
    [
        ("b, a ,b", ",", ("a", "b")),
        ("", ",", ()),
        (" , ", ",", ()),
        ("new york|1.0", "|", ("1", "new york")),
        ("a b", " ", ("a", "b")),
        (list_value(["c,d", "a"]), ",", ("a", "c,d")),
        (list_value([]), ",", ()),
    ],
)
def test_labels_are_split_and_sorted(value: str, separator: str, labels: tuple[str, ...]) -> None:
    assert split_labels(parse_labels(value, separator, as_label)) == labels


def read(folder: Path, name: str, text: str) -> list[LabelledText]:
    (folder / name).write_text(text, encoding="utf-8")
    corpus = read_labelled_texts(name, find=lambda path: folder / path, label_separator=",")
    return list(corpus.examples)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.tsv", "b,a\tone\n\ttwo\n"),
        ("a.csv", 'text,labels\none,"b,a"\ntwo,\n'),
        ("a.jsonl", '{"text": "one", "labels": ["b", "a"]}\n{"text": "two", "labels": []}\n'),
        ("b.jsonl", '{"text": "one", "label": "b, a"}\n{"text": "two", "label": null}\n'),
        (
            "a.json",
            json.dumps([{"text": "one", "label": ["a", "b"]}, {"text": "two", "label": []}]),
        ),
    ],
)
def test_every_table_may_have_sets_of_labels(tmp_path: Path, name: str, text: str) -> None:
    expected = [LabelledText("one", join_labels("ab")), LabelledText("two", "")]
    assert read(tmp_path, name, text) == expected


def test_parquet_may_have_lists_of_labels(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="needs the extra parquet")
    from pyarrow import parquet

    table = arrow.table({"text": ["one", "two", "three"], "label": [[2, 1], [], None]})
    parquet.write_table(table, tmp_path / "a.parquet")
    corpus = read_labelled_texts(
        "a.parquet", find=lambda path: tmp_path / path, label_separator=","
    )
    assert [one.label for one in corpus.examples] == ["1\n2", "", ""]


def test_a_list_needs_several_labels_a_text(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "one", "label": ["a"]}\n', encoding="utf-8")
    with pytest.raises(WorkError, match="line 1: the field 'label'.*data.multi_label = true"):
        read_labelled_texts("a.jsonl", find=lambda path: tmp_path / path)


def test_a_nested_list_is_a_bad_line(tmp_path: Path) -> None:
    with pytest.raises(WorkError, match="line 1: the field 'label'"):
        read(tmp_path, "a.jsonl", '{"text": "one", "label": [["a"]]}\n')


@pytest.mark.parametrize("seed", range(20))
def test_train_keeps_a_text_of_each_label_of_every_set(seed: int) -> None:
    texts = [LabelledText(f"text {i}", join_labels("ab"[: i % 3])) for i in range(40)]
    texts += [LabelledText("rare", "c"), LabelledText("rarer", join_labels("acd"))]
    train, parts = hold_out(
        texts, {"test": "split:50%"}, seed, labels_of=lambda one: split_labels(one.label)
    )
    kept = {label for one in train for label in split_labels(one.label)}
    assert kept == {"a", "b", "c", "d"}
    assert 19 <= len(parts["test"]) <= 21
