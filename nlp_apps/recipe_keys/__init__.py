"""Every key of a recipe: its type, default, range and reason.

A recipe is a TOML file with a `task` at the top and a section for each of
`data`, `tokenizer`, `model`, `training`, `decoding` and `export` here. Everything is
frozen, and a key that is not written down here is an error. `models/README.md` is printed from it.
"""
