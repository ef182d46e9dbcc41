"""Tests of nlp_apps.explaining, with small models whose weights were never trained."""

import json
import math
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlp_apps import generation, sentiment, translation
from nlp_apps.cli import text_io
from nlp_apps.cli.text_io import printable
from nlp_apps.errors import UsageError
from nlp_apps.explain import attention_map as explaining_translation
from nlp_apps.explain import surprisal as explaining_generation
from nlp_apps.explain import word_importance as explaining_sentiment
from nlp_apps.explain.gate_activity import open_gates
from nlp_apps.explain.words import Word, join, means, sums, text_of
from nlp_apps.inference.text_classifier import TextClassifier
from nlp_apps.inference.text_translator import TextTranslator
from nlp_apps.metrics.classification import Calibration, softmax
from nlp_apps.plots.report import Heatmap
from nlp_apps.recipe import load as recipes
from nlp_apps.tasks import generation_task as generation_task
from nlp_apps.tasks import sentiment_task as sentiment_task
from nlp_apps.tasks import translation_task as translation_task
from nlp_apps.text.tokenizer import Tokenizer, train_tokenizer
from nlp_apps.training.checkpoints import save_weights
from nlp_apps.training.run_folder import RunFolder
from tests.commands import Result, fails, run

LINES = [
    "The quick brown fox jumps over the lazy dog, and nobody minds.",
    "A good waiter brought a bad soup; we waited two hours for it.",
    "Don't forget: 3.5 kilos of well-known apples, please!",
    "It was the best of times, it was the worst of times.",
] * 5

MODEL = """
[tokenizer]
vocabulary_size = 320
[model]
embedding_size = 16
units = 16
num_layers = 2
attention = "{attention}"
dropout = 0.0
"""
TRANSLATION = """
task = "translation"
[data]
train = "a.tsv"
validation = "a.tsv"
{model}
[decoding]
beam_size = 2
max_length = 12
"""
SENTIMENT = """
task = "sentiment"
[data]
train = "a.tsv"
validation = "a.tsv"
max_length = {max_length}
truncation = "{truncation}"
{model}
"""
GENERATION = """
task = "generation"
[data]
train = "a.txt"
validation = "a.txt"
{model}
"""


@pytest.fixture(scope="module", autouse=True)
def float32() -> Iterator[None]:
    """Loading a run sets the precision."""
    yield
    keras.config.set_dtype_policy("float32")


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return train_tokenizer(LINES, vocabulary_size=320)


@pytest.fixture(scope="module")
def prose_tokenizer() -> Tokenizer:
    return train_tokenizer(LINES, vocabulary_size=320, keep_spaces=True)


def write_run(job: Any, parts: Any, text: str, folder: Path, attention: str = "dot") -> Path:
    """A run folder with weights that nobody trained, large enough to make a difference."""
    paths = RunFolder(folder)
    paths.create()
    paths.recipe.write_text(text.replace("{model}", MODEL.replace("{attention}", attention)))
    recipe: Any = recipes.load(paths.recipe, task=job.task)
    keras.utils.set_random_seed(1)
    model = job.make_model(recipe, parts)
    for weight in model.trainable_variables:
        weight.assign(weight * 3.0)
    parts.save(paths.tokenizer if isinstance(parts, Tokenizer) else paths)
    save_weights(model, paths.weights)
    return folder


Make = Callable[..., Path]


