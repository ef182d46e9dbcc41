"""Export as `.onnx`: TensorFlow graphs of built-in operations, rewritten with those of ONNX."""
