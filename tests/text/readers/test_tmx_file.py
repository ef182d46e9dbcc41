"""Tests of nlp_apps.text.readers.tmx_file, by the reader of sentence pairs."""

import gzip
import logging
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_apps.errors import NlpAppsError, UsageError, WorkError
from nlp_apps.text.corpus import Pair
from nlp_apps.text.readers.pairs import read_pairs
from tests.text.readers.folder import Folder


def unit(**texts: str) -> str:
    """Returns a unit; `_` in a language is a hyphen."""
    sides = (
        f'<tuv xml:lang="{code.replace("_", "-")}"><seg>{text}</seg></tuv>'
        for code, text in texts.items()
    )
    return f"<tu>{''.join(sides)}</tu>\n"


def tmx(*units: str, source: str = "en", doctype: str = "", encoding: str = "UTF-8") -> str:
    """Returns a file."""
    head = f'<?xml version="1.0" encoding="{encoding}"?>\n{doctype}\n'
    header = f'<tmx version="1.4"><header srclang="{source}"/>\n'
    return f"{head}{header}<body>\n{''.join(units)}</body></tmx>"


GOOD = [unit(en="Hello.", fr="Bonjour."), unit(en="Thanks.", fr="Merci.")]
PAIRS = [Pair("Hello.", "Bonjour."), Pair("Thanks.", "Merci.")]
DTD = '<!DOCTYPE tmx SYSTEM "tmx14.dtd">'


class Memories(Folder):
    """A folder of translation memories."""

    def read(self, content: str | bytes, name: str = "a.tmx", **options: object) -> list[Pair]:
        self.write(name, content)
        return [*read_pairs(name, find=self.find, **options).examples]  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Memories:
    return Memories(tmp_path)


@pytest.mark.parametrize("name", ["a.tmx", "a.TMX", "a.tmx.gz"])
@pytest.mark.parametrize("doctype", ["", DTD])
def test_units_are_pairs(folder: Memories, name: str, doctype: str) -> None:
    content = tmx(*GOOD, doctype=doctype)
    assert folder.read(content, name) == PAIRS
    assert folder.read(content, name, reverse=True) == [Pair(t, s) for s, t in PAIRS]
    assert folder.read(content, name, languages=("fr", "en")) == [Pair(t, s) for s, t in PAIRS]


def test_the_header_names_the_source_and_the_first_language_is_it_otherwise(
    folder: Memories, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        found = folder.read(tmx(*GOOD, source="FR"))
    assert found[0] == Pair("Bonjour.", "Hello.")
    assert "the source language is fr, the target language en" in caplog.text
    for source in ("*all*", "", "de"):
        assert folder.read(tmx(*GOOD, source=source)) == PAIRS


@pytest.mark.parametrize(("source", "target"), [("en", "fr"), ("EN_us", "fr-CA"), ("", "fr")])
def test_a_code_fits_its_regions(folder: Memories, source: str, target: str) -> None:
    content = tmx(unit(en_US="Hello.", fr_CA="Bonjour."), source="*all*")
    assert folder.read(content, languages=(source, target)) == PAIRS[:1]


def test_units_without_both_languages_are_counted(
    folder: Memories, caplog: pytest.LogCaptureFixture
) -> None:
    content = tmx(GOOD[0], unit(en="x", de="y"), unit(fr="x"), GOOD[1])
    with caplog.at_level(logging.INFO):
        assert folder.read(content, languages=("en", "fr")) == PAIRS
    assert "2 of 4 units have en and fr" in caplog.text


def test_several_languages_need_a_choice(folder: Memories) -> None:
    content = tmx(unit(en="a", fr="b", de="c"))
    with pytest.raises(UsageError, match=r"the languages en, fr, de\. Set data\.source_language"):
        folder.read(content)
    with pytest.raises(WorkError, match=r"none of 1 units has en and it\. .*: en, fr, de\."):
        folder.read(content, languages=("en", "it"))
    assert folder.read(content, languages=("de", "en")) == [Pair("c", "a")]


def test_codes_of_other_formats_are_no_text(folder: Memories) -> None:
    bold = '<bpt i="1">&lt;b&gt;</bpt><hi>bold</hi><ept i="1">&lt;/b&gt;</ept>'
    text = f"A {bold} <ph>x<sub>y</sub></ph>word."
    content = tmx(unit(en=text, fr="Un &amp; deux &#233;."))
    assert folder.read(content) == [Pair("A bold word.", "Un & deux é.")]


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "utf-8-sig", "cp1252"])
def test_the_file_names_its_encoding(folder: Memories, encoding: str) -> None:
    declared = encoding.removesuffix("-sig")
    content = tmx(unit(en="Coffee.", fr="Café."), encoding=declared)
    assert folder.read(content.encode(encoding)) == [Pair("Coffee.", "Café.")]


