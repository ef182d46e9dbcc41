"""The target language of each text, chosen among those of a translator."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import repeat
from typing import Any

from nlp_apps.errors import UsageError

Into = str | Iterable[str] | None
"""The target language: one code for all texts, a code for each, or None for the only language."""

Tag = tuple[int, ...]
"""Token ids before a source: the tag of its target language, or none."""


def targets_of(metadata: Mapping[str, Any]) -> "TargetChoice":
    """Returns the target languages in the metadata of an artefact."""
    _, only = metadata.get("languages", ("", ""))
    return TargetChoice(metadata.get("target_languages", {}), only)


class TargetChoice:
    """Finds the tag of a target language.

    Args:
        tags: token id of the tag of each language code; empty for a translator of one language.
        only: code of that language, if it is known.
    """

    def __init__(self, tags: Mapping[str, int], only: str = ""):
        self.tags = dict(tags)
        self._only = next(iter(tags)) if len(tags) == 1 else only
        self._codes = {code.lower(): code for code in (*tags, *([only] if only else []))}

    def code(self, to: str | None) -> str:
        """Returns the code of a language as the translator has it; "" if it is not known.

        Args:
            to: a code in any case; None or "" for the only language.

        Raises:
            UsageError: the translator does not have the language, or has several and none is set.
        """
        if not to:
            if len(self.tags) > 1:
                raise UsageError(f"this model has several target languages. {self._advice()}")
            return self._only
        found = self._codes.get(to.lower())
        if found is None and not self._codes:
            raise UsageError(
                f"this model has one target language, so --to {to[:40]} has no meaning. Drop it."
            )
        if found is None:
            raise UsageError(f"this model does not translate into {to[:40]!r}. {self._advice()}")
        return found

    def codes(self, to: Into) -> Iterator[str]:
        """Yields the code of each text's language; endless, if `to` is one language.

        Raises:
            UsageError: as `code`; of one language, at once.
        """
        if to is None or isinstance(to, str):
            return repeat(self.code(to))
        return map(self.code, to)

    def tag(self, code: str) -> Tag:
        """Returns the token ids before a source; none for a translator of one language."""
        return (self.tags[code],) if code in self.tags else ()

    def _advice(self) -> str:
        return f"Pass --to with one of: {', '.join(self._codes.values())}."
