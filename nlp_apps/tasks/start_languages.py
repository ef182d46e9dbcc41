"""Target languages in fine-tuning: those of the finished model, of the new text and of old text."""

from collections.abc import Iterable, Sequence

from nlp_apps.errors import UsageError
from nlp_apps.text.target_tags import tags_of, with_tags
from nlp_apps.text.tokenizer import Tokenizer


def all_languages(known: Sequence[str], *others: Iterable[str]) -> tuple[str, ...]:
    """Returns the codes of the finished model, then those of the texts that it lacks.

    Args:
        known: codes of the finished model.
        others: codes of each text.

    Raises:
        UsageError: two codes differ in case only.
    """
    codes = {code.lower(): code for code in known}
    for code in (one for part in others for one in part):
        if (same := codes.setdefault(code.lower(), code)) != code:
            raise UsageError(
                f"the text has the language {code}, and the model of model.init_from, or other "
                f"text, has {same}, the same code. Write {same} everywhere."
            )
    return tuple(codes.values())


def with_new_tags(tokenizers: Sequence[Tokenizer], languages: Sequence[str]) -> list[Tokenizer]:
    """Returns tokenizers with a tag for each language in the first, which reads the source.

    Args:
        tokenizers: one for both sides, or that of each side.
        languages: codes of the languages; tags that the tokenizer has keep their ids.
    """
    known = tags_of(tokenizers[0])
    new = [code for code in languages if code not in known]
    return [with_tags(tokenizers[0], new) if new else tokenizers[0], *tokenizers[1:]]
