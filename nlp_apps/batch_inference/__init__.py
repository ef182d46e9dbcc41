"""Predictions of files and folders of any size: `nlp-apps batch MODEL INPUT... OUTPUT`."""
