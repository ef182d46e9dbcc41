"""A trained run, opened to be exported: its signatures, and how it is asked what an artefact is."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from nlp_apps import __version__
from nlp_apps.export.parity import Prediction
from nlp_apps.inference.saved_model import SavedModel
from nlp_apps.recipe.schema import AnyRecipe
from nlp_apps.training.run_folder import RunFolder

if TYPE_CHECKING:
    from nlp_apps.export.saved_model.signatures import Signatures
    from nlp_apps.export.tflite.lite_signatures import LiteSignatures


class PredictionMode(NamedTuple):
    """One way to ask, of the run and of its artefacts.

    Attributes:
        name: of the way, for instance "beam"; `device.answer` knows it too.
        model: the run answers texts, in order, in batches of its recipe.
        saved_model: a SavedModel does the same, so many together.
        settings: what `device.answer` must know beside the texts.
        tolerance: how far figures of the same answer may lie apart.
        of: what is asked of a text.
    """

    name: str
    model: Callable[[Sequence[str]], Iterable[Prediction]]
    saved_model: Callable[[SavedModel, Sequence[str], int], Iterable[Prediction]]
    settings: dict[str, Any] = {}
    tolerance: float = 1e-4
    of: Callable[[str], str] = str


class QualityGate(NamedTuple):
    """How good answers are on the whole validation split.

    Attributes:
        name: of the figure.
        way: how the texts are asked.
        texts: of the split.
        measure: the figure of their answers.
        allowed: what rounded weights may cost.
        more_is_better: whether a larger figure is a better one.
    """

    name: str
    way: str
    texts: Sequence[str]
    measure: Callable[[Sequence[Prediction]], float]
    allowed: float
    more_is_better: bool


class ExportPlan(NamedTuple):
    """A trained run, opened to be exported.

    Attributes:
        run: the run folder.
        recipe: its recipe.
        num_parameters: of the model.
        signatures: makes the model's signatures for a SavedModel.
        lite: makes those for a `.tflite`.
        metadata: what the task adds to the metadata.
        ways: how both are asked.
        texts: what both are asked, validation texts first.
        quality: measured where weights are rounded.
    """

    run: RunFolder
    recipe: AnyRecipe
    num_parameters: int
    signatures: "Callable[[], Signatures]"
    lite: "Callable[[], LiteSignatures]"
    metadata: Mapping[str, Any]
    ways: Sequence[PredictionMode]
    texts: Sequence[str]
    quality: QualityGate

    def metadata_for(self, name: str) -> dict[str, Any]:
        """What every artefact of a name says of itself."""
        return {
            "task": self.recipe.task,
            "name": name,
            "recipe": self.recipe.name,
            "nlp_apps": __version__,
            "decoding": self.recipe.decoding.model_dump(),
            **self.metadata,
        }
