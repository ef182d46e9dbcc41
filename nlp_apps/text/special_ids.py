"""Token ids with a fixed meaning, and the log probability of a token that must not be chosen."""

PAD, UNKNOWN, BOS, EOS = 0, 1, 2, 3
"""Ids of padding, of unknown text, of the start and of the end of a text. PAD is not EOS."""

NEG_INF = -1e9
"""Log probability of a token that must not be chosen; finite, so that sums of it are not NaN."""
