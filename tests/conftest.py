"""Fixtures that all tests share."""

from tests.tiny_lite import tiny_lite as tiny_lite
