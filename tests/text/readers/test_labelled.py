"""Tests of nlp_apps.text.readers.labelled and nlp_apps.text.html."""

import hashlib
import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest

from nlp_apps.errors import UsageError, WorkError
from nlp_apps.text.corpus import Corpus, LabelledText
from nlp_apps.text.html import clean
from nlp_apps.text.readers.labelled import read_labelled_texts
from tests.text.readers.folder import Folder


class LabelledFolder(Folder):
    """A folder of labelled texts."""

    def read(self, source: str | list[str], **options: Any) -> Corpus[LabelledText]:
        return read_labelled_texts(source, find=self.find, **options)

    def tsv(self, content: bytes | str, **options: Any) -> Corpus[LabelledText]:
        return self.read(self.write("train.tsv", content), **options)


@pytest.fixture
def folder(tmp_path: Path) -> LabelledFolder:
    return LabelledFolder(tmp_path)


GOOD = "pos\tWell done.\nneg\tNot so.\n"
EXAMPLES = [LabelledText("Well done.", "pos"), LabelledText("Not so.", "neg")]


def test_examples_of_a_tsv_are_in_order_with_name_and_checksum(folder: LabelledFolder) -> None:
    corpus = folder.tsv(GOOD)
    assert corpus.examples == EXAMPLES
    assert corpus.skipped == 0
    assert corpus.names == ["train.tsv"]
    assert corpus.checksum == hashlib.sha256(GOOD.encode()).hexdigest()


def test_files_of_several_formats_follow_each_other(folder: LabelledFolder) -> None:
    names = [
        folder.write("a.tsv", GOOD),
        folder.write("b.csv.gz", "label,text\npos,Yes.\n"),
        folder.write("c.jsonl", '{"text": "No.", "label": "neg"}\n'),
    ]
    corpus = folder.read(names)
    assert corpus.examples == [*EXAMPLES, LabelledText("Yes.", "pos"), LabelledText("No.", "neg")]
    assert corpus.names == names
    sums = [hashlib.sha256((folder.path / name).read_bytes()).hexdigest() for name in names]
    assert corpus.checksum == " ".join(sums)


def test_columns_can_be_chosen_by_number_and_by_name(folder: LabelledFolder) -> None:
    imdb = "pos\ttest/1_9.txt\t9\tWell\tdone.\n"
    assert folder.tsv(imdb, label_column=1, text_column=4).examples == [
        LabelledText("Well\tdone.", "pos")
    ]
    name = folder.write("a.csv", "stars,body\n5,Well done.\n")
    found = folder.read(name, label_column="stars", text_column="body")
    assert found.examples == [LabelledText("Well done.", "5")]


def test_surrounding_white_space_is_dropped_and_newlines_become_spaces(
    folder: LabelledFolder,
) -> None:
    name = folder.write("a.csv", 'label,text\n" p\nq ","\n one\r\n\r\ntwo\n"\n')
    assert folder.read(name).examples == [LabelledText("one two", "p q")]


def test_a_label_is_one_value_of_a_line(folder: LabelledFolder) -> None:
    name = folder.write("a.jsonl", '{"label": "very\\t\\u00a0 good\\u2028\\n", "text": "a\\tb"}\n')
    assert folder.read(name).examples == [LabelledText("a\tb", "very good")]


def test_html_is_cleaned_on_request_only(folder: LabelledFolder) -> None:
    line = "pos\tGood.<br /><br />Not &quot;great&quot;.\n"
    assert folder.tsv(line).examples[0].source == "Good.<br /><br />Not &quot;great&quot;."
    assert folder.tsv(line, clean_html=True).examples[0].source == 'Good. Not "great".'


def test_a_newline_in_an_html_entity_becomes_a_space(folder: LabelledFolder) -> None:
    assert folder.tsv("pos\ta&#10;b\n", clean_html=True).examples[0].source == "a b"


