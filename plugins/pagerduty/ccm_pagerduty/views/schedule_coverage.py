"""The view ``pagerduty.schedule_coverage``: who holds a schedule, and when nobody does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.references import id_and_title, references
from ccm_pagerduty.views.intervals import longest_seconds, total_seconds, whole_seconds
from ccm_pagerduty.views.on_call import rendered_shifts
from ccm_pagerduty.views.on_call.coverage_gaps import layers
from ccm_pagerduty.views.on_call.escalation_targets import type_of
from ccm_pagerduty.views.on_call.responders import ResponderState, single_person
from ccm_pagerduty.views.on_call.schedule_duty import ScheduleDuty, schedule_duty
from ccm_pagerduty.views.row_builder import (
    ESCALATION_POLICY,
    SCHEDULE,
    SCHEDULE_RENDERING,
    RecordIndex,
    RowBuilder,
)
from ccm_pagerduty.views.three_valued import known_fields

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
    for record in library.records(SCHEDULE):
        trail = RowBuilder(library)
        rendered = _rendering(record.key, trail)
        body = _about(record, trail, users.get(record.key, []))
        body["rendered"] = rendered is not None
        if rendered is not None:
            body |= _covered(record.body, rendered, trail, request)
        why = NOT_COVERED if rendered is not None else "PagerDuty did not render the schedule"
        yield trail.build(record, body, unknown={"*": why})


def _policies_by_schedule(library: RecordIndex) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for record in library.records(ESCALATION_POLICY):
        targets = [ref for rule in record.body["escalation_rules"] for ref in references(rule, "targets")]
        schedules = {ref["id"] for ref in targets if type_of(ref) == "schedule"}
        for key in sorted(schedules):
            found.setdefault(key, []).append(record)
    return found


def _rendering(key: str, trail: RowBuilder) -> ScheduleRendering | None:
    record = trail.find(SCHEDULE_RENDERING, key)
    return None if record is None else rendered_shifts.rendering(record.body)


def _about(record: Record, trail: RowBuilder, policies: list[Record]) -> JsonObject:
    schedule = record.body
    using = {ref["id"]: id_and_title(ref) for ref in references(schedule, "escalation_policies")}
    using |= {policy["id"]: id_and_title(policy) for policy in trail.read_all(policies)}
    staffed = layers(schedule)
    return known_fields(
        form=schedule.get("form"),
        time_zone=schedule.get("time_zone"),
        has_layers=None if staffed is None else bool(staffed),
        attached=bool(using),
        policies=[using[key] for key in sorted(using)],
    )


def _covered(
    schedule: JsonObject, rendered: ScheduleRendering, trail: RowBuilder, request: ViewRequest
) -> JsonObject:
    horizon, now = whole_seconds(request.horizon), request.now.replace(microsecond=0)
    looked = horizon and rendered.window.intersection(horizon)
    if looked is None:
        return {}
    found = schedule_duty(schedule, rendered, trail, now, looked)
    return (
        _people(found)
        | _period("past", found, rendered_shifts.before(looked, now))
        | _period("ahead", found, rendered_shifts.after(looked, now))
        | known_fields(longest_gap_seconds=_longest_gap(found, looked))
    )


def _people(found: ScheduleDuty) -> JsonObject:
    unclear = any(state is ResponderState.UNKNOWN for _, state in found.states.values())
    people = None if unclear else len(found.active_ids)
    return known_fields(people=people, single_person=single_person(found.active_ids, resolved=not unclear))


def _period(name: str, found: ScheduleDuty, period: Window | None) -> JsonObject:
    if period is None:
        return {}
    gaps = found.gaps(period)
    told = (
        {}
        if gaps is None
        else {
            f"gaps_{name}": [
                rendered_shifts.window_fields(window) | {"cause": cause.value} for window, cause in gaps
            ],
            f"gap_seconds_{name}": total_seconds(window for window, _ in gaps),
        }
    )
    return {f"{name}_period": rendered_shifts.window_fields(period)} | told


def _longest_gap(found: ScheduleDuty, period: Window) -> float | None:
    gaps = found.gaps(period)
    return None if gaps is None else longest_seconds(window for window, _ in gaps)
