"""Baselines: the cheapest models that a trained one must beat, fitted in seconds."""
