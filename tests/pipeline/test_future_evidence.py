"""Evidence that a machine dated into the future, of a source that tells no time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ccm_core.errors import ClockMismatch
from ccm_core.model.evidence.window import Window, subtract, union
from ccm_core.pipeline.source.clock import evaluation_moment

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def mute(simulated):
    """The simulated account, whose responses carry no date."""
    simulated.control.sends_date = False
    return simulated


@pytest.mark.attack(
    "Clocks",
    "A run dated 40 h into the future, of a source that tells no time, and an incident meanwhile",
    "The hours that the run claims to cover are read again once a later run shows the real time",
)
def test_hours_that_were_claimed_before_they_passed_are_read(mute):
    """A run said of the sixth hour that it had read it, five hours before that hour was over."""
    mute.collect(NOW + 40 * HOUR)
    mute.collect(NOW + HOUR)
    manifest = mute.collect(NOW + 50 * HOUR)
    windows = [
        one.window
        for one in manifest.collections
        if one.kind == "pagerduty.incident_log_entry" and one.window
    ]
    unread = subtract([Window(NOW + HOUR, NOW + 50 * HOUR)], union(windows))
    assert list(unread) == []


def test_a_second_run_of_the_right_order_reads_nothing_twice(mute):
    """Only what is dated after something that was stored later is read again."""
    mute.collect(NOW)
    mute.collect(NOW + HOUR)
    before = len(mute.store.runs.collections("simulated"))
    manifest = mute.collect(NOW + HOUR + timedelta(minutes=1))
    assert manifest.collections == ()
    assert len(mute.store.runs.collections("simulated")) == before


@pytest.mark.attack(
    "Clocks",
    "All objects were stored by a run that is dated 40 h into the future, and are read again now",
    "They are evidence of now: an evaluation does not find empty lists that count as complete",
)
def test_what_was_dated_into_the_future_is_stored_again_where_it_is_read_now(mute):
    """Unchanged or not, it was observed now; a deleted service is deleted now."""
    mute.add([NOW - 3 * HOUR])
    mute.collect(NOW - HOUR)
    gone = min(mute.account.services)
    mute.account.services[gone] = replace(mute.account.services.pop(gone), id="PNEWONE")
    mute.collect(NOW + 40 * HOUR)
    mute.collect(NOW + HOUR)

    for kind in ("pagerduty.service", "pagerduty.incident"):
        records = mute.store.records.current("simulated", kind, as_of=NOW + 2 * HOUR)
        assert {one.key: one.body for one in records} == mute.kept(kind) != {}
    vanished = mute.store.records.vanished("simulated", "pagerduty.service", as_of=NOW + 2 * HOUR)
    assert [one.key for one in vanished] == [gone]


def test_evaluating_is_refused_until_the_real_time_was_read(mute):
    """Of a run that is 40 h ahead nothing is evaluated; afterwards now is now again."""
    now, horizons = NOW + 2 * HOUR, {"simulated": NOW - timedelta(days=30)}
    mute.collect(NOW + 40 * HOUR)
    with pytest.raises(ClockMismatch, match="newest evidence that is stored"):
        evaluation_moment(now, mute.store.runs, horizons)

    mute.collect(NOW + HOUR)
    assert evaluation_moment(now, mute.store.runs, horizons) == now
    mute.collect(NOW + 2.5 * HOUR)
    mute.collect(NOW + 2.25 * HOUR)
    assert evaluation_moment(now, mute.store.runs, horizons) == NOW + 2.5 * HOUR
