"""Whole runs over the simulated account: what is there is kept, at the price of what is new."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ccm_pagerduty.kinds import kinds
from pagerduty_simulator.account.incident_store import Event

from ccm_core.model.evidence.collection import Outcome
from ccm_core.sdk.types import Shape

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


@pytest.mark.attack(
    "Settings",
    "Accept an optional kind as unavailable, while every attempt to read it ends in an error",
    "A failure is no refusal: nothing is accepted",
)
@pytest.mark.parametrize("status", [500, 503])
def test_an_optional_kind_that_fails_in_every_attempt_is_not_accepted(simulated, status):
    """As one is that the plan or a right refuses."""
    simulated.control.deny("/audit/records", status)
    kind = "pagerduty.audit_record"
    manifest = simulated.collect(NOW, nouns=("audit_record",), accepted={kind})
    assert simulated.asked("/audit/records") > 1
    assert manifest.outcome not in {Outcome.COMPLETE, Outcome.UNAVAILABLE}
    assert manifest.accepted == ()

    simulated.control.deny("/audit/records", 402)
    refused = simulated.collect(NOW + HOUR, nouns=("audit_record",), accepted={kind})
    assert [gap.kind for gap in refused.accepted] == [kind]


@pytest.mark.parametrize("refused", [None, 402, 403], ids=["all read", "no plan", "no right"])
def test_an_unchanged_hour_takes_six_requests_and_one_for_each_optional_event_kind(
    simulated, refused
):
    """All else is read every six hours or once a day, also what is refused and accepted."""
    if refused:
        for path in ("/audit/records", "/priorities", "/event_orchestrations"):
            simulated.control.deny(path, refused)
    nouns = tuple(kind.name.removeprefix("pagerduty.") for kind in kinds())
    accepted = {kind.name for kind in kinds() if kind.optional and refused}
    hourly = [k for k in kinds() if k.shape is Shape.EVENT and k.cadence == HOUR]
    optional_events = [kind for kind in hourly if kind.optional]
    simulated.add([NOW - n * HOUR for n in range(1, 300)], RESOLVED)
    simulated.collect(NOW - 3 * HOUR, nouns=nouns, accepted=accepted)
    hours = []
    for ago in (2, 1, 0):
        simulated.collect(NOW - ago * HOUR, nouns=nouns, accepted=accepted)
        hours.append(len(simulated.control.requests))
    assert max(hours) <= 6 + len(optional_events)
    assert simulated.asked("/audit/records") == len(optional_events) == 1
    for once_a_day in ("/event_orchestrations/services/{service_id}", "/incidents/{id}/notes"):
        assert simulated.asked(once_a_day) == 0


def test_notes_take_one_request_a_day_for_each_incident_whose_log_shows_one(simulated):
    """An hour that shows one takes none; what a later note shows is read with the next day."""
    nouns = ("service", "incident", "incident_log_entry", "incident_note")
    numbers = simulated.add([NOW - n * HOUR for n in range(30, 80)], RESOLVED)
    simulated.change(numbers[0], NOW - 3 * HOUR, "annotate")
    asked = []
    for hour in (0, 1, 2, 25, 26):
        if hour == 2:
            simulated.change(numbers[1], NOW + timedelta(minutes=90), "annotate")
        manifest = simulated.collect(NOW + hour * HOUR, nouns=nouns)
        assert manifest.outcome is Outcome.COMPLETE
        asked.append(simulated.asked("/incidents/{id}/notes"))
    assert asked == [1, 0, 0, 1, 0]
    assert len(simulated.kept("pagerduty.incident_note")) == 2
