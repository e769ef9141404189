"""Formats: an instant is what RFC 3339 says, whichever way it was checked."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rfc3339_validator import validate_rfc3339

from ccm_core.model.string_formats import is_date_time

written = st.builds(
    "{}-{}-{}{}{}:{}:{}{}{}".format,
    st.sampled_from(["0000", "0001", "2023", "2024"]),
    st.sampled_from(["01", "02", "12"]) | st.sampled_from(["00", "13"]),
    st.sampled_from(["01", "28"]) | st.sampled_from(["00", "29", "31", "32"]),
    st.sampled_from(["T"]) | st.sampled_from(["t", " "]),
    st.sampled_from(["00", "23", "24"]),
    st.sampled_from(["00", "59", "60"]),
    st.sampled_from(["00", "59", "60"]),
    st.sampled_from(["", ".1", ".123456", ".1234567", "."]),
    st.sampled_from(["Z", "+00:00", "-23:59"]) | st.sampled_from(["z", "+24:00", "+05:60", ""]),
)


@given(written)
@example("2024-02-29T23:59:59.123456+05:30")
@example("2023-02-29T00:00:00Z")
@example("2023-01-01T00:00:00+05:60")
def test_an_instant_is_what_the_standard_says(text):
    """The quick look at what is usually written never differs from the whole check."""
    assert is_date_time(text) is (validate_rfc3339(text) and exists(text))


@pytest.mark.parametrize("digits", ["\u0662024-01-01T00:00:00Z", "2024-01-01T00:00:0\u0660Z"])
def test_digits_of_other_scripts_are_none(digits):
    """They would pass for digits where a pattern says so."""
    assert not is_date_time(digits)


def exists(text):
    """Whether a calendar has the instant."""
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
