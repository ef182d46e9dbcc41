"""The model folder for a hub: model card, safetensors, recipe, tokenizer, `.tflite`."""
