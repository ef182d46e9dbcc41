"""Decoding: beam search and sampling over a step function."""
