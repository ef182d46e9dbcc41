"""Runs a sweep: one trial after the other, until the trials or the time are used up."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlp_apps.cli.formatting import format_cell
from nlp_apps.errors import UsageError, WorkError
from nlp_apps.io.atomic_files import make_folder
from nlp_apps.io.folder_lock import locked_folder
from nlp_apps.io.stages import stage, write
from nlp_apps.recipe import load as recipes
from nlp_apps.sweep import sweep_results
from nlp_apps.sweep.space import Space
from nlp_apps.sweep.study import Study, Trial
from nlp_apps.sweep.sweep_folder import SweepFolder
from nlp_apps.sweep.trial_process import TrialEnd, run_trial
from nlp_apps.training.run_folder import RunFolder
from nlp_apps.training.time_left import duration

MAX_FIRST_FAILURES = 3
"""Trials that fail at the start of a sweep before it ends: the fault is hardly their values."""

SECONDS_BETWEEN_LINES = 60.0
"""Seconds between two lines about a running trial, without a terminal."""

MONITOR = "training.monitor"

RunTrial = Callable[..., TrialEnd]


@dataclass(frozen=True)
class SweepOptions:
    """A sweep.

    Attributes:
        recipe: the recipe.
        task: its task.
        space: the keys to search.
        words: the words of `--set`.
        num_trials: number of trials.
        flags: further flags of `train`, as words.
        data_dir: the folder of `--data-dir`.
        seed: seed of the suggestions.
        prunes: whether hopeless trials end early.
        resume: whether a sweep continues.
        deadline: end in seconds of `time.monotonic`; None: no limit.
    """

    recipe: Path
    task: str
    space: Space
    words: Sequence[str]
    num_trials: int
    flags: Sequence[str] = ()
    data_dir: str | None = None
    seed: int = 1
    prunes: bool = True
    resume: bool = False
    deadline: float | None = None


def check_space(options: SweepOptions) -> str:
    """Checks the values of the space, and returns the name of the score.

    Of a list, these are all values, of a range, both ends. A value is wrong if it is so alone and
    beside each value of the other keys.

    Raises:
        UsageError: a key or a value is wrong; the message is that of the recipe.
    """
    if any(each.key == MONITOR for each in options.space.dimensions):
        raise UsageError(f"--set {MONITOR}: is the score of the sweep. Set it to one value.")
    monitors: list[str] = []
    for _, trials in options.space.examples():
        errors = []
        for overrides in trials:
            try:
                recipe = recipes.load(options.recipe, overrides, task=options.task)
            except UsageError as error:
                errors.append(error)
                continue
            monitors.append(recipe.training.monitor)
            break
        else:
            raise errors[0]
    if len(set(monitors)) > 1:  # The default depends on other keys, as data.multi_label.
        raise UsageError(
            f"the trials have several scores: {', '.join(dict.fromkeys(monitors))}. Choose one "
            f"with --set {MONITOR}=SCORE."
        )
    return monitors[0]


def sweep(
    options: SweepOptions, score: str, folder: SweepFolder, run: RunTrial = run_trial
) -> list[Trial]:
    """Runs trials, and writes table, picture and the best recipe.

    Args:
        options: the sweep.
        score: name of the validation score.
        folder: the folder to write.
        run: runs a trial.

    Returns:
        All trials, the best first.

    Raises:
        UsageError: the folder has other files or another sweep, or is in use.
        WorkError: no trial is complete.
    """
    with locked_folder(folder.path, "sweep"):
        folder.start(_settings(options), resume=options.resume)
        make_folder(folder.path / "trials")
        study = Study(
            folder.study,
            options.space,
            maximize=score != "loss",
            seed=options.seed,
            num_trials=options.num_trials,
            prunes=options.prunes,
        )
        try:
            _Sweep(options, score, folder, study, run).run()
        finally:
            trials = study.ranked()
            sweep_results.write_table(trials, options.space, score, folder.table)
            if (best := study.best()) is not None:
                overrides = options.space.overrides(best.values)
                sweep_results.write_best_recipe(
                    options.recipe, options.task, overrides, options.data_dir, folder.best
                )
                sweep_results.draw_picture(
                    trials, options.space, score, folder.picture, maximize=study.maximize
                )
    if best is None:
        failed = [trial for trial in trials if trial.error]
        reason = f" The last error: {failed[-1].error}" if failed else ""
        raise WorkError(f"no trial of {folder.path} is complete.{reason or ' Add time, --resume.'}")
    return trials


class _Sweep:
    def __init__(
        self,
        options: SweepOptions,
        score: str,
        folder: SweepFolder,
        study: Study,
        run: RunTrial,
    ):
        self.options, self.score, self.folder = options, score, folder
        self.study, self.run_trial = study, run
        self.total = options.num_trials

    def run(self) -> None:
        for each in self.options.space.dimensions:
            write(f"{each.key}: {each}")
        size = self.options.space.size()
        if size is not None and size < self.total:
            self.total = size
            write(f"{size} trials: there are no more combinations")
        while len(self._ended()) < self.total and not self._is_late():
            if not self._run_next():
                break
            self._require_a_success()
        missing = self.total - len(self._ended())
        if missing > 0:  # A resumed sweep may have more trials than --trials now says.
            write(f"the time is used up; {missing} trials are left for --resume")

    def _run_next(self) -> bool:
        """Runs a trial; returns whether it ended, which the end of the time may prevent."""
        trial, values = self.study.next()
        number = trial.number + 1
        run, log = RunFolder(self.folder.run(number)), self.folder.log(number)
        name = f"trial {number} of {self.total}"
        write(f"{name}: {'  '.join(f'{key}={value}' for key, value in values.items())}")
        is_pruned = False
        started = time.monotonic()
        with stage(name) as current:
            current.seconds_between_lines = SECONDS_BETWEEN_LINES

            def on_score(evaluation: int, value: float) -> bool:
                nonlocal is_pruned
                current.status = f"evaluation {evaluation}, {self.score} {format_cell(value)}"
                is_pruned = self.study.report(trial, evaluation, value)
                return is_pruned

            end = self.run_trial(
                self._words(values, run),
                run,
                log,
                f"validation_{self.score}",
                on_score,
                self.options.deadline,
            )
        if end.is_stopped and not is_pruned:
            return False
        before = self.study.best()
        seconds = time.monotonic() - started
        done = self.study.finish(
            trial, seconds, error=end.error, pruned=is_pruned and end.is_stopped
        )
        write(f"{name}: {self._line(done, before)}")
        return True

    def _words(self, values: Any, run: RunFolder) -> list[str]:
        """Returns the app and the arguments of the training of a trial."""
        words = [self.options.task, "train", str(self.options.recipe), "--output", str(run.path)]
        for text in self.options.space.overrides(values):
            words += ["--set", text]
        return [*words, *self.options.flags, *(["--resume"] if run.recipe.is_file() else [])]

    def _line(self, trial: Trial, before: Trial | None) -> str:
        if trial.state == "failed":
            found = f"failed: {trial.error}"
        else:
            found = f"{self.score} {format_cell(trial.score)} in {duration(trial.seconds)}"
            now = self.study.best()
            if trial.state == "pruned":
                found += ", pruned"
            elif now is not None and (before is None or now.number != before.number):
                found += ", the best so far"
        ended = self._ended()
        left = self.total - len(ended)
        if not left:
            return found
        seconds = left * sum(each.seconds for each in ended) / len(ended)
        if self.options.deadline is not None:
            seconds = min(seconds, max(0.0, self.options.deadline - time.monotonic()))
        return f"{found}; about {duration(seconds)} left"

    def _ended(self) -> list[Trial]:
        return [trial for trial in self.study.trials() if trial.state != "stopped"]

    def _is_late(self) -> bool:
        return self.options.deadline is not None and time.monotonic() > self.options.deadline

    def _require_a_success(self) -> None:
        """Checks that not all of the first trials failed."""
        ended = self._ended()
        if len(ended) == MAX_FIRST_FAILURES and all(trial.error for trial in ended):
            reason, log = ended[-1].error.rstrip("."), self.folder.log(ended[-1].number)
            raise WorkError(
                f"the first {len(ended)} trials failed. The last error: {reason}. See {log}"
            )


def _settings(options: SweepOptions) -> dict[str, Any]:
    """Returns the settings that all trials of a sweep share, as JSON has them."""
    return {
        "recipe": str(options.recipe.absolute()),
        "recipe_sha256": hashlib.sha256(options.recipe.read_bytes()).hexdigest(),
        "set": list(options.words),
        "flags": list(options.flags),
        "seed": options.seed,
    }
