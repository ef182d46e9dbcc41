"""A text while it is written, one token after the other; needs neither TensorFlow nor a model."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np

from nlp_apps.results import GeneratedText
from nlp_apps.text.special_ids import BOS, EOS

CONTEXT = 8
"""Tokens before a part of a text: what a token adds to the text depends on no others."""


class Prose(Protocol):
    """A tokenizer of prose."""

    def encode_documents(self, texts: Sequence[str]) -> list[list[int]]:
        """Splits texts of several lines into token ids."""
        ...

    def decode_document(self, token_ids: Iterable[int]) -> str:
        """Joins token ids back to text."""
        ...


class TextStream:
    """A text while it is written.

    Args:
        tokenizer: of the model that writes.
        prompt: what the text begins with.
        stop: it ends before the first of these.

    Attributes:
        token_ids: what is fed before the first token is drawn: BOS and the prompt.
        ended: nothing more is taken.
    """

    def __init__(self, tokenizer: Prose, prompt: str, stop: Sequence[str]):
        self.tokenizer, self.prompt, self.stop = tokenizer, prompt, [s for s in stop if s]
        self.token_ids = [BOS, *tokenizer.encode_documents([prompt])[0]]
        self._context = self.token_ids[-CONTEXT:]
        self._before = len(tokenizer.decode_document(self._context))
        self.drawn: list[int] = []
        self.log_probs: list[float] = []
        self.ended = False

    def add(self, token: int, gain: float) -> None:
        """Takes the next token, unless the text has ended."""
        if self.ended:
            return
        self.drawn.append(token)
        self.log_probs.append(gain)
        self.ended = token == EOS or bool(self.stop) and self._stops()

    def _stops(self) -> bool:
        return first_stop(self._decoded(), self.stop) is not None

    def _decoded(self) -> str:
        return self.tokenizer.decode_document([*self._context, *self.drawn])[self._before :]

    def continuation(self) -> str:
        """What was written so far, up to a stop string."""
        text = self._decoded()
        return text[: first_stop(text, self.stop)]

    def stable_text(self) -> str:
        """The part of it that no further token can change or take back."""
        text = self.continuation()
        if self.ended:
            return text
        text = text.rstrip("\ufffd")  # bytes of a character that is not whole yet
        held = max((len(stop) for stop in self.stop), default=1) - 1
        return text[: max(len(text) - held, 0)]

    def grown(self, tokens: Iterator[None]) -> Iterator[str]:
        """Gives the continuation piece by piece, while an iterator adds one token each time."""
        shown = 0
        for _ in tokens:
            ready = self.stable_text()
            if len(ready) > shown:
                yield ready[shown:]
                shown = len(ready)
        rest = self.continuation()[shown:]
        if rest:
            yield rest

    def written(self) -> GeneratedText:
        """The finished text."""
        mean = float(np.mean(self.log_probs)) if self.log_probs else 0.0
        return GeneratedText(self.prompt, self.continuation(), len(self.drawn), mean)


def first_stop(text: str, stop: Sequence[str]) -> int | None:
    """Where the first stop string stands in a text; None: nowhere."""
    return min((place for one in stop if (place := text.find(one)) >= 0), default=None)
