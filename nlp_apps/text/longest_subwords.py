"""A text as the longest subwords of a vocabulary, without the scores of its tokenizer."""

from collections.abc import Mapping

from nlp_apps.text.normalize import SPACE_MARK


def longest_subwords(text: str, vocabulary: Mapping[str, int]) -> list[int]:
    """Returns the token ids of the longest subwords, from left to right.

    A character without a subword becomes the tokens of its UTF-8 bytes.

    Args:
        text: words with one space between them.
        vocabulary: subword -> token id, with U+2581 for a space.
    """
    text = SPACE_MARK + text.replace(" ", SPACE_MARK)
    longest = max(map(len, vocabulary), default=1)
    ids, start = [], 0
    while start < len(text):
        ends = range(min(len(text), start + longest), start, -1)
        end = next((end for end in ends if text[start:end] in vocabulary), None)
        if end is None:
            end = start + 1
            tokens = [f"<0x{byte:02X}>" for byte in text[start].encode("utf-8")]
            ids += [vocabulary[token] for token in tokens if token in vocabulary]
        else:
            ids.append(vocabulary[text[start:end]])
        start = end
    return ids
