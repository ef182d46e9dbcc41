"""Translator over a SavedModel."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from nlp_apps.inference.saved_model import SavedModel
from nlp_apps.results import Translation, with_warnings
from nlp_apps.text.special_ids import NEG_INF
from nlp_apps.text.target_choice import Into, targets_of


class SavedModelTranslator:
    """Translates texts; same interface as `inference.text_translator.TextTranslator`.

    Args:
        folder: the folder of a version, which contains `saved_model.pb`.
        trust: load it without a check of its operations.
    """

    def __init__(self, folder: Path, *, trust: bool = False):
        self.model = SavedModel(folder, "translation", trust=trust)
        self.targets = targets_of(self.model.metadata)

    def predict(self, texts: Iterable[str], to: Into = None) -> list[Translation]:
        """Translates texts, in order; see `translate`."""
        return with_warnings("translation", self.translate(texts, to))

    def translate(self, texts: Iterable[str], to: Into = None) -> Iterator[Translation]:
        """Translates any number of texts, in order.

        Args, Raises: as `TextTranslator.translate`.
        """
        codes = self.targets.codes(to)
        for row in self.model.rows("nbest", texts, self._inputs(codes)):
            alternatives = [
                (text, score)
                for text, score in zip(row["translations"], row["scores"], strict=True)
                if score > NEG_INF / 2  # a short translation may have fewer than there are beams
            ]
            # Version 0.1.0 has no such output.
            yield Translation(*alternatives[0], alternatives, row.get("too_long", False))

    def _inputs(self, codes: Iterator[str]) -> dict[str, Iterator[str]]:
        """Returns the inputs beside the texts."""
        return {"to": codes} if self.targets.tags else {}
