"""Tests of nlp_apps.export.hub."""
