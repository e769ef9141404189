"""Events that only their object lists are read of the objects that other events name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ccm_core.model.evidence.collection import Outcome
from ccm_core.sdk.errors import PermissionDenied
from ccm_core.sdk.timestamps import format_instant
from ccm_core.sdk.types import Collector, NamedBy, Shape
from tests.collect.conftest import SCHEMA, Round, Source, kind

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOTE, EVENT = "fake.note", "fake.event"
NAMED_BY = NamedBy(kind=EVENT, path="owner.id", marker=("name", "annotated"), occurred_at="at")


@pytest.fixture
def notes():
    """Make runs over notes, read once a day of the cases that events of an hour name."""
    source = Source(objects={EVENT: []})
    asked = []

    async def collect(_session, request):
        asked.append(request.changed_keys)
        for item in ():
            yield item

    collectors = [
        source.collector(EVENT),
        Collector(kind=NOTE, collect=collect, needs=(EVENT,), named_by=NAMED_BY, overlap=HOUR),
    ]
    named = {**SCHEMA, "properties": SCHEMA["properties"] | {"name": {"type": "string"}}}
    event = replace(kind(EVENT, Shape.EVENT), schema=lambda: named)
    kinds = {EVENT: event, NOTE: kind(NOTE, Shape.EVENT, DAY)}
    round_ = Round(source=source, kinds=kinds, collectors=collectors)
    round_.asked = asked
    return round_


def happen(round_, case, at, name="annotated"):
    """Let an event name a case."""
    events = round_.source.objects[EVENT]
    owner = {"id": case} if case else None
    events.append({"id": f"E{len(events)}", "at": format_instant(at), "name": name, "owner": owner})


def test_the_first_run_asks_for_every_case_that_an_event_names(notes):
    """Each once, and none that other events name."""
    happen(notes, "C2", NOW - 3 * DAY)
    happen(notes, "C1", NOW - 2 * DAY)
    happen(notes, "C1", NOW - HOUR)
    happen(notes, "C3", NOW - DAY, name="opened")
    happen(notes, None, NOW - DAY)
    notes.run()
    assert notes.asked == [("C1", "C2")]


def test_an_hour_later_nothing_is_asked_and_a_day_later_what_was_named_since(notes):
    """Events that were stored in the meantime count, whichever run read them."""
    happen(notes, "C1", NOW - 2 * DAY)
    notes.run()
    happen(notes, "C2", NOW + 30 * timedelta(minutes=1))
    notes.run(NOW + HOUR)
    happen(notes, "C3", NOW + 23 * HOUR)
    notes.run(NOW + DAY)
    assert notes.asked == [("C1",), ("C2", "C3")]
    assert {one.outcome for one in notes.keeper.collections(NOTE)} == {Outcome.COMPLETE}


def test_an_event_that_appears_late_is_asked_for_within_the_overlap(notes):
    """The hour before the window is looked at again."""
    notes.run()
    happen(notes, "C1", NOW - 10 * timedelta(minutes=1))
    notes.run(NOW + DAY, everything=True)
    assert "C1" in notes.asked[-1]


def test_where_the_events_were_refused_the_notes_are_not_complete(notes):
    """Nobody knows which cases they name."""
    notes.source.script[EVENT] = [PermissionDenied("no right")]
    notes.run()
    (collection,) = notes.keeper.collections(NOTE)
    assert collection.outcome is Outcome.UNAVAILABLE
