"""The subwords of a SentencePiece model as arrays of numbers and strings.

Letters in shapes: S slots of the trie, A codes of characters, V vocabulary.
"""

from typing import NamedTuple

import numpy as np
from sentencepiece.sentencepiece_model_pb2 import ModelProto, TrainerSpec

from nlp_apps.errors import WorkError
from nlp_apps.export.graph_text.trie import ROOT, Trie, build_trie
from nlp_apps.text.normalize import SPACE_MARK
from nlp_apps.text.special_ids import PAD
from nlp_apps.text.tokenizer import MODEL_TYPES, SCORE_STEP, UNKNOWN_PENALTY, Tokenizer

NO_SUBWORD_SCORE = -1e30
"""Score of a slot without a subword; finite, so that no sum becomes NaN."""

Piece = ModelProto.SentencePiece

SPECIAL_TYPES = [Piece.CONTROL, Piece.UNKNOWN, Piece.CONTROL, Piece.CONTROL]
"""Types of the ids `PAD`, `UNKNOWN`, `BOS` and `EOS`."""


class SubwordTables(NamedTuple):
    """The tables.

    Attributes:
        kind: "sentencepiece", "characters" or "words", as in a recipe.
        collapses_spaces: several spaces count as one, and a space precedes each text.
        trie: the subwords; its values are ids.
        scores: <float32>[S], of the subword that ends in a slot; otherwise `NO_SUBWORD_SCORE`.
        single_scores: <float32>[A], of each character as a token of its own, known or unknown.
        splits_words: no subword crosses words, and all scores are multiples of `SCORE_STEP`.
        byte_ids: <int32>[256], the id of each byte.
        byte_of: <int32>[V], the byte of an id, or -1.
        subwords: V subwords, that of PAD empty.
        surfaces: V texts of the ids, in UTF-8; a byte id is that byte.
        leading_spaces: <int32>[V], bytes of the surface that are dropped at the beginning of a
            text.
    """

    kind: str
    collapses_spaces: bool
    trie: Trie
    scores: np.ndarray
    single_scores: np.ndarray
    splits_words: bool
    byte_ids: np.ndarray
    byte_of: np.ndarray
    subwords: list[str]
    surfaces: list[bytes]
    leading_spaces: np.ndarray


def read_tables(tokenizer: Tokenizer) -> SubwordTables:
    """Reads the tables of a tokenizer.

    Raises:
        WorkError: the model has a setting that this suite never trains.
    """
    proto = ModelProto.FromString(tokenizer.model)
    kind = _kind(proto)
    types = np.array([piece.type for piece in proto.pieces])
    ids = {
        piece.piece: index
        for index, piece in enumerate(proto.pieces)
        if piece.type in (Piece.NORMAL, Piece.USER_DEFINED)
    }
    trie = build_trie(ids)
    scores = np.array([_score(piece) for piece in proto.pieces], np.float32)
    unknown_score = scores[types == Piece.NORMAL].min(initial=0) - np.float32(UNKNOWN_PENALTY)
    is_byte = types == Piece.BYTE
    slot_scores = np.where(trie.values < 0, np.float32(NO_SUBWORD_SCORE), scores[trie.values])
    children = trie.base[ROOT] + np.arange(trie.alphabet.codes.max() + 1)
    is_known = (trie.parent[children] == ROOT) & (trie.values[children] >= 0)
    byte_of = np.full(len(types), -1, np.int32)
    byte_of[is_byte] = [_byte(piece) for piece in proto.pieces if piece.type == Piece.BYTE]
    byte_ids = np.flatnonzero(is_byte)[np.argsort(byte_of[is_byte])].astype(np.int32)
    collapses_spaces = proto.normalizer_spec.remove_extra_whitespaces
    starts_with_space = [piece.piece.startswith(SPACE_MARK) for piece in proto.pieces]
    return SubwordTables(
        kind=kind,
        collapses_spaces=collapses_spaces,
        trie=trie,
        scores=slot_scores,
        single_scores=np.where(is_known, slot_scores[children], unknown_score),
        splits_words=bool(
            all(subword.rfind(SPACE_MARK) < 1 for subword in ids)
            and not (scores[list(ids.values())] % SCORE_STEP).any()
        ),
        byte_ids=byte_ids,
        byte_of=byte_of,
        subwords=["" if index == PAD else piece.piece for index, piece in enumerate(proto.pieces)],
        surfaces=[_surface(piece) for piece in proto.pieces],
        leading_spaces=np.array(starts_with_space, np.int32) * collapses_spaces,
    )


def foreign_tokenizer(reason: str) -> WorkError:
    """Returns the error for a tokenizer that this suite did not train."""
    return WorkError(f"this suite did not train the tokenizer: {reason}. Train again.")


def _kind(proto: ModelProto) -> str:
    """Returns the kind of a tokenizer as in a recipe; raises if its settings are not supported."""
    kinds = {name: kind for kind, name in MODEL_TYPES.items()}
    kind = kinds.get(TrainerSpec.ModelType.Name(proto.trainer_spec.model_type).lower())
    spec = proto.normalizer_spec
    users = [piece.piece for piece in proto.pieces if piece.type == Piece.USER_DEFINED]
    for is_unsupported, reason in (
        (kind is None, "its type must be unigram, char or word"),
        (not proto.trainer_spec.byte_fallback, "it has no byte fallback"),
        (
            [piece.type for piece in proto.pieces[: len(SPECIAL_TYPES)]] != SPECIAL_TYPES,
            "its special ids differ",
        ),
        (
            spec.precompiled_charsmap or proto.denormalizer_spec.precompiled_charsmap,
            "it normalizes characters",
        ),
        (
            not spec.escape_whitespaces or proto.trainer_spec.treat_whitespace_as_suffix,
            "it marks spaces differently",
        ),
        (
            spec.add_dummy_prefix != spec.remove_extra_whitespaces,
            "add_dummy_prefix and remove_extra_whitespaces differ",
        ),
        (
            any(" " in piece or (kind == "characters" and len(piece) > 1) for piece in users),
            "a user-defined subword has a space, or several characters in a character model",
        ),
    ):
        if is_unsupported:
            raise foreign_tokenizer(reason)
    return str(kind)


def _score(piece: ModelProto.SentencePiece) -> np.float32:
    """Returns the score that SentencePiece uses; a user-defined subword is preferred."""
    if piece.type == Piece.USER_DEFINED:
        return np.float32(0.1 * (len(piece.piece.encode()) - 1))
    return np.float32(piece.score)


def _byte(piece: ModelProto.SentencePiece) -> int:
    """Returns the byte of a subword like `<0x0A>`."""
    return int(piece.piece[3:5], 16)


def _surface(piece: ModelProto.SentencePiece) -> bytes:
    """Returns the text of a subword."""
    if piece.type in (Piece.CONTROL, Piece.UNKNOWN):
        return b""
    if piece.type == Piece.BYTE:
        return bytes([_byte(piece)])
    return str(piece.piece).replace(SPACE_MARK, " ").encode()
