"""Durations, as people and ISO 8601 write them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.sdk.timestamps import format_duration, format_instant, parse_duration, parse_instant


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("15m", 900),
        ("4h", 14400),
        ("1h30m", 5400),
        ("7d", 604800),
        ("30d", 2592000),
        ("500ms", 0.5),
        ("PT15M", 900),
        ("P1D", 86400),
        ("P1DT2H", 93600),
    ],
)
def test_a_duration_is_read(text, seconds):
    """Both ways of writing give the same length."""
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "15", "1 day", "soon", "P1M", "P1Y", "PT", "1x", "m15", "PT5"]
)
def test_what_is_no_duration_of_fixed_length_is_refused(text):
    """A bare number has no unit; a month has no length."""
    with pytest.raises(ValueError, match=r"duration|fixed length"):
        parse_duration(text)


@given(st.integers(0, 10**9))
def test_what_is_written_can_be_read(seconds):
    """Formatting loses nothing of whole seconds."""
    assert parse_duration(format_duration(seconds)) == timedelta(seconds=seconds)


def test_instants_are_read_with_any_offset_and_written_in_utc():
    """The same instant has one way of being written."""
    assert format_instant(parse_instant("2026-03-29T02:30:00+02:00")) == "2026-03-29T00:30:00Z"
    with pytest.raises(ValueError, match="no offset"):
        parse_instant("2026-03-29T02:30:00")
