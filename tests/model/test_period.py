"""Periods as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.model.period import parse_period


def day(text):
    """Give the midnight at which a day begins."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        pytest.param("2026", "2026-01-01", "2027-01-01", id="year"),
        pytest.param("2026-Q1", "2026-01-01", "2026-04-01", id="first quarter"),
        pytest.param("2026-Q4", "2026-10-01", "2027-01-01", id="last quarter"),
        pytest.param("2026-02", "2026-02-01", "2026-03-01", id="month"),
        pytest.param("2026-12", "2026-12-01", "2027-01-01", id="last month"),
        pytest.param("2028-02-29", "2028-02-29", "2028-03-01", id="leap day"),
        pytest.param("2026-07-01..2026-09-30", "2026-07-01", "2026-10-01", id="dates"),
        pytest.param("2026-Q1..2026-Q2", "2026-01-01", "2026-07-01", id="quarters"),
        pytest.param("2026-12-31..2027", "2026-12-31", "2028-01-01", id="mixed"),
    ],
)
def test_a_period_is_from_its_first_to_its_last_day(text, since, until):
    """Both days are in it; days are UTC."""
    window = parse_period(text).window
    assert (window.since, window.until) == (day(since), day(until))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "..",
        "2026-Q0",
        "2026-Q5",
        "2026-13",
        "2026-00",
        "2026-02-29",
        "2026-7",
        "26-Q1",
        "0000",
        "9999",
        "2026-Q3-01",
        "2026..",
        "..2026",
        "2026-07-02..2026-07-01",
        "2026-01-01T00:00:00Z",
        "last quarter",
        "\uff12\uff10\uff12\uff16",
        "2026\n",
        "2026..2027..2028",
    ],
)
def test_what_is_no_period_is_refused_with_how_to_write_one(text):
    """The message repeats what was written."""
    with pytest.raises(ValueError, match=r"write it like 2026|ends before it begins"):
        parse_period(text)


@given(st.text(alphabet="0123456789-Q.", max_size=24))
def test_any_text_is_a_period_or_refused(text):
    """Nothing else comes of it, and a period is never empty."""
    try:
        window = parse_period(text).window
    except ValueError:
        return
    assert window.length >= timedelta(days=1)


@given(st.integers(1, 9997), st.integers(1, 12))
def test_months_follow_on_each_other(year, month):
    """Twelve months and four quarters are a year, without gap or overlap."""
    months = [parse_period(f"{year:04}-{month:02}").window for month in range(1, 13)]
    quarters = [parse_period(f"{year:04}-Q{month}").window for month in range(1, 5)]
    whole = parse_period(f"{year:04}").window
    for parts in (months, quarters):
        assert [month.until for month in parts[:-1]] == [month.since for month in parts[1:]]
        assert (parts[0].since, parts[-1].until) == (whole.since, whole.until)
    assert day(f"{year:04}-{month:02}-15") in months[month - 1]
