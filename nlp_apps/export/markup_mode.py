"""The comparison of artefacts with the run on texts with markup."""

from collections.abc import Iterator, Mapping, Sequence

from nlp_apps.export.parity import Prediction
from nlp_apps.export.plan import PredictionMode
from nlp_apps.inference.saved_model import SavedModel
from nlp_apps.inference.saved_model_translator import SavedModelTranslator
from nlp_apps.inference.text_translator import TextTranslator


def with_tags(text: str) -> str:
    """Returns a text with nested and empty elements, an entity and a placeholder."""
    words = text.split(" ")
    half = (len(words) + 1) // 2
    first, second = " ".join(words[:half]), " ".join(words[half:])
    return f'<p><a href="#">{first}</a> &amp; <br/>{{user_name}} <b>{second}</b></p>'


def markup_mode(
    translator: TextTranslator, glossary: Mapping[str, str], to: str | None
) -> PredictionMode:
    """Returns the mode of texts with markup.

    Args:
        translator: the run, which keeps markup.
        glossary: terms of the comparison.
        to: the target language; None for the only one.
    """

    def predict(texts: Sequence[str]) -> Iterator[Prediction]:
        found = translator.translate(texts, to, glossary)
        return (Prediction(one.text, (one.score,)) for one in found)

    def predict_saved(model: SavedModel, texts: Sequence[str], size: int) -> Iterator[Prediction]:
        del size  # A call has a number of sentences of its own.
        found = SavedModelTranslator.over(model).translate(texts, to, glossary)
        return (Prediction(one.text, (one.score,)) for one in found)

    settings = {"glossary": dict(glossary), **({"to": to} if to else {})}
    return PredictionMode(
        *("markup", predict, predict_saved, settings), tolerance=1e-3, input_of=with_tags
    )
