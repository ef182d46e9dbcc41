"""Benchmarks: speed, memory and cold start, measured side by side on one machine."""
