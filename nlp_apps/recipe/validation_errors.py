"""Turns what pydantic says about a recipe into one sentence that a person can act on."""

import difflib
import re
from collections.abc import Iterable
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from nlp_apps.recipe.renamed_keys import new_name

_TYPE_RULES = {
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false, without quotes",
    "string_type": "must be text in quotes",
}


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be, if any is close."""
    close = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return close[0] if close else None


def show(value: Any) -> str:
    """A value as the user wrote it in TOML, cut to 60 characters."""
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def choices(field: FieldInfo) -> tuple[str, ...]:
    """The texts that a key may have, or none when it is not a choice."""
    annotation = field.annotation
    if str(get_origin(annotation)) == "typing.Literal":
        return tuple(str(choice) for choice in get_args(annotation))
    return ()


def bounds(field: FieldInfo) -> str:
    """The range of a number in words, for instance `at least 0 and below 1`, or nothing."""
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    parts = [
        f"{words[kind]} {getattr(rule, kind):.15g}"
        for rule in field.metadata
        for kind in words
        if hasattr(rule, kind)
    ]
    return " and ".join(parts)


def sections(recipe: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """The sections of a recipe, by name."""
    return {
        name: field.annotation
        for name, field in recipe.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    }


def unknown_key(recipe: type[BaseModel], key: str) -> str:
    """What to say about a key that no recipe of this kind has, for instance `model.unist`."""
    known = {
        f"{name}.{k}" for name, section in sections(recipe).items() for k in section.model_fields
    }
    top = set(recipe.model_fields) - set(sections(recipe))
    renamed = new_name(key)
    if renamed == "model.init_encoder_from" and renamed not in known:
        renamed = "model.init_from"  # A language model has no encoder.
    if renamed in known:
        return f"{key} is called {renamed} since version 0.2.0."
    section, _, last = key.rpartition(".")
    # The right word in the wrong section is the likelier slip; then a misspelt one.
    elsewhere = sorted(name for name in known | top if name.rpartition(".")[2] == last)
    guess = elsewhere[0] if elsewhere else None
    if guess is None and section in sections(recipe):
        word = nearest(last, sections(recipe)[section].model_fields)
        guess = f"{section}.{word}" if word else None
    elif guess is None:
        guess = nearest(key, sorted(known | top | set(sections(recipe))))
    if guess:
        return f"{key} is not a key. Did you mean {guess}?"
    if section in sections(recipe):
        others = ", ".join(sections(recipe)[section].model_fields)
        return f"{key} is not a key. [{section}] has {others}."
    return f"{key} is not a key. A recipe has {', '.join(recipe.model_fields)}."


def _field(recipe: type[BaseModel], location: tuple[str, ...]) -> FieldInfo | None:
    """The field at `("model", "cell")` or `("name",)`."""
    if not location:
        return None
    owner: type[BaseModel] | None = recipe
    if len(location) > 1:
        owner = sections(recipe).get(location[0])
    return owner.model_fields.get(location[-1]) if owner else None


def explain(recipe: type[BaseModel], error: ValidationError) -> tuple[str, str]:
    """The first error in words.

    Returns:
        The key it is about (`model.cell`; empty when it is about several) and the sentence.
    """
    details = error.errors(include_url=False)
    # A misspelt key comes first: it is often the cause of what is missing elsewhere.
    first = min(details, key=lambda detail: detail["type"] != "extra_forbidden")
    # Validation of `str | tuple` adds the union's branch to the location: keep section and key.
    location = tuple(str(part) for part in first["loc"][:2])
    key = ".".join(location)
    field = _field(recipe, location)
    kind, received = first["type"], first["input"]
    rule = bounds(field) if field else ""

    if kind == "extra_forbidden":
        return key, unknown_key(recipe, key)
    if kind == "missing" and key in sections(recipe):
        needed = [k for k, f in sections(recipe)[key].model_fields.items() if f.is_required()]
        return key, f"section [{key}] is missing; it needs at least {', '.join(needed)}."
    if kind == "missing":
        return key, f"{key} is missing, and it has no default."
    if kind == "literal_error" and field is not None:
        known = choices(field)
        guess = nearest(received, known) if isinstance(received, str) else None
        hint = f" Did you mean {guess}?" if guess else ""
        word = location[-1].replace("_", " ")
        return key, f"{key}: unknown {word} {show(received)}, one of {', '.join(known)}.{hint}"
    if kind in ("model_type", "model_attributes_type"):
        return (
            key,
            f"{key} must be a section, [{key}] with keys below it, received {show(received)}.",
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
            f"{key} must be letters, digits, dots, dashes and underscores, and start with a letter "
            f"or a digit, received {show(received)}."
        )
    message = re.sub(r"^Value error, ", "", first["msg"])
    if len(location) == 2:
        return key, f"{key} {message}, received {show(received)}."
    # A rule over several keys says itself which ones and what it received.
    return "", f"{message}."
