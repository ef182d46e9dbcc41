"""Load test of a model server: `nlp-apps load-test`."""
