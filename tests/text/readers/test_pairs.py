"""Tests of nlp_apps.text.readers.pairs and nlp_apps.text.readers.text_file."""

import gzip
import hashlib
import logging
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_apps.errors import NlpAppsError, UsageError, WorkError
from nlp_apps.text.corpus import Corpus, Pair
from nlp_apps.text.normalize import normalize
from nlp_apps.text.readers.pairs import read_pairs
from tests.text.readers.folder import Folder


class PairFolder(Folder):
    """A folder of sentence pairs."""

    def read(self, source: str | list[str], **options: object) -> Corpus[Pair]:
        return read_pairs(source, find=self.find, **options)  # type: ignore[arg-type]

    def tsv(self, content: bytes | str, **options: object) -> Corpus[Pair]:
        return self.read(self.write("train.tsv", content), **options)


@pytest.fixture
def folder(tmp_path: Path) -> PairFolder:
    return PairFolder(tmp_path)


GOOD = "Hello.\tBonjour.\nThanks.\tMerci.\n"
PAIRS = [Pair("Hello.", "Bonjour."), Pair("Thanks.", "Merci.")]


# Good lines


def test_pairs_of_a_tsv_are_in_order_with_name_and_checksum(folder: PairFolder) -> None:
    corpus = folder.tsv(GOOD)
    assert corpus.examples == PAIRS
    assert corpus.skipped == 0
    assert corpus.names == ["train.tsv"]
    assert corpus.checksum == hashlib.sha256(GOOD.encode()).hexdigest()


def test_aligned_files_have_both_checksums(folder: PairFolder) -> None:
    names = [folder.write("a.en", "Hello.\nThanks."), folder.write("a.fr.gz", "Bonjour.\nMerci.\n")]
    corpus = folder.read(names)
    assert corpus.examples == PAIRS
    assert corpus.names == names
    sums = [hashlib.sha256((folder.path / name).read_bytes()).hexdigest() for name in names]
    assert corpus.checksum == " ".join(sums)


def test_a_gzip_file_has_the_same_pairs_and_the_checksum_of_the_packed_bytes(
    folder: PairFolder,
) -> None:
    corpus = folder.read(folder.write("train.tsv.gz", GOOD))
    assert corpus.examples == PAIRS
    packed = (folder.path / "train.tsv.gz").read_bytes()
    assert corpus.checksum == hashlib.sha256(packed).hexdigest()


def test_a_gzip_file_of_several_members_is_read_to_its_end(folder: PairFolder) -> None:
    parts = [gzip.compress(line.encode()) for line in GOOD.splitlines(keepends=True)]
    (folder.path / "train.tsv.gz").write_bytes(b"".join(parts))
    assert folder.read("train.tsv.gz").examples == PAIRS


def test_reverse_swaps_the_two_sides(folder: PairFolder) -> None:
    assert folder.tsv(GOOD, reverse=True).examples == [Pair(t, s) for s, t in PAIRS]


@pytest.mark.parametrize(
    "content",
    [
        GOOD.replace("\n", "\r\n"),
        GOOD.rstrip("\n"),
        "\ufeff" + GOOD,
        GOOD.replace(".\n", ".\tCC BY 2.0 (Tatoeba) #1\tmore\n"),
        " Hello. \t\u00a0Bonjour.\u2028\nThanks.\tMerci.  \n",
        GOOD + "\n \r\n\n",
    ],
    ids=[
        "CR LF",
        "no last newline",
        "byte order mark",
        "more columns",
        "surrounding white space",
        "empty last lines",
    ],
)
@pytest.mark.parametrize("policy", ["stop", "skip"])
def test_forms_of_a_file_that_make_no_difference(
    folder: PairFolder, content: str, policy: str
) -> None:
    corpus = folder.tsv(content, on_bad_line=policy)
    assert (corpus.examples, corpus.skipped) == (PAIRS, 0)


@pytest.mark.parametrize("end", ["\n", " \r\n\n"])
def test_empty_last_lines_of_one_aligned_file_make_no_difference(
    folder: PairFolder, end: str
) -> None:
    names = [folder.write("a.en", "a\nb\n"), folder.write("a.fr", f"A\nB\n{end}")]
    for files in (names, names[::-1]):
        assert len(folder.read(files).examples) == 2


