"""Files written whole, and the standard streams of the process."""
