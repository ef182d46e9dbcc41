"""Fine-tuning: trains a finished model on new text, and scores it before and after."""

import logging
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from nlp_apps.errors import NlpAppsError, UsageError
from nlp_apps.io.bounded_files import is_number
from nlp_apps.io.stages import stage
from nlp_apps.networks.pretrained_weights import weight_name
from nlp_apps.recipe.auto import Start
from nlp_apps.recipe.model_parts import MODEL_PARTS
from nlp_apps.recipe.model_section import NO_START
from nlp_apps.tasks.base import Task
from nlp_apps.tasks.by_name import make_task
from nlp_apps.tasks.finished_model import KEY, finished_model, require_fit
from nlp_apps.tasks.known_label_sets import read_run_labels
from nlp_apps.tasks.old_text import NONE as NO_TEXT
from nlp_apps.tasks.old_text import OldText, find_old_text
from nlp_apps.tasks.translation_scorer import MEANS
from nlp_apps.tasks.warm_start import read_warm_start, transfer_weights
from nlp_apps.text.corpora import Find
from nlp_apps.text.corpus import Corpus
from nlp_apps.text.language_examples import by_language
from nlp_apps.text.storage.stored_examples import StoredExamples
from nlp_apps.text.tokenizer import Tokenizer
from nlp_apps.training.run_folder import RunFolder
from nlp_apps.workers.worker_group import SINGLE

logger = logging.getLogger(__name__)

BEFORE = "before_fine_tuning"
"""Name of the finished model among the baselines of a run."""

DEFAULT_SHARE = 0.5
"""Share of old text in an epoch, if there is old text: as much as new text."""


def start_of_fine_tuning(task: Task[Any, Any], train: Corpus[Any], find: Find) -> Start | None:
    """Finds the finished model of a task and its text, and returns the settings that it needs.

    Args:
        task: the task; it gets the finished model and the old text.
        train: its training text.
        find: returns the path of a file that the recipe names.

    Returns:
        None if the recipe names no finished model, or one that has to be trained first.

    Raises:
        NlpAppsError: the finished model or the old text does not fit the recipe.
    """
    if not _attach(task, find):
        data = task.recipe.data
        if data.mix_in_share or data.mix_in not in ("", NO_TEXT):
            raise UsageError(
                "data.mix_in and data.mix_in_share need a finished model. Set model.init_from to a "
                "run folder, or leave them out."
            )
        return None
    assert task.finished is not None
    require_fit(task.recipe, task.finished, silent_fits=True)
    share = DEFAULT_SHARE if task.old_text else 0.0
    parts = by_language(train.examples).values()
    if any(isinstance(part, StoredExamples) for part in parts):
        if task.recipe.data.mix_in_share:
            raise UsageError(
                "data.mix_in_share must be 0 for text that is larger than memory allows."
            )
        if share:
            logger.warning(
                "old text is not mixed in, because the text is larger than memory allows; it is "
                "only scored"
            )
        share = 0.0
    names = {KEY: getattr(task.recipe.model, KEY)}
    return Start(names, task.finished.settings(), is_whole=True, mix_in_share=share)


def attach_again(task: Task[Any, Any], find: Find, run: RunFolder) -> None:
    """Finds the finished model of a run that exists, and its text, as far as it needs them.

    Args:
        task: the task, with the recipe of the run.
        find: returns the path of a file that the recipe names.
        run: the run folder.

    Raises:
        NlpAppsError: the run needs a finished model or an old text that is missing or changed.
    """
    if getattr(task.recipe.model, KEY) in ("", NO_START):
        return
    share = task.recipe.data.mix_in_share
    try:
        _attach(task, find)
    except NlpAppsError:
        if share or not run.is_warm_started:
            raise
    recorded = _recorded(run).get("old_text")
    known = recorded.get("sha256") if isinstance(recorded, dict) else None
    found = task.old_text.checksum if task.old_text else None
    if known != found and run.fine_tuning.is_file():
        if share:
            raise UsageError(
                "--resume: the old text that is mixed in, or the model of model.init_from, is "
                "missing or differs from the one the run began with. Restore it, or choose another "
                "folder with --output."
            )
        task.old_text = None
    if run.labels.is_file():
        task.known_labels = read_run_labels(run, task.recipe.data)[0]


def _attach(task: Task[Any, Any], find: Find) -> bool:
    task.finished = finished_model(task.recipe, make_task)
    if task.finished is None:
        return False
    task.known_labels = task.finished.labels
    task.old_text = find_old_text(task.recipe, task.finished, make_task, find)
    return True


def adopt_assets(task: Task[Any, Any], corpora: Mapping[str, Corpus[Any]], run: RunFolder) -> None:
    """Writes the tokenizers and labels of the finished model to the run folder.

    Logs the number of characters of the new text that the vocabulary lacks.
    """
    assert task.finished is not None
    task.adopt(task.finished, run)
    tokenizers = task.tokenizers()
    sides: list[Iterable[str]] = [*task.sides(corpora["train"])]
    if len(tokenizers) == 1:
        sides = [chain.from_iterable(sides)]
    lacking = "".join(
        sorted({char for pair in zip(tokenizers, sides, strict=True) for char in _lacking(*pair)})
    )
    if lacking:
        more = "..." if len(lacking) > 20 else ""
        logger.info(
            "characters that the vocabulary of %s lacks, read as bytes: %s (%s)",
            task.finished.where,
            f"{len(lacking):,}",
            lacking[:20] + more,
        )


