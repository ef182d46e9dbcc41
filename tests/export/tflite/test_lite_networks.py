"""Networks of every cell and attention compute the same in LiteRT as in TensorFlow."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from nlp_apps.blocks.cells.cell_registry import CELLS
from nlp_apps.decoding import sampling
from nlp_apps.decoding.sampling import uniform_noise
from nlp_apps.export.saved_model.signatures import append_eos
from nlp_apps.export.tflite import convert
from nlp_apps.export.tflite.lite_sentiment import LiteSentiment
from nlp_apps.export.tflite.lite_top_k_top_p import top_k_top_p_filter
from nlp_apps.export.tflite.lite_translation import LiteTranslation
from nlp_apps.inference.text_classifier import TextClassifier
from nlp_apps.inference.text_translator import TextTranslator
from nlp_apps.litert.lite_generator import uniform
from nlp_apps.networks.classifier import Classifier
from nlp_apps.networks.translator import Translator
from nlp_apps.recipe.decoding_section import TranslationDecoding
from nlp_apps.recipe.export_section import SentimentExport, TranslationExport
from nlp_apps.text.special_ids import EOS, NEG_INF
from nlp_apps.text.tokenizer import Tokenizer, train_tokenizer
from tests import tiny_runs


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return train_tokenizer([" ".join(tiny_runs.WORDS)], kind="words", vocabulary_size=290)


def converted(
    signatures: Any, name: str, tmp_path: Path, quantize: str = "none"
) -> Callable[..., Any]:
    """A signature of a model that was not trained, in LiteRT."""
    for other in signatures.functions.keys() - {name}:
        del signatures.functions[other]
    source, target = tmp_path / "saved_model", tmp_path / "model.tflite"
    tf.saved_model.save(signatures, str(source), signatures=signatures.traced())
    convert.convert(str(source), str(target), quantize, [name])
    return Interpreter(str(target)).get_signature_runner(name)


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_reads_as_in_training(cell: str, tokenizer: Tokenizer, tmp_path: Path):
    tf.keras.utils.set_random_seed(1)
    model = Classifier(
        290, 2, embedding_size=6, units=8, cell=cell, num_layers=2, layer_norm=cell == "gru"
    )
    model.build()
    classifier = TextClassifier(model, tokenizer, ["a", "b"], max_length=12)
    room = SentimentExport(max_characters=64, max_tokens=16)
    classify = converted(LiteSentiment(classifier, room), "classify", tmp_path)
    for text in ("the sea", "sun " * 30):
        ids = np.zeros((1, 16), np.int32)
        tokens = tokenizer.encode([text])[0][:16]
        ids[0, : len(tokens)] = tokens
        source = append_eos(tf.constant(ids[:, :11]), tf.constant([min(len(tokens), 11)]))
        if len(tokens) > 11:
            both = np.concatenate([ids[:, :5], ids[:, -6:]], axis=1)
            source = append_eos(tf.constant(both), tf.constant([11]))
        wanted = tf.nn.softmax(model.logits_and_weights(source)[0]).numpy()
        np.testing.assert_allclose(classify(ids=ids)["probabilities"], wanted, atol=1e-5)


@pytest.mark.parametrize("quantize", ["none", "float16", "dynamic"])
def test_ngrams_are_scored_as_in_training(quantize: str, tokenizer: Tokenizer, tmp_path: Path):
    tf.keras.utils.set_random_seed(1)
    model = Classifier(
        290, 3, embedding_size=6, units=8, ngrams=5000, vocabulary=tokenizer.vocabulary
    )
    model.build()
    assert model.ngrams is not None
    random = np.random.default_rng(1)
    table = random.normal(size=(5000, 4)) * 3.0
    table[:, -1] = random.uniform(1.0, 40.0, 5000)
    table[0] = 0.0
    model.ngrams.table.assign(table)
    model.ngrams.bias.assign([0.3, -0.3, 0.0])
    classifier = TextClassifier(model, tokenizer, ["a", "b", "c"], max_length=32)
    limits = SentimentExport(max_characters=64, max_tokens=32)
    classify = converted(LiteSentiment(classifier, limits), "classify", tmp_path, quantize)
    for text in ("the sea and the moon and the sea", "sun", ""):
        ids = np.zeros((1, 32), np.int32)
        tokens = tokenizer.encode([text])[0]
        ids[0, : len(tokens)] = tokens
        source = np.array([[*tokens, EOS]], np.int32)
        lstm, ngrams = model.lstm_logits(source)[0], model.ngrams(source)
        assert not text or np.ptp(ngrams - model.ngrams.bias) > 0.3
        found = classify(ids=ids)["probabilities"]
        tolerance = {"none": 1e-5, "float16": 2e-3, "dynamic": 0.03}[quantize]
        np.testing.assert_allclose(found, tf.nn.softmax(lstm + ngrams), atol=tolerance)


@pytest.mark.parametrize(
    "how",
    [
        {"attention": "multi_head", "num_heads": 2, "tie_embeddings": False, "cell": "gru"},
        {"attention": "additive", "layer_norm": True, "share_embeddings": True},
        {"attention": "none", "bidirectional": False, "num_layers": 1, "cell": "cifg"},
        {"attention": "dot", "cell": "mogrifier", "embedding_skip": True},
        {"attention": "dot", "cell": "min_lstm"},
        {"attention": "dot", "cell": "slstm"},
    ],
)
def test_every_attention_translates_as_in_training(
    how: dict[str, Any], tokenizer: Tokenizer, tmp_path: Path
):
    tf.keras.utils.set_random_seed(2)
    model = Translator(290, 290, embedding_size=6, units=8, **how)
    model.build()
    for weight in model.weights:
        if "embedding_skip" in weight.path:  # it is 0
            weight.assign(np.random.default_rng(4).normal(size=weight.shape))
    decoding = TranslationDecoding(beam_size=3, max_length=10, no_repeat_ngram_size=2)
    translator = TextTranslator(model, tokenizer, tokenizer, decoding, sentence_case=True)
    wanted, shouted = translator.translate(["the sea and the moon", "THE SEA AND"])
    assert shouted.text == next(translator.translate(["The sea and"])).text
    room = TranslationExport(max_characters=64, max_tokens=16)
    beam = converted(LiteTranslation(translator, room), "beam", tmp_path)
    ids = np.zeros((1, 16), np.int32)
    tokens = tokenizer.encode(["the sea and the moon"])[0]
    ids[0, : len(tokens)] = tokens
    found = beam(ids=ids)
    assert tokenizer.decode(found["ids"][0])[0] == wanted.text
    np.testing.assert_allclose(found["scores"][0, 0], wanted.score, atol=1e-4)
    assert ("attention" in found) == (how["attention"] != "none")


def test_random_numbers_are_those_of_the_graph():
    numbers = np.arange(50, dtype=np.int32)
    for seed, step in ((1, 0), (2**31 - 1, 17), (12345, 4000)):
        wanted = uniform_noise(tf.constant(seed), tf.constant(step), tf.constant(numbers)).numpy()
        assert [uniform(seed, step, number) for number in numbers.tolist()] == wanted.tolist()


def test_the_kept_tokens_are_those_of_a_sort():
    random = np.random.default_rng(0)
    halved = tf.function(top_k_top_p_filter, reduce_retracing=True)
    for _ in range(60):
        spread = random.choice([0.1, 1.0, 3.0])
        logits = (random.normal(size=(1, 700)) * spread).astype(np.float32)
        logits[0, :3] = NEG_INF
        top_k = tf.constant([random.choice([0, 1, 5, 300, 699, 700, 705])], tf.int32)
        top_p = tf.constant([random.choice([1.0, 0.95, 0.5, 0.999, 1e-6])], tf.float32)
        kept = halved(tf.constant(logits), top_k, top_p).numpy() > NEG_INF / 2
        wanted = sampling.top_k_top_p_filter(tf.constant(logits), top_k, top_p).numpy()
        other = kept != (wanted > NEG_INF / 2)
        # Rounding may move the bound by a token.
        assert tf.nn.softmax(logits).numpy()[other].sum() < 2e-3 * (other.sum() <= 1)
