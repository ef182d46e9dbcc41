"""The workshop of the phrasebook: grammar, words and chapters of sentence patterns."""
