"""A trained model as signatures of a .tflite: built-in ops, static shapes, whole numbers."""
