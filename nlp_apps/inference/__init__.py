"""Predictors over a run folder or a SavedModel: text in, results out."""