@pytest.mark.parametrize(
    ("line", "options", "words"),
    [
        ("pos\t", {}, "the text is empty"),
        ("pos\t\u00a0 ", {}, "the text is empty"),
        (" \tFine.", {}, "the label is empty"),
        ("pos\t<br />&nbsp;", {"clean_html": True}, "the text is empty"),
        ("pos\t\u2581 \u2581", {}, "the text is empty"),
        ("no tab", {}, "no TAB; a line is LABEL<TAB>TEXT"),
    ],
)
def test_a_bad_line_is_an_error_with_file_and_line_or_is_skipped_and_counted(
    folder: LabelledFolder,
    caplog: pytest.LogCaptureFixture,
    line: str,
    options: dict[str, Any],
    words: str,
) -> None:
    first, second = GOOD.splitlines(keepends=True)
    content = f"{first}{line}\n{second}"
    with pytest.raises(WorkError, match=rf"train\.tsv, line 2: {words}\. .*data\.on_bad_line"):
        folder.tsv(content, **options)
    with caplog.at_level(logging.WARNING):
        corpus = folder.tsv(content, on_bad_line="skip", **options)
    assert corpus.examples == EXAMPLES
    assert corpus.skipped == 1
    assert "train.tsv, line 2: " in caplog.messages[0]


def test_bad_lines_are_counted_over_all_files(folder: LabelledFolder) -> None:
    names = [folder.write("a.tsv", "bad\n" + GOOD), folder.write("b.tsv", "bad\n" * 2)]
    corpus = folder.read(names, on_bad_line="skip")
    assert corpus.skipped == 3
    assert corpus.examples == EXAMPLES


def test_a_file_of_bad_lines_is_an_error_under_the_policy_skip_too(
    folder: LabelledFolder,
) -> None:
    with pytest.raises(WorkError, match=r"train\.tsv: all 3 lines are bad"):
        folder.tsv("bad\n" * 3, on_bad_line="skip")


@pytest.mark.parametrize("policy", ["stop", "skip"])
def test_a_header_line_without_rows_is_an_error(folder: LabelledFolder, policy: str) -> None:
    name = folder.write("a.csv", "label,text\n")
    with pytest.raises(WorkError, match=r"^a\.csv: no text"):
        folder.read(name, on_bad_line=policy)


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("train.tsv", "label\ttext\n" + GOOD, {}),
        (
            "train.tsv",
            "Text\tSentiment\nWell done.\tpos\nNot so.\tneg\n",
            {"label_column": 2, "text_column": 1},
        ),
        ("train.tsv", "id\tReview\tClass\n1\tWell done.\tpos\n2\tNot so.\tneg\n", {}),
        (
            "train.csv",
            "label,text\npos,Well done.\nneg,Not so.\n",
            {"label_column": 1, "text_column": 2},
        ),
    ],
    ids=["tsv", "tsv, text first", "tsv, columns of the header line", "csv by number"],
)
def test_a_header_line_read_by_number_is_no_text(
    folder: LabelledFolder,
    caplog: pytest.LogCaptureFixture,
    name: str,
    content: str,
    options: dict[str, Any],
) -> None:
    folder.write(name, content)
    with caplog.at_level(logging.INFO):
        corpus = folder.read(name, **options)
    assert (corpus.examples, corpus.skipped) == (EXAMPLES, 0)
    (message,) = caplog.messages
    assert re.search(rf"{name}: line 1 is a header line; data\.label_column = '", message)


def test_the_name_of_a_column_below_the_first_line_is_a_text(folder: LabelledFolder) -> None:
    assert folder.tsv(GOOD + "label\ttext\n").examples[-1] == LabelledText("text", "label")


ROWS = "".join(f"{'pos' if number % 3 else 'neg'}\tText {number}.\n" for number in range(20))


