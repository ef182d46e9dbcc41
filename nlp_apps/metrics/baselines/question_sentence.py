"""Answer baseline: the sentence of a paragraph that has most words of the question."""

from collections.abc import Sequence

from nlp_apps.metrics.answers import normalized_words


def question_sentence(sentences: Sequence[str]) -> str:
    """Returns the sentence with most words of the first one, which is the question.

    Args:
        sentences: the question and the sentences of the paragraph.

    Returns:
        The first of equally good sentences; empty without a paragraph.
    """
    if len(sentences) < 2:
        return ""
    question = set(normalized_words(sentences[0]))
    shared = [len(question & set(normalized_words(sentence))) for sentence in sentences[1:]]
    return sentences[1 + shared.index(max(shared))]
