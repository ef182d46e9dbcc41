"""Tasks: from a recipe to data, a model, its training and its scores; one class a task."""
