"""The view ``pagerduty.schedule_coverage``: who is on call by a schedule, and its gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.references import id_and_title, references_in
from ccm_pagerduty.views.intervals import longest_seconds, total_seconds, whole_seconds
from ccm_pagerduty.views.on_call import rendered_shifts
from ccm_pagerduty.views.on_call.coverage_gaps import staffed_layers
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

NOT_COVERED = (
    "the final schedule does not cover this period, or the role of a user on it is unknown"
)
NOT_RENDERED = "PagerDuty did not render the schedule"


def rows(request: ViewRequest) -> Iterable[Row]:
    """Yield one row for each schedule."""
    index = RecordIndex(request.records)
    policies = _policies_by_schedule(index)
    for record in index.records(SCHEDULE):
        builder = RowBuilder(index)
        rendering = _rendering(record.key, builder)
        body = _schedule_fields(record, builder, policies.get(record.key, []))
        body["rendered"] = rendering is not None
        if rendering is not None:
            body |= _coverage(record.body, rendering, builder, request)
        reason = NOT_COVERED if rendering is not None else NOT_RENDERED
        yield builder.build(record, body, unknown={"*": reason})


def _policies_by_schedule(index: RecordIndex) -> dict[str, list[Record]]:
    policies: dict[str, list[Record]] = {}
    for record in index.records(ESCALATION_POLICY):
        rules = record.body["escalation_rules"]
        targets = [ref for rule in rules for ref in references_in(rule, "targets")]
        schedules = {ref["id"] for ref in targets if type_of(ref) == "schedule"}
        for key in sorted(schedules):
            policies.setdefault(key, []).append(record)
    return policies


def _rendering(key: str, builder: RowBuilder) -> ScheduleRendering | None:
    record = builder.find(SCHEDULE_RENDERING, key)
    return None if record is None else rendered_shifts.read_rendering(record.body)


def _schedule_fields(record: Record, builder: RowBuilder, policies: list[Record]) -> JsonObject:
    schedule = record.body
    using = {ref["id"]: id_and_title(ref) for ref in references_in(schedule, "escalation_policies")}
    using |= {policy["id"]: id_and_title(policy) for policy in builder.read_all(policies)}
    layers = staffed_layers(schedule)
    return known_fields(
        form=schedule.get("form"),
        time_zone=schedule.get("time_zone"),
        has_layers=None if layers is None else bool(layers),
        attached=bool(using),
        policies=[using[key] for key in sorted(using)],
    )


def _coverage(
    schedule: JsonObject, rendering: ScheduleRendering, builder: RowBuilder, request: ViewRequest
) -> JsonObject:
    horizon, now = whole_seconds(request.horizon), request.now.replace(microsecond=0)
    period = horizon and rendering.window.intersection(horizon)
    if period is None:
        return {}
    duty = schedule_duty(schedule, rendering, builder, now, period)
    return (
        _people(duty)
        | _period("past", duty, rendered_shifts.before(period, now))
        | _period("ahead", duty, rendered_shifts.after(period, now))
        | known_fields(longest_gap_seconds=_longest_gap(duty, period))
    )


def _people(duty: ScheduleDuty) -> JsonObject:
    unclear = any(state is ResponderState.UNKNOWN for _, state in duty.states.values())
    return known_fields(
        people=None if unclear else len(duty.active_ids),
        single_person=single_person(duty.active_ids, resolved=not unclear),
    )


def _period(name: str, duty: ScheduleDuty, period: Window | None) -> JsonObject:
    if period is None:
        return {}
    body: JsonObject = {f"{name}_period": rendered_shifts.window_fields(period)}
    gaps = duty.gaps(period)
    if gaps is not None:
        body[f"gaps_{name}"] = [
            rendered_shifts.window_fields(window) | {"cause": cause.value} for window, cause in gaps
        ]
        body[f"gap_seconds_{name}"] = total_seconds(window for window, _ in gaps)
    return body


def _longest_gap(duty: ScheduleDuty, period: Window) -> float | None:
    gaps = duty.gaps(period)
    return None if gaps is None else longest_seconds(window for window, _ in gaps)
