"""What each app trains: its data, model, loss and scores, in the shape that the one training loop takes."""
