"""Artefacts: a trained run as files that serve elsewhere, with proof that they answer alike."""
