"""Errors of pydantic as messages about a recipe: key, rule, received value."""

import difflib
import re
from collections.abc import Iterable
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from nlp_apps.recipe.renamed_keys import new_name

_TYPE_RULES = {
    "int_type": "must be an integer",
    "int_from_float": "must be an integer",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false, without quotes",
    "string_type": "must be text in quotes",
}


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Returns the most similar known word, or None if none is similar."""
    close = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return close[0] if close else None


def show(value: Any) -> str:
    """Returns a value as in TOML, truncated to 60 characters."""
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def choices(field: FieldInfo) -> tuple[str, ...]:
    """Returns the choices of a key, or of the items of its list; empty for other keys."""
    annotation = field.annotation
    if get_origin(annotation) is list:
        (annotation,) = get_args(annotation)
    if str(get_origin(annotation)) == "typing.Literal":
        return tuple(str(choice) for choice in get_args(annotation))
    return ()


def bounds(field: FieldInfo) -> str:
    """Returns the range of a number, such as `at least 0 and below 1`, or an empty string."""
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    parts = [
        f"{words[kind]} {getattr(rule, kind):.15g}"
        for rule in field.metadata
        for kind in words
        if hasattr(rule, kind)
    ]
    return " and ".join(parts)


def sections(recipe: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """Returns the sections of a recipe by name."""
    return {
        name: field.annotation
        for name, field in recipe.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    }


def unknown_key(recipe: type[BaseModel], key: str) -> str:
    """Returns the message for an unknown key, such as `model.unist`."""
    known = {
        f"{name}.{k}" for name, section in sections(recipe).items() for k in section.model_fields
    }
    top = set(recipe.model_fields) - set(sections(recipe))
    renamed = new_name(key)
    if renamed == "model.init_encoder_from" and renamed not in known:
        renamed = "model.init_from"  # A language model has no encoder.
    if renamed in known:
        return f"{key} was renamed to {renamed} in version 0.2.0."
    shown = key if len(key) <= 100 else f"{key[:97]}..."
    section, _, last = key.rpartition(".")
    # A known key of another section is more probable than a typing error.
    elsewhere = sorted(name for name in known | top if name.rpartition(".")[2] == last)
    guess = elsewhere[0] if elsewhere else None
    if guess is None and section in sections(recipe):
        word = nearest(last, sections(recipe)[section].model_fields)
        guess = f"{section}.{word}" if word else None
    elif guess is None:
        guess = nearest(key, sorted(known | top | set(sections(recipe))))
    if guess:
        return f"{shown} is not a key. Did you mean {guess}?"
    if section in sections(recipe):
        others = ", ".join(sections(recipe)[section].model_fields)
        return f"{shown} is not a key. [{section}] has {others}."
    return f"{shown} is not a key. A recipe has {', '.join(recipe.model_fields)}."


def _field(recipe: type[BaseModel], location: tuple[str, ...]) -> FieldInfo | None:
    """Returns the field at `("model", "cell")` or `("name",)`."""
    if not location:
        return None
    owner: type[BaseModel] | None = recipe
    if len(location) > 1:
        owner = sections(recipe).get(location[0])
    return owner.model_fields.get(location[-1]) if owner else None


def explain(recipe: type[BaseModel], error: ValidationError) -> tuple[str, str]:
    """Returns the first error.

    Returns:
        The key (`model.cell`; empty for an error of several keys) and the message.
    """
    details = error.errors(include_url=False)
    # An unknown key comes first: it is often the cause of a missing one.
    first = min(details, key=lambda detail: detail["type"] != "extra_forbidden")
    # Validation of `str | tuple` adds the branch of the union to the location.
    location = tuple(str(part) for part in first["loc"][:2])
    key = ".".join(location)
    field = _field(recipe, location)
    kind, received = first["type"], first["input"]
    rule = bounds(field) if field else ""

    if kind == "extra_forbidden":
        return key, unknown_key(recipe, key)
    if kind == "missing" and key in sections(recipe):
        needed = [k for k, f in sections(recipe)[key].model_fields.items() if f.is_required()]
        return key, f"section [{key}] is missing. It needs at least {', '.join(needed)}."
    if kind == "missing":
        return key, f"{key} is missing. It has no default."
    if kind == "literal_error" and field is not None:
        known = choices(field)
        guess = nearest(received, known) if isinstance(received, str) else None
        hint = f" Did you mean {guess}?" if guess else ""
        one_of = "one of " if len(known) > 1 else ""
        return key, f"{key} must be {one_of}{', '.join(known)}, received {show(received)}.{hint}"
    if kind in ("model_type", "model_attributes_type"):
        return (
            key,
            f"{key} must be a section ([{key}] and its keys), received {show(received)}.",
        )
    if kind in _TYPE_RULES:
        rule = f", {rule}" if rule else ""
        return key, f"{key} {_TYPE_RULES[kind]}{rule}, received {show(received)}."
    if kind in ("greater_than", "greater_than_equal", "less_than", "less_than_equal"):
        return key, f"{key} must be {rule}, received {show(received)}."
    if kind == "string_pattern_mismatch" and location[-1].endswith("_language"):
        return key, f"{key} must be a language code such as en or pt-BR, received {show(received)}."
    if kind == "string_pattern_mismatch":
        return key, (
            f"{key} must have only letters, digits, dots, dashes and underscores, and start with a "
            f"letter or a digit, received {show(received)}."
        )
    message = re.sub(r"^Value error, ", "", first["msg"])
    if len(location) == 2:
        return key, f"{key} {message}, received {show(received)}."
    # The message of a rule for several keys names them and the received value.
    return "", f"{message}."
