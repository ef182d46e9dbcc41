"""The commands `push` and `pull`: model folders to and from a hub."""
