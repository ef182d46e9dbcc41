"""Sentence pairs of several target languages."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from nlp_apps.text.corpus import Pair
from nlp_apps.text.storage.concatenated import Concatenated


class PairInto(NamedTuple):
    """A sentence, its translation, and the code of the translation's language."""

    source: str
    target: str
    language: str

    @property
    def pair(self) -> Pair:
        """The pair without the language."""
        return Pair(self.source, self.target)


def pair_of(fields: Sequence[str]) -> Pair:
    """Makes a pair of the fields of a `PairInto`."""
    source, target, _ = fields
    return Pair(source, target)


class LanguageExamples(Concatenated[Pair]):
    """Sentence pairs, grouped by target language.

    Attributes:
        by_language: the pairs of each language, by its code.
    """

    def __init__(self, by_language: Mapping[str, Sequence[Pair]]):
        super().__init__(list(by_language.values()))
        self.by_language = dict(by_language)

    def map(self, function: Callable[[Sequence[Pair]], Sequence[Pair]]) -> "LanguageExamples":
        """Returns these examples with the result of a function for the pairs of each language."""
        return LanguageExamples({code: function(part) for code, part in self.by_language.items()})


def by_language(examples: Sequence[Any], code: str = "") -> dict[str, Sequence[Any]]:
    """Returns examples by target language; those of one language under `code`."""
    if isinstance(examples, LanguageExamples):
        return examples.by_language
    return {code: examples}
