"""Decoding: greedy search, beam search and sampling over a step function; no model is imported."""
