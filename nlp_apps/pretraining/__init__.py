"""Pretrained starts: encoders trained on text without labels, and their files."""
