"""A model in one file, loaded by a runtime: its text functions, for every format.

Letters in shapes: N code points and M tokens that a signature accepts.
"""

import abc
import functools
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlp_apps.decoding.text_stream import CONTEXT
from nlp_apps.errors import UsageError, WorkError, first_line
from nlp_apps.io import quiet_tensorflow
from nlp_apps.litert.expected_signatures import (
    LEARNING,
    OPTIONAL,
    expected_signatures,
    fits,
    show_shape,
)
from nlp_apps.litert.metadata import read_metadata, read_pieces, require_checksum
from nlp_apps.litert.metadata_checks import missing_keys

THREADS = {"translation": 2}
"""Threads of a task's model that are faster than one. Measured with the shipped models on two
cores: a translation takes 0.76 (greedy) to 0.91 (beam) of the time of one thread, with equal
results; a classification takes 0.96, which is not worth a second core."""


def default_threads(task: str) -> int:
    """Returns the threads of the runtime for a task, at most the CPUs of this process."""
    cpus = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        cpus = len(os.sched_getaffinity(0))
    return min(THREADS.get(task, 1), cpus)


class FileModel(abc.ABC):
    """A model in one file, in a runtime.

    Args:
        path: the file.
        task: the expected task.
        threads: threads of the runtime; default: see `default_threads`.

    Attributes:
        metadata: see `litert.metadata`.
        max_characters: N.
        max_tokens: M.
        signatures: names of the signatures.

    Raises:
        UsageError: the file is damaged or of another task, or the runtime is not installed.
        WorkError: the runtime rejects the file, its checksum is wrong, or its signatures are not
            those of the task.
    """

    runtime: str
    """Name of the runtime."""

    errors: tuple[type[Exception], ...]
    """Errors of the runtime's Python interface for a file that it cannot run."""

    def __init__(self, path: Path, task: str, *, threads: int | None = None):
        self.path = path
        self.metadata = read_metadata(path)
        if self.metadata["task"] != task:
            raise UsageError(
                f"{path}: a {task} model is required, but this is a {self.metadata['task']} "
                f"model. Use the app {self.metadata['task']}."
            )
        if missing := missing_keys(self.metadata):
            raise UsageError(f"{path}: its metadata lacks {missing}. Export the model again.")
        require_checksum(path, self.metadata)
        self.max_characters: int = self.metadata["characters"]
        self.max_tokens: int = self.metadata["tokens"]
        self.signatures: set[str] = set()
        self.import_runtime()
        try:
            with quiet_tensorflow.hold_back_native_stderr():
                self.open(threads or default_threads(task))
                problem = self._signature_problem()
        except self.errors as error:
            raise WorkError(
                f"{path}: the {self.runtime} runtime rejects the model: {first_line(error)}"
            ) from None
        if problem:
            raise WorkError(f"{path}: {problem}. Export the model again.")

    @abc.abstractmethod
    def import_runtime(self) -> None:
        """Imports the runtime.

        Raises:
            UsageError: it is not installed.
        """

    @abc.abstractmethod
    def open(self, threads: int) -> None:
        """Loads the file, and sets `signatures`."""

    @abc.abstractmethod
    def input_shapes(self, signature: str) -> Mapping[str, Sequence[int]]:
        """Returns the shapes of the inputs of a signature, by name."""

    @abc.abstractmethod
    def output_shapes(self, signature: str) -> Mapping[str, Sequence[int]]:
        """Returns the shapes of the outputs of a signature, by name."""

    @abc.abstractmethod
    def zero_inputs(self, signature: str) -> dict[str, np.ndarray]:
        """Returns zeros for every input of a signature."""

    @abc.abstractmethod
    def call(self, signature: str, inputs: dict[str, Any]) -> dict[str, np.ndarray]:
        """Runs a signature; see `run`."""

    @functools.cached_property
    def pieces(self) -> list[str]:
        """The subword of every id, of the target language, with U+2581 for a leading space."""
        pieces = read_pieces(self.path)
        vocabulary = self.metadata.get("vocabulary", len(pieces))
        if len(pieces) != vocabulary:
            raise WorkError(
                f"{self.path}: has {len(pieces)} subwords for {vocabulary} token ids. Export the "
                "model again."
            )
        return pieces

    def run(self, signature: str, **inputs: Any) -> dict[str, np.ndarray]:
        """Runs a signature.

        Args:
            signature: its name.
            inputs: every input, in the shape of the signature.

        Returns:
            Every output.

        Raises:
            WorkError: the runtime cannot run the signature.
        """
        try:
            return self.call(signature, inputs)
        except self.errors as error:
            raise WorkError(
                f"{self.path}: the {self.runtime} runtime fails in {signature}: {first_line(error)}"
            ) from None

    def _signature_problem(self) -> str:
        """Returns the first input or output that is not as the metadata says, or ""."""
        expected = expected_signatures(self.metadata)
        if unknown := sorted(self.signatures & LEARNING - expected.keys()):
            return f"its metadata lacks the sizes of {unknown[0]}"
        for signature, (inputs, outputs) in expected.items():
            if signature not in self.signatures:
                if signature in OPTIONAL:
                    continue
                return f"it has no signature {signature}"
            for found, shapes in (
                (self.input_shapes(signature), inputs),
                (self.output_shapes(signature), outputs),
            ):
                for name, shape in shapes.items():
                    if name not in found or not fits(found[name], shape):
                        return f"{name} of {signature} is not {show_shape(shape)}"
        return ""

    def encode(self, text: str, signature: str = "tokenize") -> list[int]:
        """Splits a text of any length into token ids.

        Args:
            text: the text.
            signature: `tokenize`, or `TOKENIZE_TARGET` if the file has it.
        """
        return [
            token
            for part in split_text(text, self.max_characters)
            for token in self._encode_part(part, signature)
        ]

    def _encode_part(self, text: str, signature: str) -> list[int]:
        codepoints = padded_row([ord(character) for character in text], self.max_characters)
        outputs = self.run(signature, codepoints=codepoints)
        count = int(outputs["count"][0])
        if count > self.max_tokens:
            if len(text) < 2:
                raise WorkError(
                    f"{self.path}: splits one character into {count} tokens. Export the model "
                    "again."
                )
            halves = split_text(text, -(-len(text) // 2))
            return [token for part in halves for token in self._encode_part(part, signature)]
        return outputs["ids"][0, :count].tolist()

    def decode(self, token_ids: Sequence[int]) -> str:
        """Joins any number of token ids to a text."""
        size = self.max_tokens
        text = self._decode_part(token_ids[:size])
        for start in range(size, len(token_ids), size - CONTEXT):
            part = token_ids[start - CONTEXT : start - CONTEXT + size]
            text += self._decode_part(part)[len(self._decode_part(part[:CONTEXT])) :]
        return text

    def _decode_part(self, token_ids: Sequence[int]) -> str:
        outputs = self.run("detokenize", ids=padded_row(token_ids, self.max_tokens))
        codepoints = outputs["codepoints"][0, : int(outputs["count"][0])]
        try:
            return "".join(map(chr, codepoints.tolist()))
        except (ValueError, OverflowError, TypeError):
            raise WorkError(
                f"{self.path}: returns code points that no text has. Export the model again."
            ) from None

    def encode_documents(self, texts: Sequence[str]) -> list[list[int]]:
        """Splits several texts; as `decoding.text_stream.DocumentTokenizer`."""
        return [self.encode(text) for text in texts]

    def decode_document(self, token_ids: Iterable[int]) -> str:
        """Joins token ids; as `decoding.text_stream.DocumentTokenizer`."""
        return self.decode(list(token_ids))


def padded_row(values: Sequence[int], length: int) -> np.ndarray:
    """Returns integers as <int32>[1, length], padded with zeros."""
    row = np.zeros((1, length), np.int32)
    row[0, : len(values)] = values
    return row


def split_text(text: str, max_length: int) -> list[str]:
    """Splits a text into parts of at most `max_length` characters, between words if possible.

    A part ends before a space, so that every word keeps its leading space, as the tokenizer needs
    it. A longer word is split anywhere. `split_text("one two three", 8)` is
    `["one two", " three"]`.
    """
    parts = []
    while len(text) > max_length:
        end = next(_word_ends(text, max_length), max_length)
        parts.append(text[:end])
        text = text[end:]
    return [*parts, text]


def _word_ends(text: str, max_length: int) -> Iterator[int]:
    return (
        end for end in range(max_length, 0, -1) if text[end] in " \n" and text[end - 1] not in " \n"
    )
