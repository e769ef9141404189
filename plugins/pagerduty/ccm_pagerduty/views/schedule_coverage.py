"""The view ``pagerduty.schedule_coverage``: who holds a schedule, and when nobody does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.intervals import Window
from ccm_pagerduty.views import shifts
from ccm_pagerduty.views.gaps import coverage, gaps, layers
from ccm_pagerduty.views.intervals import complement, longest, seconds, whole
from ccm_pagerduty.views.known import known
from ccm_pagerduty.views.targets import type_of
from ccm_pagerduty.views.trail import (
    ESCALATION_POLICY,
    SCHEDULE,
    SCHEDULE_RENDERING,
    Library,
    Trail,
    named,
    refs,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.types import JsonObject, Record, Row, ViewRequest
    from ccm_pagerduty.views.shifts import Rendering

INPUTS = (SCHEDULE, SCHEDULE_RENDERING, ESCALATION_POLICY)


def rows(request: ViewRequest) -> Iterable[Row]:
    """Give one row for each schedule."""
    library = Library(request.records)
    users = _policies_by_schedule(library)
    for record in library.every(SCHEDULE):
        trail = Trail(library)
        rendered = _rendering(record.key, trail)
        body = _about(record, trail, users.get(record.key, []))
        body["rendered"] = rendered is not None
        if rendered is not None:
            body |= _covered(record.body, rendered, request)
        yield trail.row(record, body)


def _policies_by_schedule(library: Library) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for record in library.every(ESCALATION_POLICY):
        targets = [ref for rule in record.body["escalation_rules"] for ref in refs(rule, "targets")]
        schedules = {ref["id"] for ref in targets if type_of(ref) == "schedule"}
        for key in sorted(schedules):
            found.setdefault(key, []).append(record)
    return found


def _rendering(key: str, trail: Trail) -> Rendering | None:
    record = trail.find(SCHEDULE_RENDERING, key)
    return None if record is None else shifts.rendering(record.body)


def _about(record: Record, trail: Trail, policies: list[Record]) -> JsonObject:
    schedule = record.body
    using = {ref["id"]: named(ref) for ref in refs(schedule, "escalation_policies")}
    using |= {policy["id"]: named(policy) for policy in trail.read_all(policies)}
    staffed = layers(schedule)
    return known(
        form=schedule.get("form"),
        time_zone=schedule.get("time_zone"),
        has_layers=None if staffed is None else bool(staffed),
        attached=bool(using),
        policies=[using[key] for key in sorted(using)],
    )


def _covered(schedule: JsonObject, rendered: Rendering, request: ViewRequest) -> JsonObject:
    people = {shift.user["id"] for shift in rendered.shifts if shift.user and shift.held}
    horizon = whole(request.horizon)
    looked = horizon and rendered.window.intersection(horizon)
    now = request.now.replace(microsecond=0)
    past = looked and shifts.before(looked, now)
    ahead = looked and shifts.after(looked, now)
    return (
        {"people": len(people), "single_person": len(people) == 1}
        | (_period("past", schedule, rendered, past) if past else {})
        | (_period("ahead", schedule, rendered, ahead) if ahead else {})
        | ({"longest_gap_seconds": _longest_gap(rendered, looked)} if looked else {})
    )


def _period(name: str, schedule: JsonObject, rendered: Rendering, period: Window) -> JsonObject:
    return {
        f"{name}_period": shifts.shown(period),
        f"gaps_{name}": gaps(schedule, rendered, period),
        f"gap_seconds_{name}": seconds(complement(period, coverage(rendered))),
    }


def _longest_gap(rendered: Rendering, within: Window) -> float:
    return longest(complement(within, coverage(rendered)))
