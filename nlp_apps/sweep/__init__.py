"""Sweeps: many trainings of a recipe with other values, chosen by Optuna."""
