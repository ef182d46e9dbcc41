"""Optuna's study of a sweep: suggests values, keeps scores, prunes."""

import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import FrozenTrial, TrialState

from nlp_apps.errors import WorkError, first_line
from nlp_apps.sweep.space import Space, Values

FIRST_TRIALS, FIRST_EVALUATIONS = 4, 2
"""Complete trials, and evaluations of a trial, before which no trial is pruned."""

RANDOM_TRIALS = 10
"""Trials with random values, before Optuna's estimator chooses."""

STATES = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "stopped",
}


@dataclass(frozen=True)
class Trial:
    """A trial.

    Attributes:
        number: its number, from 1.
        values: values by key, written as in `--set`.
        state: "complete", "pruned", "failed" or "stopped".
        score: the best validation score; None without an evaluation.
        seconds: the duration of its training; 0.0 if it is unknown.
        error: the error of a failed trial.
    """

    number: int
    values: Mapping[str, str]
    state: str
    score: float | None
    seconds: float = 0.0
    error: str = ""


class Study:
    """The trials of a sweep, in a journal of Optuna.

    The suggestion for a trial depends on the seed, its number and the trials before it, so that a
    sweep that was killed continues with the same values.

    Args:
        path: the file.
        space: the keys to search.
        maximize: whether a higher score is better.
        seed: seed of the suggestions.
        num_trials: number of trials of the sweep.
        prunes: whether a trial ends that is worse than the median of the others.

    Raises:
        WorkError: the file is damaged or cannot be written.
    """

    def __init__(
        self, path: Path, space: Space, *, maximize: bool, seed: int, num_trials: int, prunes: bool
    ):
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.space, self.maximize, self.seed = space, maximize, seed
        self.num_trials = num_trials
        try:
            _drop_partial_line(path)
            self._study = optuna.create_study(
                storage=JournalStorage(JournalFileBackend(str(path), _FolderLock(str(path)))),
                study_name="sweep",
                direction="maximize" if maximize else "minimize",
                pruner=optuna.pruners.MedianPruner(FIRST_TRIALS, FIRST_EVALUATIONS)
                if prunes
                else optuna.pruners.NopPruner(),
                load_if_exists=True,
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WorkError(f"{path}: cannot be used: {first_line(error)}") from error

    def trials(self) -> list[Trial]:
        """Returns all trials, in their order."""
        found = self._study.get_trials(deepcopy=False)
        return [self._trial(frozen) for frozen in found if frozen.state in STATES]

    def best(self) -> Trial | None:
        """Returns the complete trial with the best score, the first one of a tie."""
        return next((trial for trial in self.ranked() if trial.state == "complete"), None)

    def ranked(self) -> list[Trial]:
        """Returns all trials: complete ones, the best first, then the others."""
        sign = -1.0 if self.maximize else 1.0

        def place(trial: Trial) -> tuple[bool, bool, float]:
            is_complete = trial.state == "complete"
            return (not is_complete, trial.score is None, sign * (trial.score or 0.0))

        return sorted(self.trials(), key=place)

    def next(self) -> tuple[Any, dict[str, str]]:
        """Returns the trial to run, as Optuna's object, and its values.

        It is the trial that was stopped, if there is one.
        """
        frozen = [  # A sweep that was killed may have left a combination that waits for `ask`.
            one for one in self._study.get_trials(deepcopy=False) if one.state != TrialState.WAITING
        ]
        self._study.sampler = optuna.samplers.TPESampler(seed=self.seed + len(frozen))
        for one in frozen:
            if one.state == TrialState.RUNNING:
                self._study.sampler = optuna.samplers.TPESampler(seed=self.seed + one.number)
                trial = optuna.trial.Trial(self._study, one._trial_id)
                return trial, self.space.suggest(trial)
        if values := self._untried(frozen):
            self._study.enqueue_trial(values, skip_if_exists=True)
        trial = self._study.ask()
        return trial, self.space.suggest(trial)

    def _untried(self, frozen: Sequence[FrozenTrial]) -> dict[str, Any] | None:
        """Returns a combination that no trial has; None: Optuna suggests the values.

        If there are as many trials as combinations, each has its turn, in their order. Otherwise
        the first trials have random ones, if every key has a list.
        """
        tried = [dict(one.params) for one in frozen]
        size = self.space.size()
        if size is not None and size <= self.num_trials:
            combinations = self.space.combinations() or iter(())
            return next(itertools.filterfalse(tried.__contains__, combinations), None)
        has_lists = all(isinstance(each, Values) for each in self.space.dimensions)
        if len(frozen) >= RANDOM_TRIALS or not has_lists:
            return None
        choose = random.Random(self.seed + len(frozen))
        while True:
            values = {
                each.key: choose.choice(each.values)
                for each in self.space.dimensions
                if isinstance(each, Values)
            }
            if values not in tried:
                return values

    def report(self, trial: Any, evaluation: int, score: float) -> bool:
        """Stores the score of an evaluation; returns whether the trial should be pruned."""
        known = self._frozen(trial).intermediate_values
        if evaluation not in known:
            trial.report(score, evaluation)
        return bool(trial.should_prune())

    def finish(self, trial: Any, seconds: float, *, error: str = "", pruned: bool = False) -> Trial:
        """Stores the end of a trial; its score is the best one of its evaluations."""
        trial.set_user_attr("seconds", seconds)
        if error:
            trial.set_user_attr("error", error)
        score = self._best_score(self._frozen(trial))
        if error or score is None:
            self._study.tell(trial, state=TrialState.FAIL)
        elif pruned:
            self._study.tell(trial, state=TrialState.PRUNED)
        else:
            self._study.tell(trial, score)
        return self._trial(self._frozen(trial))

    def _frozen(self, trial: Any) -> FrozenTrial:
        return self._study.get_trials(deepcopy=False)[trial.number]

    def _best_score(self, frozen: FrozenTrial) -> float | None:
        scores = frozen.intermediate_values.values()
        return (max if self.maximize else min)(scores, default=None)

    def _trial(self, frozen: FrozenTrial) -> Trial:
        recorded = _Recorded(frozen)
        values = self.space.suggest(recorded) if recorded.is_whole(self.space) else {}
        return Trial(
            frozen.number + 1,
            values,
            STATES[frozen.state],
            self._best_score(frozen),
            float(frozen.user_attrs.get("seconds", 0.0)),
            str(frozen.user_attrs.get("error", "")),
        )


class _FolderLock(JournalFileOpenLock):
    """Locks nothing: the sweep has locked its folder, and a lock file would outlive `kill -9`."""

    def acquire(self) -> bool:
        """Returns True."""
        return True

    def release(self) -> None:
        """Releases nothing."""


def _drop_partial_line(path: Path) -> None:
    """Truncates a journal after its last whole line: a killed sweep may have written a part."""
    if path.is_file():
        text = path.read_bytes()
        if not text.endswith(b"\n"):
            with open(path, "r+b") as file:
                file.truncate(text.rfind(b"\n") + 1)


class _Recorded:
    """A trial whose suggestions are the stored values."""

    def __init__(self, frozen: FrozenTrial):
        self.params = frozen.params

    def is_whole(self, space: Space) -> bool:
        """Returns whether every key has a value."""
        return all(each.key in self.params for each in space.dimensions)

    def suggest_categorical(self, key: str, choices: Any) -> Any:
        """Returns the stored value."""
        return self.params[key]

    def suggest_int(self, key: str, low: int, high: int, *, log: bool) -> Any:
        """Returns the stored value."""
        return self.params[key]

    def suggest_float(self, key: str, low: float, high: float, *, log: bool) -> Any:
        """Returns the stored value."""
        return self.params[key]
