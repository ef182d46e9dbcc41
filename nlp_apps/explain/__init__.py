"""Explanations: attention, word importance and surprisal of one text."""
