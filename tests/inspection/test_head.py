"""The head of `train`: ranges of seconds in words."""

import pytest

from nlp_apps.inspection.head import format_range


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (20, 80, "20 to 80 seconds"),
        (40, 120, "40 seconds to 2 minutes"),
        (300, 1200, "5 to 20 minutes"),
        (20, 21, "20 seconds"),
        (3000, 7200, "50 minutes to 2.0 hours"),
    ],
)
def test_a_range_names_its_unit_once(low: float, high: float, text: str) -> None:
    assert format_range(low, high) == text
