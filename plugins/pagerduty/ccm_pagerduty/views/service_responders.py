"""The view ``pagerduty.service_responders``: whether those on call for a service own it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.references import id_and_title, references
from ccm_pagerduty.views.on_call.responders import ResponderState
from ccm_pagerduty.views.row_builder import SERVICE, TEAM, TEAM_MEMBER, RecordIndex, RowBuilder
from ccm_pagerduty.views.service_ownership import owners
from ccm_pagerduty.views.service_readiness import policies_of, status_of
from ccm_pagerduty.views.three_valued import known_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ccm_core.sdk.types import JsonObject, Record, Row, ViewRequest
    from ccm_pagerduty.views.on_call.policy_reach import PolicyReach

DOUBT = "a team that owns it, its escalation policy, or a schedule of that is not in the evidence"


def rows(request: ViewRequest) -> Iterable[Row]:
    """Give one row for each service."""
    library = RecordIndex(request.records)
    policies, members = policies_of(library, request), _members(library)
    for record in library.records(SERVICE):
        trail = RowBuilder(library)
        service = trail.read(record)
        body = known_fields(status=status_of(service)) | owners(service, trail)
        ref = service.get("escalation_policy")
        if ref and ref["id"] in policies:
            reached, read = policies[ref["id"]]
            trail.merge(read)
            body |= _responders(service, reached, members, trail)
        yield trail.build(record, body, unknown={"*": DOUBT})


def _members(library: RecordIndex) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for record in library.records(TEAM_MEMBER):
        found.setdefault(record.body["team"]["id"], []).append(record)
    return found


def _responders(
    service: JsonObject, reached: PolicyReach, members: Mapping[str, list[Record]], trail: RowBuilder
) -> JsonObject:
    on_call = {
        ref["id"]: ref
        for level in reached.levels
        for ref, state in level.people
        if state is ResponderState.ACTIVE
    }
    responders = [id_and_title(on_call[key]) for key in sorted(on_call)]
    teams = None if service.get("teams") is None else references(service, "teams")
    hidden = teams is None or any(trail.find(TEAM, ref["id"]) is None for ref in teams)
    if hidden or not teams:
        # Who is in a team that cannot be seen is not known; no team at all has no members.
        return {"responders": responders}
    found = [one for ref in teams for one in members.get(ref["id"], ())]
    inside = {member["user"]["id"] for member in trail.read_all(found)}
    non_member_responders = [id_and_title(on_call[key]) for key in sorted(on_call) if key not in inside]
    settled = bool(non_member_responders) or reached.resolved
    return {"responders": responders, "non_member_responders": non_member_responders} | known_fields(
        responders_in_owner_teams=not non_member_responders if settled else None
    )
