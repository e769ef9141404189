"""Conditions clip the intervals and read the clocks of a row."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.model.evidence.window import Window
from ccm_core.rules.cel.compiler import CelEnvironment
from ccm_core.rules.cel.expression import NotEvaluable, shared_variables
from ccm_core.rules.cel.interval_functions import overlapping, total, within
from ccm_core.sdk.timestamps import format_instant

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
PERIOD = Window(NOW - timedelta(days=30), NOW + timedelta(days=14))


def evaluate(text, row, period=PERIOD):
    """Return the value of a condition on a row."""
    environment = CelEnvironment.of({"limit": "duration"}, [])
    context = environment.row_context(row, shared_variables({"limit": 3600}, NOW, period))
    return environment.compile(text).evaluate(context)


GAP = {"since": "2026-01-15T10:00:00Z", "until": "2026-01-15T14:00:00Z", "cause": "no_shift"}
OLD = {"since": "2025-12-01T00:00:00Z", "until": "2025-12-02T00:00:00Z"}
UNKNOWN = {
    "since": "2026-01-20T00:00:00Z",
    "until": "2026-01-21T00:00:00Z",
    "unknown": "the role of Ada is unknown",
}
CLOCK = [{"since": "2026-01-15T11:30:00Z", "until": None, "hours": None}]
OPEN = [CLOCK[0] | {"hours": "business_hours"}]


@pytest.mark.parametrize(
    ("text", "row", "expected"),
    [
        ("overlapping(row.gaps, now, period.until).size()", {"gaps": [GAP, OLD]}, 1),
        (
            "overlapping(row.gaps, now, period.until)[0].since",
            {"gaps": [GAP]},
            "2026-01-15T10:00:00Z",
        ),
        ("within(row.gaps, now, period.until)[0].since", {"gaps": [GAP]}, "2026-01-15T12:00:00Z"),
        ("within(row.gaps, now, period.until)[0].cause", {"gaps": [GAP]}, "no_shift"),
        ("total(within(row.gaps, now, period.until))", {"gaps": [GAP, GAP]}, 7200),
        (
            "in_hours(row.gaps, now, period.until, 'always', [])[0].since",
            {"gaps": [GAP]},
            "2026-01-15T10:00:00Z",
        ),
        (
            "in_hours(row.gaps, now, period.until, 'Mon-Fri 09:00-11:00 UTC', []).size()",
            {"gaps": [GAP]},
            0,
        ),
        (
            "total(in_hours(row.gaps, now, period.until, 'Thu 11:30-13:30 UTC', []))",
            {"gaps": [GAP]},
            7200,
        ),
        (
            "in_hours(row.gaps, now, period.until, 'daily 12:30-13:00 UTC', ['2026-01-15']).size()",
            {"gaps": [GAP]},
            0,
        ),
        (
            "in_hours(row.gaps, now, period.until, 'Sat,Sun 00:00-00:00 UTC', []).size()",
            {"gaps": [UNKNOWN]},
            0,
        ),
        ("total(row.gaps) > params.limit", {"gaps": [GAP]}, True),
        ("total(row.gaps) + total(row.gaps)", {"gaps": [GAP]}, 28800),
        (
            "[within(row.gaps, now, period.until)].map(gaps, total(gaps) + total(gaps))[0]",
            {"gaps": [GAP]},
            14400,
        ),
        (
            "cel.bind(gaps, within(row.gaps, now, period.until), total(gaps) + total(gaps))",
            {"gaps": [GAP]},
            14400,
        ),
        ("cel.bind(gaps, row.gaps, total(gaps) + double(gaps.size()))", {"gaps": [GAP]}, 14401),
        (
            "overlapping(row.gaps, period.since, now).all(gap, has(gap.cause))",
            {"gaps": [GAP]},
            True,
        ),
        ("overlapping(row.gaps, now, period.until).size()", {"gaps": []}, 0),
        ("overlapping(row.gaps, period.since, now).size()", {"gaps": [GAP, UNKNOWN]}, 1),
        ("elapsed(row.clock, now)", {"clock": CLOCK}, 1800),
        ("now <= deadline(row.clock, params.limit)", {"clock": CLOCK}, True),
        ("now <= deadline(row.clock, 1799.5)", {"clock": CLOCK}, False),
        ("elapsed(business(row.clock, 'daily 00:00-00:00', []), now)", {"clock": OPEN}, 1800),
        ("elapsed(business(row.clock, 'Thu 11:45-13:00', []), now)", {"clock": OPEN}, 900),
        ("elapsed(business(row.clock, 'Thu 11:45-13:00 Bern', []), now)", {"clock": OPEN}, 1800),
        (
            "elapsed(business(row.clock, 'daily 00:00-00:00', ['2026-01-15']), now)",
            {"clock": OPEN},
            0,
        ),
        ("elapsed(business(row.clock, 'Sat 00:00-01:00', []), now)", {"clock": CLOCK}, 1800),
    ],
)
def test_functions_return_what_overlaps_and_when_a_limit_is_reached(text, row, expected):
    """A condition asks for any period; the row says nothing of now."""
    assert evaluate(text, row) == expected


@pytest.mark.parametrize(
    ("text", "row", "reason"),
    [
        (
            "overlapping(row.gaps, now, period.until).size() == 0",
            {"gaps": [UNKNOWN]},
            "the role of Ada is unknown (from 2026-01-20T00:00:00Z to 2026-01-21T00:00:00Z)",
        ),
        ("within(row.gaps, now, period.until).size() == 0", {"gaps": [UNKNOWN]}, "role of Ada"),
        ("total(row.gaps) == 0", {"gaps": [UNKNOWN]}, "role of Ada"),
        ("overlapping(row.gaps, now, now).size() == 0", {"gaps": []}, "no period"),
        ("overlapping(row.gaps, now, period.since).size() == 0", {"gaps": []}, "no period"),
        ("overlapping(row.gaps, now, period.until).size() == 0", {}, "row has no `gaps`"),
        ("now <= deadline(row.clock, 1)", {}, "row has no `clock`"),
    ],
)
def test_what_the_evidence_does_not_show_is_insufficient(text, row, reason):
    """Never an empty list, which would pass."""
    value = evaluate(text, row)
    assert isinstance(value, NotEvaluable)
    assert value.insufficient
    assert reason in value.reason


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("overlapping(row.gaps, now, period.until).size() == 0", {"gaps": [{"since": "x"}]}),
        ("overlapping(row.gaps, now, period.until).size() == 0", {"gaps": "none"}),
        ("overlapping(row.gaps, now, period.until).size() == 0", {"gaps": [5]}),
        ("now <= deadline(row.clock, 5)", {"clock": [{"since": "x"}]}),
        ("elapsed(row.clock, now) < 5.0", {"clock": 7}),
        ("elapsed(row.clock, now) < 5.0", {"clock": OPEN}),
        ("elapsed(business(row.clock, 'at nine', []), now) < 5.0", {"clock": OPEN}),
        ("elapsed(business(row.clock, 'Mon 09:00-10:00', [7]), now) < 5.0", {"clock": OPEN}),
        ("elapsed(business(row.clock, 'Mon 09:00-10:00', ['x']), now) < 5.0", {"clock": OPEN}),
        ("elapsed(business([7], 'Mon 09:00-10:00', []), now) < 5.0", {}),
    ],
)
def test_what_is_no_interval_and_no_clock_is_an_error(text, row):
    """Neither a pass nor a lack of evidence."""
    value = evaluate(text, row)
    assert isinstance(value, NotEvaluable)
    assert not value.insufficient


@pytest.mark.parametrize(
    "clock",
    ["row.clock", "business(row.clock, 'daily 00:00-00:00', [])"],
    ids=["plain", "business"],
)
def test_reading_clocks_gives_up_no_reference_to_none(clock):
    """A reference to ``None`` that is given up with each call is fatal in the end."""
    environment = CelEnvironment.of({"limit": "duration"}, [])
    expression = environment.compile(f"now <= deadline({clock}, params.limit)")
    context = environment.row_context(
        {"clock": CLOCK}, shared_variables({"limit": 3600}, NOW, PERIOD)
    )
    before = sys.getrefcount(None)
    for _ in range(1_000):
        expression.evaluate(context)
    assert sys.getrefcount(None) > before - 500


def test_a_condition_without_a_period_is_no_pass():
    """Where nobody says which period is evaluated, nothing is said about it."""
    value = evaluate("overlapping(row.gaps, period.since, now).size() == 0", {"gaps": []}, None)
    assert isinstance(value, NotEvaluable)
    assert (value.insufficient, value.reason) == (True, "the evaluated period is not known")


minutes = st.integers(0, 3000)
intervals = st.lists(
    st.tuples(minutes, minutes).map(
        lambda pair: {
            "since": format_instant(NOW + timedelta(minutes=min(pair))),
            "until": format_instant(NOW + timedelta(minutes=max(pair))),
        }
    ),
    max_size=6,
)


@given(intervals, minutes, minutes, minutes)
def test_periods_that_adjoin_add_up(gaps, one, two, three):
    """What two adjoining periods hold is what the whole of them holds."""
    first, middle, last = (NOW + timedelta(minutes=m) for m in sorted((one, two, three)))
    if first < middle < last:
        parts = total(within(gaps, first, middle)) + total(within(gaps, middle, last))
        assert parts == total(within(gaps, first, last))
        assert len(overlapping(gaps, first, middle)) == len(within(gaps, first, middle))