@pytest.mark.parametrize(
    "declaration",
    [
        '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">',
        '<!ENTITY x SYSTEM "file:///etc/passwd">',
        '<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;',
    ],
)
def test_declarations_of_entities_are_refused(folder: Memories, declaration: str) -> None:
    content = tmx(unit(en="&b;&x;", fr="x"), doctype=f"<!DOCTYPE tmx [{declaration}]>")
    with pytest.raises(WorkError, match=r"a\.tmx, line 2: declares the entity"):
        folder.read(content, on_bad_line="skip")


def test_an_entity_without_declaration_is_a_bad_unit(folder: Memories) -> None:
    content = tmx(GOOD[0], unit(en="caf&eacute;", fr="x"), GOOD[1], doctype=DTD)
    with pytest.raises(WorkError, match=r"line 6: the entity &eacute; is not declared"):
        folder.read(content)
    assert folder.read(content, on_bad_line="skip") == PAIRS


@pytest.mark.parametrize(("text", "words"), [("", "side is empty"), ("x" * 99, "longer than 50")])
def test_a_bad_unit_is_an_error_with_its_line_or_is_skipped(
    folder: Memories, text: str, words: str
) -> None:
    content = tmx(GOOD[0], unit(en="Hello.", fr=text), GOOD[1])
    with pytest.raises(WorkError, match=rf"a\.tmx, line 6: .*{words}.*on_bad_line"):
        folder.read(content, max_line_characters=50)
    assert folder.read(content, on_bad_line="skip", max_line_characters=50) == PAIRS


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "the file is empty"),
        ("Hello.\tBonjour.\n", r"line 1, column 1: not valid XML \(syntax error\)"),
        (tmx(*GOOD)[:-20], r"not valid XML \("),
        ("<html></html>", "an XML file of <html>, not TMX"),
        (tmx(), "none of 0 units has two languages"),
        (tmx(unit(en="x")), r"none of 1 units has two languages. .*: en\."),
        (tmx(*GOOD, encoding="utf-7"), "a.tmx"),
        ('<?xml version="1.0" encoding="nonsense"?><tmx/>', "a.tmx"),
    ],
)
def test_other_files_are_errors(folder: Memories, content: str, words: str) -> None:
    with pytest.raises(WorkError, match=words):
        folder.read(content)


def test_a_truncated_gzip_file_is_an_error(folder: Memories) -> None:
    (folder.path / "b.tmx.gz").write_bytes(gzip.compress(tmx(*GOOD * 99).encode())[:-9])
    with pytest.raises(WorkError, match=r"b\.tmx\.gz: the gzip file is truncated"):
        read_pairs("b.tmx.gz", find=folder.find)


TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1
).filter(lambda text: text == text.strip() and "\u2028" not in text and "\u2029" not in text)


@settings(max_examples=60)
@given(pairs=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6))
def test_good_pairs_come_back(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]]
) -> None:
    folder = Memories(tmp_path_factory.getbasetemp())
    content = tmx(*(unit(en=escape(source), fr=escape(target)) for source, target in pairs))
    assert folder.read(content) == pairs


PARTS = [
    *("<tmx>", "</tmx>", "<tu>", "</tu>", '<tuv lang="en">', '<tuv xml:lang="fr">', "</tuv>"),
    *("<seg>", "</seg>", "<hi>", "</hi>", "<ph>", "</ph>", "a", "&amp;", "&x;", "\n", "<!-- -->"),
    *("<![CDATA[b]]>", '<header srclang="en"/>', DTD, '<!DOCTYPE tmx [<!ENTITY x "y">]>', "\0"),
]


@settings(max_examples=200)
@given(
    parts=st.lists(st.sampled_from(PARTS), max_size=25), policy=st.sampled_from(["stop", "skip"])
)
def test_any_content_is_read_or_is_an_error(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str], policy: str
) -> None:
    folder = Memories(tmp_path_factory.getbasetemp())
    content = "".join(parts)
    for whole in (content, f"<tmx>{content}</tmx>"):
        try:
            found = folder.read(whole, "f.tmx", on_bad_line=policy)
        except NlpAppsError as error:
            assert "f.tmx" in str(error)
        else:
            assert all(pair.source and pair.target for pair in found)
