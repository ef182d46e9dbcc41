"""Blocks: the layers that every head shares. They know no task."""
