"""Translation of sentences with constraints over a `.tflite`; the host does the search.

It needs the signatures `encode` and `decode_step` only, which every version has exported.
"""

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from nlp_apps.litert.constrained_search import Found, Step, Target, constrained_search
from nlp_apps.litert.expected_signatures import TOKENIZE_TARGET
from nlp_apps.litert.file_model import FileModel, padded_row
from nlp_apps.litert.metadata import read_source_pieces
from nlp_apps.results import Translation
from nlp_apps.text.aligned_translation import (
    AlignedTranslation,
    align_tokens,
    read_target_tokens,
)
from nlp_apps.text.constrained_text import (
    ConstrainedSentence,
    Preparation,
    TargetTables,
    choose_substitute,
    put_back,
)
from nlp_apps.text.glossary import Glossary
from nlp_apps.text.joined_translation import Hypothesis, SentenceTranslation
from nlp_apps.text.longest_subwords import longest_subwords
from nlp_apps.text.normalize import sentence_case
from nlp_apps.text.protected_spans import DEFAULT_KINDS, SpanFinder
from nlp_apps.text.saved_markup import MarkedText
from nlp_apps.text.sentences import SentenceSplitter
from nlp_apps.text.target_choice import Tag
from nlp_apps.text.token_offsets import character_ends, tokens_of_span
from nlp_apps.text.translated_markup import translate_markup

STEP, BEAM_STEP = "decode_step", "decode_step_beam"


