"""Whole runs over the simulated account: what is there is kept, at the price of what is new."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pagerduty_simulator.account.incident_store import Event

from ccm_core.model.evidence.collection import Outcome

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
RESOLVED = (Event(600, "resolve", None, "api"),)


@pytest.mark.slow
@pytest.mark.no_cover
def test_a_burst_of_incidents_is_read_completely(simulated):
    """Of 17,495 incidents in a day 12,000 began in one second; time does not cut those."""
    busy, burst = NOW - 2 * DAY, NOW - 2 * DAY + 11 * HOUR
    simulated.add([busy + timedelta(seconds=15 * n) for n in range(5_495)], RESOLVED)
    simulated.add([burst] * 12_000, RESOLVED)
    manifest = simulated.collect(nouns=("service", "incident"))

    assert manifest.outcome is Outcome.COMPLETE
    assert len(simulated.kept()) == 17_495
    assert simulated.asked("/incidents") < 300


@pytest.mark.slow
@pytest.mark.attack(
    "Answers of the source",
    "More incidents than one query lists begin and end in the same seconds, with log entries",
    "Complete with their log entries in bounded requests, stored window by window",
)
def test_the_log_entries_of_a_burst_are_read_completely(simulated):
    """Two seconds hold more entries than are listed; around them, windows are stored one by one."""
    burst = NOW - 2 * DAY
    simulated.add([burst] * 10_100, RESOLVED)
    manifest = simulated.collect()

    assert manifest.outcome is Outcome.COMPLETE
    assert len(simulated.kept("pagerduty.incident_log_entry")) == 20_200
    assert simulated.asked("/log_entries") < 500
    assert simulated.asked("/incidents/{id}/log_entries") == 0
    windows = [
        collection.window
        for collection in manifest.collections
        if collection.kind == "pagerduty.incident_log_entry"
    ]
    assert len(windows) > 10
    assert sorted({window.length for window in windows})[:2] == [timedelta(0), timedelta(seconds=1)]


def test_an_uneventful_hour_costs_the_same_requests_at_any_store_size(simulated):
    """The requests do not depend on how many incidents are in the store."""
    costs = []
    for round_, count in enumerate((50, 950)):
        now = NOW + round_ * DAY
        moments = [now - 20 * HOUR + timedelta(minutes=n) for n in range(count)]
        simulated.add(moments, RESOLVED)
        simulated.collect(now - 2 * HOUR)
        simulated.collect(now)
        costs.append(len(simulated.control.requests))
    assert len(simulated.kept()) == 1000
    assert costs[0] == costs[1] <= 5


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "event", [pytest.param("resolve", id="resolved"), pytest.param("reopen", id="reopened")]
)
@pytest.mark.parametrize("strategy", ["account", "incident", "auto"])
def test_a_five_month_old_incident_that_changed_is_current_after_one_run(
    simulated, event, strategy
):
    """Whatever happened to it within the last hour."""
    before = RESOLVED if event == "reopen" else ()
    (number,) = simulated.add([NOW - 150 * DAY], before)
    simulated.add([NOW - n * HOUR for n in range(1, 300)], RESOLVED)
    settings = {"lookback": "180d", "log_entries": strategy}
    simulated.collect(NOW, **settings)
    simulated.change(number, NOW + HOUR, event)
    manifest = simulated.collect(NOW + 2 * HOUR, **settings)

    assert manifest.outcome is Outcome.COMPLETE
    status = {body["incident_number"]: body["status"] for body in simulated.kept().values()}
    assert status[number] == ("resolved" if event == "resolve" else "triggered")
