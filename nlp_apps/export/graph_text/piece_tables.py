"""What a SentencePiece model says of its pieces, as arrays of numbers and strings.

Letters in shapes: S slots of the tree of pieces, A codes of characters, V vocabulary.
"""

from typing import NamedTuple

import numpy as np
from sentencepiece.sentencepiece_model_pb2 import ModelProto, TrainerSpec

from nlp_apps.errors import WorkError
from nlp_apps.export.graph_text.trie import ROOT, Trie, build_trie
from nlp_apps.text.normalize import SPACE_MARK
from nlp_apps.text.special_ids import PAD
from nlp_apps.text.tokenizer import MODEL_TYPES, SCORE_STEP, UNKNOWN_PENALTY, Tokenizer

NO_PIECE_SCORE = -1e30
"""Score of what is no piece; finite, so that sums of it stay numbers."""

Piece = ModelProto.SentencePiece

SPECIAL = [Piece.CONTROL, Piece.UNKNOWN, Piece.CONTROL, Piece.CONTROL]
"""Types of the ids `PAD`, `UNKNOWN`, `BOS` and `EOS`."""


class PieceTables(NamedTuple):
    """The tables.

    Attributes:
        kind: "sentencepiece", "characters" or "words", as in a recipe.
        drops_blanks: several blanks are one, and one stands before each text.
        trie: the pieces that a text is cut into; their values are ids.
        scores: <float32>[S], of the piece that ends in a slot; `NO_PIECE_SCORE` where none does.
        singles: <float32>[A], score of each character by itself, known or not.
        splits_words: no piece reaches from one word to the next, and scores are whole multiples of
            `SCORE_STEP`.
        byte_ids: <int32>[256], the id of each byte.
        byte_of: <int32>[V], the byte that an id stands for, or -1.
        pieces: V pieces, the one of PAD empty.
        surfaces: V, what an id adds to a text, in UTF-8; bytes as they are.
        blanks: <int32>[V], bytes of the surface that fall away where a text begins.
    """

    kind: str
    drops_blanks: bool
    trie: Trie
    scores: np.ndarray
    singles: np.ndarray
    splits_words: bool
    byte_ids: np.ndarray
    byte_of: np.ndarray
    pieces: list[str]
    surfaces: list[bytes]
    blanks: np.ndarray


def read_tables(tokenizer: Tokenizer) -> PieceTables:
    """Reads the tables of a tokenizer.

    Raises:
        WorkError: the model asks for what this suite never trains.
    """
    proto = ModelProto.FromString(tokenizer.model)
    kind = _kind(proto)
    types = np.array([piece.type for piece in proto.pieces])
    pieces = {
        piece.piece: index
        for index, piece in enumerate(proto.pieces)
        if piece.type in (Piece.NORMAL, Piece.USER_DEFINED)
    }
    trie = build_trie(pieces)
    scores = np.array([_score(piece) for piece in proto.pieces], np.float32)
    unknown_score = scores[types == Piece.NORMAL].min(initial=0) - np.float32(UNKNOWN_PENALTY)
    is_byte = types == Piece.BYTE
    slot_scores = np.where(trie.values < 0, np.float32(NO_PIECE_SCORE), scores[trie.values])
    children = trie.base[ROOT] + np.arange(trie.alphabet.codes.max() + 1)
    is_known = (trie.parent[children] == ROOT) & (trie.values[children] >= 0)
    byte_of = np.full(len(types), -1, np.int32)
    byte_of[is_byte] = [_byte(piece) for piece in proto.pieces if piece.type == Piece.BYTE]
    byte_ids = np.flatnonzero(is_byte)[np.argsort(byte_of[is_byte])].astype(np.int32)
    surfaces = [_surface(piece) for piece in proto.pieces]
    drops_blanks = proto.normalizer_spec.remove_extra_whitespaces
    begins_with_blank = [piece.piece.startswith(SPACE_MARK) for piece in proto.pieces]
    return PieceTables(
        kind=kind,
        drops_blanks=drops_blanks,
        trie=trie,
        scores=slot_scores,
        singles=np.where(is_known, slot_scores[children], unknown_score),
        splits_words=bool(
            all(piece.rfind(SPACE_MARK) < 1 for piece in pieces)
            and not (scores[list(pieces.values())] % SCORE_STEP).any()
        ),
        byte_ids=byte_ids,
        byte_of=byte_of,
        pieces=["" if index == PAD else piece.piece for index, piece in enumerate(proto.pieces)],
        surfaces=surfaces,
        blanks=np.array(begins_with_blank, np.int32) * drops_blanks,
    )


def _kind(proto: ModelProto) -> str:
    """What a recipe calls the kind of tokenizer; a model that works otherwise is refused."""
    kinds = {name: kind for kind, name in MODEL_TYPES.items()}
    kind = kinds.get(TrainerSpec.ModelType.Name(proto.trainer_spec.model_type).lower())
    spec = proto.normalizer_spec
    users = [piece.piece for piece in proto.pieces if piece.type == Piece.USER_DEFINED]
    for is_wrong, what in (
        (kind is None, "its type is none of unigram, char and word"),
        (not proto.trainer_spec.byte_fallback, "it has no bytes for unknown characters"),
        (
            [piece.type for piece in proto.pieces[: len(SPECIAL)]] != SPECIAL,
            "its special ids differ",
        ),
        (
            spec.precompiled_charsmap or proto.denormalizer_spec.precompiled_charsmap,
            "it changes characters",
        ),
        (
            not spec.escape_whitespaces or proto.trainer_spec.treat_whitespace_as_suffix,
            "it marks blanks in another way",
        ),
        (
            spec.add_dummy_prefix != spec.remove_extra_whitespaces,
            "add_dummy_prefix and remove_extra_whitespaces differ",
        ),
        (
            any(" " in piece or (kind == "characters" and len(piece) > 1) for piece in users),
            "a user-defined piece has a blank, or several characters in a model of characters",
        ),
    ):
        if is_wrong:
            raise WorkError(
                f"the tokenizer is not one that this suite trains: {what}. Train again."
            )
    return str(kind)


def _score(piece: ModelProto.SentencePiece) -> np.float32:
    """What SentencePiece counts for a piece; one that a user defined is meant to win."""
    if piece.type == Piece.USER_DEFINED:
        return np.float32(0.1 * (len(piece.piece.encode()) - 1))
    return np.float32(piece.score)


def _byte(piece: ModelProto.SentencePiece) -> int:
    """The byte of a piece like `<0x0A>`."""
    return int(piece.piece[3:5], 16)


def _surface(piece: ModelProto.SentencePiece) -> bytes:
    """What a piece adds to a text."""
    if piece.type in (Piece.CONTROL, Piece.UNKNOWN):
        return b""
    if piece.type == Piece.BYTE:
        return bytes([_byte(piece)])
    return str(piece.piece).replace(SPACE_MARK, " ").encode()
