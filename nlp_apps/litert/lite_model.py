"""A loaded `.tflite`.

Letters in shapes: N code points and M tokens that a signature has room for.
"""

import functools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlp_apps.decoding.text_stream import CONTEXT
from nlp_apps.errors import UsageError, WorkError, first_line
from nlp_apps.io import quiet_tensorflow
from nlp_apps.litert.metadata import read_card, read_pieces


class LiteModel:
    """A `.tflite` in the LiteRT runtime.

    Args:
        path: the file.
        task: the app that asks: its name must stand in the card.
        threads: of the runtime; small models gain nothing from more.

    Attributes:
        card: what the file says of itself.

    Raises:
        UsageError: the file is damaged or another app's, or the runtime is not installed.
        WorkError: the runtime refuses the file.
    """

    def __init__(self, path: Path, task: str, *, threads: int = 1):
        self.path = path
        self.card = read_card(path)
        if self.card["task"] != task:
            raise UsageError(f"{path}: is a model of the app {self.card['task']}. Ask that one.")
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError:
            raise UsageError(
                f"{path}: needs the LiteRT runtime. Install it: "
                "pip install 'ai-edge-litert>=2.3,<3'."
            ) from None
        try:
            with quiet_tensorflow.hold_back_native_stderr():
                self._interpreter = Interpreter(str(path), num_threads=threads)
            self.signatures = set(self._interpreter.get_signature_list())
        except (ValueError, RuntimeError) as error:
            raise WorkError(
                f"{path}: the LiteRT runtime refuses the model: {first_line(error)}"
            ) from None
        self._runners: dict[str, Any] = {}

    @functools.cached_property
    def pieces(self) -> list[str]:
        """Every id's piece, of the target language, with U+2581 where a blank begins it."""
        return read_pieces(self.path)

    def run(self, signature: str, **inputs: Any) -> dict[str, np.ndarray]:
        """Runs a signature.

        Args:
            signature: its name.
            inputs: every input, of the shape that the signature has.

        Returns:
            Every output.
        """
        if signature in self._runners:
            return self._runners[signature](**inputs)
        self._runners[signature] = self._interpreter.get_signature_runner(signature)
        with quiet_tensorflow.hold_back_native_stderr():  # the runtime tells what it makes ready
            return self._runners[signature](**inputs)

    def nothing(self, signature: str) -> dict[str, np.ndarray]:
        """Zeros for every input of a signature."""
        details = self._interpreter.get_signature_runner(signature).get_input_details()
        return {name: np.zeros(one["shape"], one["dtype"]) for name, one in details.items()}

    def encode(self, text: str) -> list[int]:
        """Cuts a text of any length into tokens."""
        room, found = self.card["characters"], []
        for part in parts(text, room):
            found += self._encode(part)
        return found

    def _encode(self, text: str) -> list[int]:
        codepoints = row([ord(character) for character in text], self.card["characters"])
        outputs = self.run("tokenize", codepoints=codepoints)
        count = int(outputs["count"][0])
        if count > self.card["tokens"]:  # more than there is room for: in two parts
            return [
                token for part in parts(text, -(-len(text) // 2)) for token in self._encode(part)
            ]
        return outputs["ids"][0, :count].tolist()

    def decode(self, token_ids: Sequence[int]) -> str:
        """Joins tokens of any number to a text."""
        room, found = self.card["tokens"], self._decode(token_ids[: self.card["tokens"]])
        for start in range(room, len(token_ids), room - CONTEXT):
            part = token_ids[start - CONTEXT : start - CONTEXT + room]
            found += self._decode(part)[len(self._decode(part[:CONTEXT])) :]
        return found

    def _decode(self, token_ids: Sequence[int]) -> str:
        outputs = self.run("detokenize", ids=row(token_ids, self.card["tokens"]))
        codepoints = outputs["codepoints"][0, : int(outputs["count"][0])]
        return "".join(map(chr, codepoints.tolist()))

    def encode_documents(self, texts: Sequence[str]) -> list[list[int]]:
        """As `encode`, of several texts; as `growing.Prose`."""
        return [self.encode(text) for text in texts]

    def decode_document(self, token_ids: Iterable[int]) -> str:
        """As `decode`; as `growing.Prose`."""
        return self.decode(list(token_ids))


def row(values: Sequence[int], room: int) -> np.ndarray:
    """Whole numbers and then zeros: <int32>[1, room]."""
    found = np.zeros((1, room), np.int32)
    found[0, : len(values)] = values
    return found


def parts(text: str, room: int) -> list[str]:
    """Cuts a text so that each part has room, between words where it can.

    A part ends before a blank, so that every word has its blank before it, as a tokenizer wants it;
    a word that is longer than there is room is cut anywhere.
    """
    found = []
    while len(text) > room:
        place = next(_word_ends(text, room), room)
        found.append(text[:place])
        text = text[place:]
    return [*found, text]


def _word_ends(text: str, room: int) -> Iterator[int]:
    return (
        place
        for place in range(room, 0, -1)
        if text[place] in " \n" and text[place - 1] not in " \n"
    )
