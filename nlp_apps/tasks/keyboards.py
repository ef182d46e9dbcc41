"""Loads the keyboard of a language model, and suggests words for texts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from nlp_apps.decoding.begun_word import num_shown
from nlp_apps.tasks.predictors import load_predictor


def load_keyboard(model: Any) -> Any:
    """Returns the keyboard of a language model.

    Args:
        model: a run folder, a SavedModel, a `.tflite` or an `.onnx`.

    Returns:
        An `inference.keyboard.Keyboard`, an `inference.saved_model_keyboard.SavedModelKeyboard`, or
        a `litert.lite_keyboard.LiteKeyboard`.

    Raises:
        NlpAppsError: there is no such model, or it is a file of an old version.
    """
    from nlp_apps.litert.lite_generator import LiteGenerator

    generator = load_predictor(model, "generation")
    if isinstance(generator, LiteGenerator):
        from nlp_apps.litert.lite_keyboard import LiteKeyboard

        return LiteKeyboard(generator)
    if not hasattr(generator, "surprisals"):
        from nlp_apps.inference.saved_model_keyboard import SavedModelKeyboard

        return SavedModelKeyboard(generator)
    from nlp_apps.inference.keyboard import Keyboard

    return Keyboard(generator, generator.recipe.decoding)


def suggestions(
    model: Any, texts: Iterable[str], learn: Sequence[str], number: int | None
) -> Iterator[Mapping[str, Any]]:
    """Yields the most probable next words of each text: see `generation.suggest`.

    Args:
        model: a run folder, a SavedModel, a `.tflite` or an `.onnx`.
        texts: texts so far.
        learn: texts that the keyboard learns from first; none with a SavedModel.
        number: words of a text; None: the default.

    Raises:
        UsageError: the number is out of range; before the model is loaded. Or a SavedModel is to
            learn.
    """
    number = num_shown(number)
    keyboard = load_keyboard(model)
    for text in learn:
        keyboard.learn(text)
    for text in texts:
        words = [
            {"word": one.word, "probability": round(one.probability, 6)}
            for one in keyboard.suggest(text, number=number)
        ]
        yield {"text": text, "words": words}
