"""What changed after it was read is read again, at the price of what changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccm_core.errors import PermissionDenied, SourceError, Unreachable
from ccm_core.model.evidence.collection import Outcome, Reason

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FAILED = Unreachable("gone")


def asked_again(round_, run):
    """Give what the refresh of a run was asked for."""
    return round_.source.refreshed[run - 1]


def newest_refresh(round_):
    """Give the newest collection of the cases that has no window."""
    return [one for one in round_.keeper.collections("fake.case") if one.window is None][-1]


def test_refresh_without_changes_requests_nothing(cases):
    """What was read stays read: one window for what is new, and no case a second time."""
    round_ = cases({f"C{n}": NOW - n * DAY for n in range(1, 29)})
    round_.run()
    before = len(round_.source.asked)
    round_.run(NOW + 2 * HOUR)

    assert asked_again(round_, 2) == ()
    windows = [window for name, window in round_.source.asked[before:] if name == "fake.case"]
    assert [window.since for window in windows] == [NOW - HOUR]


def test_first_run_refreshes_nothing(cases):
    """Everything that events tell of was just read."""
    round_ = cases({"C1": NOW - DAY, "C2": NOW - 2 * DAY})
    round_.tell("C1", NOW - HOUR)
    round_.tell("OLD", NOW - 20 * DAY)
    round_.run()
    assert asked_again(round_, 1) == ()


@pytest.mark.parametrize(
    "created", [pytest.param(NOW - 20 * DAY, id="old"), pytest.param(NOW - 400 * DAY, id="ancient")]
)
def test_changed_old_case_is_refreshed_in_one_run(cases, created):
    """An event names it, and it is read by its key."""
    round_ = cases({"C1": created})
    round_.run()
    round_.change("C1", NOW + HOUR, size=2)
    round_.run(NOW + 2 * HOUR)

    assert asked_again(round_, 2) == ("C1",)
    assert round_.keeper.bodies("fake.case")["C1"]["size"] == 2


def test_refresh_skips_keys_that_windows_have_read(cases):
    """A case that is new and changed costs nothing more."""
    round_ = cases({})
    round_.run()
    round_.open("C1", NOW + HOUR)
    round_.change("C1", NOW + HOUR, size=2)
    round_.run(NOW + 2 * HOUR)
    assert asked_again(round_, 2) == ()
    assert round_.keeper.bodies("fake.case")["C1"]["size"] == 2


def test_change_missed_by_a_failed_refresh_is_not_lost(cases):
    """The next run reads the events back from the store."""
    round_ = cases({"C1": NOW - 20 * DAY})
    round_.run()
    round_.change("C1", NOW + HOUR, size=2)
    round_.source.refusals = [FAILED]
    round_.run(NOW + 2 * HOUR)
    assert newest_refresh(round_).outcome is Outcome.FAILED
    assert round_.keeper.bodies("fake.case")["C1"]["size"] == 0

    round_.run(NOW + 4 * HOUR)
    assert asked_again(round_, 3) == ("C1",)
    assert round_.keeper.bodies("fake.case")["C1"]["size"] == 2


def test_failed_refresh_is_due_at_once(cases):
    """Nobody waits for the cadence."""
    round_ = cases({"C1": NOW - 20 * DAY})
    round_.source.refusals = [FAILED]
    round_.run()
    _, _, todo = round_.run(NOW + timedelta(minutes=1))
    assert [task.kind.name for task in todo.tasks if task.refresh] == ["fake.case"]
    assert newest_refresh(round_).outcome is Outcome.COMPLETE


def test_unreadable_case_is_refreshed_until_it_can_be_read(cases):
    """It is asked for in every run until it can be read."""
    round_ = cases({"C1": NOW - 20 * DAY})
    round_.run()
    round_.change("C1", NOW + HOUR, size=2)
    round_.source.hidden = {"C1"}
    for run in (2, 3):
        round_.run(NOW + 2 * run * HOUR)
        assert asked_again(round_, run) == ("C1",)
        (fall,) = newest_refresh(round_).shortfalls
        assert (fall.reason, fall.subjects) == (Reason.HIDDEN_REFERENCES, ("fake.case:C1",))

    round_.source.hidden = set()
    round_.run(NOW + 8 * HOUR)
    assert newest_refresh(round_).outcome is Outcome.COMPLETE
    assert round_.keeper.bodies("fake.case")["C1"]["size"] == 2


@pytest.mark.parametrize(
    "error", [pytest.param(PermissionDenied("403"), id="denied"), pytest.param(FAILED, id="failed")]
)
def test_lookback_is_read_again_without_change_events(cases, error):
    """Events that cannot be read do not leave old cases as they were."""
    round_ = cases({"C1": NOW - 20 * DAY})
    round_.run()
    round_.change("C1", NOW + HOUR, size=2)
    round_.source.script["fake.event"] = [error]
    round_.run(NOW + 2 * HOUR)
    assert round_.keeper.bodies("fake.case")["C1"]["size"] == 2


def test_windows_are_read_again_without_a_change_feed(cases):
    """Without the collector that would tell of changes, every window is read each time."""
    round_ = cases({"C1": NOW - 20 * DAY})
    del round_.collectors[1]
    round_.run()
    round_.change("C1", NOW + HOUR, size=2)
    round_.run(NOW + 2 * HOUR)
    assert round_.keeper.bodies("fake.case")["C1"]["size"] == 2


happenings = st.lists(
    st.tuples(st.sampled_from(["open", "change", "run", "run", "fail", "stop"]), st.integers(0, 5)),
    max_size=14,
)


@pytest.mark.no_cover
@settings(max_examples=80, deadline=None)
@given(happenings=happenings)
def test_complete_run_makes_every_case_current(happenings, request):
    """Whatever happened before, what is kept is what the source has."""
    round_ = request.getfixturevalue("cases")({f"C{n}": NOW - n * DAY for n in range(6)})
    now = NOW
    for what, which in happenings:
        now += 40 * timedelta(minutes=1)
        key = f"C{which}"
        if what == "open":
            round_.open(f"N{len(round_.source.objects['fake.case'])}", now - timedelta(minutes=1))
        elif what == "change":
            round_.change(key, now - timedelta(minutes=1), size=round_.size(key) + 1)
        elif what == "fail":
            round_.source.refusals = [FAILED]
            round_.run(now)
        elif what == "stop":
            round_.source.script["fake.event"] = [SourceError("cut")]
            round_.run(now)
        else:
            round_.run(now)
    round_.source.refusals, round_.source.script = [], {}
    round_.run(now + 2 * HOUR)
    kept = round_.keeper.bodies("fake.case")
    there = {one["id"]: one["size"] for one in round_.source.objects["fake.case"]}
    assert {key: body["size"] for key, body in kept.items()} == there
