"""Tests of the embedded phrasebook and of its generator."""

import hashlib
import importlib.util
import re
import sys
from collections import Counter
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "data" / "phrasebook"
SPLITS = ("train", "validation", "test")
VOWEL = "[aeiouàâéèêëîïôùûœæ]"
ELIDED = re.compile(rf"\b(?:je|ne|me|se|de|que|le|la) {VOWEL}", re.IGNORECASE)
SILENT_H = "habit|habitude|hiver|heure|homme|histoire|hôpital|hôtel|huile|herbe|horloge|huître"
BEFORE_H = re.compile(rf"\b(?:le|la|de|ma|ta|sa|ce|beau|nouveau|vieux) (?:{SILENT_H})", re.I)
NO_ELISION = re.compile(
    r"\b[ld]'(?:haricot|homard|héros\b|hollande|hibou|harpe|hamster|hérisson|onz|huit\b|yaourt)",
    re.I,
)


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("phrasebook_generate", FOLDER / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # for dataclasses
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made(generator, tmp_path_factory) -> Path:
    """A folder with the three files and the tables, as generated now."""
    folder = tmp_path_factory.mktemp("phrasebook")
    with redirect_stdout(StringIO()) as printed:
        assert generator.main(["--output", str(folder)]) == 0
    (folder / "printed.md").write_text(printed.getvalue(), "utf-8")
    return Path(folder)


def pairs_of(split: str) -> list[tuple[str, str]]:
    lines = (FOLDER / f"{split}.tsv").read_text("utf-8").splitlines()
    return [(en, fr) for en, fr in (line.split("\t") for line in lines)]


EVERY_PAIR = [pair for split in SPLITS for pair in pairs_of(split)]
FRENCH = [french for _, french in EVERY_PAIR]


def plain(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.lower()))


@pytest.mark.parametrize("split", SPLITS)
def test_the_generator_makes_the_committed_bytes(made, split):
    assert (made / f"{split}.tsv").read_bytes() == (FOLDER / f"{split}.tsv").read_bytes()


def test_check_reports_a_changed_sentence(generator, made, monkeypatch, tmp_path, capsys):
    for split in SPLITS:
        (tmp_path / f"{split}.tsv").write_bytes((made / f"{split}.tsv").read_bytes())
    again = {
        split: [generator.entry(en, fr, "any") for en, fr in pairs_of(split)] for split in SPLITS
    }
    monkeypatch.setattr(generator, "make", lambda: again)
    assert generator.main(["--check", "--output", str(tmp_path)]) == 0
    text = (tmp_path / "test.tsv").read_text("utf-8")
    (tmp_path / "test.tsv").write_bytes(text.replace("e", "é", 1).encode())
    assert generator.main(["--check", "--output", str(tmp_path)]) == 1
    assert "test.tsv differs" in capsys.readouterr().err


def test_the_files_are_lines_with_one_tab_and_text_on_both_sides():
    for split in SPLITS:
        raw = (FOLDER / f"{split}.tsv").read_bytes()
        assert raw.endswith(b"\n") and b"\r" not in raw
        for line in raw.decode("utf-8")[:-1].split("\n"):
            english, french = line.split("\t")
            assert english.strip() == english and english, line
            assert french.strip() == french and french, line


def test_there_are_as_many_pairs_and_words_as_promised():
    assert len(pairs_of("validation")) == len(pairs_of("test")) == 300
    assert len(EVERY_PAIR) >= 8_000
    words = {word for french in FRENCH for word in re.findall(r"[^\W\d_]+", french.lower())}
    assert len(words) >= 1_500
    longest = max(len(english.split()) for english, _ in EVERY_PAIR)
    assert longest <= 16


def test_every_sentence_is_there_once_and_no_split_leaks_into_another():
    for side in (0, 1):
        counts = Counter(plain(pair[side]) for pair in EVERY_PAIR)
        repeated = {text for text, count in counts.items() if count > 1}
        held_out = {plain(pair[side]) for split in SPLITS[1:] for pair in pairs_of(split)}
        assert not held_out & repeated
    assert len({english for english, _ in EVERY_PAIR}) == len(EVERY_PAIR)


