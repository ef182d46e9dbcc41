"""Text: files or TFDS data sets -> examples -> token ids -> batches. Knows no Keras layer."""