class LiteConstrainedTranslator:
    """Translates sentences with constraints.

    Args:
        model: the `.tflite`.
        encode: returns the token ids of a sentence after a tag, and whether it is too long.
        splitter: splits texts into sentences.
        beam: beam search; False: greedy search.
        protect: kinds of spans that are copied; default: those of the metadata.
    """

    def __init__(
        self,
        model: FileModel,
        encode: Callable[[str, Tag], tuple[list[int], bool]],
        splitter: SentenceSplitter,
        *,
        beam: bool,
        protect: Sequence[str] | None = None,
    ):
        self._model, self._encode, self._splitter = model, encode, splitter
        self._signature = BEAM_STEP if beam and BEAM_STEP in model.signatures else STEP
        of_model = model.metadata.get("protect", DEFAULT_KINDS)
        self._kinds = of_model if protect is None else protect
        self._finder = SpanFinder(self._kinds)

    def find(self, text: str, glossary: Glossary | None) -> list[ConstrainedSentence] | None:
        """Returns the sentences of a text with constraints; None if it has none."""
        if glossary is None and self._finder.mark(text) is None:
            return None
        return self._preparation.find(text, glossary)

    @cached_property
    def _source_pieces(self) -> list[str]:
        return read_source_pieces(self._model.path)

    @cached_property
    def _subwords(self) -> dict[str, int]:
        return {piece: index for index, piece in enumerate(self._model.pieces) if piece}

    @cached_property
    def _tables(self) -> TargetTables:
        return TargetTables(self._model.pieces)

    @cached_property
    def _preparation(self) -> Preparation:
        return Preparation(
            self._kinds,
            choose_substitute(self._source_pieces, self._model.pieces),
            self._splitter,
            # Without the key: an older file, of which nearly all have it.
            has_sentence_case=self._model.metadata.get("sentence_case", True),
        )

    @property
    def has_attention(self) -> bool:
        """Checks that a step returns its attention to the source, EOS included."""
        if not {"encode", self._signature} <= self._model.signatures:
            return False
        shape = self._model.output_shapes(self._signature).get("attention")
        return shape is not None and tuple(shape)[1:] == (self._model.max_tokens + 1,)

    def find_markup(self, text: str) -> MarkedText | None:
        """Removes the tags of a text: see `markup.parse`."""
        found = self._preparation.find_markup(text)
        return MarkedText(*found) if found else None

    def translate(self, sentence: ConstrainedSentence, tag: Tag) -> SentenceTranslation:
        """Translates a sentence into the language of a tag."""
        ids, too_long = self._encode(sentence.text, tag)
        hypotheses = [
            Hypothesis(
                put_back(one.coded, sentence.constraints, self._tables, self._model.decode),
                one.total / len(one.coded),
                len(one.coded),
            )
            for one in self._search(sentence, tag, ids)
        ]
        return SentenceTranslation(hypotheses, too_long)

    def translate_markup(
        self, found: MarkedText, glossary: Glossary | None, tag: Tag
    ) -> Translation:
        """Translates a text with markup; the model has attention."""
        sentences = self._preparation.split_marked(found.text, found.spans, glossary)
        aligned = [self._align(sentence, tag) for sentence in sentences]
        return translate_markup(found.text, found.root, sentences, aligned)

    def _align(self, sentence: ConstrainedSentence, tag: Tag) -> AlignedTranslation:
        """Translates a sentence, and aligns it with its translation."""
        ids, too_long = self._encode(sentence.text, tag)
        best = self._search(sentence, tag, ids)[0]
        tokens = ids[len(tag) :]
        ends = character_ends([self._source_pieces[one] for one in tokens])
        # A truncated text has fewer characters.
        is_whole = len(self._model.encode(sentence.text)) == len(tokens)
        return align_tokens(
            sentence,
            ends,
            read_target_tokens(best.coded, sentence.constraints, self._tables, self._model.decode),
            np.stack(best.attention)[:, len(tag) : len(ids)],
            best.total,
            too_long=too_long,
            num_characters=None if is_whole else int(ends[-1]),
        )

    def _search(self, sentence: ConstrainedSentence, tag: Tag, ids: list[int]) -> list[Found]:
        """Returns the hypotheses of a sentence with these token ids, best first."""
        model, special = self._model, self._model.metadata["special_ids"]
        encoded = model.run("encode", ids=padded_row(ids, model.max_tokens))
        length, beam_size = int(encoded["length"][0]), self._beam_size
        targets = self._targets(sentence, tag, ids[len(tag) :], encoded["memory"].shape[1])
        decoding = model.metadata.get("decoding", {})
        limit = min(decoding.get("max_length", model.max_tokens), model.max_tokens, 2 * length + 10)
        return constrained_search(
            self._step(encoded),
            np.repeat(encoded["state"], beam_size, axis=0),
            targets,
            decoding,
            beam_size=beam_size,
            limit=limit + sum(len(one.token_ids) for one in targets),
            bos_id=special["bos"],
            eos_id=special["eos"],
            continues_word=self._tables.continues_word,
        )

    @cached_property
    def _beam_size(self) -> int:
        return len(self._model.zero_inputs(self._signature)["token"])

    def _targets(
        self, sentence: ConstrainedSentence, tag: Tag, ids: list[int], width: int
    ) -> list[Target]:
        ends = character_ends([self._source_pieces[one] for one in ids])
        # A truncated text has fewer characters; tokens may have one more, the space before them.
        num_characters = min(len(sentence.text), int(ends[-1])) if len(ends) else 0
        if len(ends) and ends[-1] > num_characters + 1:
            ends = ends[:0]
        targets = []
        for one in sentence.constraints:
            span = np.zeros(width, bool)
            place = tokens_of_span(ends, num_characters, one.start, one.end)
            span[len(tag) : len(tag) + len(ends)] = place
            targets.append(Target(span, self._encode_target(one.target), one.is_reserved))
        return targets

    def _encode_target(self, text: str) -> list[int]:
        """Returns the token ids of a target.

        A file with two vocabularies has a signature for it; files of earlier versions lack it. With
        one vocabulary, the model would encode capitals as small letters.
        """
        if TOKENIZE_TARGET in self._model.signatures:
            return self._model.encode(text, TOKENIZE_TARGET)
        if self._source_pieces != self._model.pieces:
            return longest_subwords(text, self._subwords)
        if sentence_case(text) == text:
            return self._model.encode(text)
        return self._model.encode(f"{text} a")[: -len(self._model.encode("a"))]

    def _step(self, encoded: dict[str, np.ndarray]) -> Step:
        # A model with a pointer has `source`.
        names = {"memory", "keys", "length", "source"} & encoded.keys()
        memory = {name: encoded[name] for name in names}

        def step(
            tokens: list[int], state: np.ndarray
        ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
            outputs = self._model.run(
                self._signature, token=np.array(tokens, np.int32), state=state, **memory
            )
            return outputs["log_probabilities"], outputs["state"], outputs.get("attention")

        return step
