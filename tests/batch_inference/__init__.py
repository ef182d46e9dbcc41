"""Tests of `nlp_apps.batch_inference`."""
