"""Text of several target languages: sources by language, a column, tags, and the choice."""

from pathlib import Path
from typing import Any

import pytest

from nlp_apps.errors import NlpAppsError, UsageError, WorkError
from nlp_apps.recipe.load import from_dict
from nlp_apps.text import corpora
from nlp_apps.text.corpus import Corpus, Pair
from nlp_apps.text.language_examples import LanguageExamples
from nlp_apps.text.storage import example_store
from nlp_apps.text.storage.stored_examples import StoredExamples
from nlp_apps.text.target_choice import TargetChoice
from nlp_apps.text.target_tags import tags_of, with_tags
from nlp_apps.text.tokenizer import train_tokenizer

ROWS = [("one", "un", "fr"), ("two", "zwei", "de"), ("two", "deux", "fr"), ("drei", "three", "en")]
TABLE = "source\ttarget\tto\n" + "".join("\t".join(row) + "\n" for row in ROWS)
TMX = (
    '<tmx version="1.4"><header srclang="en"/><body><tu>'
    + "".join(
        f'<tuv xml:lang="{code}"><seg>{text}</seg></tuv>'
        for code, text in (("en", "one"), ("fr", "un"), ("de", "eins"))
    )
    + "</tu></body></tmx>"
)


def read(folder: Path, **data: Any) -> dict[str, Corpus[Pair]]:
    recipe = from_dict({"data": {**data}}, task="translation")
    return corpora.read_translation(recipe.data, lambda name: folder / name, ("train",))


def parts(corpus: Corpus[Pair]) -> dict[str, list[Pair]]:
    assert isinstance(corpus.examples, LanguageExamples)
    return {code: list(pairs) for code, pairs in corpus.examples.by_language.items()}


@pytest.mark.parametrize("is_stored", [False, True])
def test_a_column_names_the_target_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_stored: bool
) -> None:
    if is_stored:
        monkeypatch.setattr(example_store, "MAX_BYTES", 1)
    (tmp_path / "pairs.tsv").write_text(TABLE, "utf-8")
    corpus = read(
        tmp_path,
        **{"train": "pairs.tsv", "validation": "pairs.tsv", "test": "pairs.tsv"},
        language_column="to",
    )["train"]
    expected = {"de": ["zwei"], "en": ["three"], "fr": ["un", "deux"]}
    found = parts(corpus)
    assert {code: [pair.target for pair in pairs] for code, pairs in found.items()} == expected
    assert [pair.target for pair in corpus.examples] == ["zwei", "three", "un", "deux"]
    assert [location.line for location in corpus.locations] == [3, 5, 2, 4]
    assert isinstance(corpus.examples.parts[0], StoredExamples) == is_stored  # type: ignore


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("six\tseis\tspanish!\n", "line 6: 'spanish!' is not a language code"),
        ("six\tsix\tFR\n", "FR and fr, the same code"),
    ],
)
def test_a_bad_code_of_a_column_is_an_error(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "pairs.tsv").write_text(TABLE + line, "utf-8")
    other = {"validation": "pairs.tsv", "test": "pairs.tsv", "language_column": "to"}
    with pytest.raises(WorkError, match=message):
        read(tmp_path, train="pairs.tsv", **other)


def test_a_validation_language_without_training_pairs_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "train.tsv").write_text(TABLE, "utf-8")
    (tmp_path / "other.tsv").write_text(TABLE + "six\tseis\tes\n", "utf-8")
    names = {"train": "train.tsv", "validation": "other.tsv", "test": "train.tsv"}
    recipe: Any = from_dict({"data": {**names, "language_column": "to"}}, task="translation")
    with pytest.raises(WorkError, match="validation text has the language es"):
        corpora.read_translation(recipe.data, lambda name: tmp_path / name)


def test_sources_by_language_are_read_in_turn(tmp_path: Path) -> None:
    (tmp_path / "fr.tsv").write_text("one\tun\ntwo\tdeux\n", "utf-8")
    (tmp_path / "de.tsv").write_text("two\tzwei\n", "utf-8")
    names = {"fr": "fr.tsv", "de": "de.tsv"}
    others = {"validation": {"fr": "fr.tsv"}, "test": {"de": "de.tsv"}}
    corpus = read(tmp_path, train=names, **others)["train"]
    assert parts(corpus) == {
        "fr": [Pair("one", "un"), Pair("two", "deux")],
        "de": [Pair("two", "zwei")],
    }
    assert corpus.names == ["fr.tsv", "de.tsv"]
    assert [tuple(location) for location in corpus.locations] == [(0, 1), (0, 2), (1, 1)]


def test_the_sides_of_one_translation_memory_are_found_by_their_codes(tmp_path: Path) -> None:
    (tmp_path / "memory.tmx").write_text(TMX, "utf-8")
    names = {"fr": "memory.tmx", "de": "memory.tmx"}
    sources = {"train": names, "validation": names, "test": names}
    corpus = read(tmp_path, **sources, source_language="en")["train"]
    assert parts(corpus) == {"fr": [Pair("one", "un")], "de": [Pair("one", "eins")]}


