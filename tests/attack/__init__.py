"""Attacks on the server, one file per kind: clients and files that break rules on purpose."""
