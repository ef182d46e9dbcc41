"""Text and token ids in files: corpora that are larger than memory."""
