"""Base class of the sections of a recipe, and the types of values that are not plain."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from nlp_apps.decoding.sampling_config import Range
from nlp_apps.text.split_size import SIZE

LANGUAGE_CODE = r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*"
"""Form of a language code, such as `en` or `pt-BR`."""


class Section(BaseModel):
    """A section of a recipe: frozen, with exact types and no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def in_range(allowed: Range) -> dict[str, Any]:
    """Returns a range as arguments of `Field`."""
    return {"gt" if allowed.excludes_low else "ge": allowed.low, "le": allowed.high}


def _as_name(value: str) -> str:
    """Checks one name of text: a path, `tfds:...` or `split:...`."""
    if value.startswith("tfds:") and len([p for p in value.split(":", 2) if p.strip()]) < 3:
        raise ValueError("must be tfds:NAME/CONFIG:SPLIT, such as tfds:imdb_reviews:train")
    if value.startswith("split:") and SIZE.fullmatch(value) is None:
        raise ValueError(
            "must be split:NUMBER or split:PERCENT%, such as split:500, split:5% or "
            "split:5% max 5000"
        )
    return value


def _as_pair_source(value: Any) -> str | tuple[str, str]:
    """Checks the form of one source of pairs: a path, a pair of paths, or `tfds:...`."""
    if isinstance(value, str):
        if not value.strip():
            raise ValueError("must name a file, two aligned files, or tfds:NAME/CONFIG:SPLIT")
        return _as_name(value)
    if isinstance(value, list | tuple) and len(value) == 2:
        first, second = value
        if all(isinstance(path, str) and path.strip() for path in value):
            if any(path.startswith(("tfds:", "split:")) for path in value):
                raise ValueError("must be two files if it is a list, without tfds: and split:")
            return (first, second)
    raise ValueError(
        'must be one name, or a list of two files: "pairs.tsv" or ["train.en", "train.de"]'
    )


def _as_pair_sources(value: Any) -> str | tuple[str, str] | dict[str, str | tuple[str, str]]:
    """Checks the form of sources of pairs: one, or one by target language."""
    if not isinstance(value, Mapping):
        return _as_pair_source(value)
    if not value:
        raise ValueError('must name a source by language: { fr = "en-fr.tsv", de = "en-de.tsv" }')
    codes: dict[str, str] = {}
    for code in value:
        if not re.fullmatch(LANGUAGE_CODE, str(code)):
            raise ValueError(f"must have language codes such as fr or pt-BR as keys, not {code!r}")
        if (same := codes.setdefault(str(code).lower(), str(code))) != code:
            raise ValueError(f"must name each language once: {same} and {code} are the same code")
    return {str(code): _as_pair_source(source) for code, source in value.items()}


def _as_text_source(value: Any) -> str | tuple[str, ...]:
    """Checks the form of one source of texts: a path, several paths, or `tfds:...`."""
    names = [value] if isinstance(value, str) else value
    if (
        not isinstance(names, list | tuple)
        or not names
        or not all(isinstance(name, str) and name.strip() for name in names)
    ):
        raise ValueError('must name a file, or a list of files: "a.txt" or ["a.txt", "b.txt"]')
    if not isinstance(value, str) and any(name.startswith("split:") for name in names):
        raise ValueError("must be files if it is a list, without split:")
    checked = tuple(_as_name(name) for name in names)
    return checked[0] if isinstance(value, str) else checked


def _as_column(value: Any) -> str | int:
    """Checks the form of a column: a name, or a number counted from 1."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("must be a column's name in quotes or its number, counted from 1")
    if isinstance(value, int) and not 1 <= value <= 10_000:
        raise ValueError("must be a column's number from 1 to 10000")
    return value


PairSources = Annotated[
    str | tuple[str, str] | dict[str, str | tuple[str, str]], BeforeValidator(_as_pair_sources)
]


def _or_empty(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Returns the check of a source that may be empty."""
    return lambda value: value if value == "" else check(value)


TextSource = Annotated[str | tuple[str, ...], BeforeValidator(_as_text_source)]
OptionalPairSources = Annotated[
    str | tuple[str, str] | dict[str, str | tuple[str, str]],
    BeforeValidator(_or_empty(_as_pair_sources)),
]
OptionalTextSource = Annotated[str | tuple[str, ...], BeforeValidator(_or_empty(_as_text_source))]
Column = Annotated[str | int, BeforeValidator(_as_column)]
