"""Networks: the Keras model of each task, built from blocks."""
