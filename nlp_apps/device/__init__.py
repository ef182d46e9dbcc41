"""Answers from a `.tflite`, by the LiteRT runtime and NumPy alone; never imports TensorFlow."""
