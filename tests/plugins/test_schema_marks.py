"""Marks of ccm in schemas: those that are known, with a value that is known."""

from __future__ import annotations

import pytest

from ccm_core.plugins.schema_marks import checked_schema


@pytest.mark.parametrize("value", ["words", "time_zones", "times", [], ["P1", "P2"]])
def test_a_vocabulary_is_named_or_listed(value):
    """An empty list marks a number that identifies something."""
    schema = {"properties": {"role": {"type": "string", "x-ccm-vocabulary": value}}}
    assert checked_schema(schema) == schema


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(True, "expected one of words, time_zones, times", id="a truth"),
        pytest.param("word", "expected one of words, time_zones, times", id="a misspelt name"),
        pytest.param({"words": 1}, "expected one of words, time_zones, times", id="an object"),
        pytest.param([1], "expected a list of texts", id="a list of numbers"),
    ],
)
def test_another_value_of_a_vocabulary_is_refused(value, expected):
    """What it would let through is not known."""
    schema = {"properties": {"role": {"type": "string", "x-ccm-vocabulary": value}}}
    with pytest.raises(ValueError, match=expected):
        checked_schema(schema)
