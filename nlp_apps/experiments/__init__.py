"""Experiments about recurrent cells."""
