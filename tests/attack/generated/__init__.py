"""Generated inputs of every kind that the package reads, most of them damaged: `make fuzz`."""
