"""The view ``pagerduty.user_access``: what a user may do, and whether a page reaches them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.views.known import known
from ccm_pagerduty.views.people import PRIVILEGED_ROLES, ROLE_NAMES, STAKEHOLDER_ROLES
from ccm_pagerduty.views.targets import type_of
from ccm_pagerduty.views.trail import (
    ESCALATION_POLICY,
    ON_CALL,
    TEAM,
    TEAM_MEMBER,
    USER,
    Library,
    Trail,
    named,
    refs,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.types import JsonObject, Record, Row, ViewRequest

INPUTS = (USER, TEAM, TEAM_MEMBER, ESCALATION_POLICY, ON_CALL)

MANAGER = "manager"
"""The role in a team that may change the team."""


def rows(request: ViewRequest) -> Iterable[Row]:
    """Give one row for each user."""
    library = Library(request.records)
    on_call, memberships = _on_call(library), _memberships(library)
    privileged = [user for user in library.every(USER) if _privileged(user)]
    every_role_is_told = all(user.body.get("role") for user in library.every(USER))
    for record in library.every(USER):
        trail = Trail(library)
        user = trail.read(record)
        trail.read_all(on_call.get(record.key, ()))
        body = (
            _access(user)
            | {"on_call": record.key in on_call, "contact_method_types": _enabled(user)}
            | known(contact_methods=_contact_methods(user))
            | _teams(user, memberships.get(record.key, []), trail)
        )
        if _privileged(record) and every_role_is_told:
            body["privileged_users"] = len(trail.read_all(privileged))
        yield trail.row(record, body)


def _privileged(user: Record) -> bool:
    return user.body.get("role") in PRIVILEGED_ROLES


def _on_call(library: Library) -> dict[str, list[Record]]:
    """List, for each user, the policies that name them and the on-calls they are in."""
    found: dict[str, list[Record]] = {}
    for policy in library.every(ESCALATION_POLICY):
        rules = policy.body.get("escalation_rules") or ()
        targets = [ref for rule in rules for ref in refs(rule, "targets")]
        for key in {ref["id"] for ref in targets if type_of(ref) == "user"}:
            found.setdefault(key, []).append(policy)
    for on_call in library.every(ON_CALL):
        found.setdefault(str((on_call.body.get("user") or {}).get("id")), []).append(on_call)
    return found


def _memberships(library: Library) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for record in library.every(TEAM_MEMBER):
        found.setdefault(record.body["user"]["id"], []).append(record)
    return found


def _access(user: JsonObject) -> JsonObject:
    role = user.get("role")
    return known(
        role=role,
        role_name=None if role is None else ROLE_NAMES.get(role, role),
        privileged=None if role is None else role in PRIVILEGED_ROLES,
        stakeholder=None if role is None else role in STAKEHOLDER_ROLES,
        invitation_pending=user.get("invitation_sent"),
    )


def _enabled(user: JsonObject) -> list[str]:
    """Give the types of contact method that are known to work, once each."""
    methods = [method for method in user.get("contact_methods") or () if _usable(method)]
    return sorted({_type(method) for method in methods})


def _contact_methods(user: JsonObject) -> int | None:
    """Count the distinct types; None where a method that would add one does not say."""
    if user.get("contact_methods") is None:
        return None
    enabled = _enabled(user)
    silent = {_type(method) for method in user["contact_methods"] if _usable(method) is None}
    return len(enabled) if silent <= set(enabled) else None


def _usable(method: JsonObject) -> bool | None:
    if method.get("blacklisted"):
        return False
    enabled = method.get("enabled")
    return None if enabled is None else bool(enabled)


def _type(method: JsonObject) -> str:
    return str(method.get("type")).removesuffix("_reference").removesuffix("_contact_method")


def _teams(user: JsonObject, memberships: list[Record], trail: Trail) -> JsonObject:
    """List the teams; where a membership is not in the evidence, the role in it is not known."""
    members = {body["team"]["id"]: body for body in trail.read_all(memberships)}
    teams = {ref["id"]: named(ref) for ref in refs(user, "teams")}
    teams |= {key: _team(body["team"], trail) for key, body in members.items()}
    roles = {key: members[key].get("role") if key in members else None for key in teams}
    settled = None not in roles.values()
    managed = [teams[key] for key in sorted(teams) if roles[key] == MANAGER]
    return {"teams": [teams[key] for key in sorted(teams)]} | known(
        manager_of=managed if settled else None
    )


def _team(ref: JsonObject, trail: Trail) -> JsonObject:
    record = trail.find(TEAM, ref["id"])
    return named(ref if record is None else record.body)
