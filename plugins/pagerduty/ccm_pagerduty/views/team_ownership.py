"""The view ``pagerduty.team_ownership``: who manages a team, and what it owns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.references import id_and_title, references
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

SILENT = "PagerDuty does not tell the role of every member"

MANAGER = "manager"
"""The role in a team that may change the team."""


def rows(request: ViewRequest) -> Iterable[Row]:
    """Give one row for each team."""
    library = RecordIndex(request.records)
    members = _by_team(library, TEAM_MEMBER)
    services, policies = _by_team(library, SERVICE), _by_team(library, ESCALATION_POLICY)
    for record in library.records(TEAM):
        trail = RowBuilder(library)
        owned = trail.read_all(services.get(record.key, ()))
        body = {
            "services": [id_and_title(service) for service in owned],
            "owns_services": bool(owned),
            "policies": [id_and_title(policy) for policy in trail.read_all(policies.get(record.key, ()))],
        }
        body |= _people(trail.read_all(members.get(record.key, ())))
        yield trail.build(record, body, unknown={"*": SILENT})


def _by_team(library: RecordIndex, kind: str) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for record in library.records(kind):
        single = record.body.get("team")
        for ref in [single] if single else references(record.body, "teams"):
            found.setdefault(ref["id"], []).append(record)
    return found


def _people(members: list[JsonObject]) -> JsonObject:
    present = [member for member in members if not member["user"].get("deleted_at")]
    managers = [id_and_title(member["user"]) for member in present if member.get("role") == MANAGER]
    silent = any(member.get("role") is None for member in present)
    return {"member_count": len(present), "managers": managers} | known_fields(
        manager_count=None if silent else len(managers),
        has_manager=True if managers else None if silent else False,
    )
