"""The tokenizer of a `.tflite` replaces full width forms and lowercases; its host does the rest."""

import pytest

from nlp_apps.litert.file_model import padded_row
from nlp_apps.text.normalize import normalize, normalize_input, sentence_case
from nlp_apps.text.tokenizer import train_tokenizer
from tests.export.odd_texts import KINDS, LINES, odd_texts
from tests.export.tflite.test_lite_tokenizer import CHARACTERS, TOKENS, Lite, convert, trace
from tests.unnormalized_texts import IN_CAPITALS, UNNORMALIZED

ODD = [text for text in odd_texts(90) if len(text) <= CHARACTERS / 2]
TEXTS = [*UNNORMALIZED, *LINES[:20], *ODD, "\uff21" * 30, "\u3000".join("abc")]


@pytest.fixture(scope="module", params=["subwords", "characters", "words"])
def lowercasing(request: pytest.FixtureRequest) -> Lite:
    tokenizer = train_tokenizer(LINES, lowercases=True, **KINDS[request.param])
    return convert(trace(tokenizer, narrows=True))


def test_a_host_that_composes_and_strips_gets_the_ids_of_python(lowercasing: Lite) -> None:
    for text in map(str.upper, TEXTS):
        expected = lowercasing.encode(normalize_input(text))
        codepoints = padded_row([ord(one) for one in normalize(text)], CHARACTERS)
        found = lowercasing.runners["tokenize"](codepoints=codepoints)
        assert found["count"][0] == len(expected), ascii(text)
        ids = found["ids"][0][: len(expected)].tolist()
        assert ids == expected[:TOKENS], ascii(text)


def test_the_tokenizer_of_a_translator_reads_capitals_as_python_does() -> None:
    lite = convert(trace(train_tokenizer(LINES, **KINDS["subwords"]), sentence_case=True))
    for text in [*IN_CAPITALS, *ODD, *map(str.upper, ODD)]:
        expected = lite.encode(sentence_case(text))[:TOKENS]
        codepoints = padded_row([ord(one) for one in text], CHARACTERS)
        ids = lite.runners["tokenize"](codepoints=codepoints)["ids"][0]
        assert ids[: len(expected)].tolist() == expected, ascii(text)


def test_a_tokenizer_of_documents_keeps_full_width_forms() -> None:
    documents = trace(train_tokenizer(LINES, vocabulary_size=500), multiline=True)
    codepoints = padded_row([0xFF21, 0x3000], CHARACTERS)
    found = documents.functions["tokenize"](codepoints=codepoints)
    ids = found["ids"][0][: found["count"][0]].numpy().tolist()
    assert ids == documents.encode("\uff21\u3000") != documents.encode("A ")
