"""Attacks: files and inputs that a stranger made to hang or crash a reader."""
