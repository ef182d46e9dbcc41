"""Protected spans and glossary terms are found in texts."""

import time

import pytest

from nlp_apps.errors import UsageError
from nlp_apps.text.glossary import Glossary, read_glossary
from nlp_apps.text.protected_spans import DEFAULT_KINDS, MARK, MAX_SPANS, SpanFinder
from tests.linear_time import takes_linear_time

FINDER = SpanFinder(DEFAULT_KINDS)
EVERY_KIND = SpanFinder([*DEFAULT_KINDS, "unit"])


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("Go to https://example.com/a?b=1&c=%20x.", ["https://example.com/a?b=1&c=%20x"]),
        ("(see www.example.org/x), or ftp://a.b/c!", ["www.example.org/x", "ftp://a.b/c"]),
        ("https://de.wikipedia.org/wiki/Köln ist", ["https://de.wikipedia.org/wiki/Köln"]),
        ("看https://example.com/a。谢谢", ["https://example.com/a"]),
        ("Ask anna.b+c@mail.example.org, please.", ["anna.b+c@mail.example.org"]),
        ("{name} has {{ n }} of ${total}", ["{name}", "{{ n }}", "${total}"]),
        ("%s, %d, %1$s, %(name)s, %.2f, %@", ["%s", "%d", "%1$s", "%(name)s", "%.2f", "%@"]),
        ("50% off, 100 % sure", []),
        ("<keep>ＡＢ  Ｃ</keep>x<keep>d</keep>", ["ＡＢ  Ｃ", "d"]),
        ("<keep>a <keep>b</keep> c</keep>", ["a <keep>b"]),
        ("<keep>see {name}</keep> {name}", ["see {name}", "{name}"]),
        ("{a}{b}", ["{a}", "{b}"]),
        ("<keep>two\nlines</keep>", ["two lines"]),
    ],
)
def test_spans_are_found(text, spans):
    marked = FINDER.mark(text)
    assert (marked.spans if marked else []) == spans
    assert not marked or marked.text.count(MARK) == len(spans)


@pytest.mark.parametrize("text", ["Nothing here.", "<keep>unclosed", "closed</keep>", "a @ b", ""])
def test_a_text_without_spans_is_not_marked(text):
    assert FINDER.mark(text) is None


def test_numbers_with_units_are_found_if_wanted():
    marked = SpanFinder(["unit"]).mark("5 kg, 20 km/h, 3,5 % and 7 cats")
    assert marked and marked.spans == ["5 kg", "20 km/h", "3,5 %"]


def test_spans_after_the_limit_stay_in_the_text():
    marked = FINDER.mark("{a} " * (MAX_SPANS + 3))
    assert marked
    assert (len(marked.spans), marked.num_left, marked.text.count("{a}")) == (MAX_SPANS, 3, 3)


@pytest.mark.parametrize(
    "piece",
    [
        "<keep>",
        "</keep>",
        "<keep></keep>",
        "a",
        "a@",
        "a.",
        "{",
        "{{",
        "%",
        "www.",
        "http://",
        "%(",
        "1,",
        "1",
    ],
)
def test_hostile_text_needs_linear_time(piece):
    assert takes_linear_time(EVERY_KIND.mark, piece * (200_000 // len(piece)))


# Glossary -----------------------------------------------------------------------------------------

GLOSSARY = Glossary(
    {"engine": "Motor", "engine room": "Maschinenraum", "IT": "EDV", "手机": "Handy", "l'eau": "W"}
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the engine room", ["Maschinenraum"]),
        ("Engines, ENGINE, engine's", ["Motor", "Motor"]),
        ("it is IT", ["EDV"]),
        ("我的手机很好", ["Handy"]),
        ("de l'eau", ["W"]),
        ("engine engine", ["Motor", "Motor"]),
        ("search_engine, reengine", []),
    ],
)
def test_terms_are_found_as_whole_words_longest_first(text, found):
    assert [match.term.target for match in GLOSSARY.find(text)] == found


def test_of_overlapping_terms_the_longest_counts():
    glossary = Glossary({"a b": "1", "b c d": "2", "d": "3"})
    assert [match.term.target for match in glossary.find("a b c d d")] == ["2", "3"]


def test_a_term_with_a_capital_matches_exactly():
    glossary = Glossary({"apple": "Apfel", "Apple": "Apple"})
    assert [match.term.target for match in glossary.find("Apple apple APPLE")] == [
        *("Apple", "Apfel", "Apfel")
    ]


def test_ten_thousand_terms_are_as_fast_as_few():
    glossary = Glossary({f"word{n} of{n % 100}": f"t{n}" for n in range(10_000)})
    started = time.thread_time()
    found = glossary.find("word5 of5 and word9999 of99 " * 500)
    assert time.thread_time() - started < 10  # 0.02 s; each term alone: minutes
    assert len(found) == 1000


def test_a_file_has_comments_and_empty_lines(tmp_path):
    path = tmp_path / "terms.tsv"
    path.write_bytes(
        "\ufeff# comment\r\n\r\nengine\tMotor\r\ncar\t Wagen \nengine\tMotor\n".encode()
    )
    assert read_glossary(path).terms == {"engine": "Motor", "car": "Wagen"}


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("a\tb\nc\n", "line 2"),
        ("a\tb\tc\n", "line 1"),
        ("a\tb\n\na\tc\n", "lines 1 and 3"),
        ("a\t\n", "line 1"),
        (f"{'a' * 201}\tb\n", "line 1"),
        ("a\t\u2581\n", "line 1"),
    ],
)
def test_a_bad_line_is_named(tmp_path, content, place):
    path = tmp_path / "terms.tsv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=f"terms.tsv, {place}:"):
        read_glossary(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UsageError, match="--glossary .*none.tsv"):
        read_glossary(tmp_path / "none.tsv")


def test_terms_that_are_the_same_after_normalization_have_one_translation():
    with pytest.raises(UsageError, match="'A' has two translations"):
        Glossary({"A": "1", "\uff21": "2"})
    assert Glossary({"A": "1", "\uff21": "1"}).terms == {"A": "1"}


def test_a_term_of_space_marks_is_empty():
    with pytest.raises(UsageError, match="must not be empty"):
        Glossary({"station": "\u2581"})


def test_the_terms_of_a_text_have_those_of_any_case_and_those_inside_others():
    glossary = Glossary({"IT": "1", "it": "2", "Is it": "3", "cat": "4", "#1": "5"})
    assert glossary.of("THIS IS\u2581IT #1") == {"IT": "1", "it": "2", "Is it": "3", "#1": "5"}
