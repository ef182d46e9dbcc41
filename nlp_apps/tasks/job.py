"""What training, scoring and loading a run must know of a task.

The parts of a model are what it needs beside its weights: tokenizers, labels, a calibration. They
are files of the run folder.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

import keras

from nlp_apps.recipe.schema import AnyRecipe
from nlp_apps.text.corpora import SPLITS, Find
from nlp_apps.text.corpus import Corpus
from nlp_apps.training import loop
from nlp_apps.training.run_folder import RunFolder

R = TypeVar("R", bound=AnyRecipe)
E = TypeVar("E")
P = TypeVar("P")
M = TypeVar("M", bound=keras.Model)


class Job(ABC, Generic[R, E, P, M]):
    """A task: R its recipe, E its examples, P its parts, M its model.

    Attributes:
        task: the app's name, as in recipes.
        unit: what its examples are called in summaries.
    """

    task: ClassVar[str]
    unit: ClassVar[str]

    @abstractmethod
    def read(self, recipe: R, find: Find, wanted: Sequence[str] = SPLITS) -> dict[str, Corpus[E]]:
        """Reads the splits that a recipe names; those held out of train are cut from it.

        Raises:
            WorkError: a file is missing or has a bad line.
        """

    @abstractmethod
    def learn(self, recipe: R, corpora: Mapping[str, Corpus[E]], run: RunFolder) -> P:
        """Makes the parts from the training text and writes them to the run folder."""

    @abstractmethod
    def has_parts(self, recipe: R, run: RunFolder) -> bool:
        """Whether all parts are in the run folder."""

    @abstractmethod
    def load_parts(self, recipe: R, run: RunFolder) -> P:
        """Reads the parts from a run folder."""

    @abstractmethod
    def make_model(self, recipe: R, parts: P) -> M:
        """Makes the model with fresh weights."""

    @abstractmethod
    def make_task(
        self, recipe: R, parts: P, model: M, corpora: Mapping[str, Corpus[E]]
    ) -> loop.Task:
        """What the training loop asks for."""

    @abstractmethod
    def score(self, recipe: R, parts: P, model: M, examples: Sequence[E]) -> dict[str, Any]:
        """Scores of a trained model; a name that ends in `_signature` says how one was counted."""

    @property
    def beginnings(self) -> Mapping[str, "Job[Any, Any, Any, Any]"]:
        """Keys of [model] that name what to start from, and the task of what they name."""
        return {}

    def check(self, recipe: R, corpora: Mapping[str, Corpus[E]]) -> None:
        """Checks what was read before anything is learnt, which may take long.

        Raises:
            NlpAppsError: it is not fit to train on.
        """
        del recipe, corpora

    def check_beginning(self, recipe: R, key: str, its: Any) -> None:
        """Checks that the model can start from the one that another recipe describes.

        Args:
            recipe: the recipe.
            key: one of `beginnings`.
            its: the recipe of the language model.

        Raises:
            UsageError: they do not fit together.
        """
        del recipe, key, its

    def start(self, recipe: R, parts: P, model: M) -> dict[str, Any]:
        """Puts weights of other runs into a fresh model; says for the summary what was taken."""
        del recipe, parts, model
        return {}

    def finish(
        self, recipe: R, parts: P, model: M, corpora: Mapping[str, Corpus[E]], run: RunFolder
    ) -> P:
        """What is left to do between training and the scores; returns the parts."""
        del recipe, model, corpora, run
        return parts

    def baselines(self, recipe: R, parts: P, corpora: Mapping[str, Corpus[E]]) -> dict[str, Any]:
        """Scores that a model has to beat to be worth anything, for the summary."""
        del recipe, parts, corpora
        return {}

    def facts(self, corpus: Corpus[E]) -> dict[str, Any]:
        """What the summary tells of a split's text."""
        return {
            self.unit: len(corpus.examples),
            "skipped": corpus.skipped,
            "files": list(corpus.names),
            "sha256": corpus.checksum,
        }
