"""Plots and reports as PNG or HTML."""
