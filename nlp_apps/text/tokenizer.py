"""The tokenizer: text to token ids and back, by SentencePiece (Kudo & Richardson 2018).

The text is not normalised: what goes in comes out, but for blanks (U+0020, and U+2581 counts as
one): those at both ends are dropped and several become one. A character never seen in training is
spelt in bytes, so that no text is unknown.
"""

import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import sentencepiece
from sentencepiece import sentencepiece_model_pb2

from nlp_apps.errors import WorkError
from nlp_apps.io.atomic_files import atomic_write
from nlp_apps.text.normalize import SPACE_MARK
from nlp_apps.text.special_ids import BOS, EOS, PAD, UNKNOWN
from nlp_apps.text.subword_sampling import Sampler

SCORE_STEP = 2.0**-10
"""Piece scores are rounded to this, so that float32 and float64 add them up to the same sums, ties
included."""

SMALLEST_SENTENCEPIECE_VOCABULARY = 300
"""What the recipe's own check asks for with kind "sentencepiece"; a test holds the two together."""

MOST_CHARACTERS = 20_000_000
"""Of longer text, every second, third, ... line teaches the vocabulary: the rest would change it
little and takes minutes and gigabytes."""

NUM_RESERVED = 256 + 4
"""Ids of single bytes and special ids, which every vocabulary has."""

MODEL_TYPES = {"sentencepiece": "unigram", "characters": "char", "words": "word"}
"""What a recipe calls a tokenizer, and what SentencePiece calls it."""

UNKNOWN_PENALTY = 10.0
"""How much less probable than the rarest piece a character without a piece is, in nats."""

NEWLINE = "<0x0A>"
"""The piece of a line end: the byte itself, so that every vocabulary has it."""


