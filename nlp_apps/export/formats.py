"""Names of the formats and quantisations of an export."""

FORMATS = ("saved_model", "tflite")

QUANTIZE = ("none", "float16", "dynamic")
"""Weights of a `.tflite`: float32; float16; int8 with one scale a row and float32 sums."""
