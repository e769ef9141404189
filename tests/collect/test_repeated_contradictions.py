"""A contradicted list is read once more by the next plain run, and then waits until it is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ccm_core.collect.planner import PlanInputs, due_times, plan
from ccm_core.collect.repeated_contradictions import with_next_step
from ccm_core.model.evidence.collection import Collection, Outcome, Reason, Shortfall
from ccm_core.model.evidence.window import Window
from ccm_core.sdk.types import Collector, EvidenceKind, Shape

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
WINDOW = Window(START - 20 * DAY, START)


async def nothing(_session, _request):
    """Collect nothing."""
    for page in ():
        yield page


def kind(shape):
    """Return a kind that is due once a day."""
    return EvidenceKind(
        name="acme.part",
        version=1,
        title="Part",
        shape=shape,
        key=("id",),
        cadence=DAY,
        schema=dict,
        occurred_at="at" if shape is Shape.EVENT else None,
    )


def contradicted(minutes, part="P1", window=None):
    """Return a list that left out a part which other records name."""
    at = START + minutes * MINUTE
    fall = Shortfall(
        reason=Reason.CONTRADICTED, detail=f"{part} exists", subjects=(f"acme.part:{part}",)
    )
    return Collection(
        id=f"run{minutes}/acme.part/1",
        run=f"run{minutes}",
        connection="acme",
        kind="acme.part",
        version=1,
        window=window,
        started_at=at,
        ended_at=at,
        outcome=Outcome.PARTIAL,
        shortfalls=(fall,),
    )


def planned(shape, collections, minutes):
    """Return whether a plain run would read it, and when it is due."""
    now = START + minutes * MINUTE
    inputs = PlanInputs(now=now, horizon=Window(WINDOW.since, now), cadences={})
    arguments = (
        [Collector(kind="acme.part", collect=nothing, settles_after=MINUTE)],
        {"acme.part": kind(shape)},
        {"acme.part": collections},
        inputs,
    )
    (due,) = due_times(*arguments)
    return bool(plan(*arguments).tasks), due.due_at - START


@pytest.mark.attack(
    "Planner",
    "A list leaves out an object that other records name and that exists by its id",
    "The next plain run reads the list again; where that shows the same, it waits until it is due",
)
@pytest.mark.parametrize(
    ("shape", "window"),
    [
        pytest.param(Shape.SNAPSHOT, None, id="a snapshot"),
        pytest.param(Shape.EVENT, WINDOW, id="events of a window"),
    ],
)
def test_a_contradicted_list_is_read_once_more_and_then_when_due(shape, window):
    """Neither a lasting gap nor a request each minute; another object begins anew."""
    first = contradicted(0, window=window)
    same = contradicted(10, window=window)
    other = contradicted(10, part="P2", window=window)

    assert planned(shape, [first], 10) == (True, MINUTE)
    assert planned(shape, [first, same], 20) == (False, DAY + 10 * MINUTE)
    assert planned(shape, [first, same], 24 * 60 + 11)[0] is True
    assert planned(shape, [first, other], 20)[0] is True


def test_a_contradiction_states_what_is_done_about_it():
    """Once: it is read again. Twice: it waits, and the source's support can help."""
    first = with_next_step(contradicted(0), [])
    second = with_next_step(contradicted(10), [first])
    third = with_next_step(replace(contradicted(20)), [first, second])

    assert "The next `ccm collect` reads it again" in first.shortfalls[0].detail
    assert "It was the same on a second read" in second.shortfalls[0].detail
    assert third.shortfalls == second.shortfalls
    assert with_next_step(second, [first]) == second
