"""Predictors for `.tflite` files with NumPy and LiteRT alone; never imports TensorFlow."""