def test_an_empty_line_within_the_longer_aligned_file_is_an_error(folder: PairFolder) -> None:
    names = [folder.write("a.en", "a\nb\n"), folder.write("a.fr", "A\nB\n\nC\n")]
    with pytest.raises(WorkError, match=r"a\.en has 2 lines, but .*a\.fr has 4"):
        folder.read(names)


@pytest.mark.parametrize("policy", ["stop", "skip"])
def test_a_file_of_empty_lines_is_an_error(folder: PairFolder, policy: str) -> None:
    with pytest.raises(WorkError, match=r"train\.tsv: all lines are empty"):
        folder.tsv("\n \n", on_bad_line=policy)


def test_only_a_line_feed_ends_a_line(folder: PairFolder) -> None:
    odd = "a\u0085b\u2028c\u2029d\x0be\x0cf\x1cg\rh"
    corpus = folder.tsv(f"{odd}\t{odd}\n")
    assert corpus.examples == [Pair("a b c d e f g h", "a b c d e f g h")]


# Bad lines


def test_one_side_of_aligned_files_is_an_error_with_the_form_of_both(folder: PairFolder) -> None:
    with pytest.raises(WorkError, match="line 1: no TAB; .* aligned files are data.train = "):
        folder.tsv(b"Hello.\nGood morning.\n")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"no tab here", "no TAB; a line is SOURCE<TAB>TARGET"),
        (b"", "an empty line"),
        (b" \tBonjour.", "the source side is empty"),
        (b"Hello.\t\xc2\xa0", "the target side is empty"),
        (b"Hello.\t", "the target side is empty"),
        (b"caf\xc3\xa9\tcaf\xe9", r"not UTF-8 at column 9 \(byte 10 of the line is 0xE9\)"),
        (b"Hel\0lo.\tBonjour.", "a NUL character at column 4"),
        (b"x" * 40_000 + b"\ty", r"longer than 10000 characters \(data.max_line_characters\)"),
        (b"x" * 200_000 + b"\ty", "longer than 10000 characters"),
    ],
    ids=["no tab", "empty", "source", "target", "no target", "UTF-8", "NUL", "long", "very long"],
)
def test_a_bad_line_is_an_error_with_file_and_line_or_is_skipped_and_counted(
    folder: PairFolder, caplog: pytest.LogCaptureFixture, line: bytes, words: str
) -> None:
    first, second = GOOD.encode().splitlines(keepends=True)
    content = first + line + b"\n" + second
    with pytest.raises(WorkError, match=rf"train\.tsv, line 2: {words}.*on_bad_line"):
        folder.tsv(content)
    with caplog.at_level(logging.WARNING):
        corpus = folder.tsv(content, on_bad_line="skip")
    assert corpus.examples == PAIRS
    assert corpus.skipped == 1
    assert len(caplog.messages) == 1
    assert "train.tsv, line 2: " in caplog.messages[0]


def test_a_line_of_exactly_the_longest_length_is_good(folder: PairFolder) -> None:
    line = "\U0001f600" * 8 + "\té"  # 10 characters, 35 bytes
    for end in ("", "\n", "\r\n"):
        content = f"\ufeff{line}{end}"
        assert len(folder.tsv(content, max_line_characters=10).examples) == 1
    with pytest.raises(WorkError, match="line 1: longer than 9 characters"):
        folder.tsv(f"{line}\n", max_line_characters=9)


