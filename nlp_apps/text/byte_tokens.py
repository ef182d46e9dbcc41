"""Characters of byte tokens such as `<0xC3>`."""

import codecs
import re
from collections.abc import Sequence

from nlp_apps.text.normalize import SPACE_MARK

BYTE_TOKEN = re.compile(r"<0x([0-9A-F]{2})>")
"""Matches a byte token; group 1 has its digits."""


def decode_byte_tokens(tokens: Sequence[str]) -> list[str]:
    """Replaces byte tokens by the characters that they encode.

    A character replaces its last byte, and "" the bytes before. Bytes that encode no character
    become U+FFFD. The tokenizer's space mark U+2581 in bytes becomes a space.

    Example: `["a", "<0xC3>", "<0xA9>"]` becomes `["a", "", "é"]`.
    """
    found, decoder = [], codecs.getincrementaldecoder("utf-8")("replace")
    for token in tokens:
        if byte := BYTE_TOKEN.fullmatch(token):
            found.append(decoder.decode(bytes([int(byte[1], 16)])).replace(SPACE_MARK, " "))
            continue
        broken = decoder.decode(b"", final=True)
        decoder.reset()
        if broken:
            found[-1] += broken
        found.append(token)
    if broken := decoder.decode(b"", final=True):
        found[-1] += broken
    return found
