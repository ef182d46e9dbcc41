"""Export to a SavedModel: signatures that take strings."""