def test_only_the_first_bad_lines_are_logged_one_by_one(
    folder: PairFolder, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        corpus = folder.tsv("bad\n" * 30 + GOOD, on_bad_line="skip")
    assert corpus.skipped == 30
    assert len(caplog.messages) == 6
    assert re.search(r"train\.tsv: .*30.*2", caplog.messages[-1])


def test_a_file_of_bad_lines_is_an_error_under_the_policy_skip_too(
    folder: PairFolder,
) -> None:
    with pytest.raises(WorkError, match=r"train\.tsv: all 3 lines are bad"):
        folder.tsv("bad\n" * 3, on_bad_line="skip")


def test_an_unknown_policy_is_a_usage_error(folder: PairFolder) -> None:
    with pytest.raises(UsageError, match="data.on_bad_line .*'ignore'"):
        folder.tsv(GOOD, on_bad_line="ignore")


@pytest.mark.parametrize(
    ("english", "french", "words"),
    [
        (b"a\n \nc\n", b"A\nB\nC\n", r"a\.en, line 2: the source side is empty"),
        (b"a\nb\nc\n", b"A\n\nC\n", r"a\.fr, line 2: the target side is empty"),
        (b"a\nb\nc\n", b"A\n\xff\nC\n", r"a\.fr, line 2: not UTF-8 at column 1"),
        (b"a\n\xff\nc\n", b"A\nB\nC\n", r"a\.en, line 2: not UTF-8 at column 1"),
    ],
)
def test_a_bad_line_of_aligned_files_is_reported_with_its_file(
    folder: PairFolder, english: bytes, french: bytes, words: str
) -> None:
    names = [folder.write("a.en", english), folder.write("a.fr", french)]
    with pytest.raises(WorkError, match=words):
        folder.read(names)
    assert folder.read(names, on_bad_line="skip").examples == [Pair("a", "A"), Pair("c", "C")]


# Bad files


@pytest.mark.parametrize("policy", ["stop", "skip"])
def test_aligned_files_of_unequal_length_are_an_error_with_both_counts(
    folder: PairFolder, policy: str
) -> None:
    names = [folder.write("a.en", "a\nb\nc\nd\n"), folder.write("a.fr", "A\nB\n")]
    with pytest.raises(WorkError, match=r"a\.en has 4 lines, but .*a\.fr has 2"):
        folder.read(names, on_bad_line=policy)
    with pytest.raises(WorkError, match=r"a\.fr has 2 lines, but .*a\.en has 4"):
        folder.read(names[::-1], on_bad_line=policy)


@pytest.mark.parametrize("policy", ["stop", "skip"])
@pytest.mark.parametrize("kept", [5, 30, -12, -1])
def test_a_truncated_gzip_file_is_an_error(folder: PairFolder, policy: str, kept: int) -> None:
    packed = gzip.compress(GOOD.encode() * 50)
    (folder.path / "train.tsv.gz").write_bytes(packed[:kept])
    with pytest.raises(WorkError, match=r"train\.tsv\.gz: the gzip file is truncated"):
        folder.read("train.tsv.gz", on_bad_line=policy)


def test_a_damaged_gzip_file_is_an_error(folder: PairFolder) -> None:
    packed = bytearray(gzip.compress(GOOD.encode() * 50))
    packed[-6] ^= 0xFF  # in the checksum
    (folder.path / "train.tsv.gz").write_bytes(packed)
    with pytest.raises(WorkError, match="not a gzip file, or a damaged one"):
        folder.read("train.tsv.gz")


def test_a_plain_file_called_gz_is_an_error(folder: PairFolder) -> None:
    (folder.path / "train.tsv.gz").write_text(GOOD)
    with pytest.raises(WorkError, match=r"train\.tsv\.gz: not a gzip file"):
        folder.read("train.tsv.gz")


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (gzip.compress(GOOD.encode()), "it looks like gzip"),
        (GOOD.encode("utf-16"), "it looks like UTF-16"),
    ],
    # A gzip file holds its time of creation, but workers must collect the same tests.
    ids=["gzip", "UTF-16"],
)
def test_a_file_of_another_kind_is_recognised(
    folder: PairFolder, content: bytes, hint: str
) -> None:
    with pytest.raises(WorkError, match=rf"line 1: not UTF-8 at column \d.*; {hint}"):
        folder.tsv(content)


