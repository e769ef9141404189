"""The view ``pagerduty.team_ownership``: who manages a team, and what it owns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.references import id_and_title, references_in
from ccm_pagerduty.views.on_call.responders import MANAGING_ROLES
from ccm_pagerduty.views.row_builder import (
    ESCALATION_POLICY,
    SERVICE,
    TEAM,
    TEAM_MEMBER,
    USER,
    RecordIndex,
    RowBuilder,
)
from ccm_pagerduty.views.three_valued import kleene_or, known_fields

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.types import JsonObject, Record, Row, ViewRequest

UNKNOWN_ROLES = "PagerDuty does not report the role of every member, in the team or the account"

MANAGER = "manager"
"""The team role that may change the team."""


def rows(request: ViewRequest) -> Iterable[Row]:
    """Yield one row for each team."""
    index = RecordIndex(request.records)
    members = _by_team(index, TEAM_MEMBER)
    services, policies = _by_team(index, SERVICE), _by_team(index, ESCALATION_POLICY)
    for record in index.records(TEAM):
        builder = RowBuilder(index)
        owned = builder.read_all(services.get(record.key, ()))
        team_policies = builder.read_all(policies.get(record.key, ()))
        body = {
            "services": [id_and_title(service) for service in owned],
            "owns_services": bool(owned),
            "policies": [id_and_title(policy) for policy in team_policies],
        }
        body |= _people(builder.read_all(members.get(record.key, ())), builder)
        yield builder.build(record, body, unknown={"*": UNKNOWN_ROLES})


def _by_team(index: RecordIndex, kind: str) -> dict[str, list[Record]]:
    by_team: dict[str, list[Record]] = {}
    for record in index.records(kind):
        team = record.body.get("team")
        for ref in [team] if team else references_in(record.body, "teams"):
            by_team.setdefault(ref["id"], []).append(record)
    return by_team


def _people(members: list[JsonObject], builder: RowBuilder) -> JsonObject:
    present = [member for member in members if not member["user"].get("deleted_at")]
    states = [_manages(member, builder) for member in present]
    managers = [
        id_and_title(member["user"])
        for member, manages in zip(present, states, strict=True)
        if manages
    ]
    return {"member_count": len(present), "managers": managers} | known_fields(
        manager_count=None if None in states else len(managers),
        has_manager=kleene_or(states),
    )


def _manages(member: JsonObject, builder: RowBuilder) -> bool | None:
    """Return whether a member may change the team: by the role in it, or in the account."""
    user = builder.find(USER, member["user"]["id"])
    in_team, in_account = member.get("role"), user and user.body.get("role")
    return kleene_or(
        (
            None if in_team is None else in_team == MANAGER,
            None if in_account is None else in_account in MANAGING_ROLES,
        )
    )
