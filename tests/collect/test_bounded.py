"""A plan looks at what is about the horizon and at the newest, and decides as if it saw it all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.collect.objects_to_refresh import ChangeFeed, relevant_since
from ccm_core.collect.planner import PlanInputs, due_times, plan
from ccm_core.model.evidence.collection import Collection, Counts, Outcome, Reason, Shortfall
from ccm_core.model.evidence.window import Window
from ccm_core.sdk.types import ChangedBy, Collector, EvidenceKind, Shape

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
HORIZON = Window(NOW - 20 * HOUR, NOW + HOUR)


async def nothing(_session, _ask):
    """Collect nothing."""
    for one in ():
        yield one


def kind(name, shape):
    """Describe a kind that is due every two hours."""
    at = "at" if shape is Shape.EVENT else None
    return EvidenceKind(
        name=name,
        version=1,
        title=name,
        shape=shape,
        key=("id",),
        cadence=2 * HOUR,
        schema=dict,
        occurred_at=at,
    )


KINDS = {
    one.name: one
    for one in (
        kind("acme.part", Shape.SNAPSHOT),
        kind("acme.case", Shape.EVENT),
        kind("acme.entry", Shape.EVENT),
    )
}
COLLECTORS = (
    Collector(kind="acme.part", collect=nothing),
    Collector(
        kind="acme.case",
        collect=nothing,
        refresh=nothing,
        changed_by=ChangedBy(kind="acme.entry", path="case"),
    ),
    Collector(kind="acme.entry", collect=nothing, settles_after=timedelta(minutes=10)),
)
FALLS = {
    "denied": (Shortfall(reason=Reason.DENIED, detail="no"),),
    "one": (Shortfall(reason=Reason.NOT_AVAILABLE, detail="no", subjects=("acme.case:C1",)),),
}


@st.composite
def histories(draw):
    """Give what hourly runs kept over a week, some of it not whole."""
    found = []
    for ago in range(draw(st.integers(0, 170)), -1, -draw(st.integers(1, 9))):
        began = NOW - ago * HOUR
        for name in draw(st.lists(st.sampled_from(["part", "case", "entry", "again"]), max_size=4)):
            outcome, falls = draw(
                st.sampled_from(
                    [
                        (Outcome.COMPLETE, ()),
                        (Outcome.COMPLETE, ()),
                        (Outcome.FAILED, FALLS["denied"]),
                        (Outcome.PARTIAL, FALLS["denied"]),
                        (Outcome.PARTIAL, FALLS["one"]),
                    ]
                )
            )
            windowed = name in {"case", "entry"}
            length = draw(st.integers(1, 12)) * HOUR
            found.append(
                Collection(
                    id=f"c{len(found)}",
                    run=f"r{ago}",
                    connection="acme",
                    kind="acme.case" if name == "again" else f"acme.{name}",
                    version=1,
                    window=Window(began - length, began) if windowed else None,
                    started_at=began,
                    ended_at=began + timedelta(minutes=len(found) % 5),
                    outcome=outcome,
                    shortfalls=falls,
                    counts=Counts(appended=1),
                )
            )
    return found


def since(history, moment):
    """Give what the store's interface promises of ``collections(since=...)``."""
    newest = {(one.kind, one.window is None, one.outcome): one.run for one in history}
    return [
        one
        for one in history
        if one.ended_at > moment
        or (one.window and one.window.until > moment)
        or one.run in newest.values()
    ]


def by_kind(history):
    """Sort a history by kind."""
    return {name: [one for one in history if one.kind == name] for name in KINDS}


def decided(history):
    """Give everything that is decided from a history."""
    wanted = PlanInputs(now=NOW, horizon=HORIZON, cadences={})
    made = plan(COLLECTORS, KINDS, by_kind(history), wanted)
    feed = next((task.change_feed for task in made.tasks if task.change_feed), None)
    changed = feed and changes(feed, history)
    windows = [(one.kind.name, one.windows, one.refresh) for one in made.tasks]
    return windows, made.not_due, changed


def changes(feed: ChangeFeed, history):
    """Give what is told of changes, and out of which collections."""
    asked = []

    def added(collection):
        asked.append(collection.id)
        return [{"case": collection.id, "at": collection.started_at.isoformat()}]

    both = {"acme.case", "acme.entry"}
    feed = replace(feed, earlier=[one for one in history if one.kind in both])
    return feed.changed_keys({}, set(), added, NOW), asked


@pytest.mark.no_cover
@given(histories())
def test_plan_from_recent_collections_equals_the_plan_from_all(history):
    """Windows, refreshes, changes that were told of: nothing depends on what was left out."""
    part = since(history, HORIZON.since)
    begin = relevant_since(COLLECTORS, by_kind(part), HORIZON.since)
    if begin != HORIZON.since:
        part = history if begin is None else since(history, begin)

    assert decided(part) == decided(history)


@pytest.mark.no_cover
@given(histories())
def test_due_times_from_recent_collections_equal_those_from_all(history):
    """When a kind is next to be read does not depend on what was left out."""
    wanted = PlanInputs(now=NOW, horizon=HORIZON, cadences={})
    part = since(history, HORIZON.since)

    def due(seen):
        return [
            (one.kind, one.due_at) for one in due_times(COLLECTORS, KINDS, by_kind(seen), wanted)
        ]

    assert due(part) == due(history)
