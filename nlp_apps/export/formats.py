"""Formats and quantizations of an export; imports nothing, so that `--help` stays fast."""

FORMATS = ("saved_model", "tflite", "onnx", "hub")
"""A SavedModel; a `.tflite`; an `.onnx`; or a folder for a hub: model card, weights, recipe and
`.tflite`."""

QUANTIZE = ("none", "float16", "dynamic")
"""Weights of a `.tflite` or `.onnx`: float32; float16, of a `.tflite` only; or int8 with scales and
float32 sums."""
