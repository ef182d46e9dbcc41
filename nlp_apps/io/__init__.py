"""Atomic files, and the standard streams of the process."""
