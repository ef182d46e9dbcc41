"""Metrics: BLEU, chrF, classification scores and calibration."""
