"""The view ``pagerduty.schedule_coverage``: who holds a schedule, and when nobody does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.references import named, refs
from ccm_pagerduty.views.intervals import longest, seconds, whole
from ccm_pagerduty.views.on_call import rendered_shifts
from ccm_pagerduty.views.on_call.coverage_gaps import layers
from ccm_pagerduty.views.on_call.escalation_targets import type_of
from ccm_pagerduty.views.on_call.responders import Person, single_person
from ccm_pagerduty.views.on_call.schedule_duty import ScheduleDuty, duty
from ccm_pagerduty.views.row_builder import (
    ESCALATION_POLICY,
    SCHEDULE,
    SCHEDULE_RENDERING,
    RecordIndex,
    RowBuilder,
)
from ccm_pagerduty.views.three_valued import known

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.intervals import Window
    from ccm_core.sdk.types import JsonObject, Record, Row, ViewRequest
    from ccm_pagerduty.views.on_call.rendered_shifts import ScheduleRendering

NOT_COVERED = "the final schedule does not reach there, or somebody on it has no role that is told"


def rows(request: ViewRequest) -> Iterable[Row]:
    """Give one row for each schedule."""
    library = RecordIndex(request.records)
    users = _policies_by_schedule(library)
    for record in library.every(SCHEDULE):
        trail = RowBuilder(library)
        rendered = _rendering(record.key, trail)
        body = _about(record, trail, users.get(record.key, []))
        body["rendered"] = rendered is not None
        if rendered is not None:
            body |= _covered(record.body, rendered, trail, request)
        why = NOT_COVERED if rendered is not None else "PagerDuty did not render the schedule"
        yield trail.row(record, body, unknown={"*": why})


def _policies_by_schedule(library: RecordIndex) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for record in library.every(ESCALATION_POLICY):
        targets = [ref for rule in record.body["escalation_rules"] for ref in refs(rule, "targets")]
        schedules = {ref["id"] for ref in targets if type_of(ref) == "schedule"}
        for key in sorted(schedules):
            found.setdefault(key, []).append(record)
    return found


def _rendering(key: str, trail: RowBuilder) -> ScheduleRendering | None:
    record = trail.find(SCHEDULE_RENDERING, key)
    return None if record is None else rendered_shifts.rendering(record.body)


def _about(record: Record, trail: RowBuilder, policies: list[Record]) -> JsonObject:
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


def _covered(
    schedule: JsonObject, rendered: ScheduleRendering, trail: RowBuilder, request: ViewRequest
) -> JsonObject:
    horizon, now = whole(request.horizon), request.now.replace(microsecond=0)
    looked = horizon and rendered.window.intersection(horizon)
    if looked is None:
        return {}
    found = duty(schedule, rendered, trail, now, looked)
    return (
        _people(found)
        | _period("past", found, rendered_shifts.before(looked, now))
        | _period("ahead", found, rendered_shifts.after(looked, now))
        | known(longest_gap_seconds=_longest_gap(found, looked))
    )


def _people(found: ScheduleDuty) -> JsonObject:
    unclear = any(state is Person.UNKNOWN for _, state in found.states.values())
    people = None if unclear else len(found.living)
    return known(people=people, single_person=single_person(found.living, resolved=not unclear))


def _period(name: str, found: ScheduleDuty, period: Window | None) -> JsonObject:
    if period is None:
        return {}
    gaps = found.gaps(period)
    told = (
        {}
        if gaps is None
        else {
            f"gaps_{name}": [
                rendered_shifts.shown(window) | {"cause": cause.value} for window, cause in gaps
            ],
            f"gap_seconds_{name}": seconds(window for window, _ in gaps),
        }
    )
    return {f"{name}_period": rendered_shifts.shown(period)} | told


def _longest_gap(found: ScheduleDuty, period: Window) -> float | None:
    gaps = found.gaps(period)
    return None if gaps is None else longest(window for window, _ in gaps)
