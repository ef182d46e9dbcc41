"""Tests of training with several processes."""
