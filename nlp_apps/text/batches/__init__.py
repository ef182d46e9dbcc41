"""Batches: token ids grouped into tensors of few static shapes."""
