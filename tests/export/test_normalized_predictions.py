"""A run, its SavedModel and its `.tflite` read the same token ids of unnormalized texts."""

import numpy as np
import pytest
import tensorflow as tf

from nlp_apps.export.saved_model.sentiment_signatures import SentimentSignatures
from nlp_apps.export.saved_model.translation_signatures import TranslationSignatures
from nlp_apps.export.tflite.lite_sentiment import LiteSentiment
from nlp_apps.export.tflite.lite_translation import LiteTranslation
from nlp_apps.inference.text_classifier import TextClassifier
from nlp_apps.inference.text_translator import TextTranslator
from nlp_apps.litert.file_model import padded_row
from nlp_apps.networks.classifier import Classifier
from nlp_apps.networks.translator import Translator
from nlp_apps.recipe.decoding_section import TranslationDecoding
from nlp_apps.recipe.export_section import SentimentExport, TranslationExport
from nlp_apps.text.normalize import normalize, normalize_input, sentence_case
from nlp_apps.text.tokenizer import train_tokenizer
from tests.unnormalized_texts import IN_CAPITALS, UNNORMALIZED

TEXTS = [*UNNORMALIZED, "GREAT value", "great value", "plain"]
NUM_IDS = 400


@pytest.fixture(scope="module", params=[False, True])
def classifier(request: pytest.FixtureRequest) -> TextClassifier:
    tf.keras.utils.set_random_seed(1)
    lines = [*UNNORMALIZED.values(), "great value", "plain"] * 3
    tokenizer = train_tokenizer(
        lines, kind="characters", vocabulary_size=NUM_IDS, lowercases=request.param
    )
    model = Classifier(tokenizer.vocabulary_size, 2, embedding_size=6, units=8, num_layers=1)
    model.build()
    return TextClassifier(model, tokenizer, ["a", "b"], max_length=64)


def test_every_path_reads_the_same_token_ids(classifier: TextClassifier) -> None:
    expected = classifier.tokenizer.encode([classifier.normalize(text) for text in TEXTS])
    attend = SentimentSignatures(classifier).functions["attend"](tf.constant(TEXTS))
    pieces = [[piece.decode() for piece in row if piece] for row in attend["pieces"].numpy()]
    vocabulary = classifier.tokenizer.vocabulary
    assert pieces == [[vocabulary[index] for index in ids] for ids in expected]

    limits = SentimentExport(max_characters=64, max_tokens=64)
    tokenize = LiteSentiment(classifier, limits).functions["tokenize"]
    for text, ids in zip(TEXTS, expected, strict=True):
        found = tokenize(codepoints=padded_row([ord(one) for one in normalize(text)], 64))
        assert found["ids"][0][: found["count"][0]].numpy().tolist() == ids, ascii(text)


def test_only_a_tokenizer_that_lowercases_hides_capitals(classifier: TextClassifier) -> None:
    upper, lower = classifier.predict(["GREAT value", "great value"])
    assert np.isclose(upper.probability, lower.probability) == classifier.tokenizer.lowercases


@pytest.mark.parametrize("reads_capitals", [True, False])
def test_every_path_of_a_translator_reads_capitals_alike(reads_capitals: bool) -> None:
    tf.keras.utils.set_random_seed(1)
    texts = [text for text in [*IN_CAPITALS, *UNNORMALIZED] if normalize(text)]
    tokenizer = train_tokenizer(texts * 3, kind="characters", vocabulary_size=NUM_IDS)
    size = tokenizer.vocabulary_size
    model = Translator(size, size, embedding_size=6, units=8, num_layers=1, attention="dot")
    model.build()
    translator = TextTranslator(
        model,
        tokenizer,
        tokenizer,
        TranslationDecoding(beam_size=1, max_length=4),
        sentence_case=reads_capitals,
    )
    read = sentence_case if reads_capitals else str
    expected = tokenizer.encode([read(normalize_input(text)) for text in texts])

    aligned = [translator.align(text).source_ids[:-1].tolist() for text in texts]
    assert aligned == expected

    align = TranslationSignatures(translator).functions["align"](tf.constant(texts))
    pieces = [[piece.decode() for piece in row if piece] for row in align["source_pieces"].numpy()]
    vocabulary = tokenizer.vocabulary
    assert [row[:-1] for row in pieces] == [[vocabulary[one] for one in ids] for ids in expected]

    limits = TranslationExport(max_characters=64, max_tokens=64)
    tokenize = LiteTranslation(translator, limits).functions["tokenize"]
    for text, ids in zip(texts, expected, strict=True):
        found = tokenize(codepoints=padded_row([ord(one) for one in normalize(text)], 64))
        assert found["ids"][0][: found["count"][0]].numpy().tolist() == ids, ascii(text)
