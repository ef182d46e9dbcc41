"""The target language of each text, chosen among those of a translator."""

from collections.abc import Iterable, Iterator, Mapping
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
                f"this model has one target language, so {to[:40]!r} has no meaning. Leave it out."
            )
        if found is None:
            raise UsageError(f"this model does not translate into {to[:40]!r}. {self._advice()}")
        return found

    def pairs(self, texts: Iterable[str], to: Into) -> Iterator[tuple[str, str]]:
        """Returns each text with the code of its language.

        Args:
            texts: the texts.
            to: one code for all texts, or one for each.

        Raises:
            UsageError: as `code`; of one language, at once. Or there are not as many codes as
                texts.
        """
        if to is None or isinstance(to, str):
            only = self.code(to)
            return ((text, only) for text in texts)
        return self._pairs(texts, to)

    def _pairs(self, texts: Iterable[str], to: Iterable[str]) -> Iterator[tuple[str, str]]:
        end = object()
        texts, codes = iter(texts), iter(to)
        for text in texts:
            if (code := next(codes, end)) is end:
                raise UsageError("there are more texts than target languages. Pass one for each.")
            yield text, self.code(str(code))
        if next(codes, end) is not end:
            raise UsageError("there are more target languages than texts. Pass one for each.")

    def tag(self, code: str) -> Tag:
        """Returns the token ids before a source; none for a translator of one language."""
        return (self.tags[code],) if code in self.tags else ()

    def _advice(self) -> str:
        return f"Choose one of: {', '.join(self._codes.values())}."
