"""Recipes: a TOML file for every model, read into typed settings."""
