"""Export to a SavedModel: signatures that accept strings."""
