"""Tests of the export as `.onnx`; they need the extra `onnx`."""
