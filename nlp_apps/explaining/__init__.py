"""Explaining: what a model did with one text, word by word, as plain data and as pictures."""