class Tokenizer:
    """A SentencePiece model.

    Args:
        model: the serialised model.

    Raises:
        ValueError: the bytes are not a SentencePiece model.
    """

    def __init__(self, model: bytes):
        self.model = model
        self._samplers: dict[float, Sampler] = {}
        try:
            self._processor = sentencepiece.SentencePieceProcessor(model_proto=model)
            # Empty bytes are no error to SentencePiece, nor is a model without its last part.
            if not sentencepiece_model_pb2.ModelProto.FromString(model).HasField("normalizer_spec"):
                raise ValueError("it is empty or cut off")
        except (RuntimeError, TypeError, ValueError) as error:
            raise ValueError(f"not a SentencePiece model: {error}") from None

    @property
    def vocabulary_size(self) -> int:
        """Number of token ids."""
        return self._processor.get_piece_size()

    @property
    def newline_id(self) -> int:
        """The id of a line end."""
        return self._processor.piece_to_id(NEWLINE)

    @property
    def vocabulary(self) -> list[str]:
        """Every id's piece, with U+2581 where a space begins it."""
        return [self._processor.id_to_piece(index) for index in range(self.vocabulary_size)]

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Splits each text into its most probable pieces; neither BOS nor EOS is added."""
        return self._processor.encode(list(texts))

    def encode_documents(self, texts: Sequence[str]) -> list[list[int]]:
        """As `encode`, for texts of several lines: each line end becomes the id of its byte."""
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
        """Joins token ids back to text of several lines."""
        lines: list[list[int]] = [[]]
        for index in token_ids:
            if index == self.newline_id:
                lines.append([])
            else:
                lines[-1].append(int(index))
        return "\n".join(self.decode(lines))

    def sample(self, texts: Sequence[str], *, alpha: float, seed: int) -> list[list[int]]:
        """Splits each text into pieces drawn at random: subword regularisation (Kudo 2018, sec. 3).

        Args:
            texts: the texts.
            alpha: smoothing; small values stray further from the most probable pieces.
            seed: not negative; the same texts, alpha and seed give the same pieces, in any process.
        """
        if alpha not in self._samplers:
            self._samplers[alpha] = self._sampler(alpha)
        return list(self._samplers[alpha].draw(texts, seed=seed))

    def _sampler(self, alpha: float) -> Sampler:
        proto = sentencepiece_model_pb2.ModelProto.FromString(self.model)
        scores = [piece.score for piece in proto.pieces]
        # A character that has no piece costs this much, as in SentencePiece; all of it is counted
        # at its first byte.
        unknown = min(scores[NUM_RESERVED:], default=0.0) - UNKNOWN_PENALTY
        for byte in range(256):
            scores[EOS + 1 + byte] = 0.0 if 0x80 <= byte < 0xC0 else unknown

        def cut(word: str, most: int) -> list[list[int]]:
            found: list[list[int]] = self._processor.nbest_encode(word, nbest_size=most)
            return found

        keep_spaces = not proto.normalizer_spec.remove_extra_whitespaces
        return Sampler(cut, scores, keep_spaces=keep_spaces, alpha=alpha)

    def decode(self, token_ids: Iterable[Iterable[int]]) -> list[str]:
        """Joins token ids back to text.

        Special ids vanish; bytes that are not UTF-8 become U+FFFD.
        """
        texts = [
            self._processor.decode([int(index) for index in ids if index > EOS])
            for ids in token_ids
        ]
        # Of a word that is spelt in bytes, SentencePiece leaves the blank before it as a mark.
        return [text.removeprefix(SPACE_MARK).replace(SPACE_MARK, " ") for text in texts]

    def save(self, path: Path) -> None:
        """Writes the model to a file, whole."""
        with atomic_write(path) as temporary:
            temporary.write_bytes(self.model)

    @classmethod
    def load(cls, path: Path) -> "Tokenizer":
        """Reads a model from a file.

        Raises:
            WorkError: the file is missing or damaged.
        """
        try:
            return cls(path.read_bytes())
        except (OSError, ValueError) as error:
            raise WorkError(f"{path}: cannot read the tokenizer: {error}. Train again.") from None


def train_tokenizer(
    texts: Iterable[str],
    *,
    kind: str = "sentencepiece",
    vocabulary_size: int = 4000,
    character_coverage: float = 1.0,
    keep_spaces: bool = False,
) -> Tokenizer:
    """Learns a vocabulary from text.

    Args:
        texts: lines of text.
        kind: "sentencepiece" (unigram language model: Kudo 2018), "characters" or "words" (what
            stands between blanks, the most frequent ones).
        vocabulary_size: how many ids, special ids and 256 bytes among them.
        character_coverage: share of the text's characters that get an id of their own; the rest is
            spelt in bytes.
        keep_spaces: every blank of a text is kept, so that prose comes out as it went in. Words are
            always told apart by one blank.

    Raises:
        WorkError: the text is too little for the vocabulary, or the vocabulary too small for the
            characters.
    """
    if kind == "words":
        return Tokenizer(_count_words(texts, vocabulary_size))
    written = io.BytesIO()
    lines = texts if isinstance(texts, list) else list(texts)
    every = -(-sum(map(len, lines)) // MOST_CHARACTERS) or 1
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines[::every]),
            model_writer=written,
            model_type=MODEL_TYPES[kind],
            vocab_size=vocabulary_size,
            character_coverage=character_coverage,
            normalization_rule_name="identity",
            byte_fallback=True,
            pad_id=PAD,
            unk_id=UNKNOWN,
            bos_id=BOS,
            eos_id=EOS,
            hard_vocab_limit=kind != "characters",
            add_dummy_prefix=not keep_spaces,
            remove_extra_whitespaces=not keep_spaces,
            max_sentence_length=1 << 20,  # bytes; longer lines were refused when they were read
            num_threads=4,  # a constant: the sums depend on it
            minloglevel=2,
        )
    except RuntimeError as error:
        raise WorkError(_explain(str(error), kind, vocabulary_size)) from None
    return Tokenizer(_round_scores(written.getvalue()))


def _count_words(texts: Iterable[str], vocabulary_size: int) -> bytes:
    """A model of the most frequent words; equally frequent ones in alphabetical order.

    SentencePiece's own trainer leaves out every line with `<unk>` in it, which is a word of text
    that was tokenised before (WikiText).
    """
    if vocabulary_size <= NUM_RESERVED:
        raise WorkError(_explain("", "words", vocabulary_size))
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


def _round_scores(model: bytes) -> bytes:
    proto = sentencepiece_model_pb2.ModelProto.FromString(model)
    for piece in proto.pieces:
        piece.score = round(piece.score / SCORE_STEP) * SCORE_STEP
    proto.trainer_spec.ClearField("input")
    return proto.SerializeToString(deterministic=True)


def _explain(message: str, kind: str, vocabulary_size: int) -> str:
    """Says in the recipe's words what SentencePiece refused."""
    if too_high := re.search(r"value <= (\d+)", message):
        most = int(too_high[1])
        advice = (
            f"Set tokenizer.vocabulary_size to {most} or less."
            if most >= SMALLEST_SENTENCEPIECE_VOCABULARY
            else "That is too little for subwords: give more text, or set tokenizer.kind to "
            '"characters".'
        )
        return (
            f"tokenizer.vocabulary_size: the text supports at most {most} pieces, the recipe asks "
            f"for {vocabulary_size}. {advice}"
        )
    if too_low := re.search(r"smaller than required_chars\.?\s*\d+ vs (\d+)", message):
        return (
            f"tokenizer.vocabulary_size: {vocabulary_size} is too small, the text's characters "
            f"alone need {too_low[1]}. Set it higher, or tokenizer.character_coverage lower."
        )
    if kind != "sentencepiece" and vocabulary_size <= NUM_RESERVED:
        return (
            f"tokenizer.vocabulary_size: {vocabulary_size} is too small, single bytes and special "
            f"ids alone need {NUM_RESERVED}. Set it higher."
        )
    return f"the tokenizer could not be trained: {message}"
