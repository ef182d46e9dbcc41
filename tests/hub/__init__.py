"""Tests of nlp_apps.hub and of names `hf://OWNER/NAME`."""
