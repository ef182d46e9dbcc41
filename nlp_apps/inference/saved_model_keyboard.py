"""The keyboard of a SavedModel: suggests the next words of a text, and does not learn."""

from typing import NoReturn

from nlp_apps.errors import UsageError
from nlp_apps.inference.saved_model_generator import SavedModelGenerator
from nlp_apps.results import Suggestion


class SavedModelKeyboard:
    """Same interface as `inference.keyboard.Keyboard`, except that it cannot learn.

    Args:
        generator: the language model.
    """

    def __init__(self, generator: SavedModelGenerator):
        self.generator = generator

    def suggest(self, text: str, *, number: int | None = None) -> list[Suggestion]:
        """Returns the most probable words; see `inference.keyboard.Keyboard.suggest`."""
        return self.generator.suggest(text, number=number)

    def learn(self, text: str) -> NoReturn:
        """Raises a `UsageError`: a SavedModel has no cache."""
        del text
        raise UsageError(
            f"{self.generator.model.folder}: a SavedModel does not learn. Use a run folder, a "
            ".tflite or an .onnx."
        )

    def forget(self) -> None:
        """Has no effect: there is nothing to forget."""
