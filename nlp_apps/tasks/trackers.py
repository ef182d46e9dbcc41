"""Trackers of experiments, through their own Keras callbacks: MLflow, Weights & Biases."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

import keras

from nlp_apps.errors import UsageError, WorkError, first_line
from nlp_apps.recipe.schema import Recipe
from nlp_apps.recipe.without_folders import recipe_without_folders
from nlp_apps.training.run_folder import RunFolder


@dataclass(frozen=True)
class Tracker:
    """A run of a tracker that is open.

    Attributes:
        id: its id in the tracker; empty: there is no tracker.
        callbacks: callbacks that log the evaluations.
        log_scores: logs the final scores, by names such as `test_accuracy`.
    """

    id: str = ""
    callbacks: Sequence[keras.callbacks.Callback] = ()
    log_scores: Callable[[Mapping[str, float]], object] = dict


def require_tracker(name: str) -> None:
    """Checks that a tracker is known and installed.

    Raises:
        UsageError: it is not.
    """
    if name not in TRACKERS:
        raise UsageError(f"--tracker must be one of {', '.join(TRACKERS)}, received {name!r}.")
    if find_spec(name) is None:
        raise UsageError(
            f"--tracker {name} needs the package {name}. Run: pip install 'nlp-apps[{name}]'"
        )


@contextmanager
def tracked(name: str | None, recipe: Recipe, run: RunFolder, *, resume: bool) -> Iterator[Tracker]:
    """Opens a run of a tracker, and ends it as failed if the block raises.

    A resumed run continues that of the tracker, whose id is in the run folder.

    Args:
        name: a key of `TRACKERS`; None: no tracker.
        recipe: the recipe as used; its keys, without folders, are the parameters of the run.
        run: the run folder.
        resume: whether the run is resumed.

    Yields:
        The run of the tracker.

    Raises:
        WorkError: the tracker cannot be reached, or does not have the run.
    """
    if name is None:
        yield Tracker()
        return
    known = run.read_json(run.tracker) if resume and run.tracker.is_file() else {}
    settings = _flat(recipe_without_folders(recipe).model_dump(mode="json"))
    opened = TRACKERS[name](recipe.name, settings, known.get(name))
    try:
        tracker = opened.__enter__()
    except Exception as error:
        advice = ""
        if known.get(name):
            advice = f" {run.tracker} names its run; delete it for a new one."
        raise WorkError(f"--tracker {name}: {first_line(error).rstrip('.')}.{advice}") from error

    def log_scores(scores: Mapping[str, float]) -> None:
        try:
            tracker.log_scores(scores)
        except Exception as error:
            raise WorkError(
                f"--tracker {name}: {first_line(error).rstrip('.')}. The training is complete, and "
                "its summary is written; --resume logs the scores again."
            ) from error

    try:
        run.write_json(run.tracker, {**known, name: tracker.id})
        yield replace(tracker, log_scores=log_scores)
    except BaseException as error:
        opened.__exit__(type(error), error, error.__traceback__)
        raise
    opened.__exit__(None, None, None)


def final_metrics(scores: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Returns the numbers among the scores of a summary: `test_accuracy`, `validation_loss`."""
    return {
        f"{split}_{key}": float(value)
        for split, found in scores.items()
        for key, value in found.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


@contextmanager
def _mlflow(name: str, parameters: Mapping[str, Any], known: str | None) -> Iterator[Tracker]:
    import mlflow
    from mlflow.keras import MlflowCallback

    with mlflow.start_run(run_id=known, run_name=None if known else name) as active:
        if known is None:  # MLflow does not change parameters.
            mlflow.log_params(dict(parameters))

        def log_scores(scores: Mapping[str, float]) -> None:
            mlflow.log_metrics({f"final_{key}": value for key, value in scores.items()})

        yield Tracker(active.info.run_id, [MlflowCallback()], log_scores)
        mlflow.flush_async_logging()


@contextmanager
def _wandb(name: str, parameters: Mapping[str, Any], known: str | None) -> Iterator[Tracker]:
    import wandb
    from wandb.integration.keras import WandbMetricsLogger

    resume = "allow" if known else None
    with wandb.init(name=name, config=dict(parameters), id=known, resume=resume) as active:

        def log_scores(scores: Mapping[str, float]) -> None:
            active.summary.update({f"final/{key}": value for key, value in scores.items()})

        yield Tracker(active.id, [WandbMetricsLogger()], log_scores)


Opener = Callable[[str, Mapping[str, Any], str | None], AbstractContextManager[Tracker]]
TRACKERS: dict[str, Opener] = {"mlflow": _mlflow, "wandb": _wandb}
"""Trackers by the name of their package: they open a run from name, parameters and known id."""


def _flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the keys of all sections, such as `model.units`."""
    flat: dict[str, Any] = {}
    for key, value in settings.items():
        if isinstance(value, Mapping):
            flat.update({f"{key}.{name}": inner for name, inner in value.items()})
        else:
            flat[key] = value
    return flat
