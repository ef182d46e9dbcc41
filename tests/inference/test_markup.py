"""Tags of a text are in its translation, around the words that attend to theirs."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_apps.text.markup import MAX_TAGS, AlignedWord, parse, place, split_words
from nlp_apps.text.markup_tags import hide_tags
from nlp_apps.text.sentences import join_sentences, starts_in_joined
from tests.inference.test_constrained_translation import translator
from tests.linear_time import takes_linear_time


def parsed_text(text):
    return parse(*hide_tags(text))


def copied(text):
    """The text with its tags placed by a translator that copies every word."""
    parsed = parsed_text(text)
    assert parsed
    without, root, _ = parsed
    words = []
    for start, end in split_words(without):

        def mass(first, last, start=start, end=end):
            return max(min(end, last) - max(start, first), 0) / (end - start)

        words.append(AlignedWord(start, end, mass, start))
    return place(root, without, words)


@pytest.mark.parametrize(
    "text",
    [
        "a <b>red car</b> here",
        '<a href="x?a=1&amp;b=2">all of <i>it</i></a>.',
        "one <b>two <i>three</i> four</b> <u>five</u>",
        "a &lt; b &amp; <b>c</b>",
        "first <br/>second",
        "<b>我的</b>手机",
        "<a title=\"x > y  z\" data-a='<'>one</a> two",
        "one <!-- <b> & -->two",
        "one <![CDATA[ <i> ]]>two",
        "one <?php <b> ?>two",
        "<SCRIPT>if (a < b) { c('</b>') }</script>one",
        "<style>b {}</style>one <g:x id='1'>two</g:x>",
        "<b>\u05d0\u05d1</b> \u05d2",
        "<source>one two</source> three",  # empty in HTML, not in XLIFF
    ],
)
def test_a_copy_has_the_same_tags(text):
    assert copied(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a <b>c", "a <b>c</b>"),
        ("a</b> c", "a c"),
        ("<b>a <i>c</b> d</i>", "<b>a <i>c</i></b> d"),
        ("<img src=x> a", "<img src=x>a"),
        ("a<br>b", "a <br>b"),
        ("a <!-- b <i>c</i>", "a &lt;!-- b <i>c</i>"),
        ("<b>>\u0338 x</b>", "<b>\u226f x</b>"),
        ("<b>a <b>c", "<b>a <b>c</b></b>"),
        ("<B>a</b> c", "<B>a</b> c"),
        ("<b></b>", "<b></b>"),
        ("a &#10; &lt;b&gt; c &amp;lt;", "a &lt;b&gt; c &amp;lt;"),
        ("<b>a\ufdd2</b>", "<b>a\ufffd</b>"),
        ("a&#x3000;&#xff22; <b>c</b>", "a B <b>c</b>"),
        ("<script>a <b>c</b>", "<script>a <b>c</b></script>"),
    ],
)
def test_the_result_is_well_nested(text, expected):
    assert copied(text) == expected


@pytest.mark.parametrize(
    "piece",
    [
        *("<", "<b", "<b ", '<b a="', "<b a='<", "<b a=", "<!--", "<![CDATA[", "<?", "<!a", "</"),
        *("<script>", "<style", "<keep>", "</keep>", "<keep></keep>", "<b>", "</b>", "&lt;", "&#"),
        *('<a b="c', '="<b ', "<b a=b", "<b =", "<a><!--"),
    ],
)
def test_tags_are_found_in_linear_time(piece):
    assert takes_linear_time(parsed_text, (piece * 20_000)[:50_000])


def test_declarations_are_found_in_linear_time():
    text = "<!a" * 200_000
    assert hide_tags(text + ">")[1]
    assert takes_linear_time(hide_tags, text)


def test_hidden_tags_have_their_characters():
    text = "a <keep><b></keep> <b\tc='  e\u0301'>\u00a0x</b ><keep> <i>"
    hidden, tags = hide_tags(text)
    assert [tag.written for tag in tags] == ["<b\tc='  e\u0301'>", "</b >", "<i>"]
    assert "<keep><b></keep>" in hidden
    assert len(hide_tags(text, has_keep=False)[1]) == 4


def test_swapped_words_have_swapped_tags():
    parsed = parsed_text("<b>red</b> <i>car</i>")
    assert parsed
    spans = {(0, 7): (4, 7), (8, 13): (0, 3)}  # "voiture", "rouge"

    def at(position):
        return lambda first, last: float(first <= position < last)

    words = [AlignedWord(*place, at(found[0]), found[0]) for place, found in spans.items()]
    assert place(parsed[1], "voiture rouge", words) == "<i>voiture</i> <b>rouge</b>"


def test_a_protected_span_keeps_its_characters_and_other_text_gets_entities():
    parsed = parsed_text("<b>x</b> y")
    assert parsed
    words = [
        AlignedWord(0, 5, lambda first, last: float(first == 0), 0, is_kept=True),
        AlignedWord(6, 9, lambda first, last: 0.0, 2),
    ]
    assert place(parsed[1], "a&<b> R&D", words) == "<b>a&<b></b> R&amp;D"


def test_an_empty_element_is_where_the_fewest_words_cross_it():
    parsed = parsed_text("ab <br/>cd ef")
    assert parsed
    words = [
        AlignedWord(3 * index, 3 * index + 2, lambda first, last: 0.0, position)
        for index, position in enumerate((0, 6, 1, 2, 6))
    ]
    assert place(parsed[1], "11 22 33 44 55", words) == "11 22 33 44 <br/>55"


def test_sentences_start_where_they_are_joined():
    texts = ["a ", "", "我。", "b"]
    joined, starts = join_sentences(texts), starts_in_joined(texts)
    assert [joined[start : start + len(one)] for one, start in zip(texts, starts, strict=True)] == (
        texts
    )


def test_a_text_without_markup_or_with_too_much_is_text():
    assert parsed_text("a < b, c > d & e") is None
    assert parsed_text("<b>x</b>" * MAX_TAGS) is None


@pytest.fixture(scope="module")
def keeping():
    found = translator()
    found.keeps_markup = True
    return found


TAGS = ["<b>", "</b>", "<i>", "</i>", "<br/>", '<a href="https://x.org/?a=1">', "</a>", "&amp;"]
PARTS = st.lists(
    st.sampled_from([*TAGS, "the", "old", "house", "sun.", "{name}", "<keep>b  c</keep>"]),
    min_size=1,
    max_size=10,
)


@settings(max_examples=30, deadline=None)
@given(PARTS)
def test_every_output_is_well_nested_and_has_the_protected_spans(keeping, parts):
    text = " ".join(parts)
    (found,) = keeping.predict([text])
    if not set(parts) & set(TAGS):
        return
    stack: list[str] = []
    for closing, name, ending in re.findall(r"<(/?)([a-z]+)[^<>]*?(/?)>", found.text):
        if closing:
            assert stack.pop() == name
        elif not ending:
            stack.append(name)
    assert not stack
    assert found.text.count("{name}") == parts.count("{name}")
    assert found.text.count("b  c") == parts.count("<keep>b  c</keep>")
    assert found.text.count("<br/>") == parts.count("<br/>")
    assert found.text.count("https://x.org/?a=1") == parts.count(TAGS[5])
    assert np.isfinite(found.score)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("<p>the https://e.org/?a=1&amp;b=2</p>", "https://e.org/?a=1&amp;b=2"),
        ("<b>the</b> <keep>a < b</keep>", "a < b"),
    ],
)
def test_a_protected_span_in_markup_has_its_characters(keeping, text, kept):
    assert keeping.predict([text])[0].text.count(kept) == 1
