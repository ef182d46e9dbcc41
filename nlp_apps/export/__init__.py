"""Export: writes a trained run as artefacts that run elsewhere, after a parity check."""