def test_an_error_of_a_source_names_its_language(tmp_path: Path) -> None:
    (tmp_path / "fr.tsv").write_text("one\tun\n", "utf-8")
    (tmp_path / "de.tsv").write_text("\n", "utf-8")
    names = {"fr": "fr.tsv", "de": "de.tsv"}
    with pytest.raises(WorkError, match="language de: .*de.tsv"):
        read(tmp_path, train=names, validation=names, test=names)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"train": {"fr": "a", "FR": "b"}}, "fr and FR are the same code"),
        ({"train": {"french": "a"}}, "language codes"),
        ({"train": {}}, "must name a source by language"),
        ({"train": {"fr": "split:5%"}}, "data.train must name text"),
        ({"train": {"fr": "a"}, "validation": {"de": "b"}}, "language de, which data.train"),
        ({"train": {"fr": "a"}, "validation": {"fr": "none"}}, "leave the language out"),
        ({"train": {"fr": "a"}, "test": "b.tsv"}, "data.test must be a share of train or name"),
        ({"train": "a.tsv", "test": {"fr": "b"}}, "data.test must be one source"),
        ({"train": {"fr": "a"}, "reverse": True}, "data.reverse must not be set"),
        ({"train": {"fr": "a"}, "target_language": "fr"}, "data.target_language must not be"),
        ({"train": {"fr": "a"}, "language_column": "to"}, "data.language_column must be empty"),
    ],
)
def test_keys_that_do_not_fit_several_languages_are_errors(
    data: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        from_dict({"data": data}, task="translation")


def test_several_languages_need_no_pretrained_start() -> None:
    recipe = {"data": {"train": {"fr": "a"}}, "model": {"init_encoder_from": "en-fr"}}
    with pytest.raises(UsageError, match="model.init_encoder_from must be empty"):
        from_dict(recipe, task="translation")


def test_a_column_of_languages_needs_a_table(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="data.language_column needs a table"):
        read(tmp_path, train=["a.en", "a.fr"], language_column="to")


@pytest.mark.parametrize("kind", ["sentencepiece", "characters", "words"])
def test_no_text_is_a_tag_and_a_tag_is_no_text(kind: str) -> None:
    texts = [f"the sea <2fr> {number} of the moon" for number in range(400)]
    plain = train_tokenizer(texts, kind=kind, vocabulary_size=300, num_tags=2)
    tagged = with_tags(plain, ["fr", "pt-BR"])
    assert tags_of(plain) == {}
    size = plain.vocabulary_size
    assert tags_of(tagged) == {"fr": size, "pt-BR": size + 1}
    assert tagged.vocabulary[size:] == ["<2fr>", "<2pt-BR>"]
    assert tagged.encode(texts) == plain.encode(texts)
    (ids,) = tagged.encode(["the sea <2fr>"])
    assert size not in ids
    assert tagged.decode([[size, *ids, size + 1]]) == plain.decode([ids])


def test_the_tags_are_part_of_the_vocabulary_size() -> None:
    with pytest.raises(WorkError, match="at most") as first:
        train_tokenizer(["some few words here"], vocabulary_size=5_000, num_tags=0)
    with pytest.raises(WorkError, match="at most") as second:
        train_tokenizer(["some few words here"], vocabulary_size=5_000, num_tags=3)
    most = [int(str(error.value).split("at most ")[1].split()[0]) for error in (first, second)]
    assert most[1] == most[0] + 3


@pytest.mark.parametrize(
    ("tags", "only", "to", "expected"),
    [
        ({"fr": 8, "de": 9}, "", "DE", "de"),
        ({"fr": 8}, "", None, "fr"),
        ({}, "fr", None, "fr"),
        ({}, "fr", "FR", "fr"),
        ({}, "", None, ""),
    ],
)
def test_the_language_of_a_text(tags: dict[str, int], only: str, to: Any, expected: str) -> None:
    targets = TargetChoice(tags, only)
    assert targets.code(to) == expected
    assert targets.tag(expected) == ((tags[expected],) if tags else ())


@pytest.mark.parametrize(
    ("tags", "only", "to", "message"),
    [
        ({"fr": 8, "de": 9}, "", None, "several target languages.*one of: fr, de"),
        ({"fr": 8, "de": 9}, "", "es", "does not translate into 'es'.*one of: fr, de"),
        ({}, "fr", "es", "does not translate into 'es'.*one of: fr"),
        ({}, "", "es", "has one target language"),
    ],
)
def test_a_language_that_the_model_lacks_is_an_error(
    tags: dict[str, int], only: str, to: Any, message: str
) -> None:
    with pytest.raises(NlpAppsError, match=message):
        TargetChoice(tags, only).code(to)
