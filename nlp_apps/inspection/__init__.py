"""Inspection of text before training: statistics, findings with lines and fixes, expectations."""
