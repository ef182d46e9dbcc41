"""Token ids with a fixed meaning, sizes of tokenizers, and the log probability of no token."""

PAD, UNKNOWN, BOS, EOS = 0, 1, 2, 3
"""Ids of padding, of unknown text, of the start and of the end of a text. PAD is not EOS."""

NUM_RESERVED = 4 + 256
"""Number of reserved ids: the special ids, and one id for each byte."""

MIN_VOCABULARY = NUM_RESERVED + 1
"""Smallest vocabulary: the reserved ids and one of the text."""

MIN_SUBWORD_VOCABULARY = 300
"""Smallest vocabulary of subwords, which need the letters of the text as well."""

SAMPLE_CHARACTERS = 20_000_000
"""Characters of the text from which subwords are learned, at most, by default: more would change
the vocabulary little and need minutes and gigabytes."""

NEG_INF = -1e9
"""Log probability of a token that must not be chosen; finite, so that sums of it are not NaN."""
