"""Attacks, one file per kind: clients, files and inputs that break rules on purpose."""
