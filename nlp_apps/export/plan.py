"""The export plan of a run: its signatures, and how artefacts are compared with the run."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nlp_apps import __version__
from nlp_apps.export import parity
from nlp_apps.export.parity import Prediction
from nlp_apps.inference.saved_model import SavedModel
from nlp_apps.recipe.schema import AnyRecipe
from nlp_apps.text.corpus import Corpus
from nlp_apps.training.run_folder import RunFolder

if TYPE_CHECKING:
    from nlp_apps.export.saved_model.signatures import Signatures
    from nlp_apps.export.tflite.lite_signatures import LiteSignatures


class PredictionMode(NamedTuple):
    """A way to predict, with the run and with its artefacts.

    Attributes:
        name: name of the mode, such as "beam"; `litert.worker` has the same names.
        model: predicts with the run for texts, in order, in batches of its recipe.
        saved_model: predicts with a SavedModel; the last argument is the batch size. None: only a
            `.tflite` has the mode.
        settings: arguments of `litert.worker` beside the texts.
        tolerance: allowed difference of the scores of equal outputs.
        input_of: turns a text of the corpus into an input.
        worker_mode: name of the mode in `litert.worker`; empty: `name`.
    """

    name: str
    model: Callable[[Sequence[str]], Iterable[Prediction]]
    saved_model: Callable[[SavedModel, Sequence[str], int], Iterable[Prediction]] | None
    settings: dict[str, Any] = {}
    tolerance: float = 1e-4
    input_of: Callable[[str], str] = str
    worker_mode: str = ""


class QualityGate(NamedTuple):
    """The largest loss of quality by quantized weights on the validation split.

    Attributes:
        name: name of the score.
        mode: name of the prediction mode.
        texts: inputs.
        measure: computes the score of predictions.
        allowed_loss: largest allowed difference.
        higher_is_better: whether a higher score is better.
    """

    name: str
    mode: str
    texts: Sequence[str]
    measure: Callable[[Sequence[Prediction]], float]
    allowed_loss: float
    higher_is_better: bool


class ExportPlan(NamedTuple):
    """The export plan of a run.

    Attributes:
        run: the run folder.
        recipe: its recipe.
        num_parameters: number of parameters of the model.
        signatures: makes the signatures of a SavedModel.
        lite: makes the signatures of a `.tflite`.
        metadata: metadata of the task.
        modes: ways to predict that are compared.
        texts: texts for the comparison, validation texts first.
        quality: limit for quantized weights.
        more_quality: further limits, such as those of other target languages.
        weights: returns the weights of the model by name.
        of_copy: makes the plan of a copy of the run, with the same text.
    """

    run: RunFolder
    recipe: AnyRecipe
    num_parameters: int
    signatures: "Callable[[], Signatures]"
    lite: "Callable[[], LiteSignatures]"
    metadata: Mapping[str, Any]
    modes: Sequence[PredictionMode]
    texts: Sequence[str]
    quality: QualityGate
    more_quality: Sequence[QualityGate] = ()
    weights: Callable[[], Mapping[str, np.ndarray]] = dict
    of_copy: Callable[[Path], Any] | None = None

    def metadata_for(self, name: str) -> dict[str, Any]:
        """Returns the metadata of an artefact with this model name."""
        return {
            "task": self.recipe.task,
            "name": name,
            "recipe": self.recipe.name,
            "nlp_apps": __version__,
            "decoding": self.recipe.decoding.model_dump(exclude={"protect"}),  # not a number
            **self.metadata,
        }


def parity_texts(
    corpora: Mapping[str, Corpus[Any]], texts_of: Callable[[Any], Iterable[str]]
) -> list[str]:
    """Returns at most `parity.NUM_TEXTS` texts that are not empty, in the order of the splits."""
    found = [
        text
        for corpus in corpora.values()
        for example in corpus.examples
        for text in texts_of(example)
        if text.strip()
    ]
    return found[: parity.NUM_TEXTS]
