"""The view ``pagerduty.policy_coverage``: whom an escalation policy reaches on every level."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.references import id_and_title, references
from ccm_pagerduty.views.intervals import total_seconds
from ccm_pagerduty.views.on_call.escalation_targets import EscalationTarget
from ccm_pagerduty.views.on_call.policy_reach import EscalationLevel, PolicyReach, resolve_policy, gap_fields
from ccm_pagerduty.views.on_call.rendered_shifts import window_fields
from ccm_pagerduty.views.on_call.responders import ResponderState, single_person
from ccm_pagerduty.views.row_builder import ESCALATION_POLICY, RecordIndex, RowBuilder
from ccm_pagerduty.views.three_valued import known_fields, kleene_or

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.types import JsonObject, Row, ViewRequest


def rows(request: ViewRequest) -> Iterable[Row]:
    """Give one row for each escalation policy."""
    library = RecordIndex(request.records)
    for record in library.records(ESCALATION_POLICY):
        trail = RowBuilder(library)
        reached = resolve_policy(record.body, trail, now=request.now, horizon=request.horizon)
        services = [id_and_title(ref) for ref in references(record.body, "services")]
        body = {"used_by": services, "in_use": bool(services)} | _policy(reached)
        yield trail.build(record, body, unknown=reached.doubt)


def _policy(reached: PolicyReach) -> JsonObject:
    living = frozenset[str]().union(*(level.active_ids for level in reached.levels))
    return (
        {
            "level_count": len(reached.levels),
            "levels": [_level(level, reached) for level in reached.levels],
        }
        | known_fields(
            every_level_reaches_a_person=reached.every_level_reaches_a_person,
            people=len(living) if reached.resolved else None,
            single_person=single_person(living, resolved=reached.resolved),
        )
        | _held_back(reached, ResponderState.DELETED, "deleted_users", "names_deleted_user")
        | _held_back(reached, ResponderState.STAKEHOLDER, "stakeholders", "names_stakeholder")
        | _held_back(reached, ResponderState.INVITED, "pending_invitations", "names_pending_invitation")
        | _gaps("first_level_", reached.levels[0] if reached.levels else None, reached)
        | _as_a_whole(reached)
        | _periods(reached)
    )


def _held_back(reached: PolicyReach, state: ResponderState, found_as: str, told_as: str) -> JsonObject:
    """List the people of one state who are on some level, and tell whether there are any."""
    pairs = [pair for level in reached.levels for pair in level.people]
    found = {ref["id"]: id_and_title(ref) for ref, what in pairs if what is state}
    told = kleene_or([bool(found), False if reached.resolved else None])
    return {found_as: [found[key] for key in sorted(found)]} | known_fields(**{told_as: told})


def _periods(reached: PolicyReach) -> JsonObject:
    return known_fields(
        past_period=reached.past and window_fields(reached.past),
        ahead_period=reached.ahead and window_fields(reached.ahead),
    )


def _level(level: EscalationLevel, reached: PolicyReach) -> JsonObject:
    return (
        {"level": level.seconds_of, "targets": [_target(resolve_target) for resolve_target in level.targets]}
        | known_fields(
            delay_seconds=None if level.delay_minutes is None else level.delay_minutes * 60,
            reaches_a_person=level.reaches_a_person,
            people=len(level.active_ids) if all(t.resolved for t in level.targets) else None,
        )
        | _gaps("", level, reached)
    )


def _target(resolve_target: EscalationTarget) -> JsonObject:
    return {
        "type": resolve_target.type,
        "id": resolve_target.id,
        "title": resolve_target.title,
        "state": resolve_target.state,
    }


def _gaps(prefix: str, level: EscalationLevel | None, reached: PolicyReach) -> JsonObject:
    if level is None:
        return {}
    name = f"{prefix}gap"
    past, ahead = level.gaps(reached.past), level.gaps(reached.ahead)
    return gap_fields(name, "past", past) | gap_fields(name, "ahead", ahead)


def _as_a_whole(reached: PolicyReach) -> JsonObject:
    """Tell when no level reaches anybody, and when all of them reach one person."""
    past, ahead = reached.unreached(reached.past), reached.unreached(reached.ahead)
    alone = reached.alone(reached.ahead)
    return known_fields(
        uncovered_past=None if past is None else [window_fields(window) for window in past],
        uncovered_seconds_past=None if past is None else total_seconds(past),
        uncovered_ahead=None if ahead is None else [window_fields(window) for window in ahead],
        uncovered_seconds_ahead=None if ahead is None else total_seconds(ahead),
        single_person_periods_ahead=None
        if alone is None
        else [window_fields(window) | {"person": responder_state} for window, responder_state in alone],
        single_person_seconds_ahead=None if alone is None else total_seconds(window for window, _ in alone),
    )
