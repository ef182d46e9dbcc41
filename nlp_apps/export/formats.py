"""Formats and quantizations of an export; imports nothing, so that `--help` stays fast."""

FORMATS = ("saved_model", "tflite", "hub")
"""A SavedModel; a `.tflite`; or a folder for a hub: model card, weights, recipe and `.tflite`."""

QUANTIZE = ("none", "float16", "dynamic")
"""Weights of a `.tflite`: float32; float16; or int8 with a scale per row and float32 sums."""
