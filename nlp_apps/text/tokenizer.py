"""Tokenizer: text to token ids and back, by SentencePiece (Kudo & Richardson 2018).

The text is not normalized, except for lowercase on request. Only spaces change (U+0020, and U+2581,
which is read as a space): those at both ends are dropped and several become one, unless the
tokenizer keeps them. A character that
is not in the vocabulary is encoded in bytes, so that no text is unknown.
"""

import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import sentencepiece
from sentencepiece import sentencepiece_model_pb2

from nlp_apps.errors import WorkError, first_line
from nlp_apps.io import stages
from nlp_apps.io.atomic_files import atomic_write
from nlp_apps.io.bounded_files import read_bytes
from nlp_apps.text.normalize import SPACE_MARK, lowercase
from nlp_apps.text.special_ids import (
    BOS,
    EOS,
    MIN_SUBWORD_VOCABULARY,
    NUM_RESERVED,
    PAD,
    SAMPLE_CHARACTERS,
    UNKNOWN,
)
from nlp_apps.text.subword_sampling import SubwordSampler
from nlp_apps.text.training_sample import MAX_LINE_CHARACTERS, training_sample

SCORE_STEP = 2.0**-10
"""Step to which scores are rounded, so that their sums are equal in float32 and float64, also where
two segmentations have the same score."""

MAX_BYTES = 4
"""Bytes of a character in UTF-8, at most."""

MODEL_TYPES = {"sentencepiece": "unigram", "characters": "char", "words": "word"}
"""Kind of tokenizer in a recipe -> SentencePiece's model type."""

ENCODED_AT_ONCE = 10_000
"""Texts between two updates of the progress."""

UNKNOWN_PENALTY = 10.0
"""Difference in log probability between a character without an id and the rarest subword, in
nats."""

LOWERCASE = "lowercase"
"""Name of the normalization of a tokenizer that lowercases; any other name: it does not."""

NEWLINE = "<0x0A>"
"""Token of a newline: its byte, which is in every vocabulary."""

MAX_MODEL_BYTES = 64 << 20
"""Size of a SentencePiece model, at most."""


