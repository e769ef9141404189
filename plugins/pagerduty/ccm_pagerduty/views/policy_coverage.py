"""The view ``pagerduty.policy_coverage``: whom each level of an escalation policy reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.references import id_and_title, references_in
from ccm_pagerduty.views.on_call.policy_reach import NOT_OBSERVED, resolve_policy
from ccm_pagerduty.views.on_call.rendered_shifts import window_fields, windows_fields
from ccm_pagerduty.views.on_call.responders import ResponderState
from ccm_pagerduty.views.on_call.schedule_duty import people_fields, unclear_fields
from ccm_pagerduty.views.row_builder import ESCALATION_POLICY, RecordIndex, RowBuilder
from ccm_pagerduty.views.three_valued import known_fields

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.types import JsonObject, Row, ViewRequest
    from ccm_pagerduty.views.on_call.escalation_targets import EscalationTarget
    from ccm_pagerduty.views.on_call.policy_reach import EscalationLevel, PolicyReach


def rows(request: ViewRequest) -> Iterable[Row]:
    """Yield one row for each escalation policy."""
    index = RecordIndex(request.records, request.vanished, request.earliest)
    for record in index.records(ESCALATION_POLICY):
        builder = RowBuilder(index)
        reach = resolve_policy(record.body, builder)
        services = [id_and_title(ref) for ref in references_in(record.body, "services")]
        body: JsonObject = {
            "used_by": services,
            "in_use": bool(services),
            "level_count": len(record.body.get("escalation_rules") or ()),
        }
        if reach is not None:
            body |= _policy(reach)
        yield builder.build(record, body, unknown={"*": NOT_OBSERVED} if reach is None else {})


def _policy(reach: PolicyReach) -> JsonObject:
    return {
        "observed": window_fields(reach.observed),
        "levels": [_level(level) for level in reach.levels],
        "uncovered": reach.current.gap_fields(None),
        "past_uncovered": reach.historical.gap_fields(None),
        "single_person": reach.single_person_fields(),
        "deleted_users": people_fields(reach.people, ResponderState.DELETED),
        "stakeholders": people_fields(reach.people, ResponderState.STAKEHOLDER),
        "pending_invitations": people_fields(reach.people, ResponderState.INVITED),
        "unclear": unclear_fields(reach.possible),
    }


def _level(level: EscalationLevel) -> JsonObject:
    return (
        {"level": level.number, "targets": [_target(target) for target in level.targets]}
        | known_fields(
            delay_seconds=None if level.delay_minutes is None else level.delay_minutes * 60
        )
        | level_coverage(level)
        | {"past_gaps": level.historical.gap_fields("causes")}
    )


def level_coverage(level: EscalationLevel) -> JsonObject:
    """Return when somebody who can respond is on call on a level, and when nobody is."""
    return {
        "covered": windows_fields(level.current.confirmed),
        "gaps": level.current.gap_fields("causes"),
    }


def _target(target: EscalationTarget) -> JsonObject:
    return {
        "type": target.type,
        "id": target.id,
        "title": target.title,
        "state": target.state,
    }
