"""A load generator for model servers."""