class Tokenizer:
    """A SentencePiece model.

    Args:
        model: the serialized model.

    Attributes:
        lowercases: texts are lowercased before they are encoded; see `normalize.lowercase`.

    Raises:
        ValueError: the bytes are no SentencePiece model.
    """

    def __init__(self, model: bytes):
        self.model = model
        self._samplers: dict[float, SubwordSampler] = {}
        try:
            self._processor = sentencepiece.SentencePieceProcessor(model_proto=model)
            # SentencePiece accepts empty bytes, and a model without its last part.
            proto = sentencepiece_model_pb2.ModelProto.FromString(model)
            if not proto.HasField("normalizer_spec"):
                raise ValueError("it is empty or truncated")
            if not all(isinstance(piece.piece, str) for piece in proto.pieces):
                raise ValueError("a token is not UTF-8")
        except (RuntimeError, TypeError, ValueError) as error:
            raise ValueError(f"not a SentencePiece model: {error}") from None
        self.lowercases = proto.normalizer_spec.name == LOWERCASE

    @property
    def vocabulary_size(self) -> int:
        """Number of token ids."""
        return self._processor.get_piece_size()

    @property
    def newline_id(self) -> int:
        """Token id of a newline."""
        return self._processor.piece_to_id(NEWLINE)

    @property
    def vocabulary(self) -> list[str]:
        """Token of each id; U+2581 at its start is a space."""
        return [self._processor.id_to_piece(index) for index in range(self.vocabulary_size)]

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Returns the most probable segmentation of each text, without BOS and EOS."""
        found: list[list[int]] = []
        for start in range(0, len(texts), ENCODED_AT_ONCE):
            part = self._normalized(texts[start : start + ENCODED_AT_ONCE])
            found += self._processor.encode(part)
            stages.advance("texts", len(part))
        return found

    def _normalized(self, texts: Sequence[str]) -> list[str]:
        return [lowercase(text) for text in texts] if self.lowercases else list(texts)

    def lowercased(self) -> "Tokenizer":
        """Returns this tokenizer with lowercase."""
        return Tokenizer(_with_lowercase(self.model))

    def encode_documents(self, texts: Sequence[str]) -> list[list[int]]:
        """Encodes texts of several lines; each newline becomes the id of its byte."""
        lines = [text.split("\n") for text in texts]
        encoded = iter(self.encode([line for text in lines for line in text]))
        found = []
        for text in lines:
            token_ids = next(encoded)
            for _ in text[1:]:
                token_ids.append(self.newline_id)
                token_ids += next(encoded)
            found.append(token_ids)
        return found

    def decode_document(self, token_ids: Iterable[int]) -> str:
        """Decodes token ids to a text of several lines."""
        lines: list[list[int]] = [[]]
        for index in token_ids:
            if index == self.newline_id:
                lines.append([])
            else:
                lines[-1].append(int(index))
        return "\n".join(self.decode(lines))

    def sample(self, texts: Sequence[str], *, alpha: float, seed: int) -> list[list[int]]:
        """Returns a random segmentation of each text: subword regularization (Kudo 2018, sec. 3).

        Args:
            texts: the texts.
            alpha: smoothing; with smaller values, less probable segmentations are more frequent.
            seed: at least 0. The same texts, alpha and seed return the same ids in every process.
        """
        if alpha not in self._samplers:
            self._samplers[alpha] = self._sampler(alpha)
        return list(self._samplers[alpha].sample(self._normalized(texts), seed=seed))

    def _sampler(self, alpha: float) -> SubwordSampler:
        proto = sentencepiece_model_pb2.ModelProto.FromString(self.model)
        scores = [piece.score for piece in proto.pieces]
        # A character without an id has this score, as in SentencePiece. Its first byte has all of
        # it; the others have 0.
        unknown = min(scores[NUM_RESERVED:], default=0.0) - UNKNOWN_PENALTY
        for byte in range(256):
            scores[EOS + 1 + byte] = 0.0 if 0x80 <= byte < 0xC0 else unknown

        def segment(word: str, size: int) -> list[list[int]]:
            found: list[list[int]] = self._processor.nbest_encode(word, nbest_size=size)
            return found

        keep_spaces = not proto.normalizer_spec.remove_extra_whitespaces
        return SubwordSampler(segment, scores, keep_spaces=keep_spaces, alpha=alpha)

    def decode(self, token_ids: Iterable[Iterable[int]]) -> list[str]:
        """Decodes each sequence of token ids to text.

        Special ids are dropped; bytes that are not UTF-8 become U+FFFD.
        """
        texts = [
            self._processor.decode([int(index) for index in ids if index > EOS])
            for ids in token_ids
        ]
        # Before a word in bytes, SentencePiece leaves the space mark.
        return [text.removeprefix(SPACE_MARK).replace(SPACE_MARK, " ") for text in texts]

    def save(self, path: Path) -> None:
        """Writes the model to a file."""
        with atomic_write(path) as temporary:
            temporary.write_bytes(self.model)

    @classmethod
    def load(cls, path: Path) -> "Tokenizer":
        """Reads a model from a file.

        Raises:
            WorkError: the file is missing or damaged.
        """
        try:
            return cls(read_bytes(path, MAX_MODEL_BYTES))
        except (OSError, ValueError) as error:
            raise WorkError(
                f"{path}: cannot read the tokenizer: {first_line(error)}. Train again."
            ) from None


def train_tokenizer(
    texts: Iterable[str],
    *,
    kind: str = "sentencepiece",
    vocabulary_size: int = 4000,
    character_coverage: float = 1.0,
    keep_spaces: bool = False,
    lowercases: bool = False,
    may_lower: bool = False,
    sample_characters: int = SAMPLE_CHARACTERS,
    num_tags: int = 0,
) -> Tokenizer:
    """Trains a tokenizer.

    Args:
        texts: lines of text.
        kind: `"sentencepiece"` (unigram language model: Kudo 2018), `"characters"`, or `"words"`
            (the most frequent ones; spaces separate words).
        vocabulary_size: number of ids, reserved ids included.
        character_coverage: share of the text's characters that have an id of their own; the others
            are encoded in bytes.
        keep_spaces: keeps every space of a text, so that documents are decoded unchanged. Words
            are always separated by one space.
        lowercases: the tokenizer lowercases every text, of training too.
        may_lower: allows a smaller vocabulary where the text does not support `vocabulary_size`.
        sample_characters: characters of the random sample that is read of a longer text. Words are
            counted in all of the texts.
        num_tags: ids of `vocabulary_size` that `target_tags.with_tags` adds.

    Raises:
        WorkError: the text is too short for the vocabulary, or the vocabulary is too small for the
            characters.
    """
    if lowercases:
        texts = map(lowercase, texts)
    if kind == "words":
        model = _word_model(texts, vocabulary_size - num_tags)
        return Tokenizer(_with_lowercase(model) if lowercases else model)
    written = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(training_sample(texts, sample_characters)),
            model_writer=written,
            model_type=MODEL_TYPES[kind],
            vocab_size=vocabulary_size - num_tags,
            character_coverage=character_coverage,
            normalization_rule_name="identity",
            byte_fallback=True,
            pad_id=PAD,
            unk_id=UNKNOWN,
            bos_id=BOS,
            eos_id=EOS,
            hard_vocab_limit=kind != "characters" and not may_lower,
            add_dummy_prefix=not keep_spaces,
            remove_extra_whitespaces=not keep_spaces,
            max_sentence_length=MAX_BYTES * MAX_LINE_CHARACTERS,
            num_threads=4,  # constant, because the sums depend on it
            minloglevel=2,
        )
    except RuntimeError as error:
        raise WorkError(_error_message(str(error), kind, vocabulary_size, num_tags)) from None
    model = _quantize_scores(written.getvalue())
    return Tokenizer(_with_lowercase(model) if lowercases else model)


def _word_model(texts: Iterable[str], vocabulary_size: int) -> bytes:
    """Returns a model of the most frequent words; equally frequent ones in alphabetical order.

    SentencePiece's own trainer drops every line that contains `<unk>`, a word of WikiText.
    """
    if vocabulary_size <= NUM_RESERVED:
        raise WorkError(_error_message("", "words", vocabulary_size))
    counts = Counter(word for text in texts for word in text.split(" ") if word)
    words = sorted(counts, key=lambda word: (-counts[word], word))[: vocabulary_size - NUM_RESERVED]
    proto = sentencepiece_model_pb2.ModelProto()
    kinds = proto.SentencePiece
    for piece, kind in (
        ("<pad>", "CONTROL"),
        ("<unk>", "UNKNOWN"),
        ("<s>", "CONTROL"),
        ("</s>", "CONTROL"),
    ):
        proto.pieces.add(piece=piece, score=0.0, type=getattr(kinds, kind))
    for byte in range(256):
        proto.pieces.add(piece=f"<0x{byte:02X}>", score=0.0, type=kinds.BYTE)
    for rank, word in enumerate(words):
        proto.pieces.add(piece=f"\u2581{word}", score=-float(rank), type=kinds.NORMAL)
    spec = proto.trainer_spec
    spec.model_type = spec.WORD
    spec.vocab_size = len(proto.pieces)
    spec.byte_fallback = True
    spec.pad_id, spec.unk_id, spec.bos_id, spec.eos_id = PAD, UNKNOWN, BOS, EOS
    proto.normalizer_spec.name = "identity"
    return proto.SerializeToString(deterministic=True)


def _quantize_scores(model: bytes) -> bytes:
    proto = sentencepiece_model_pb2.ModelProto.FromString(model)
    for piece in proto.pieces:
        piece.score = round(piece.score / SCORE_STEP) * SCORE_STEP
    proto.trainer_spec.ClearField("input")
    return proto.SerializeToString(deterministic=True)


def _with_lowercase(model: bytes) -> bytes:
    proto = sentencepiece_model_pb2.ModelProto.FromString(model)
    proto.normalizer_spec.name = LOWERCASE  # SentencePiece ignores the name of a trained model
    return proto.SerializeToString(deterministic=True)


def _error_message(message: str, kind: str, vocabulary_size: int, num_tags: int = 0) -> str:
    """Returns an error of SentencePiece in terms of the recipe, whose size includes the tags."""
    if too_high := re.search(r"value <= (\d+)", message):
        most = int(too_high[1]) + num_tags
        advice = (
            f"Set tokenizer.vocabulary_size to {most} or less."
            if most >= MIN_SUBWORD_VOCABULARY
            else 'Subwords need more text. Add text, or set tokenizer.kind to "characters".'
        )
        return (
            f"tokenizer.vocabulary_size must be at most {most} for this text, received "
            f"{vocabulary_size}. {advice}"
        )
    if too_low := re.search(r"smaller than required_chars\.?\s*\d+ vs (\d+)", message):
        least = int(too_low[1]) + num_tags
        return (
            f"tokenizer.vocabulary_size must be at least {least} for the characters of this text, "
            f"received {vocabulary_size}. Set it higher, or tokenizer.character_coverage lower."
        )
    if kind != "sentencepiece" and vocabulary_size <= NUM_RESERVED:
        return (
            f"tokenizer.vocabulary_size must be above {NUM_RESERVED} (bytes and special ids), "
            f"received {vocabulary_size}."
        )
    return f"the tokenizer could not be trained: {message}"
