"""Heads: a task's model, made of blocks and an output layer."""
