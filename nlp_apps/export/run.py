"""What the verb `export` does: a run folder becomes artefacts, once they are proven."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nlp_apps import __version__
from nlp_apps.errors import WorkError
from nlp_apps.export import parity, saved_model
from nlp_apps.export.parity import Check
from nlp_apps.export.signatures import Signatures
from nlp_apps.files import write_folder_whole
from nlp_apps.recipe_keys.recipes import AnyRecipe
from nlp_apps.run_folder import RunFolder
from nlp_apps.serving.saved_model import SavedModel

logger = logging.getLogger(__name__)

CHECKED_BATCHES = (1, 32)
TIMED_BATCHES = (1, 64)


class Exportable(NamedTuple):
    """A trained run, opened to be exported.

    Attributes:
        run: the run folder.
        recipe: its recipe.
        signatures: the model as signatures.
        card: what the task adds to the card.
        checks: makes the ways to ask both, given the artefact.
        texts: what both are asked, validation texts first.
    """

    run: RunFolder
    recipe: AnyRecipe
    signatures: Signatures
    card: Mapping[str, Any]
    checks: Callable[[SavedModel], Sequence[Check]]
    texts: Sequence[str]


def export(opened: Exportable, to: Path | None = None) -> dict[str, Any]:
    """Writes a run as a SavedModel, unless its answers differ from the run's.

    Args:
        opened: the run.
        to: the model's folder, whose next version this will be; default: `saved_models/NAME` where
            you stand.

    Returns:
        "saved_model": the version's folder, "bytes", "parity": share of the same answers for each
        check.

    Raises:
        WorkError: the answers differ, or the disk refuses; nothing is left behind.
    """
    recipe = opened.recipe
    folder = to or Path("saved_models") / recipe.name
    card = {
        "task": recipe.task,
        "name": folder.name,
        "recipe": recipe.name,
        "nlp_apps": __version__,
        "signatures": sorted(opened.signatures.functions),
        "decoding": recipe.decoding.model_dump(),
        **opened.card,
    }
    final = [saved_model.next_version(folder)]

    def again() -> Path:
        final[0] = saved_model.next_version(folder)
        return final[0]

    with write_folder_whole(again) as temporary:
        logger.info("writing a SavedModel")
        saved_model.write(opened.signatures, temporary, card, opened.texts[0], folder.name)
        logger.info("asking it and the model %d texts", len(opened.texts))
        report = prove(opened, temporary)
        (temporary / "parity.json").write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    checks = report["saved_model"]["checks"]
    return {
        "saved_model": str(final[0]),
        "bytes": report["saved_model"]["bytes"],
        "same": {
            name: f"{min(row['same'] for row in sizes.values())} of {len(opened.texts)}"
            for name, sizes in checks.items()
        },
    }


def prove(opened: Exportable, folder: Path) -> dict[str, Any]:
    """Compares a SavedModel with the run.

    Returns:
        The content of `parity.json`.

    Raises:
        WorkError: the answers differ.
    """
    artefact = SavedModel(folder, opened.recipe.task)
    checks = opened.checks(artefact)
    report = {check.name: parity.compare(check, opened.texts, CHECKED_BATCHES) for check in checks}
    failed = parity.failures(report)
    if failed:
        raise WorkError(
            f"{opened.run.path}: the SavedModel does not answer as the run does, so it was not "
            f"kept. {'; '.join(failed)}. Please report this, with recipe.toml."
        )
    return {
        "run": str(opened.run.path),
        "saved_model": {
            "bytes": saved_model.size(folder),
            "checks": report,
            "milliseconds_a_text": {
                check.name: parity.latency(check, opened.texts, TIMED_BATCHES) for check in checks
            },
        },
    }
