"""The base class of tasks."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar

import keras

from nlp_apps.blocks.cells.cell_registry import CELLS
from nlp_apps.networks.pretrained_weights import weight_name
from nlp_apps.recipe.auto import Settings
from nlp_apps.recipe.schema import AnyRecipe
from nlp_apps.tasks.finished_model import FinishedModel
from nlp_apps.tasks.old_text import OldText
from nlp_apps.text.corpora import SPLITS, Find
from nlp_apps.text.corpus import Corpus
from nlp_apps.text.storage.corpus_cache import CorpusCache
from nlp_apps.text.tokenizer import Tokenizer
from nlp_apps.training.run_folder import RunFolder
from nlp_apps.training.trainable import Trainable

R = TypeVar("R", bound=AnyRecipe)
E = TypeVar("E")

VOCABULARY_SIZE = "tokenizer.vocabulary_size"


class Task(Trainable, Generic[R, E]):
    """A task: from a recipe to data, a model, its training and its scores.

    Methods are called in this order: `read`, `check`, `prepare` or `load_assets`, `build_model`,
    `load_training_data`, the methods of `Trainable`, `calibrate`, `score`. A trained run needs only
    `load_assets`, `build_model` and then `predictor` or `score`.

    Assets are tokenizers, labels and a calibration: files of the run folder beside the weights.

    Args:
        recipe: a recipe of this task.

    Attributes:
        name: name of the task, as in recipes.
        unit: noun for its examples, in summaries.
        recipe: the recipe.
        model: the Keras model; set by `build_model`.
        chosen: settings on which the recipe was silent, chosen by the text (`tasks.settle`).
        may_lower_vocabulary: allows fewer tokens than the recipe says, if the text has no more.
        pretrained: names (`weight_name`) of the weights that came from another model.
        finished: the finished model to fine-tune.
        old_text: the text of the finished model, if it is there.
        known_labels: labels that the model keeps, without a text of their own too.
    """

    name: ClassVar[str]
    unit: ClassVar[str]

    def __init__(self, recipe: R):
        self.recipe = recipe
        self.pretrained: frozenset[str] = frozenset()
        self.chosen: Settings = {}
        self.may_lower_vocabulary = False
        self.finished: FinishedModel | None = None
        self.old_text: OldText | None = None
        self.known_labels: tuple[str, ...] = ()

    @abstractmethod
    def read(
        self, find: Find, wanted: Sequence[str] = SPLITS, cache: CorpusCache | None = None
    ) -> dict[str, Corpus[E]]:
        """Reads splits of the text.

        Args:
            find: returns the path of a file that the recipe names.
            wanted: names of the splits; one without text is left out.
            cache: keeps text that is larger than memory allows; None: in temporary files.

        Raises:
            WorkError: a file is missing or has a bad line.
        """

    @property
    def has_dynamic_shapes(self) -> bool:
        """Returns True if there are several batch shapes and no cell needs a static length."""
        cell = CELLS.get(self.recipe.model.cell)
        return self.num_shapes > 1 and cell is not None and not cell.is_linear

    @abstractmethod
    def texts(self, corpus: Corpus[E]) -> Sequence[str]:
        """Returns the texts of a split that the tokenizer learns from."""

    def sides(self, corpus: Corpus[E]) -> list[Sequence[str]]:
        """Returns the texts of each side: source and target; one list for other tasks."""
        return [self.texts(corpus)]

    def has_single_sentences(self, corpus: Corpus[E]) -> bool:
        """Checks whether a predictor should split texts, because each source is one sentence."""
        del corpus
        return False

    @abstractmethod
    def tokenizers(self) -> list[Tokenizer]:
        """Returns the tokenizers of the model."""

    def check(self, corpora: Mapping[str, Corpus[E]]) -> None:
        """Checks the text before anything slow starts.

        Raises:
            NlpAppsError: the text does not fit the task.
        """
        del corpora

    @abstractmethod
    def prepare(self, corpora: Mapping[str, Corpus[E]], run: RunFolder) -> None:
        """Learns the assets from the training text and writes them to the run folder.

        Raises:
            NlpAppsError: there is too little text, or a pretrained tokenizer does not fit.
        """

    @abstractmethod
    def adopt(self, finished: FinishedModel, run: RunFolder) -> None:
        """Writes the assets of a finished model to the run folder, in place of `prepare`."""

    @property
    def mixed_text(self) -> Sequence[E]:
        """The old examples that epochs mix in; empty without `data.mix_in_share`."""
        is_mixed = self.old_text is not None and self.recipe.data.mix_in_share
        return self.old_text.train if self.old_text is not None and is_mixed else ()

    @abstractmethod
    def has_assets(self, run: RunFolder) -> bool:
        """Checks whether the run folder has all assets."""

    @abstractmethod
    def load_assets(self, run: RunFolder) -> None:
        """Reads the assets from a run folder.

        Raises:
            WorkError: a file is missing or damaged.
        """

    @abstractmethod
    def build_model(self) -> None:
        """Builds the model that the recipe describes, with new weights."""

    def rebuild_model(self) -> None:
        """Builds the model again, without the cached predictor and data of the old one."""
        for name in list(vars(self)):
            if isinstance(getattr(type(self), name, None), cached_property):
                delattr(self, name)
        self.build_model()

    @abstractmethod
    def load_training_data(self, corpora: Mapping[str, Corpus[E]]) -> None:
        """Encodes the training text and plans its batches.

        Raises:
            WorkError: no text is short enough.
        """

    def rate_factor(self, weight: keras.Variable) -> float:
        """Returns `training.pretrained_rate` for pretrained weights, and 1 for the others."""
        is_pretrained = weight_name(weight) in self.pretrained
        return self.recipe.training.pretrained_rate if is_pretrained else 1.0

    def end_training(self) -> None:
        """Keeps parts of the last weights, before the best ones replace them."""
        return None

    def calibrate(self, corpora: Mapping[str, Corpus[E]], run: RunFolder) -> None:
        """Fits assets that depend on the trained weights, and writes them to the run folder."""
        del corpora, run

    @abstractmethod
    def score(self, examples: Sequence[E]) -> dict[str, Any]:
        """Returns scores of the model; a key that ends in `_signature` describes a metric.

        Raises:
            WorkError: the examples do not fit the model.
        """

    def score_before(self, examples: Sequence[E]) -> dict[str, Any]:
        """Returns the scores of the finished model, before the first step of fine-tuning."""
        return self.score(examples)

    def score_old(self, *, before: bool = False) -> dict[str, Any]:
        """Returns the scores on the old text; `before`: those of the finished model."""
        examples = self.old_text.validation if self.old_text else ()
        return self.score_before(examples) if before else self.score(examples)

    @property
    def compared_score(self) -> str:
        """Name of the score by which the model is compared with the baselines."""
        return self.recipe.training.monitor

    @abstractmethod
    def baselines(
        self, train: Sequence[E], splits: Mapping[str, Sequence[E]]
    ) -> dict[str, dict[str, dict[str, float]]]:
        """Fits the cheapest models for the task; needs the assets and no model.

        Args:
            train: the training examples.
            splits: the examples to score, by split.

        Returns:
            Scores by split and name of the baseline, with the names and the meaning of `score`.
        """

    def calibration_seconds(self, corpora: Mapping[str, Corpus[E]]) -> float:
        """Returns the estimated duration of `calibrate`, in seconds, without its predictions."""
        del corpora
        return 0.0

    def amount(self, corpus: Corpus[E]) -> int:
        """Returns the amount of text in a split, to compare durations: its examples."""
        return len(corpus.examples)

    @abstractmethod
    def predictor(self) -> Any:
        """Returns the predictor of the model: texts in, results out."""

    def data_stats(self, corpus: Corpus[E]) -> dict[str, Any]:
        """Returns counts, file names and checksum of a split, for the summary."""
        return {
            self.unit: len(corpus.examples),
            "skipped": corpus.skipped,
            "files": list(corpus.names),
            "sha256": corpus.checksum,
        }
