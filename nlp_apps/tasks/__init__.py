"""What each app trains: data, model, loss and scores, in the shape that the training loop takes."""
