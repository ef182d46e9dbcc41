"""Tags of target languages: tokens such as `<2fr>` at the start of a source (Johnson et al. 2017).

A tag is a control token, the last ids of a vocabulary: no text is encoded as one, so that `<2fr>`
in a text is a text as any other, and in a translation it is no text.
"""

import re
from collections.abc import Sequence

from sentencepiece import sentencepiece_model_pb2

from nlp_apps.text.tokenizer import Tokenizer

_TAG = re.compile(r"<2([A-Za-z0-9-]+)>")


def with_tags(tokenizer: Tokenizer, codes: Sequence[str]) -> Tokenizer:
    """Returns a tokenizer with a tag for each language code, after its other ids."""
    proto = sentencepiece_model_pb2.ModelProto.FromString(tokenizer.model)
    for code in codes:
        proto.pieces.add(piece=f"<2{code}>", score=0.0, type=proto.SentencePiece.CONTROL)
    proto.trainer_spec.vocab_size = len(proto.pieces)
    return Tokenizer(proto.SerializeToString(deterministic=True))


def tags_of(tokenizer: Tokenizer) -> dict[str, int]:
    """Returns the id of the tag of each language code; empty for one target language."""
    proto = sentencepiece_model_pb2.ModelProto.FromString(tokenizer.model)
    return {
        match[1]: index
        for index, piece in enumerate(proto.pieces)
        if piece.type == proto.SentencePiece.CONTROL and (match := _TAG.fullmatch(piece.piece))
    }
