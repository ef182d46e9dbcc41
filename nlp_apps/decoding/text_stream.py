"""Incremental detokenizer for streaming output; imports neither TensorFlow nor a model."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np

from nlp_apps.results import GeneratedText
from nlp_apps.text.normalize import normalize_document
from nlp_apps.text.special_ids import BOS, EOS

CONTEXT = 8
"""Preceding tokens on which the text of a token depends; it depends on no earlier ones."""


class DocumentTokenizer(Protocol):
    """A tokenizer for texts of several lines."""

    def encode_documents(self, texts: Sequence[str]) -> list[list[int]]:
        """Splits texts into token ids."""
        ...

    def decode_document(self, token_ids: Iterable[int]) -> str:
        """Joins token ids to a text."""
        ...


class TextStream:
    """Incremental detokenizer for streaming output.

    Args:
        tokenizer: the model's tokenizer.
        prompt: the beginning of the text; see `normalize.normalize_document`.
        stop: the text ends before the first occurrence of any of these strings.

    Attributes:
        prompt_ids: BOS and the token ids of the prompt.
        generated_ids: token ids added so far.
        log_probs: their log probabilities, in nats.
        ended: EOS or a stop string was reached; further tokens are ignored.
    """

    def __init__(self, tokenizer: DocumentTokenizer, prompt: str, stop: Sequence[str]):
        self.tokenizer, self.prompt, self.stop = tokenizer, prompt, [s for s in stop if s]
        self.prompt_ids = [BOS, *tokenizer.encode_documents([normalize_document(prompt)])[0]]
        self._context = self.prompt_ids[-CONTEXT:]
        self._context_length = len(tokenizer.decode_document(self._context))
        self.generated_ids: list[int] = []
        self.log_probs: list[float] = []
        self.ended = False

    def add(self, token_id: int, log_prob: float) -> None:
        """Appends the next token unless the text has ended."""
        if self.ended:
            return
        self.generated_ids.append(token_id)
        self.log_probs.append(log_prob)
        self.ended = token_id == EOS or (
            bool(self.stop) and find_stop(self._decode(), self.stop) is not None
        )

    def _decode(self) -> str:
        text = self.tokenizer.decode_document([*self._context, *self.generated_ids])
        return text[self._context_length :]

    def continuation(self) -> str:
        """Returns the generated text so far, up to a stop string."""
        text = self._decode()
        return text[: find_stop(text, self.stop)]

    def stable_text(self) -> str:
        """Returns the part of the continuation that no further token can change."""
        text = self.continuation()
        if self.ended:
            return text
        text = text.rstrip("\ufffd")  # bytes of an incomplete character
        held = max((len(stop) for stop in self.stop), default=1) - 1
        return text[: max(len(text) - held, 0)]

    def stream(self, steps: Iterator[None]) -> Iterator[str]:
        """Yields the continuation in parts, while each step of an iterator adds a token."""
        num_yielded = 0
        for _ in steps:
            text = self.stable_text()
            if len(text) > num_yielded:
                yield text[num_yielded:]
                num_yielded = len(text)
        rest = self.continuation()[num_yielded:]
        if rest:
            yield rest

    def result(self) -> GeneratedText:
        """Returns the finished text."""
        mean = float(np.mean(self.log_probs)) if self.log_probs else 0.0
        return GeneratedText(self.prompt, self.continuation(), len(self.generated_ids), mean)


def find_stop(text: str, stop: Sequence[str]) -> int | None:
    """Returns the position of the first stop string in a text, or None."""
    return min((position for one in stop if (position := text.find(one)) >= 0), default=None)
