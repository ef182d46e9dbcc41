"""Fixtures that all tests share."""

from tests.tiny_models import shelf as shelf
from tests.tiny_models import tiny_lite as tiny_lite
from tests.tiny_models import tiny_run as tiny_run
from tests.tiny_models import tiny_saved_model as tiny_saved_model
