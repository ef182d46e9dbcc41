"""Translator over a SavedModel."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from nlp_apps.inference.saved_model import SavedModel
from nlp_apps.results import Translation, with_warnings
from nlp_apps.text.special_ids import NEG_INF


class SavedModelTranslator:
    """Translates texts; same interface as `inference.text_translator.TextTranslator`.

    Args:
        folder: the folder of a version, which contains `saved_model.pb`.
        trust: load it without a check of its operations.
    """

    def __init__(self, folder: Path, *, trust: bool = False):
        self.model = SavedModel(folder, "translation", trust=trust)

    def predict(self, texts: Iterable[str]) -> list[Translation]:
        """Translates texts, in order."""
        return with_warnings("translation", self.translate(texts))

    def translate(self, texts: Iterable[str]) -> Iterator[Translation]:
        """Translates any number of texts, in order."""
        for row in self.model.rows("nbest", texts):
            alternatives = [
                (text, score)
                for text, score in zip(row["translations"], row["scores"], strict=True)
                if score > NEG_INF / 2  # a short translation may have fewer than there are beams
            ]
            # Version 0.1.0 has no such output.
            yield Translation(*alternatives[0], alternatives, row.get("too_long", False))
