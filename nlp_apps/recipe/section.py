"""What every section of a recipe is, and the shapes of values that are not plain."""

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

HOLD_OUT = re.compile(r"split:([1-9][0-9]*|[0-9]+(\.[0-9]+)?%)")


class Section(BaseModel):
    """A section of a recipe: frozen, exact about types, closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def _as_name(value: str) -> str:
    """Checks one name of text: a path, `tfds:...` or `split:...`."""
    if value.startswith("tfds:") and len([p for p in value.split(":", 2) if p.strip()]) < 3:
        raise ValueError("must be tfds:NAME/CONFIG:SPLIT, for instance tfds:imdb_reviews:train")
    if value.startswith("split:") and HOLD_OUT.fullmatch(value) is None:
        raise ValueError("must be split:NUMBER or split:PERCENT%, as in split:500 or split:5%")
    return value


def _as_pair_source(value: Any) -> str | tuple[str, str]:
    """Checks the shape of one source of pairs: a path, a pair of paths, or `tfds:...`."""
    if isinstance(value, str):
        if not value.strip():
            raise ValueError("must name a file, two aligned files, or tfds:NAME/CONFIG:SPLIT")
        return _as_name(value)
    if isinstance(value, list | tuple) and len(value) == 2:
        first, second = value
        if all(isinstance(path, str) and path.strip() for path in value):
            if any(path.startswith(("tfds:", "split:")) for path in value):
                raise ValueError(
                    "must be two files when it is a list; tfds: and split: stand alone"
                )
            return (first, second)
    raise ValueError('must be one text, or a list of two: "pairs.tsv" or ["train.en", "train.de"]')


def _as_text_source(value: Any) -> str | tuple[str, ...]:
    """Checks the shape of one source of texts: a path, several of them, or `tfds:...`."""
    names = [value] if isinstance(value, str) else value
    if (
        not isinstance(names, list | tuple)
        or not names
        or not all(isinstance(name, str) and name.strip() for name in names)
    ):
        raise ValueError('must name a file, or a list of files: "a.txt" or ["a.txt", "b.txt"]')
    if not isinstance(value, str) and any(name.startswith("split:") for name in names):
        raise ValueError("must be files when it is a list; split: stands alone")
    checked = tuple(_as_name(name) for name in names)
    return checked[0] if isinstance(value, str) else checked


def _as_column(value: Any) -> str | int:
    """Checks the shape of a column: a name, or a number counted from 1."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("must be a column's name in quotes or its number, counted from 1")
    if isinstance(value, int) and not 1 <= value <= 10_000:
        raise ValueError("must be a column's number from 1 to 10000")
    return value


PairSource = Annotated[str | tuple[str, str], BeforeValidator(_as_pair_source)]
TextSource = Annotated[str | tuple[str, ...], BeforeValidator(_as_text_source)]
Column = Annotated[str | int, BeforeValidator(_as_column)]
