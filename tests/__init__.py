"""Tests of nlp_apps; the folder mirrors the package."""