@pytest.fixture(scope="module")
def make_translator(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Make:
    def make(attention: str = "dot") -> Path:
        parts = translation_task.Tokenizers(tokenizer, tokenizer)
        folder = tmp_path_factory.mktemp("translator")
        return write_run(translation_task.JOB, parts, TRANSLATION, folder, attention)

    return make


@pytest.fixture(scope="module")
def make_classifier(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Make:
    def make(
        attention: str = "additive",
        max_length: int = 256,
        truncation: str = "both",
        labels: tuple[str, ...] = ("bad", "good", "<mixed>"),
    ) -> Path:
        calibration = Calibration(1.7, (0.2, -0.3, 0.1))
        parts = sentiment_task.Parts(tokenizer, labels, calibration)
        text = SENTIMENT.replace("{max_length}", str(max_length))
        text = text.replace("{truncation}", truncation)
        folder = tmp_path_factory.mktemp("classifier")
        return write_run(sentiment_task.JOB, parts, text, folder, attention)

    return make


@pytest.fixture(scope="module")
def translator_run(make_translator: Make) -> Path:
    return make_translator("multi_head")


@pytest.fixture(scope="module")
def translator(translator_run: Path) -> TextTranslator:
    return translation_task.load(translator_run)


@pytest.fixture(scope="module")
def classifier_run(make_classifier: Make) -> Path:
    return make_classifier()


@pytest.fixture(scope="module")
def writer_run(prose_tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("writer")
    return write_run(generation_task.JOB, prose_tokenizer, GENERATION, folder, "none")


# Words -------------------------------------------------------------------------------------------


def texts(words: list[Word]) -> list[str]:
    return [word.text for word in words]


def pieces_of(tokenizer: Tokenizer, text: str) -> list[str]:
    pieces = tokenizer.vocabulary
    return [pieces[index] for index in tokenizer.encode_documents([text])[0]]


def test_pieces_become_words_with_the_pieces_they_are_made_of():
    words = join(["\u2581the", "\u2581b", "each", "."])
    assert words == [Word("the", " ", 0, 1), Word("beach", " ", 1, 3), Word(".", "", 3, 4)]


@pytest.mark.parametrize(
    ("pieces", "wanted"),
    [
        (["\u2581don", "'", "t", ","], ["don't", ","]),
        (["\u25813", ".", "5", "\u2581well", "-", "known"], ["3.5", "well-known"]),
        (["\u2581said", ".", '"'], ["said", '."']),
        (["\u2581dog,", "\u2581he"], ["dog,", "he"]),  # one piece is never cut
        (["\u2581e", "\u0301", "a"], ["e\u0301a"]),
        (["\u2581", "\u65e5\u672c", "\u8a9e"], ["\u65e5\u672c", "\u8a9e"]),
        (["a", "\n", "\n", "b"], ["a", "\n", "\n", "b"]),
        (["\u2581", "\u2581", "a", "\u2581"], ["a"]),
        (["<0xE2>", "<0x82>", "<0xAC>", "\u2581x"], ["\u20ac", "x"]),
        (["<0xE2>", "x"], ["\ufffd", "x"]),
        (["<0xE2>", "<0x96>", "<0x81>", "x", "<0xE2>", "<0x96>", "<0x81>"], ["x"]),
        (["\u2581", "\u2581"], [""]),
        ([], []),
    ],
)
def test_words_are_what_a_reader_takes_for_words(pieces, wanted):
    words = join(pieces)
    assert texts(words) == wanted


PIECES = st.text(alphabet="ab,.'\u2581\u65e5\u0301\n\u20ac", min_size=1, max_size=4)
BYTES = st.integers(0x80, 0xFF).map(lambda byte: f"<0x{byte:02X}>")


@settings(max_examples=60)
@given(st.lists(PIECES | BYTES, max_size=12))
@example(["\u0301", "<0xE2>", "\u2581"])
def test_every_piece_belongs_to_one_word_and_weights_keep_their_sum(pieces):
    words = join(pieces)
    owned = [index for word in words for index in range(word.first, word.end)]
    assert owned == list(range(len(pieces)))
    weights = np.arange(1.0, len(pieces) + 1)
    assert sums(words, weights).sum() == pytest.approx(weights.sum())


@settings(max_examples=60)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=30))
@example("a\u2009b \u200d c\u0301")
def test_the_words_joined_are_the_text_but_for_blanks(prose_tokenizer, text):
    words = join(pieces_of(prose_tokenizer, text))
    joined = "".join(word.text for word in words)
    # SentencePiece takes U+2581 for a blank.
    assert "".join(joined.split()) == "".join(text.replace("\u2581", " ").split())


@settings(max_examples=60)
@given(st.lists(st.sampled_from(["don't", "3.5", "worst", "soup;", "\u20ac", "!"]), min_size=1))
def test_a_text_without_one_of_its_words_has_all_the_others(tokenizer, parts):
    text = " ".join(parts)
    words = join(pieces_of(tokenizer, text))
    assert text_of(words) == text
    first = len(words[0].text)
    assert text_of(words, without=0) == text[first:].strip()


def test_rows_of_a_word_are_averaged_and_columns_are_summed():
    words = [Word("a", "", 0, 1), Word("bc", " ", 1, 3)]
    rows = np.array([[0.5, 0.25, 0.25], [0.0, 0.5, 0.5], [1.0, 0.0, 0.0]])
    assert sums(words, rows).tolist() == [[0.5, 0.5], [0.0, 1.0], [1.0, 0.0]]
    assert means(words, rows).tolist() == [[0.5, 0.25, 0.25], [0.5, 0.25, 0.25]]


# Translation -------------------------------------------------------------------------------------


def test_every_word_of_the_translation_looks_at_the_whole_text(translator):
    found = explaining_translation.attention(translator, "The lazy fox  doesn't mind \u20ac 3.5.")
    wanted = ("The", "lazy", "fox", "doesn't", "mind", "\u20ac", "3.5", ".", "(end)")
    assert found.source_words == wanted
    assert found.weights.shape == (len(found.target_words), len(wanted))
    assert found.weights.sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    assert found.weights.min() >= 0.0
    assert np.ptp(found.weights, axis=0).max() > 0.01  # the rows differ


def test_the_translation_explained_is_the_one_that_predict_gives(translator):
    found = explaining_translation.attention(translator, "It was the best soup.")
    (wanted,) = translator.translate(["It was the best soup."])
    assert found.translation == wanted.text
    assert found.score == pytest.approx(wanted.score, abs=1e-5)
    assert "".join(found.target_words[:-1]) == "".join(wanted.text.split())


def test_a_word_of_several_pieces_has_the_sum_of_their_weights(translator):
    text = "quickbrownsoup fox"
    looked = translator.align(text)
    found = explaining_translation.attention(translator, text)
    num_pieces = len(translator.source_tokenizer.encode(["quickbrownsoup"])[0])
    assert num_pieces > 1
    direct = looked.weights[-1, :num_pieces].sum()  # the row of the end
    assert found.weights[-1, 0] == pytest.approx(direct, abs=1e-6)


def test_a_translator_without_attention_says_so(make_translator):
    translator = translation_task.load(make_translator("none"))
    with pytest.raises(UsageError, match=r"no attention to show \(model.attention = .none.\)"):
        explaining_translation.explain(translator, "fox")
    with pytest.raises(ValueError, match="without attention looks nowhere"):
        translator.align("fox")


# Sentiment ---------------------------------------------------------------------------------------

REVIEW = "A good waiter brought a bad soup, and we didn't mind."


def probability(classifier: TextClassifier, text: str, label: str) -> float:
    (answer,) = classifier.classify([text])
    return answer.probabilities[label]


def test_leaving_a_word_out_agrees_with_judging_the_text_without_it(classifier_run):
    classifier = sentiment_task.load(classifier_run)
    found = explaining_sentiment.importance(classifier, REVIEW)
    assert texts(list(found.words))[5:8] == ["bad", "soup", ","]
    whole = probability(classifier, REVIEW, found.label)
    assert found.probabilities[found.label] == pytest.approx(whole, abs=1e-6)
    without = probability(classifier, REVIEW.replace("bad ", ""), found.label)
    assert found.changes[5] == pytest.approx(whole - without, abs=1e-6)
    assert np.abs(found.changes).max() > 1e-3


def test_the_tint_is_where_the_pooling_looked(classifier_run):
    classifier = sentiment_task.load(classifier_run)
    found = explaining_sentiment.importance(classifier, REVIEW)
    (token_ids,) = classifier.tokenizer.encode([REVIEW])
    (look,) = classifier.read([np.array([*token_ids, 3], np.int32)])
    assert found.attention.sum() == pytest.approx(1.0 - look.weights[-1], abs=1e-5)
    word = found.words[2]
    assert found.attention[2] == pytest.approx(look.weights[word.first : word.end].sum(), abs=1e-6)


def test_all_windows_of_a_long_text_are_explained(make_classifier):
    classifier = sentiment_task.load(make_classifier(max_length=8, truncation="windows"))
    text = "soup " * 30
    found = explaining_sentiment.importance(classifier, text)
    assert found.num_windows > 3
    assert found.was_read.all()
    assert not np.isnan(found.changes).any()
    assert 0.5 < found.attention.sum() <= 1.0
    notes = " ".join(explaining_sentiment.explain(classifier, text).sheet.notes)
    assert f"read in {found.num_windows} windows" in notes


def test_words_that_are_not_read_are_pale(make_classifier):
    classifier = sentiment_task.load(make_classifier(max_length=8, truncation="head"))
    explained = explaining_sentiment.explain(classifier, "fox " * 20)
    marks = next(part for part in explained.sheet.parts if hasattr(part, "marks")).marks
    assert [mark.dim for mark in marks] == sorted(mark.dim for mark in marks)
    assert not marks[0].dim
    assert marks[-1].dim
    assert marks[-1].tip == "not read"
    assert "data.truncation = 'head'" in " ".join(explained.sheet.notes)


def test_of_a_very_long_text_the_words_with_most_attention_are_left_out(
    classifier_run, monkeypatch
):
    monkeypatch.setattr(explaining_sentiment, "MOST_LEFT_OUT", 4)
    classifier = sentiment_task.load(classifier_run)
    found = explaining_sentiment.importance(classifier, REVIEW)
    tried = np.flatnonzero(~np.isnan(found.changes))
    assert set(tried) == set(np.argsort(-found.attention, kind="stable")[:4])


def test_a_text_of_one_word_can_be_explained(classifier_run):
    classifier = sentiment_task.load(classifier_run)
    found = explaining_sentiment.importance(classifier, "fox")
    (logits,) = classifier.calibration.apply(classifier.logits([""]))
    nothing = softmax(logits[None])[0, classifier.labels.index(found.label)]
    wanted = found.probabilities[found.label] - nothing
    assert found.changes.tolist() == pytest.approx([wanted], abs=1e-6)


def test_a_label_from_right_to_left_stands_before_its_probability(make_classifier):
    labels = ("\u0628\u062f", "\u062e\u0648\u0628", "\u0645\u062a\u0648\u0633\u0637")
    found = explaining_sentiment.explain(
        sentiment_task.load(make_classifier(labels=labels)), "A good soup."
    )
    label, _ = found.answer.split("\t")
    assert label in labels
    assert found.sheet.title.startswith(f"\u200e{label}\u200e: ")


def test_a_classifier_without_attention_shows_its_largest_features(make_classifier):
    classifier = sentiment_task.load(make_classifier(attention="none"))
    explained = explaining_sentiment.explain(classifier, REVIEW)
    assert "no attention: the tint is a word's share" in " ".join(explained.sheet.notes)


# Generation --------------------------------------------------------------------------------------


def test_surprisals_of_words_add_up_to_minus_log_p_of_the_text(writer_run):
    writer, _ = generation_task.load(writer_run)
    text = "The quick fox.\n\nDon't forget\u20ac!"
    found = explaining_generation.surprise(writer, text)
    token_ids = writer.tokenizer.encode_documents([text])[0]
    logits = writer.model({"target_in": np.array([[2, *token_ids[:-1]]], np.int32)})
    log_p = keras.ops.log_softmax(logits).numpy()[0]
    wanted = -sum(float(row[token]) for row, token in zip(log_p, token_ids, strict=True))
    assert found.nats.sum() == pytest.approx(wanted, rel=1e-5)
    assert found.perplexity == pytest.approx(math.exp(wanted / len(token_ids)), rel=1e-5)
    assert texts(list(found.words)) == [
        *("The", "quick", "fox", ".", "\n", "\n"),
        *("Don't", "forget", "\u20ac!"),
    ]


def test_the_most_surprising_word_has_the_full_bar(writer_run):
    writer, _ = generation_task.load(writer_run)
    explained = explaining_generation.explain(writer, "The quick fox.")
    marks = next(part for part in explained.sheet.parts if hasattr(part, "marks")).marks
    assert max(mark.bar for mark in marks) == 1.0
    most = max(marks, key=lambda mark: mark.bar)
    assert explained.rows[1][0] == most.text
    assert [mark.tint for mark in marks] == [mark.bar for mark in marks]


@pytest.fixture(scope="module")
def make_writer(prose_tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Make:
    def make(cell: str) -> Path:
        text = GENERATION.replace("{model}", "{model}" + f'cell = "{cell}"\n')
        folder = tmp_path_factory.mktemp("writer")
        return write_run(generation_task.JOB, prose_tokenizer, text, folder, "none")

    return make


def test_the_gates_of_a_token_are_those_of_its_step(writer_run):
    writer, _ = generation_task.load(writer_run)
    found = open_gates(writer, "The fox.\nIt")
    token_ids = writer.tokenizer.encode_documents(["The fox.\nIt"])[0]
    assert "".join(found.tokens) == "The fox.\nIt"
    assert found.values.shape == (len(token_ids), 6)
    state = keras.tree.map_structure(lambda value: value[:, None], writer.model.initial_state(1))
    for token in [2, *token_ids]:
        state, layers = writer.model.decoder.gates(np.array([[token]], np.int32), state)
    for name in ("input", "forget", "output"):
        column = found.names.index(f"layer 2 {name}")
        wanted = float(np.mean(layers[1][name]))
        assert found.values[-1, column] == pytest.approx(wanted, abs=1e-6)
    assert np.ptp(found.values, axis=0).max() > 1e-3


def test_every_cell_with_gates_has_a_heatmap(make_writer):
    for cell, names in (
        ("gru", ["update", "reset"]),
        ("cifg", ["input", "forget", "output"]),
        ("peephole", ["input", "forget", "output"]),
    ):
        writer, _ = generation_task.load(make_writer(cell))
        (found,) = [
            part
            for part in explaining_generation.explain(writer, "fox", gates=True).sheet.parts
            if isinstance(part, Heatmap)
        ]
        wanted = [f"layer {layer} {name}" for layer in (1, 2) for name in names]
        assert list(found.columns) == wanted
        values = np.array(found.values)
        assert 0.0 <= found.low <= values.min() <= values.max() <= found.high <= 1.0


def test_a_model_without_gates_says_so(make_writer):
    result = command("generation", make_writer("rnn"), "fox", "--gates")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(
        'nlp-apps: error: this model has no gates to show (model.cell = "rnn").'
    )


def test_only_generation_has_the_flag_gates(runs):
    assert command("sentiment", runs["sentiment"], "fox", "--gates").code == 2


# The verb ----------------------------------------------------------------------------------------


APPS = {"translation": translation.APP, "sentiment": sentiment.APP, "generation": generation.APP}


@pytest.fixture
def runs(translator_run: Path, classifier_run: Path, writer_run: Path) -> dict[str, Path]:
    return {"translation": translator_run, "sentiment": classifier_run, "generation": writer_run}


def command(app: str, *words: Any) -> Result:
    """Runs `explain` of an app."""
    return run(APPS[app], ["explain", *words])


@pytest.mark.parametrize("app", APPS)
def test_explain_draws_a_page_and_prints_what_counts(app, runs, tmp_path):
    path = tmp_path / "pages" / "text.html"
    result = command(app, runs[app], "The <script> fox didn't mind.", "--to", path)
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[-1] == str(path)
    assert lines[2].startswith("word ")
    assert len(lines) > 5
    page = path.read_text(encoding="utf-8")
    assert "<script" not in page
    assert "script" in page
    assert [found.name for found in path.parent.iterdir()] == ["text.html"]


@pytest.mark.parametrize(
    ("text", "width"),
    [("soup", 4), ("\u597d\u8bc4", 4), ("\uff01", 2), ("cafe\u0301", 4), ("a\u200db", 2)],
    ids=["letters", "Chinese", "full width", "mark", "joiner"],
)
def test_cells_are_padded_to_the_width_that_a_terminal_gives_them(text: str, width: int):
    assert text_io.num_columns(text) == width
    blank = " " * (4 - width)
    assert text_io.to_rows([[text, text], ["word", "+0.1"]]) == (
        f"{text}{blank}  {blank}{text}\nword  +0.1"
    )


def test_words_of_a_table_stay_in_line_when_they_are_wide():
    rows = [["word", "attention"], ["\u597d", "0.5"], ["\u8bc4\u8bba", "0.25"]]
    assert text_io.to_rows(rows).splitlines() == [
        "word  attention",
        "\u597d          0.5",
        "\u8bc4\u8bba       0.25",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\U0001f469\u200d\U0001f680 \u2764\ufe0f",
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "\u200e\u200f\u061c a\tb\u00a0c\u3000d so\u00adft",
    ],
    ids=["Persian", "emoji", "flag", "marks and blanks"],
)
def test_invisible_parts_of_words_and_emoji_are_printed(text: str):
    assert printable(text) == text


@pytest.mark.parametrize("one", ["\x1b", "\x07", "\x9b", "\r", "\u202e", "\u2067", "\u2069"])
def test_what_commands_a_terminal_or_turns_the_line_is_not_printed(one: str):
    assert printable(f"a{one}b") == "a\ufffdb"


def test_a_word_is_printed_with_its_joiners(runs, tmp_path):
    word = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    result = command("generation", runs["generation"], word, "--to", tmp_path / "a.html")
    assert (result.code, result.err) == (0, "")
    assert word in result.out
    assert "\ufffd" not in result.out


def test_lines_of_a_log_are_scored_raw_and_printed_without_their_commands(runs, tmp_path):
    log, raw = tmp_path / "app.log", "\x1b[31mfail\x1b[0m\t\x1b]0;title\x07"
    log.write_text(f"the fox\n{raw}\n", encoding="utf-8")
    words = ["score", runs["generation"], "--input", log, "--top", 9]
    shown = run(APPS["generation"], words).out
    assert "\ufffd[31mfail\ufffd[0m\t\ufffd]0;title\ufffd\n" in shown
    assert not {"\x1b", "\x07"} & set(shown)
    found = json.loads(run(APPS["generation"], [*words, "--json"]).out)
    assert raw in [row["text"] for row in found["lines"]]
    shown = run(APPS["generation"], ["score", runs["generation"], raw]).out
    assert shown.endswith("\t\ufffd[31mfail\ufffd[0m\t\ufffd]0;title\ufffd\n")


def test_a_picture_of_a_script_that_the_font_lacks_warns_and_tells_of_the_page(runs, tmp_path):
    path = tmp_path / "a.png"
    result = command("generation", runs["generation"], "\u597d\u8bc4 fox", "--to", path)
    assert result.code == 0
    assert result.err == (
        f"nlp-apps: warning: {path}: the font lacks characters of the text: they are drawn as "
        "\u25a1. For a page that has them: --to FILE.html.\n"
    )
    result = command("generation", runs["generation"], "\u597d fox", "--to", tmp_path / "a.html")
    assert (result.code, result.err) == (0, "")


@pytest.mark.parametrize("app", APPS)
def test_without_a_name_the_picture_is_in_the_run(app, runs, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(runs[app], folder)
    result = command(app, folder, "The fox.")
    assert result.code == 0, result.err  # what the translator says may need a warning
    assert result.out.splitlines()[-1] == str(folder / "explain.png")
    assert (folder / "explain.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("text", "words", "message"),
    [
        (" \t", (), "nothing to explain: TEXT is blank."),
        ("a\udcff", (), "TEXT is not UTF-8."),
        ("a", ("--to", "a.jpg"), "--to a.jpg: must end in .png (a picture) or .html (a page)."),
        ("a", ("--to", "a"), "--to a: must end in .png (a picture) or .html (a page)."),
    ],
)
@pytest.mark.parametrize("app", APPS)
def test_a_wrong_command_is_an_error(app, text, words, message, runs):
    fails(command(app, runs[app], text, *words), 2, message)


@pytest.mark.parametrize("app", APPS)
def test_a_missing_run_is_an_error(app, tmp_path):
    message = f"{tmp_path / 'none'}: no such run folder. Give the folder that train wrote."
    fails(command(app, tmp_path / "none", "a"), 2, message)


def test_a_translator_without_attention_is_an_error(make_translator):
    folder = make_translator("none")
    result = command("translation", folder, "fox")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("nlp-apps: error: this model has no attention to show")
    assert len(result.err.splitlines()) == 1
    assert not (folder / "explain.png").exists()


def test_blanks_that_only_the_tokenizer_knows_are_blanks(runs, tmp_path):
    for app, folder in runs.items():
        result = command(app, folder, "\u2581", "--to", tmp_path / f"{app}.png")
        told = "nlp-apps: error: nothing to explain: TEXT is blank.\n"
        assert (result.code, result.err) == (2, told)
