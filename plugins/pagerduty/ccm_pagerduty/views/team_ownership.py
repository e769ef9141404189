"""The view ``pagerduty.team_ownership``: who manages a team, and what it owns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.references import id_and_title, references_in
from ccm_pagerduty.views.row_builder import (
    ESCALATION_POLICY,
    SERVICE,
    TEAM,
    TEAM_MEMBER,
    RecordIndex,
    RowBuilder,
)
from ccm_pagerduty.views.three_valued import known_fields

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.types import JsonObject, Record, Row, ViewRequest

UNKNOWN_ROLES = "PagerDuty does not report the role of every member"

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
        body |= _people(builder.read_all(members.get(record.key, ())))
        yield builder.build(record, body, unknown={"*": UNKNOWN_ROLES})


def _by_team(index: RecordIndex, kind: str) -> dict[str, list[Record]]:
    by_team: dict[str, list[Record]] = {}
    for record in index.records(kind):
        team = record.body.get("team")
        for ref in [team] if team else references_in(record.body, "teams"):
            by_team.setdefault(ref["id"], []).append(record)
    return by_team


def _people(members: list[JsonObject]) -> JsonObject:
    present = [member for member in members if not member["user"].get("deleted_at")]
    managers = [id_and_title(member["user"]) for member in present if member.get("role") == MANAGER]
    unclear = any(member.get("role") is None for member in present)
    return {"member_count": len(present), "managers": managers} | known_fields(
        manager_count=None if unclear else len(managers),
        has_manager=True if managers else None if unclear else False,
    )
