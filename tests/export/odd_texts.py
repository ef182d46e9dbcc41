"""Tokenizers and texts for the tests of the exported tokenizers."""

import random
from typing import Any

import numpy as np
from sentencepiece.sentencepiece_model_pb2 import ModelProto, TrainerSpec

from nlp_apps.resources import shipped_folder
from nlp_apps.text.special_ids import NUM_RESERVED, PAD
from nlp_apps.text.tokenizer import Tokenizer, train_tokenizer

KINDS: dict[str, dict[str, Any]] = {
    "subwords": {"vocabulary_size": 700},
    "subwords, all spaces": {"vocabulary_size": 500, "keep_spaces": True},
    "characters": {"kind": "characters", "vocabulary_size": 400},
    "characters, all spaces": {
        "kind": "characters",
        "vocabulary_size": 400,
        "keep_spaces": True,
    },
    "words": {"kind": "words", "vocabulary_size": 600},
}

SCRIPTS = [
    (0x20, 0x7F), (0xA0, 0x250), (0x300, 0x370), (0x370, 0x530), (0x590, 0x700), (0x900, 0x980),
    (0xE00, 0xE80), (0x1100, 0x1200), (0x2000, 0x2070), (0x2570, 0x2590), (0x3000, 0x3100),
    (0x4E00, 0x4F00), (0xAC00, 0xAD00), (0xE000, 0xE010), (0xFE00, 0xFE10), (0xFFF0, 0xFFFE),
    (0x1D400, 0x1D440), (0x1F300, 0x1F650), (0x20000, 0x20020), (0x10FFF0, 0x110000),
    (0x00, 0x20), (0x7F, 0xA0),
]  # fmt: skip
"""Code points from here to there; the last two are control characters."""

ODD = [
    " ", "  ", "   ", "\u2581", " \u2581", "\u2581 ", "\u2581\u2581", "\u00a0", "\u202f", "\u3000",
    "\t", "\n", "\n ", "\r", "\0", "\ufeff", "\ufffd", "\u200d", "👩\u200d👩\u200d👧", "🏳️\u200d🌈",
    "e\u0301", "<unk>", "<s>", "</s>", "<0x41>", "<pad>",
]  # fmt: skip

BROKEN = b"\xe2\x96\x81\xf0\x9f\x98\x80\xed\xa0\x80\xc0\xc1\xf4\x90\xf5\xe0\xc3\xa9 a\0\n"
"""Bytes that make characters together, and that never can."""


def corpus(part: str, count: int) -> list[str]:
    """Lines of each embedded corpus, evenly spread, `count` per corpus; each column is a line."""
    found = []
    for path in ("phrasebook/{}.tsv", "reviews/{}.tsv", "tales/{}.txt"):
        whole = (shipped_folder("data") / path.format(part)).read_text(encoding="utf-8")
        lines = whole.split("\n")
        found += [text for line in lines[:: -(-len(lines) // count)] for text in line.split("\t")]
    return found


LINES = corpus("train", 200)


def odd_texts(count: int) -> list[str]:
    """Texts of words, all kinds of spaces, scripts of the world and long words."""
    draw = random.Random(7)
    words = [word for line in LINES for word in line.split()][:2000]

    def part() -> str:
        kind = draw.randrange(20)
        if kind < 6:
            return draw.choice(words)
        if kind < 10:
            return " " + draw.choice(words)
        if kind < 14:
            return draw.choice(ODD)
        if kind < 15:
            return str(draw.randrange(10 ** draw.randrange(1, 20)))
        if kind < 16:
            return draw.choice(words)[: draw.randrange(1, 5)] * draw.choice((2, 3, 40))
        begin, end = draw.choice(SCRIPTS)
        return "".join(chr(draw.randrange(begin, end)) for _ in range(draw.randrange(1, 6)))

    sizes = (0, 1, 2, 3, 5, 8)
    return ["".join(part() for _ in range(draw.choice(sizes))) for _ in range(count)]


def edited(*pieces: tuple[str, float, str], model: str = "UNIGRAM", **changes: Any) -> Tokenizer:
    """A tokenizer of bytes and these pieces: the piece, its score and its type."""
    trained = train_tokenizer(["a b"] * 9, kind="characters", vocabulary_size=300).model
    proto = ModelProto.FromString(trained)
    del proto.pieces[NUM_RESERVED:]
    for piece, score, kind in pieces:
        proto.pieces.add(piece=piece, score=score, type=getattr(proto.SentencePiece, kind))
    proto.trainer_spec.model_type = getattr(TrainerSpec, model)
    for name, value in changes.items():
        spec, _, field = name.partition("__")
        setattr(getattr(proto, spec), field, value)
    return Tokenizer(proto.SerializeToString())


def padded(rows: list[list[int]]) -> np.ndarray:
    found = np.full((len(rows), max(map(len, rows))), PAD, np.int32)
    for row, values in zip(found, rows, strict=True):
        row[: len(values)] = values
    return found
