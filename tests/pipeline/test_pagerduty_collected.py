"""Whole runs over the simulated account: what is there is kept, at the price of what is new."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pagerduty_simulator.account.incident_log import Event

from ccm_core.model.evidence.collection import Outcome

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
RESOLVED = (Event(600, "resolve", None, "api"),)


@pytest.mark.slow
def test_a_burst_on_a_busy_day_is_read_whole(place):
    """Of 17,495 incidents in a day 12,000 began in one second; time does not cut those."""
    busy, burst = NOW - 2 * DAY, NOW - 2 * DAY + 11 * HOUR
    place.add([busy + timedelta(seconds=15 * n) for n in range(5_495)], RESOLVED)
    place.add([burst] * 12_000, RESOLVED)
    manifest = place.collect(nouns=("service", "incident"))

    assert manifest.outcome is Outcome.COMPLETE
    assert len(place.kept()) == 17_495
    assert place.asked("/incidents") < 300


def test_an_hour_in_which_nothing_happened_costs_the_same_whatever_is_kept(place):
    """The requests do not depend on how many incidents are in the store."""
    costs = []
    for round_, count in enumerate((50, 950)):
        now = NOW + round_ * DAY
        moments = [now - 20 * HOUR + timedelta(minutes=n) for n in range(count)]
        place.add(moments, RESOLVED)
        place.collect(now - 2 * HOUR)
        place.collect(now)
        costs.append(len(place.control.requests))
    assert len(place.kept()) == 1000
    assert costs[0] == costs[1] <= 5


@pytest.mark.parametrize(
    "what", [pytest.param("resolve", id="resolved"), pytest.param("reopen", id="reopened")]
)
@pytest.mark.parametrize("strategy", ["account", "incident", "auto"])
def test_a_five_month_old_incident_that_changed_is_current_after_one_run(place, what, strategy):
    """Whatever happened to it within the last hour."""
    before = RESOLVED if what == "reopen" else ()
    (number,) = place.add([NOW - 150 * DAY], before)
    place.add([NOW - n * HOUR for n in range(1, 300)], RESOLVED)
    settings = {"lookback": "180d", "log_entries": strategy}
    place.collect(NOW, **settings)
    place.change(number, NOW + HOUR, what)
    manifest = place.collect(NOW + 2 * HOUR, **settings)

    assert manifest.outcome is Outcome.COMPLETE
    status = {body["incident_number"]: body["status"] for body in place.kept().values()}
    assert status[number] == ("resolved" if what == "resolve" else "triggered")
