"""The view ``pagerduty.schedule_coverage``: who is on call by a schedule, and its gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.references import id_and_title, references_in
from ccm_pagerduty.views.on_call import rendered_shifts
from ccm_pagerduty.views.on_call.coverage_gaps import staffed_layers
from ccm_pagerduty.views.on_call.escalation_targets import type_of
from ccm_pagerduty.views.on_call.overrides import NOT_READ, override_fields
from ccm_pagerduty.views.on_call.rendered_shifts import window_fields
from ccm_pagerduty.views.on_call.responders import ResponderState
from ccm_pagerduty.views.on_call.schedule_duty import (
    people_fields,
    schedule_duty,
    unclear_fields,
)
from ccm_pagerduty.views.row_builder import (
    ESCALATION_POLICY,
    SCHEDULE,
    SCHEDULE_OVERRIDES,
    SCHEDULE_RENDERING,
    RecordIndex,
    RowBuilder,
)
from ccm_pagerduty.views.three_valued import known_fields

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.types import JsonObject, Record, Row, ViewRequest
    from ccm_pagerduty.views.on_call.rendered_shifts import ScheduleRendering

NOT_RENDERED = "PagerDuty did not render the schedule"


def rows(request: ViewRequest) -> Iterable[Row]:
    """Yield one row for each schedule."""
    index = RecordIndex(request.records, earliest=request.earliest)
    policies = _policies_by_schedule(index)
    for record in index.records(SCHEDULE):
        builder = RowBuilder(index)
        rendering = _rendering(record.key, builder)
        body = _schedule_fields(record, builder, policies.get(record.key, []))
        body["rendered"] = rendering is not None
        if rendering is not None:
            body |= _coverage(record.body, rendering, builder)
            overrides = builder.find(SCHEDULE_OVERRIDES, record.key)
            body |= {} if overrides is None else override_fields(overrides.body, rendering)
        unknown = {"overridden_percent": NOT_READ} if rendering is not None else {"*": NOT_RENDERED}
        yield builder.build(record, body, unknown=unknown)


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
    schedule: JsonObject, rendering: ScheduleRendering, builder: RowBuilder
) -> JsonObject:
    duty = schedule_duty(schedule, rendering, builder, rendering.window)
    return {
        "observed": window_fields(rendering.window),
        "gaps": duty.current.gap_fields("cause"),
        "past_gaps": duty.historical.gap_fields("cause"),
        "people": people_fields(duty.people, ResponderState.ACTIVE),
        "unclear": unclear_fields(duty.current.possible),
    }
