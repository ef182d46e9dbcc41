"""Rules of the keys of [data] that name several target languages."""

from typing import Any

from nlp_apps.text.split_size import is_hold_out


def check_languages(data: Any) -> None:
    """Checks that the sources of all splits have the same form, and languages of train.

    Args:
        data: the [data] of a translation recipe.

    Raises:
        ValueError: a key does not fit several target languages, or a split has another language.
    """
    by_language = isinstance(data.train, dict)
    if by_language and data.language_column != "":
        raise ValueError(
            "data.language_column must be empty if data.train names a source by language, received "
            f"{data.language_column!r}"
        )
    if by_language or data.language_column != "":
        for key in ("reverse", "target_language"):
            if getattr(data, key):
                raise ValueError(
                    f"data.{key} must not be set with several target languages: data.train or the "
                    f"language column names them, received {getattr(data, key)!r}"
                )
    if data.mix_in not in ("", "none") and by_language != isinstance(data.mix_in, dict):
        form = "name a source by language" if by_language else "be one source"
        raise ValueError(f"data.mix_in must {form}, as data.train does, received {data.mix_in!r}")
    for key in ("validation", "test"):
        source = getattr(data, key)
        if isinstance(source, dict):
            if not by_language:
                raise ValueError(
                    f"data.{key} must be one source, as data.train is, received a source by "
                    "language"
                )
            if empty := [code for code, one in source.items() if one == "none"]:
                raise ValueError(
                    f'data.{key} must not be "none" for a language: leave the language out, '
                    f"received {empty[0]}"
                )
            if unknown := [code for code in source if code not in data.train]:
                raise ValueError(
                    f"data.{key} names the language {unknown[0]}, which data.train does not have; "
                    f"it has {', '.join(data.train)}"
                )
        elif by_language and not is_hold_out(source):
            raise ValueError(
                f"data.{key} must be a share of train or name a source by language, such as "
                f"{{ {next(iter(data.train))} = ... }}, received {source!r}"
            )
