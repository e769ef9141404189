"""The view ``pagerduty.service_responders``: whether a service's responders own the service.

Only the first level of its policy: higher ones are for managers and other teams to help out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.views.intervals import ALWAYS
from ccm_pagerduty.views.on_call.policy_reach import PolicyReach
from ccm_pagerduty.views.on_call.rendered_shifts import window_fields
from ccm_pagerduty.views.on_call.responders import UNNOTIFIED, ResponderState
from ccm_pagerduty.views.on_call.schedule_duty import people_fields, unclear_fields
from ccm_pagerduty.views.row_builder import SERVICE, TEAM, TEAM_MEMBER, RecordIndex, RowBuilder
from ccm_pagerduty.views.service_ownership import existing_teams, owner_fields
from ccm_pagerduty.views.service_readiness import has_policy, resolve_policies, status_of
from ccm_pagerduty.views.three_valued import known_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ccm_core.sdk.types import JsonObject, Record, Row, ViewRequest

MISSING_EVIDENCE = (
    "an owner team, the escalation policy or one of its schedules is not in the evidence"
)
NOBODY = PolicyReach(observed=ALWAYS, levels=())
"""Whom a service without an escalation policy reaches."""


def rows(request: ViewRequest) -> Iterable[Row]:
    """Yield one row for each service."""
    index = RecordIndex(request.records, request.vanished, request.earliest)
    policies, members = resolve_policies(index), _members_by_team(index)
    for record in index.records(SERVICE):
        builder = RowBuilder(index)
        service = builder.read(record)
        body = known_fields(status=status_of(service)) | owner_fields(service, builder)
        ref = service.get("escalation_policy")
        if "escalation_policy" in service and not has_policy(ref, builder):
            body |= _responders(service, NOBODY, members, builder)
        elif ref and ref["id"] in policies:
            reach, policy_builder = policies[ref["id"]]
            builder.merge(policy_builder)
            if reach is not None:
                body |= _responders(service, reach, members, builder)
        yield builder.build(record, body, unknown={"*": MISSING_EVIDENCE})


def _members_by_team(index: RecordIndex) -> dict[str, list[Record]]:
    members: dict[str, list[Record]] = {}
    for record in index.records(TEAM_MEMBER):
        members.setdefault(record.body["team"]["id"], []).append(record)
    return members


def _responders(
    service: JsonObject,
    reach: PolicyReach,
    members: Mapping[str, list[Record]],
    builder: RowBuilder,
) -> JsonObject:
    targets = [target for level in reach.levels[:1] for target in level.targets]
    on_call = [person for target in targets for person in target.people]
    people = people_fields(on_call, ResponderState.ACTIVE, *UNNOTIFIED)
    body: JsonObject = {
        "observed": window_fields(reach.observed),
        "responders": people,
        "unclear": unclear_fields(
            tuple(part for target in targets for part in target.current.possible)
        ),
    }
    teams = None if service.get("teams") is None else existing_teams(service, builder)
    hidden = teams is None or any(builder.find(TEAM, ref["id"]) is None for ref in teams)
    if hidden or not teams:
        # The members of a hidden team are unknown; without an owner team there are no members.
        return body
    records = [record for ref in teams for record in members.get(ref["id"], ())]
    member_ids = {member["user"]["id"] for member in builder.read_all(records)}
    outside = [person for person in people if person["id"] not in member_ids]
    return body | {"non_member_responders": outside}
