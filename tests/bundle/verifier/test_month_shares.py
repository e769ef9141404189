"""The share of a month is that of the evaluations that saw most of it, not of any."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ccm_core.bundle.verifier.counting.month_shares import MonthShare

JULY = datetime(2026, 7, 1, 6, tzinfo=UTC)
SHORT, LONG = 30, 40
"""How many days a connection looks back: less than the month with a day of margin, and more."""


@pytest.mark.parametrize(
    ("lookback", "failing", "fails"),
    [
        pytest.param(LONG, [], False, id="never"),
        pytest.param(LONG, range(20), False, id="while it was young"),
        pytest.param(LONG, range(41, 60), False, id="once most of it is not looked at any more"),
        pytest.param(LONG, range(31, 41), True, id="when all of it was seen"),
        pytest.param(LONG, range(31, 35), False, id="until later evidence"),
        pytest.param(LONG, range(39, 41), True, id="since later evidence"),
        pytest.param(SHORT, range(20), False, id="young, and never seen whole"),
        pytest.param(SHORT, range(35, 60), False, id="old, and never seen whole"),
        pytest.param(SHORT, [30], True, id="before its end, and never seen whole"),
        pytest.param(SHORT, [31], True, id="after its end, and never seen whole"),
    ],
)
def test_a_month_fails_where_those_fail_that_saw_most_of_it(lookback, failing, fails):
    """It is evaluated once a day at six, for two months."""
    share = MonthShare()
    for day in range(60):
        at = JULY + timedelta(days=day)
        since = at - timedelta(days=lookback)
        share.add("2026-07", since, (at, day), "fail" if day in failing else "pass")
    assert share.fails is fails