def test_train_shows_every_held_out_word_form_at_least_three_times(generator):
    for side in (0, 1):
        train = Counter(
            word for pair in pairs_of("train") for word in generator.words_of(pair[side])
        )
        for split in SPLITS[1:]:
            for pair in pairs_of(split):
                assert all(train[word] >= 3 for word in generator.words_of(pair[side])), pair


def test_french_puts_its_spaces_before_punctuation():
    for english, french in EVERY_PAIR:
        for match in re.finditer(r"(.)[?!;]", french):
            assert match[1] == "\u202f", french
        for match in re.finditer(r"(.):", french):
            assert match[1] == "\u00a0", french
        assert "  " not in english + french, french
        assert not re.search(r"\s[.,]|[\u00a0\u202f](?![?!;:])|\s'|'\s", french), french
        assert not re.search(r"\s[?!;:.,]|[^\x20-\x7e]", english), english


def test_words_are_elided_where_french_elides_and_nowhere_else():
    for french in FRENCH:
        # Never elided: a pronoun after its verb (puis-je aller), a word before onze or oui.
        text = re.sub(r"-(?:je|ce|le|la) ", "-X ", french)
        text = re.sub(r"\b(?:onz\w+|oui)", "X", text, flags=re.IGNORECASE)
        for rule in (ELIDED, BEFORE_H, NO_ELISION):
            assert not rule.search(text), french
        assert not re.search(r"\bsi ils?\b|\bce est\b|\bqu'(?:onz|huit)", french, re.I), french


def test_prepositions_contract_with_articles():
    for french in FRENCH:
        assert not re.search(r"\bde les?\b(?! \w+er\b)|\bà les?\b", french, re.I), french


def test_possessives_and_adjectives_change_before_a_vowel():
    wrong = re.compile(
        rf"\b(?:ma|ta|sa|ce) {VOWEL}"
        rf"|\b(?:un|le|cet?|mon|son) (?:beau|nouveau|vieux) {VOWEL}"
        rf"|\bcet [bcdfgjklmnpqrstvwxz]",
        re.IGNORECASE,
    )
    for french in FRENCH:
        assert not wrong.search(french), french


def test_the_readme_has_the_counts_and_checksums(made):
    readme = (FOLDER / "README.md").read_text("utf-8")
    for split in SPLITS:
        digest = hashlib.sha256((FOLDER / f"{split}.tsv").read_bytes()).hexdigest()
        assert digest in readme
    assert (made / "printed.md").read_text("utf-8") in readme
    assert "CC0-1.0" in readme


@pytest.mark.parametrize(
    ("name", "person", "tense", "form"),
    [
        ("acheter", "3p", "present", "achètent"),
        ("appeler", "1s", "future", "appellerai"),
        ("préférer", "3s", "future", "préférera"),
        ("manger", "1p", "present", "mangeons"),
        ("manger", "1p", "imperfect", "mangions"),
        ("commencer", "3s", "imperfect", "commençait"),
        ("nettoyer", "3s", "future", "nettoiera"),
        ("envoyer", "1s", "future", "enverrai"),
        ("finir", "3p", "present", "finissent"),
        ("attendre", "3s", "present", "attend"),
        ("faire", "2p", "present", "faites"),
        ("être", "1s", "imperfect", "étais"),
        ("vouloir", "1s", "conditional", "voudrais"),
        ("se lever", "1s", "present", "lève"),
    ],
)
def test_verbs_are_conjugated(generator, name, person, tense, form):
    verbs = sys.modules["making.verbs"]
    assert verbs.verb(name).form(tense, person) == form


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (21, "vingt et un"), (70, "soixante-dix"), (71, "soixante et onze"), (80, "quatre-vingts"),
        (81, "quatre-vingt-un"), (99, "quatre-vingt-dix-neuf"), (100, "cent"), (200, "deux cents"),
        (205, "deux cent cinq"),
    ],
)  # fmt: skip
def test_numbers_are_spelled(generator, value, words):
    assert sys.modules["making.french"].number(value) == words
