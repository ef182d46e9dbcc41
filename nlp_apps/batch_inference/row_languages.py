"""The target language of each row, in its field `to`."""

from collections.abc import Mapping, Sequence
from typing import Any

from nlp_apps.batch_inference.input_rows import InputRow
from nlp_apps.errors import UsageError
from nlp_apps.text.target_choice import TargetChoice

FIELD = "to"


def names_languages(predictor: Any, settings: Mapping[str, Any]) -> bool:
    """Checks whether rows must name a language: the model has several, and `--set` names none."""
    targets = getattr(predictor, "targets", None)
    return isinstance(targets, TargetChoice) and len(targets.tags) > 1 and FIELD not in settings


def with_languages(
    rows: Sequence[InputRow], targets: TargetChoice, path: str
) -> tuple[list[InputRow], list[str]]:
    """Reads the target language of each row.

    Args:
        rows: the rows.
        targets: the languages of the model.
        path: the input file, for messages.

    Returns:
        The rows, with a problem where the language is missing or unknown; and the code of each.

    Raises:
        UsageError: no row has the field.
    """
    known = ", ".join(targets.tags)
    good = [row for row in rows if not row.problem]
    if good and not any(FIELD in row.fields for row in good):
        raise UsageError(
            f"{path}: the model has several target languages. Add a column {FIELD!r} with one of "
            f"{known}, or pass --set '{FIELD}=\"CODE\"'."
        )
    found, codes = [], []
    for row in rows:
        code = row.fields.get(FIELD)
        code = code.decode("utf-8", "replace") if isinstance(code, bytes) else code
        try:
            codes.append(targets.code(str(code) if code else None))
        except UsageError:
            codes.append("")
            if not row.problem:
                row = row._replace(problem=f"the value of {FIELD!r} is not one of {known}")
        found.append(row)
    return found, codes
