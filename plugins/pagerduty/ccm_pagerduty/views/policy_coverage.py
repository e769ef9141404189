"""The view ``pagerduty.policy_coverage``: whom each level of an escalation policy reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.references import id_and_title, references_in
from ccm_pagerduty.views.intervals import total_seconds
from ccm_pagerduty.views.on_call.policy_reach import gap_fields, resolve_policy
from ccm_pagerduty.views.on_call.rendered_shifts import window_fields
from ccm_pagerduty.views.on_call.responders import ResponderState, single_person
from ccm_pagerduty.views.row_builder import ESCALATION_POLICY, RecordIndex, RowBuilder
from ccm_pagerduty.views.three_valued import kleene_or, known_fields

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.types import JsonObject, Row, ViewRequest
    from ccm_pagerduty.views.on_call.escalation_targets import EscalationTarget
    from ccm_pagerduty.views.on_call.policy_reach import EscalationLevel, PolicyReach


def rows(request: ViewRequest) -> Iterable[Row]:
    """Yield one row for each escalation policy."""
    index = RecordIndex(request.records)
    for record in index.records(ESCALATION_POLICY):
        builder = RowBuilder(index)
        reach = resolve_policy(record.body, builder, now=request.now, horizon=request.horizon)
        services = [id_and_title(ref) for ref in references_in(record.body, "services")]
        body = {"used_by": services, "in_use": bool(services)} | _policy(reach)
        yield builder.build(record, body, unknown=reach.unknown_reasons)


def _policy(reach: PolicyReach) -> JsonObject:
    active = frozenset[str]().union(*(level.active_ids for level in reach.levels))
    return (
        {
            "level_count": len(reach.levels),
            "levels": [_level(level, reach) for level in reach.levels],
        }
        | known_fields(
            every_level_reaches_a_person=reach.every_level_reaches_a_person,
            people=len(active) if reach.resolved else None,
            single_person=single_person(active, resolved=reach.resolved),
        )
        | _unable(reach, ResponderState.DELETED, "deleted_users", "names_deleted_user")
        | _unable(reach, ResponderState.STAKEHOLDER, "stakeholders", "names_stakeholder")
        | _unable(reach, ResponderState.INVITED, "pending_invitations", "names_pending_invitation")
        | _gaps("first_level_", reach.levels[0] if reach.levels else None, reach)
        | _all_levels(reach)
        | _periods(reach)
    )


def _unable(
    reach: PolicyReach, state: ResponderState, list_field: str, flag_field: str
) -> JsonObject:
    """List the users of one state on any level, and whether there are any."""
    pairs = [pair for level in reach.levels for pair in level.people]
    users = {ref["id"]: id_and_title(ref) for ref, user_state in pairs if user_state is state}
    flag = kleene_or([bool(users), False if reach.resolved else None])
    return {list_field: [users[key] for key in sorted(users)]} | known_fields(**{flag_field: flag})


def _periods(reach: PolicyReach) -> JsonObject:
    return known_fields(
        past_period=reach.past and window_fields(reach.past),
        ahead_period=reach.ahead and window_fields(reach.ahead),
    )


def _level(level: EscalationLevel, reach: PolicyReach) -> JsonObject:
    resolved = all(target.resolved for target in level.targets)
    return (
        {"level": level.number, "targets": [_target(target) for target in level.targets]}
        | known_fields(
            delay_seconds=None if level.delay_minutes is None else level.delay_minutes * 60,
            reaches_a_person=level.reaches_a_person,
            people=len(level.active_ids) if resolved else None,
        )
        | _gaps("", level, reach)
    )


def _target(target: EscalationTarget) -> JsonObject:
    return {
        "type": target.type,
        "id": target.id,
        "title": target.title,
        "state": target.state,
    }


def _gaps(prefix: str, level: EscalationLevel | None, reach: PolicyReach) -> JsonObject:
    if level is None:
        return {}
    name = f"{prefix}gap"
    past, ahead = level.gaps(reach.past), level.gaps(reach.ahead)
    return gap_fields(name, "past", past) | gap_fields(name, "ahead", ahead)


def _all_levels(reach: PolicyReach) -> JsonObject:
    """Report when no level reaches anybody, and when all of them reach the same person."""
    past, ahead = reach.uncovered(reach.past), reach.uncovered(reach.ahead)
    single = reach.single_person_periods(reach.ahead)
    return known_fields(
        uncovered_past=None if past is None else [window_fields(window) for window in past],
        uncovered_seconds_past=None if past is None else total_seconds(past),
        uncovered_ahead=None if ahead is None else [window_fields(window) for window in ahead],
        uncovered_seconds_ahead=None if ahead is None else total_seconds(ahead),
        single_person_periods_ahead=None
        if single is None
        else [window_fields(window) | {"person": person} for window, person in single],
        single_person_seconds_ahead=None
        if single is None
        else total_seconds(window for window, _ in single),
    )
