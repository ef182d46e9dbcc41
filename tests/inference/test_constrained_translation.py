"""A translation contains every protected span and every term."""

from collections import Counter

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_apps.export.graph_text import graph_constraints
from nlp_apps.export.graph_text.graph_tokenizer import GraphTokenizer
from nlp_apps.export.saved_model.translation_signatures import TranslationSignatures
from nlp_apps.inference.text_translator import TextTranslator
from nlp_apps.networks.translator import Translator
from nlp_apps.recipe.decoding_section import TranslationDecoding
from nlp_apps.text.constrained_text import MARKS, Constraint, Preparation, put_back
from nlp_apps.text.glossary import Glossary
from nlp_apps.text.protected_spans import DEFAULT_KINDS, MAX_SPANS, SpanFinder
from nlp_apps.text.sentences import SentenceSplitter, sentence_rules
from nlp_apps.text.tokenizer import train_tokenizer

TEXT = """the a and sea sun moon green house runs sleeps old new tea river mountain bread winter
garden letter window paper walks sings reads quiet early never often Tom Mary X (under) l'eau"""
GLOSSARY = {"sun": "Sonne", "green house": "Gewächshaus", "NASA": "NASA-Amt", "tea": "茶"}
LINES = "\n".join(f"{source}\t{target}" for source, target in GLOSSARY.items())
SPANS = [
    *("https://example.com/a?b=1", "{name}", "%s", "a.b@example.org"),
    *("<keep>ＡＢ  ﬁ e\u0301</keep>", "<keep>\\1 $1 \\0</keep>", "{İ}"),
]


def translator(attention="multi_head", **decoding):
    tokenizer = train_tokenizer([TEXT] * 20, vocabulary_size=312)
    size = tokenizer.vocabulary_size
    tf.keras.utils.set_random_seed(4)
    model = Translator(size, size, embedding_size=8, units=8, num_layers=1, attention=attention)
    model.build()
    for weight in model.trainable_variables:
        weight.assign(np.random.default_rng(2).normal(size=weight.shape) * 0.8)
    return TextTranslator(
        model,
        *(tokenizer, tokenizer, TranslationDecoding(max_length=12, beam_size=2, **decoding)),
        sentence_rules=sentence_rules("en"),
        sentence_case=True,
    )


@pytest.fixture(scope="module")
def random_model():
    return translator()


@pytest.fixture(scope="module")
def constrained(random_model):
    return TranslationSignatures(random_model).functions["constrained"]


def test_a_variant_translates_as_a_predictor_of_its_settings(random_model):
    texts = ["the {name} sleeps", "the old house", "<b>tea</b>"]
    found = random_model.variant(protect=()).predict(texts)
    assert found == translator(protect=[]).predict(texts)
    assert "{name}" in random_model.predict(texts)[0].text
    assert "{name}" not in found[0].text


WORD = st.sampled_from([*TEXT.split(), "SUN", "Sun", "NASA", "House.", "e\u0301", "?", "Is"])
TEXTS = st.lists(st.one_of(WORD, st.sampled_from(SPANS)), min_size=1, max_size=9).map(" ".join)