def warnings(caplog: pytest.LogCaptureFixture, folder: LabelledFolder, *contents: str) -> list[str]:
    """Reads files; returns the warnings, without the folder."""
    names = [folder.write(f"{index}.tsv", content) for index, content in enumerate(contents)]
    with caplog.at_level(logging.WARNING):
        folder.read(names)
    return [message.replace(f"{folder.path}/", "") for message in caplog.messages]


@pytest.mark.parametrize("count", [1, 2])
def test_a_first_row_that_may_be_a_header_line_is_logged_once(
    folder: LabelledFolder, caplog: pytest.LogCaptureFixture, count: int
) -> None:
    (message,) = warnings(caplog, folder, *["kind of text\tits words\n" + ROWS] * count)
    assert re.match(
        r"0\.tsv, line 1: .*'kind of text'.*data\.label_column.*data\.text_column", message
    )


@pytest.mark.parametrize(
    "content",
    [
        ROWS,
        "kind\ttext\n" + "".join(ROWS.splitlines(keepends=True)[1:]),
        ROWS + "fair\tSo so.\n",
        "".join(f"{number}\tText {number}.\n" for number in range(50)),
    ],
    ids=[
        "labels repeat",
        "too few texts",
        "a rare label below",
        "labels do not repeat",
    ],
)
def test_an_ordinary_first_row_is_read_without_a_warning(
    folder: LabelledFolder, caplog: pytest.LogCaptureFixture, content: str
) -> None:
    assert warnings(caplog, folder, content) == []


def test_a_first_row_below_a_header_line_is_read_without_a_warning(
    folder: LabelledFolder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write("a.csv", "label,text\nfair,So so.\n" + ROWS.replace("\t", ","))
    with caplog.at_level(logging.WARNING):
        folder.read("a.csv")
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("value", "label"),
    [("1", "1"), ("1.0", "1"), ("-2.00", "-2"), ("-0.0", "0"), ("1.5", "1.5"), ("v1.0", "v1.0")]
    + [("01", "01"), ("1.", "1."), ("1.0 star", "1.0 star")],
)
@pytest.mark.parametrize("suffix", ["tsv", "csv", "jsonl", "json"])
def test_a_whole_number_is_one_label_in_every_format(
    folder: LabelledFolder, suffix: str, value: str, label: str
) -> None:
    text = json.dumps({"label": value, "text": "Fine."})
    content = {
        "tsv": f"{value}\tFine.\n",
        "csv": f"label,text\n{value},Fine.\n",
        "jsonl": text,
        "json": f"[{text}]",
    }[suffix]
    corpus = folder.read(folder.write(f"a.{suffix}", content))
    assert corpus.examples == [LabelledText("Fine.", label)]


def test_an_unknown_policy_is_a_usage_error(folder: LabelledFolder) -> None:
    with pytest.raises(UsageError, match="data.on_bad_line .*'ignore'"):
        folder.tsv(GOOD, on_bad_line="ignore")


# html.clean


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Good.<br /><br />Not &quot;great&quot;.", 'Good. Not "great".'),
        ("a<br>b<BR/>c<br  />d", "a b c d"),
        ("caf&eacute; &amp; bar &#8211; &lt;i&gt;", "café & bar – <i>"),
        ("&amp;lt;", "&lt;"),
        ("  two   spaces  ", "two spaces"),
        ("2 < 3, <i>so</i> & so", "2 < 3, <i>so</i> & so"),
        ("one\n\ntwo\u00a0 x", "one\n\ntwo x"),
        ("two&nbsp;&nbsp;spaces&nbsp;", "two spaces"),
        ("a&lt;br /&gt;&lt;br /&gt;b &amp; c", "a b & c"),
        ('a<br clear="all">b<br\nclear=all />c</br>d', "a b c d"),
        ("a &lt; b, a <b> c, <bracket>, <br", "a < b, a <b> c, <bracket>, <br"),
        ("<br /> ", ""),
    ],
)
def test_cleaning_changes_only_line_breaks_entities_and_spaces(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned
