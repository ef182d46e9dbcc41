"""Predictors: text in, answers out, over any trained model."""
