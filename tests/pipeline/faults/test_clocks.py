"""A machine whose clock is wrong: the source's clock dates the evidence, or nothing is stored."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ccm_core.errors import ClockMismatch
from ccm_core.model.evidence.collection import Outcome

HOURS_AHEAD = {"40 h ahead": 40, "an hour and a minute ahead": 61 / 60}
HOURS_BEHIND = {"5 days behind": -120, "400 days behind": -9600}


def set_machine(lab, hours: float) -> None:
    """Let this machine's clock be ahead of the source's, or behind where the hours are negative."""
    lab.control.clock_skew = timedelta(hours=-hours)


@pytest.mark.attack(
    "Clocks",
    "A run on a machine whose clock is 40 h ahead, 5 days or 400 days behind",
    "Refused before anything is stored; the message says by how much and what to do",
)
@pytest.mark.parametrize(
    "hours", [pytest.param(h, id=name) for name, h in (HOURS_AHEAD | HOURS_BEHIND).items()]
)
def test_a_clock_more_than_an_hour_off_is_refused_before_anything_is_stored(lab, hours):
    """The run leaves no trace in the store, and the message names both clocks' distance."""
    set_machine(lab, hours)
    with pytest.raises(ClockMismatch) as refused:
        lab.read("service", "incident")

    side = "ahead of" if hours > 0 else "behind"
    assert f"{side} the source's" in str(refused.value)
    assert "nothing was stored" in str(refused.value)
    assert "Synchronize" in str(refused.value)
    assert lab.runs_of_last_store() == 1


@pytest.mark.attack(
    "Clocks",
    "A run on a machine whose clock is half an hour off, either way",
    "Evidence and windows are dated by the source's clock, and the manifest has the offset",
)
@pytest.mark.parametrize("minutes", [30, -30, 2])
def test_evidence_is_dated_by_the_clock_of_the_source(lab, minutes):
    """What the machine is ahead is taken off every date, and the manifest tells how much."""
    honest = lab.honest("service", "incident")
    set_machine(lab, minutes / 60)
    ran = lab.read("service", "incident")

    assert ran.manifest.clock_skew == pytest.approx(60 * minutes, abs=30)
    offset = timedelta(minutes=minutes)
    for before, after in zip(honest.manifest.collections, ran.manifest.collections, strict=True):
        assert abs(before.ended_at - after.ended_at - offset) < timedelta(seconds=30)
        if before.window and after.window:
            ahead = before.window.until - after.window.until
            assert abs(ahead - offset) < timedelta(seconds=30)


def test_a_clock_within_a_minute_changes_no_date(lab):
    """A Date header has whole seconds, so that less than a minute means nothing."""
    honest = lab.honest("service")
    set_machine(lab, 50 / 3600)
    ran = lab.read("service")
    (before,), (after,) = honest.manifest.collections, ran.manifest.collections
    assert abs(before.ended_at - after.ended_at) < timedelta(seconds=1)


def test_a_source_without_a_date_is_read_and_the_offset_is_unknown(lab):
    """No header, no comparison; the manifest says so."""
    lab.control.sends_date = False
    ran = lab.read("service")
    assert ran.manifest.clock_skew is None
    assert ran.outcomes == {"service": Outcome.COMPLETE}


@pytest.mark.attack(
    "Clocks",
    "The evidence is evaluated on a machine whose clock is 400 days behind",
    "Refused: the evidence that was stored last is from long after that clock",
)
def test_evaluating_long_before_the_newest_evidence_is_refused(lab):
    """What held 400 days ago is no answer, and no evaluation is made of it."""
    with pytest.raises(ClockMismatch, match="newest evidence that is stored") as refused:
        lab.evaluate_at(timedelta(days=-400))
    assert "ccm collect" in str(refused.value)


def test_evaluating_a_little_before_the_newest_evidence_counts_it(lab):
    """A clock that is ten minutes behind the evidence takes the evidence's own time."""
    late = lab.evaluate_at(timedelta(minutes=-10))
    assert late.evaluated_at == lab.stored_at()
    assert {one.outcome for one in late.sufficiency if one.outcome} == {Outcome.COMPLETE}
