"""Data augmentation: new changes of the training text in each epoch."""
