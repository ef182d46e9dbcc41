"""Tests of nlp_apps.server.json_rows: the same values and errors as `json.loads`."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_apps.server import json_rows

DECODER = json.JSONDecoder()

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
NAMES = st.sampled_from(["instances", "inputs", 'a"\\', "é"])
TEXTS = st.builds(
    lambda value, spaces: json.dumps(value, indent=spaces),
    st.dictionaries(NAMES, VALUES, max_size=4) | VALUES,
    st.sampled_from([None, 0, 2]),
)


def result(parse: Any, text: str) -> Any:
    try:
        return parse(text)
    except json.JSONDecodeError:
        return "error"


def loads(text: str, max_rows: int = 100) -> Any:
    return json_rows.loads(text, DECODER, "instances", max_rows)


@given(TEXTS)
def test_values_are_those_of_json(text: str):
    assert loads(text) == json.loads(text)


@given(TEXTS, st.integers(0, 60), st.sampled_from(["", ",", "}", "]", ":", '"', "x", "[", "\\"]))
def test_damaged_texts_are_errors_as_in_json(text: str, place: int, inserted: str):
    damaged = text[:place] + inserted + text[place + 1 :]
    assert result(loads, damaged) == result(json.loads, damaged)


def test_rows_are_counted_before_the_rest_is_read():
    assert loads('{"instances": [1, 2]}', 2) == {"instances": [1, 2]}
    with pytest.raises(json_rows.TooManyRowsError):
        loads('{"instances": [1, 2, 3, not read', 2)
    assert loads('{"inputs": [1, 2, 3]}', 2) == {"inputs": [1, 2, 3]}
    with pytest.raises(json_rows.TooManyNamesError):
        loads("{" + '"a": 1,' * 101 + "not read")
