"""Training: the loop, its losses and schedules, checkpoints and the run folder."""