@pytest.mark.parametrize("policy", ["stop", "skip"])
@pytest.mark.parametrize("content", ["", "\ufeff"], ids=["no bytes", "byte order mark"])
def test_an_empty_file_is_an_error(folder: PairFolder, content: str, policy: str) -> None:
    with pytest.raises(WorkError, match=r"train\.tsv: the file is empty"):
        folder.tsv(content, on_bad_line=policy)
    names = [folder.write("a.en", "a\n"), folder.write("a.fr.gz", content)]
    with pytest.raises(WorkError, match=r"a\.fr\.gz: the file is empty"):
        folder.read(names, on_bad_line=policy)


def test_a_folder_in_place_of_a_file_is_an_error(folder: PairFolder) -> None:
    (folder.path / "sub").mkdir()
    with pytest.raises(WorkError, match="sub: a folder, not a file"):
        folder.read("sub")


def test_a_missing_file_is_an_error(folder: PairFolder) -> None:
    with pytest.raises(WorkError, match=r"gone\.tsv: cannot be read \(No such file"):
        folder.read("gone.tsv")


@pytest.mark.parametrize("source", [[], ["a"], ["a", "b", "c"], ["tfds:x:train", "tfds:y:train"]])
def test_other_sources_are_a_usage_error(folder: PairFolder, source: list[str]) -> None:
    with pytest.raises(UsageError, match="one name or two aligned files, received"):
        folder.read(source)


# Any bytes at all

SIDES = st.text(
    st.characters(exclude_characters="\t\n\0", exclude_categories=["Cs"]), min_size=1
).filter(lambda side: side == side.strip() and not side.startswith("\ufeff"))
# Parts that cause problems, more often than in random bytes.
BYTES = st.one_of(
    st.binary(max_size=200),
    st.lists(
        st.sampled_from([b"a", b"\t", b"\n", b"\r", b"\0", b"\xff", b"\xc3", b"\xa9", b" "])
        | st.sampled_from([b"\xef\xbb\xbf", b"\xc2\x85", b"\xe2\x80\xa8", b"x" * 60]),
        max_size=40,
    ).map(b"".join),
)


def is_empty(line: bytes) -> bool:
    """Returns whether a line is good and has no text."""
    try:
        text = line.removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        return False
    return not text.strip() and len(text) <= 50


@settings(max_examples=300)
@given(content=BYTES, policy=st.sampled_from(["stop", "skip"]), packed=st.booleans())
def test_any_bytes_are_read_or_are_an_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, policy: str, packed: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / ("fuzz.tsv.gz" if packed else "fuzz.tsv")
    path.write_bytes(gzip.compress(content) if packed else content)
    try:
        corpus = read_pairs(
            path.name, find=lambda _: path, on_bad_line=policy, max_line_characters=50
        )
    except WorkError as error:
        assert str(path) in str(error) or path.name in str(error)
        return
    lines = content.split(b"\n")
    while is_empty(lines[-1]):
        lines.pop()
    assert len(corpus.examples) + corpus.skipped == len(lines)
    for pair in corpus.examples:
        assert pair.source.strip() and pair.target.strip()
        assert "\n" not in pair.source + pair.target


@settings(max_examples=200)
@given(content=st.binary(max_size=100))
def test_any_bytes_in_a_file_named_gz_are_an_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "raw.tsv.gz"
    path.write_bytes(content)
    with pytest.raises(NlpAppsError):
        read_pairs(path.name, find=lambda _: path)


@settings(max_examples=150)
@given(pairs=st.lists(st.tuples(SIDES, SIDES), min_size=1, max_size=20), aligned=st.booleans())
def test_clean_pairs_come_back_unchanged(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]], aligned: bool
) -> None:
    base = tmp_path_factory.getbasetemp()
    source: str | list[str] = "round.tsv"
    if aligned:
        source = ["round.a", "round.b"]
        for name, side in zip(source, zip(*pairs, strict=True), strict=True):
            (base / name).write_bytes("".join(f"{text}\n" for text in side).encode())
    else:
        (base / "round.tsv").write_bytes("".join(f"{s}\t{t}\n" for s, t in pairs).encode())
    corpus = read_pairs(source, find=lambda name: base / name)
    assert corpus.examples == [
        Pair(normalize(source), normalize(target)) for source, target in pairs
    ]