def _lacking(tokenizer: Tokenizer, texts: Iterable[str]) -> set[str]:
    """Returns the characters of texts that a tokenizer encodes as bytes."""
    known = set("".join(tokenizer.vocabulary))
    found = {char for text in texts for char in text if not char.isspace()}
    if tokenizer.lowercases:
        found = {char for char in found if char.lower() == char}
    return found - known


def initialize(
    task: Task[Any, Any], run: RunFolder, is_warm_started: bool, *, writes: bool
) -> dict[str, Any]:
    """Transfers pretrained weights, unless a checkpoint has them, and freezes those of the recipe.

    Args:
        task: the task, with its model.
        run: the run folder.
        is_warm_started: a checkpoint has the weights.
        writes: writes `warm_start.json`.

    Returns:
        The description of the transferred weights.

    Raises:
        NlpAppsError: weights do not fit, or random weights would be frozen.
    """
    if is_warm_started:
        description = read_warm_start(run)
    else:
        if task.finished is not None:
            require_fit(task.recipe, task.finished)
            description = {KEY: task.finished.copy_to(task.model)}
        else:
            description = transfer_weights(task.recipe, task.model, task.tokenizers())
        if writes and description:
            run.write_json(run.warm_start, description)
        elif writes:
            run.warm_start.unlink(missing_ok=True)
    task.pretrained = frozenset(name for part in description.values() for name in part["names"])
    freeze(task)
    return description


def freeze(task: Task[Any, Any]) -> None:
    """Freezes the parts of `training.freeze`: their weights get no gradient and keep their bits.

    Raises:
        UsageError: a weight of them is random, or no weight is left to train.
    """
    parts = MODEL_PARTS[task.name]
    prefixes = tuple(prefix for part in task.recipe.training.freeze for prefix in parts[part])
    weights = list(task.model.trainable_variables)
    frozen = [weight for weight in weights if weight_name(weight).startswith(prefixes)]
    written = ", ".join(task.recipe.training.freeze)
    if random := [name for one in frozen if (name := weight_name(one)) not in task.pretrained]:
        raise UsageError(
            f"training.freeze: {written} would keep random weights ({random[0]}). Set "
            "model.init_from, or freeze only parts that are pretrained."
        )
    if len(frozen) == len(weights):
        raise UsageError(f"training.freeze: {written} is all of the model; freeze fewer parts.")
    for weight in frozen:
        weight.trainable = False
    if frozen:
        count = sum(int(weight.value.shape.num_elements() or 0) for weight in frozen)
        logger.info(
            "frozen: %s (%s of %s weights)",
            written,
            f"{count:,}",
            f"{task.model.count_params():,}",
        )


def score_start(
    task: Task[Any, Any], corpora: Mapping[str, Corpus[Any]], run: RunFolder
) -> dict[str, Any]:
    """Scores the finished model before the first step, on the new text and on the old one.

    Returns:
        The content of `fine_tuning.json`; that of a resumed run. Empty without a finished model.
    """
    if run.is_warm_started or task.finished is None:
        return _recorded(run) if getattr(task.recipe.model, KEY) not in ("", NO_START) else {}
    workers, task.workers = task.workers, SINGLE
    with stage("scoring the model before fine-tuning"):
        found: dict[str, Any] = {
            "start": task.finished.where,
            "before": {
                split: scores
                for split, corpus in corpora.items()
                if split != "train" and (scores := _numbers(task.score_before(corpus.examples)))
            },
        }
        if old := task.old_text:
            found["old_text"] = _described(old)
            if old.validation and (scores := _numbers(task.score_old(before=True))):
                found["old_text"]["before"] = scores
    task.workers = workers
    run.write_json(run.fine_tuning, found)
    return found


def score_end(task: Task[Any, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Returns `before` with the scores of the trained model on the old text."""
    found = dict(before)
    if task.old_text and task.old_text.validation and isinstance(found.get("old_text"), dict):
        with stage("scoring the old text"):
            after = _numbers(task.score_old())
        found["old_text"] = {**found["old_text"], "after": after}
    return found


def with_start(baselines: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Returns baselines with the finished model as another one, by split."""
    scores = before.get("before", {})
    return {
        split: {**found, **({BEFORE: scores[split]} if split in scores else {})}
        for split, found in baselines.items()
    }


def old_text_checksum(task: Task[Any, Any]) -> str:
    """Returns the checksum of the old text that is mixed in; empty without one."""
    is_mixed = task.old_text and task.recipe.data.mix_in_share
    return task.old_text.checksum if task.old_text and is_mixed else ""


def _recorded(run: RunFolder) -> dict[str, Any]:
    return run.read_json(run.fine_tuning) if run.fine_tuning.is_file() else {}


def _described(old: OldText) -> dict[str, Any]:
    return {
        "files": old.names,
        "sha256": old.checksum,
        "mixed": len(old.train),
        "scored": len(old.validation),
    }


def _numbers(scores: Mapping[str, Any]) -> dict[str, float]:
    """Returns the scores that are numbers; those of a target language as `bleu_fr`."""
    found = {name: value for name, value in scores.items() if is_number(value)}
    for code, of_language in scores.get("languages", {}).items():
        found |= {f"{name}_{code}": of_language[name] for name in MEANS}
    return found
