"""The target language of each text."""

import pytest

from nlp_apps.errors import UsageError
from nlp_apps.text.target_choice import TargetChoice

TARGETS = TargetChoice({"fr": 7, "de": 8})


@pytest.mark.parametrize("to", ["fr", ["FR", "fr"]])
def test_each_text_has_the_code_of_its_language(to: object):
    assert list(TARGETS.pairs(["a", "b"], to)) == [("a", "fr"), ("b", "fr")]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("to", "message"),
    [
        (["fr"], "more texts than target languages"),
        (["fr", "de", "fr"], "more target languages than texts"),
        (["fr", "es"], "does not translate into 'es'"),
        (None, "several target languages. Choose one of: fr, de."),
    ],
)
def test_a_language_that_does_not_fit_is_an_error(to: object, message: str):
    with pytest.raises(UsageError, match=message):
        list(TARGETS.pairs(["a", "b"], to))  # type: ignore[arg-type]
