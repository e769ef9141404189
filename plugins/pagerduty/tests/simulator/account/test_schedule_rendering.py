"""Layers, turns, restrictions and overrides rendered as spans."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pagerduty_simulator.account.objects import (
    AccountSchedule,
    Restriction,
    ScheduleLayer,
    ScheduleOverride,
)
from pagerduty_simulator.account.schedule_rendering import coverage, cut, final_spans

HOUR, DAY, WEEK = 3600, 86_400, 604_800
BERLIN = ZoneInfo("Europe/Berlin")


def at(text, zone=BERLIN):
    """Read a wall time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())


MONDAY = at("2026-03-02T09:00")


def layer(users=("A", "B"), start=MONDAY, turn=WEEK, **more):
    """Return a layer."""
    return ScheduleLayer(id="L", name="L", start=start, turn_seconds=turn, user_ids=users, **more)


def schedule(*layers, form="layers", **more):
    """Return a schedule in Berlin."""
    return AccountSchedule(
        id="S", name="S", time_zone="Europe/Berlin", form=form, layers=layers, **more
    )


def in_berlin(spans):
    """Return spans as wall times in Berlin."""
    return [
        (
            datetime.fromtimestamp(span.start, BERLIN).isoformat(),
            datetime.fromtimestamp(span.end, BERLIN).isoformat(),
            span.user_id,
        )
        for span in spans
    ]


def test_a_turn_follows_the_wall_clock_when_the_clocks_change():
    """A handoff at nine stays at nine; the turn over the change lasts an hour less."""
    spans = final_spans(schedule(layer()), at("2026-03-24T00:00"), at("2026-04-01T00:00"))
    assert in_berlin(spans) == [
        ("2026-03-23T09:00:00+01:00", "2026-03-30T09:00:00+02:00", "B"),
        ("2026-03-30T09:00:00+02:00", "2026-04-06T09:00:00+02:00", "A"),
    ]
    assert spans[0].end - spans[0].start == WEEK - HOUR


def test_a_restriction_leaves_the_rest_of_the_day_empty():
    """Nine to five is a third of the day, in pieces."""
    nine_to_five = Restriction(start_time_of_day="09:00:00", duration_seconds=8 * HOUR)
    spans = final_spans(
        schedule(layer(restrictions=(nine_to_five,))),
        at("2026-03-03T00:00"),
        at("2026-03-05T00:00"),
    )
    assert in_berlin(spans) == [
        ("2026-03-03T09:00:00+01:00", "2026-03-03T17:00:00+01:00", "A"),
        ("2026-03-04T09:00:00+01:00", "2026-03-04T17:00:00+01:00", "A"),
    ]


def test_a_weekly_restriction_may_span_days():
    """From Friday evening to Monday morning."""
    weekend = Restriction(
        start_time_of_day="18:00:00", duration_seconds=63 * HOUR, start_day_of_week=5
    )
    spans = final_spans(
        schedule(layer(restrictions=(weekend,))), at("2026-03-08T00:00"), at("2026-03-12T00:00")
    )
    assert in_berlin(spans) == [
        ("2026-03-06T18:00:00+01:00", "2026-03-09T09:00:00+01:00", "A"),
    ]


def test_a_later_layer_overrides_an_earlier_one():
    """Where two layers overlap there is one user at a time."""
    over = layer(("C",), start=at("2026-03-04T00:00"), turn=DAY, end=at("2026-03-04T12:00"))
    spans = final_spans(schedule(layer(), over), at("2026-03-03T00:00"), at("2026-03-06T00:00"))
    assert [span.user_id for span in spans] == ["A", "C", "A"]
    assert coverage(spans, at("2026-03-03T00:00"), at("2026-03-06T00:00")) == 100.0


def test_an_override_replaces_every_layer():
    """The replacement is on call."""
    override = ScheduleOverride(
        id="O", start=at("2026-03-04T18:00"), end=at("2026-03-04T20:00"), user_id="D"
    )
    both = schedule(layer(), overrides=(override,))
    spans = final_spans(both, at("2026-03-04T18:30"), at("2026-03-04T18:30"))
    assert [span.user_id for span in spans] == ["D"]


def test_a_gap_between_shifts_is_an_empty_member():
    """In a shift-based schedule a gap is an empty member, in a layer-based one an absence."""
    nine_to_five = Restriction(start_time_of_day="09:00:00", duration_seconds=8 * HOUR)
    restricted = layer(restrictions=(nine_to_five,))
    window = at("2026-03-03T00:00"), at("2026-03-05T00:00")
    shifts = final_spans(schedule(restricted, form="shifts"), *window)
    assert [span.user_id for span in shifts] == ["A", None, "A"]
    assert coverage(shifts, *window) == pytest.approx(33.33)


def test_every_member_may_be_on_call_at_once():
    """An event of a shift-based schedule can assign all its members."""
    spans = final_spans(
        schedule(layer(everyone=True), form="shifts"),
        at("2026-03-03T00:00"),
        at("2026-03-03T01:00"),
    )
    assert {span.user_id for span in spans} == {"A", "B"}
    assert coverage(spans, at("2026-03-03T00:00"), at("2026-03-03T01:00")) == 100.0


@given(
    turn=st.sampled_from((DAY, WEEK, 12 * HOUR)),
    begin=st.integers(0, 400 * DAY),
    length=st.integers(1, 40 * DAY),
)
def test_a_layer_without_end_covers_every_second_after_its_start(turn, begin, length):
    """Turns touch: no gap and no overlap, whatever the window and the clock changes in it."""
    since = at("2026-03-02T09:00") + begin
    until = since + length
    spans = cut(final_spans(schedule(layer(turn=turn)), since, until), since, until)
    assert spans[0].start == since
    assert spans[-1].end == until
    assert all(span.end == following.start for span, following in pairwise(spans))


def test_nobody_is_on_call_before_the_first_layer():
    """A window before the start is empty."""
    before = datetime(2020, 1, 1, tzinfo=UTC)
    later = before + timedelta(days=7)
    assert final_spans(schedule(layer()), int(before.timestamp()), int(later.timestamp())) == ()
