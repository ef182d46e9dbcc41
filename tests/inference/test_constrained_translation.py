"""A translation contains every protected span and every term."""

from collections import Counter

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_apps.export.saved_model.translation_signatures import TranslationSignatures
from nlp_apps.inference.text_translator import TextTranslator
from nlp_apps.networks.translator import Translator
from nlp_apps.recipe.decoding_section import TranslationDecoding
from nlp_apps.text.protected_spans import DEFAULT_KINDS, SpanFinder
from nlp_apps.text.sentences import sentence_rules
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
