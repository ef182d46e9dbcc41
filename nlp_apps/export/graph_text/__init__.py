"""Text processing as TensorFlow graphs: tokenizer, detokenizer, Unicode, HTML."""
