"""Small, fast LSTM models for translation, sentiment and text generation on your own text."""

__version__ = "0.2.0"