@settings(max_examples=25, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_every_span_occurs_as_often_as_in_the_text(random_model, constrained, texts):
    found = random_model.predict(texts, glossary=GLOSSARY)
    for text, one in zip(texts, found, strict=True):
        marked = SpanFinder(DEFAULT_KINDS).mark(text)
        for alternative, _ in one.alternatives:
            for span, count in Counter(marked.spans if marked else []).items():
                assert alternative.count(span) == count, (text, alternative)
    outputs = constrained(tf.constant(texts), tf.constant([LINES] * len(texts)))
    written = [row[0].decode() for row in outputs["translations"].numpy()]
    assert written == [one.text for one in found]
    assert outputs["scores"].numpy()[:, 0] == pytest.approx([one.score for one in found], abs=1e-3)


@pytest.mark.parametrize("attention", ["none", "dot"])
def test_constraints_need_no_attention_of_several_heads(attention):
    (one,) = translator(attention).predict(["the {a} sun {b}"], glossary={"sun": "Sonne"})
    assert sorted(one.text.find(word) >= 0 for word in ("{a}", "{b}", "Sonne")) == [True] * 3


def test_a_text_without_spans_has_the_same_translation_with_and_without_a_glossary(random_model):
    texts = ["the old sea", "green river runs. The moon sleeps."]
    plain = random_model.predict(texts)
    assert random_model.predict(texts, glossary=GLOSSARY) == plain
    assert random_model.predict([texts[0], "a {x}", texts[1]])[::2] == plain


def test_protection_can_be_turned_off():
    one, other = translator(protect=[]).predict(["the {name}", "the {nope}"])
    assert "{name}" not in one.text and "{nope}" not in other.text


def test_a_term_at_the_start_has_the_capital_of_its_source(random_model):
    (one,) = random_model.predict(["Sun"], glossary={"sun": "étoile du jour"})
    assert "étoile du jour" in one.text.replace("Étoile", "étoile")
    assert not one.text.startswith("é")


def test_the_graph_finds_the_same_constraints_as_python(monkeypatch):
    monkeypatch.setattr(graph_constraints, "MAX_TERMS", 3)
    glossary = {"#1": "no 1", "sun": "Sonne", "NASA": "N\u2581A"}
    lines = "\n".join(f"{source}\t{target}" for source, target in glossary.items())
    texts = ["SUN " * (MAX_SPANS + 1) + "{x} #1", "sun #1 \uffff", "the NASA", "moon"]
    others = "\n".join(f"longer term {number}\tx" for number in range(5))
    graph = graph_constraints.GraphPreparation(DEFAULT_KINDS, "Tom", has_sentence_case=True)
    marked, spans = graph.mark(tf.constant(texts))
    written, found = graph.constrain(
        marked, tf.range(4, dtype=tf.int64), spans, tf.constant([lines, lines, lines, others])
    )
    python = Preparation(DEFAULT_KINDS, "Tom", SentenceSplitter([]), has_sentence_case=True)
    wanted = [one for text in texts[:3] for one in python.find(text, Glossary(glossary)) or ()]
    assert [one.decode() for one in written.numpy()] == [*(one.text for one in wanted), "moon"]
    outputs = [
        (int(row), one.decode())
        for (row, _), one in zip(found.places, found.outputs.numpy(), strict=True)
    ]
    assert outputs == [
        (row, one.output) for row, sentence in enumerate(wanted) for one in sentence.constraints
    ]


def test_bytes_that_the_model_writes_itself_are_dropped_in_the_graph(random_model):
    """The ids of row 0 have no effect on row 1."""
    tables, size = random_model.constrained.tables, random_model.target_tokenizer.vocabulary_size
    tokenizer = GraphTokenizer(random_model.target_tokenizer)
    graph = graph_constraints.GraphConstraints(
        tokenizer, tokenizer, random_model.target_tokenizer.vocabulary, tables
    )
    (word,) = random_model.target_tokenizer.encode(["the"])
    rows = [[MARKS[1], *word, size + 9, MARKS[0], MARKS[1]], [*word, size + 9, *word]]
    coded = np.zeros((2, 1, max(map(len, rows))), np.int32)
    for row, ids in enumerate(rows):
        coded[row, 0, : len(ids)] = ids
    spans = [Constraint(0, 1, "Tom", output, True, False, False) for output in ("{a}", "{b}")]
    values = [tf.constant(list(one)) for one in zip(*spans, strict=True)]
    found = graph_constraints.ConstraintTexts(tf.constant([[0, 0], [1, 0]]), *values)
    written = [
        one.decode()
        for one in graph.put_back(tf.constant(coded), found, tf.constant(1)).numpy()[:, 0]
    ]
    assert written == ["the {a}", "the {b} the"]
    assert written == [
        put_back(ids, [span], tables, lambda one: random_model.target_tokenizer.decode([one])[0])
        for ids, span in zip(rows, spans, strict=True)
    ]


def test_the_terms_that_a_saved_model_receives_are_enough_after_sentence_case():
    glossary = Glossary({"IT": "EDV", "Is it": "upper", "it": "es", "where": "wo", "moon": "Mond"})
    text = "WHERE IS IT TODAY"
    lines = "\n".join(f"{source}\t{target}" for source, target in glossary.of(text).items())
    assert "moon" not in lines
    graph = graph_constraints.GraphPreparation(DEFAULT_KINDS, "Tom", has_sentence_case=True)
    texts, rows, spans = tf.constant([text]), tf.zeros(1, tf.int64), tf.zeros(0, tf.string)
    _, found = graph.constrain(texts, rows, spans, tf.constant([lines]))
    assert found.outputs.numpy().tolist() == [b"wo", b"es"]
    python = Preparation(DEFAULT_KINDS, "Tom", SentenceSplitter([]), has_sentence_case=True)
    sentences = python.find(text, glossary)
    assert sentences
    (sentence,) = sentences
    assert [one.output for one in sentence.constraints] == ["wo", "es"]
